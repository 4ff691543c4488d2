//! Credits: dollars that pay the payer's charges month after month until they are used up or expire (AWS Billing user guide,
//! "Applying AWS credits"). The one that expires first goes first; of those the one on the fewest services; then the oldest.
//!
//! A credit pays usage and the monthly fees of commitments. It pays no upfront fee, and what is subscribed to (support, Marketplace)
//! only where it names the service: assumed, from the terms of AWS's promotional credits. A credit that begins or ends within a
//! month pays the part of the month's charges that its days are.
//!
//! Every charge stays on the bill as it is; a credit is rows of its own beside them. Tax is levied on what is left.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::support::row;
use super::{Terms, discount};
use crate::bill::{Category, Charge, Frequency};
use crate::money::{Usd, cents, quotient};
use crate::month::Month;
use crate::scenario::accounts::Credit;
use crate::usage::{CREDITS, Factor, Step, Tape};

/// The service of credit rows.
pub const SERVICE: &str = "AWSCredits";

/// How a credit ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It is used up in this month.
    Dry(Month),
    /// It expires after this day with so much left.
    Expires(NaiveDate, Usd),
    /// Neither, as far as was looked ahead.
    Lasts,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Dry(month) => write!(f, "runs dry in {}", month.name()),
            End::Expires(day, left) => write!(f, "{} expire on {day}", cents(*left)),
            End::Lasts => f.write_str("lasts"),
        }
    }
}

/// The balances with which credits begin.
pub fn balances(credits: &[Credit]) -> Vec<Usd> {
    credits.iter().map(|c| c.balance.value).collect()
}

/// What the credits pay of a month's charges: one row for each credit and environment. What they take is gone from `balances`.
pub fn charges(credits: &[Credit], balances: &mut [Usd], charges: &[Charge], terms: &Terms<'_>) -> Vec<Charge> {
    let mut open = discount::left(charges);
    let mut owed: Usd = charges.iter().filter(|c| !c.outside_aws()).map(|c| c.billed).sum();
    let mut rows = Vec::new();
    for index in in_order(credits) {
        let (credit, balance) = (&credits[index], &mut balances[index]);
        let can: Vec<usize> = (0..charges.len()).filter(|i| open[*i] > Usd::ZERO && pays(credit, &charges[*i])).collect();
        let weights: Vec<Decimal> = can.iter().map(|i| open[*i].decimal()).collect();
        let all: Usd = can.iter().map(|i| open[*i]).sum();
        let most = part_of_month(credit, all, terms.month).min(owed);
        let taken = most.min(*balance);
        if taken <= Usd::ZERO {
            continue;
        }
        // A whole is not split: rounding would leave a fraction of a cent here and take one too many there.
        let parts = if taken == all { can.iter().map(|i| open[*i]).collect() } else { taken.split(&weights) };
        let paid = Paid { credit, before: *balance, most, taken, all };
        rows.extend(paid.rows(charges, &can, &open, &parts, terms));
        for (i, part) in can.into_iter().zip(parts) {
            open[i] = (open[i] - part).max(Usd::ZERO);
        }
        *balance = *balance - taken;
        owed = owed - taken;
    }
    rows
}

/// True for what the payer's own credits pay, which depends on the whole bill; a credit that a resource brings is its own.
pub fn is_of_payer(charge: &Charge) -> bool {
    charge.category == Category::Credit && charge.service == SERVICE
}

/// The credits in the order in which AWS applies them.
fn in_order(credits: &[Credit]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..credits.len()).collect();
    order.sort_by_key(|i| {
        let credit = &credits[*i];
        let services = if credit.on.is_empty() { usize::MAX } else { credit.on.len() };
        (credit.expires.unwrap_or(NaiveDate::MAX), services, credit.from)
    });
    order
}

/// Whether a credit pays a charge.
fn pays(credit: &Credit, charge: &Charge) -> bool {
    let named = credit.on.iter().any(|s| *s == *charge.service);
    let kind = match charge.category {
        Category::Usage => true,
        Category::Purchase => charge.frequency != Frequency::OneTime && (named || charge.commitment.is_some()),
        Category::Tax | Category::Credit | Category::Adjustment => false,
    };
    kind && !charge.outside_aws() && (credit.on.is_empty() || named)
}

/// The part of a month's charges that falls on the days of a credit.
fn part_of_month(credit: &Credit, charges: Usd, month: Month) -> Usd {
    let (days, of) = (credit.days_in(month), month.days().count());
    if days == of { charges } else { charges.share(quotient(Decimal::from(days), Decimal::from(of)).unwrap_or_default()) }
}

/// What one credit pays in one month.
struct Paid<'a> {
    credit: &'a Credit,
    /// What it has left when the month begins.
    before: Usd,
    /// What it could pay at most.
    most: Usd,
    /// What it pays.
    taken: Usd,
    /// All charges that it can pay, of all environments.
    all: Usd,
}

impl Paid<'_> {
    /// One row for each environment: the parts of its charges.
    fn rows(&self, charges: &[Charge], can: &[usize], open: &[Usd], parts: &[Usd], terms: &Terms<'_>) -> Vec<Charge> {
        let mut environments: Vec<(&Charge, Usd, Usd)> = Vec::new();
        for (i, part) in can.iter().zip(parts) {
            match environments.iter_mut().find(|(first, ..)| first.environment == charges[*i].environment) {
                Some((_, own, paid)) => {
                    *own += open[*i];
                    *paid += *part;
                }
                None => environments.push((&charges[*i], open[*i], *part)),
            }
        }
        let rows = environments.into_iter().filter(|(.., paid)| !paid.is_zero());
        rows.map(|(first, own, paid)| self.row(&first.environment, &first.account, own, paid, terms)).collect()
    }

    fn row(&self, environment: &Arc<str>, account: &Arc<str>, own: Usd, paid: Usd, terms: &Terms<'_>) -> Charge {
        let left = self.before - self.taken;
        Charge {
            description: Cow::Owned(format!("{} before, {} taken, {} left", cents(self.before), cents(self.taken), cents(left))),
            list: Usd::ZERO,
            factors: self.factors(environment, own),
            ..row(environment.clone(), account.clone(), SERVICE, CREDITS, &self.credit.name, -paid, Category::Credit, terms)
        }
    }

    /// The credit's balance, what of it this month takes, and the environment's share of that.
    fn factors(&self, environment: &str, own: Usd) -> Vec<Factor> {
        let spent = self.credit.balance.value - self.before;
        let mut tape = Tape::new().times("balance at first", &self.credit.balance);
        if !spent.is_zero() {
            tape = tape.rule(Step::Minus, "taken in the months before", spent.decimal());
        }
        let tape = tape
            .rule(Step::AtMost, "charges of the month that it can pay", self.most.decimal())
            .rule(Step::Times, format!("such charges of {environment}"), own.decimal())
            .rule(Step::Over, "such charges of the payer", self.all.decimal());
        tape.finish().map(|(_, factors)| factors).unwrap_or_default()
    }
}
