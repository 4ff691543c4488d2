//! What a bill is held against: the prediction, or the bill of another month.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Way, predicted};
use crate::bill::{Bill, Charge};
use crate::cli::Failure;
use crate::cli::billed::Billed;
use crate::cli::input::Inputs;
use crate::month::HoursBasis;
use crate::scenario::Scenario;
use crate::variance::key::Keys;
use crate::variance::scope::{Divided, Member};
use crate::variance::untagged::Other;
use crate::variance::{Cut, calendar};

/// A bill, divided among its payer's members, and whose part of it is compared.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub inputs: &'a Inputs,
    pub keys: Keys<'a>,
    pub way: Way,
    pub scenario: &'a Scenario,
    pub bill: &'a Billed,
    pub divided: &'a Divided,
}

/// What it is held against.
pub struct Base {
    /// As predicted, or as billed before.
    pub cut: Cut,
    /// The same for the hours of the billed month.
    pub at_hours: Cut,
    /// "predicted", or the month.
    pub name: String,
    /// What belonged to nobody there, at the hours of the billed month.
    pub nobodys: Vec<Charge>,
    /// The other members with rows on the bill, each as it was there and as it is billed.
    pub others: Vec<Other>,
}

impl Asked<'_> {
    /// The environment's part of a bill, and all of it.
    pub fn cut(&self, divided: &Divided, bill: &Bill) -> Cut {
        let nothing = || Bill { charges: Vec::new(), ..bill.clone() };
        Cut { own: divided.member(&self.scenario.name).map_or_else(nothing, |m| m.bill(bill)), payer: bill.clone() }
    }

    fn others(&self) -> impl Iterator<Item = &Member> {
        self.divided.members.iter().filter(|m| *m.environment != *self.scenario.name && !m.own.is_empty())
    }

    /// The month as it is predicted.
    pub fn prediction(&self) -> Result<Base, Failure> {
        let of = |hours| predicted(self.inputs, self.scenario, self.bill.bill.month, hours, self.way.free_tier);
        let cut = of(self.way.hours)?;
        let at_hours = match self.way.hours {
            HoursBasis::Actual => cut.clone(),
            HoursBasis::Fixed(_) => of(HoursBasis::Actual)?,
        };
        let other = |m: &Member| (at_hours.payer.cut(&m.environment).charges, m.bill(&self.bill.bill).charges);
        let others = self.others().map(other).collect();
        Ok(Base { cut, at_hours, name: "predicted".into(), nobodys: Vec::new(), others })
    }

    /// Another month as it was billed.
    pub fn month(&self, before: &Billed, of_before: &Divided) -> Result<Base, Failure> {
        let (month, other) = (self.bill.bill.month, before.bill.month);
        if let Some(so_far) = before.so_far(self.inputs.as_of) {
            return Err(Failure::missing(format!(
                "error: {other} is not whole: {}\nhelp: hold a month against one that is; `--month {other} --against-month {month}` tells the \
                 open one",
                so_far.words()
            )));
        }
        let too_large = || Failure::input(format!("error: a quantity of {other} is too large to be exact"));
        let at = |b: &Bill| calendar::at(b, month, &self.keys).ok_or_else(too_large);
        let nobodys = at(&Bill { charges: of_before.unallocated.clone(), ..before.bill.clone() })?.charges;
        let mut others = Vec::new();
        for member in self.others() {
            let was = of_before.member(&member.environment).map(|m| at(&m.bill(&before.bill))).transpose()?;
            others.push((was.map(|b| b.charges).unwrap_or_default(), member.bill(&self.bill.bill).charges));
        }
        let cut = self.cut(of_before, &before.bill);
        // Tiers are those that the month really reached: of its own hours, not of the other month's.
        let at_hours = Cut { own: at(&cut.own)?, payer: cut.payer.clone() };
        Ok(Base { cut, at_hours, name: format!("in {}", other.name()), nobodys, others })
    }

    /// The charges in accounts in which the environment has rows of its own, on either bill: nothing of it is looked for elsewhere.
    pub fn of_its_accounts(&self, charges: &[Charge], before: Option<&Divided>) -> Vec<Charge> {
        let own = [Some(self.divided), before].into_iter().flatten().filter_map(|d| d.member(&self.scenario.name));
        let accounts: BTreeSet<&Arc<str>> = own.flat_map(|m| &m.own).map(|c| &c.account).collect();
        charges.iter().filter(|c| accounts.contains(&c.account)).cloned().collect()
    }
}
