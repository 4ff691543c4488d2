//! How well what a lever saves is known: the inputs and prices behind the charges that it changes.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::RestsOn;
use super::ground::{Ground, NoWorth, Set};
use super::lever::Buy;
use crate::bill::why::{Doubt, rests_on};
use crate::bill::{Category, Charge};
use crate::money::Usd;
use crate::pricing::{Confidence, PriceBook, PriceRow};
use crate::rating::support;
use crate::scenario::driver::Provenance;

impl RestsOn {
    /// The marks beside a figure: `~` for inputs that nobody measured, `*` for prices.
    pub fn marks(self) -> &'static str {
        Doubt { assumed: self.assumed || self.calibrated, weak_price: self.weak_price }.marks()
    }

    fn about(charge: &Charge, book: &PriceBook) -> RestsOn {
        let Doubt { assumed, weak_price } = Doubt::about(charge, book);
        RestsOn { assumed, calibrated: rests_on(charge, Provenance::Calibrated), weak_price }
    }

    fn or(self, other: RestsOn) -> RestsOn {
        RestsOn {
            assumed: self.assumed || other.assumed,
            calibrated: self.calibrated || other.calibrated,
            weak_price: self.weak_price || other.weak_price,
        }
    }
}

/// What is less than a cent is a share of an allowance that moved, not what the lever does.
const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// Charges of one kind: resource, usage type, operation, description.
type Kind<'c> = (&'c str, &'c str, &'c str, &'c str);

/// The environment as it is, and with all levers that are recommended, with the formulas of its charges.
pub struct Known {
    base: Vec<Charge>,
    chosen: (Set, Vec<Charge>),
}

impl Known {
    /// Explains an environment without levers and with the chosen ones.
    ///
    /// # Errors
    /// As [`Ground::worth`].
    pub fn new(ground: &Ground<'_>, chosen: Set) -> Result<Known, NoWorth> {
        Ok(Known { base: ground.explained(0)?, chosen: (chosen, ground.explained(chosen)?) })
    }

    /// What stands behind the charges that a lever changes alone, and beside the other chosen ones where it is one of them; support and tax
    /// aside.
    ///
    /// # Errors
    /// As [`Ground::worth`].
    pub fn of(&self, ground: &Ground<'_>, lever: usize) -> Result<RestsOn, NoWorth> {
        let alone = between(ground, lever, &self.base, &ground.explained(1 << lever)?);
        let (chosen, all) = &self.chosen;
        if chosen >> lever & 1 == 0 {
            return Ok(alone);
        }
        Ok(alone.or(between(ground, lever, &ground.explained(chosen & !(1 << lever))?, all)))
    }
}

/// What stands behind the difference of two bills, and behind the size and the rate of what a lever buys.
fn between(ground: &Ground<'_>, lever: usize, before: &[Charge], after: &[Charge]) -> RestsOn {
    let (old, new) = (amounts(before), amounts(after));
    let of = |all: &BTreeMap<Kind<'_>, Usd>, c: &Charge| all.get(&kind(c)).copied().unwrap_or_default();
    let changed = |c: &&Charge| follows_usage(c) && (of(&old, c) - of(&new, c)).abs().decimal() >= CENT;
    let charges: Vec<&Charge> = before.iter().chain(after).filter(changed).collect();
    let bought = ground.levers[lever].purchases(ground.scenario);
    let sized = |buy: &Buy| !ground.scenario.driven && buy.part.as_ref().is_some_and(|part| part.from == Provenance::Assumed);
    // Rates of what is bought stand in rows of their own: those of the use that it covers.
    let covers = |row: &PriceRow, buy: &Buy| {
        let of = |c: &Charge| c.service == row.service && c.usage_type.as_ref() == row.usage_type && c.region.as_ref() == row.region;
        let engine = |c: &Charge| row.operation.is_empty() || c.operation == row.operation;
        row.term == buy.term && row.confidence == Confidence::Low && charges.iter().any(|c| of(c) && engine(c))
    };
    let weak = ground.book.rows().iter().any(|row| bought.iter().any(|buy| covers(row, buy)));
    let own = RestsOn { assumed: bought.iter().any(sized), calibrated: false, weak_price: weak };
    charges.iter().map(|c| RestsOn::about(c, ground.book)).fold(own, RestsOn::or)
}

fn follows_usage(charge: &Charge) -> bool {
    charge.category != Category::Tax && charge.service != support::SERVICE
}

fn kind(charge: &Charge) -> Kind<'_> {
    (&charge.resource, &charge.usage_type, &charge.operation, &charge.description)
}

fn amounts(charges: &[Charge]) -> BTreeMap<Kind<'_>, Usd> {
    let mut amounts = BTreeMap::new();
    for charge in charges {
        *amounts.entry(kind(charge)).or_default() += charge.effective;
    }
    amounts
}
