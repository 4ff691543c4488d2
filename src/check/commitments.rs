//! How much of what commitments could cover they do cover, how much of them is used, and what they save (AWS, "Understanding your
//! Savings Plans coverage" and "utilization").

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::bill::{Charge, LineItem};
use crate::money::Usd;
use crate::pricing::PriceBook;
use crate::variance::key::{Keys, Kind, is_covered};

/// What commitments did for some charges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Covered {
    /// What they cover, at list prices.
    pub list: Usd,
    /// What they could cover and do not, at list prices: usage for which the price book has a rate at the terms of a commitment.
    pub open: Usd,
    /// What is paid for what they cover, fees spread over their terms.
    pub paid: Usd,
    /// What is paid for what of them was not used, fees spread.
    pub lost: Usd,
}

impl Covered {
    /// What they could cover in all, at list prices.
    pub fn eligible(self) -> Usd {
        self.list + self.open
    }

    /// The part of it, 0 to 1, that they cover. `None` where there is nothing to cover.
    pub fn coverage(self) -> Option<Decimal> {
        self.list.fraction_of(self.eligible())
    }

    /// The part, 0 to 1, of what they cost that is used. `None` where there are no commitments.
    pub fn utilisation(self) -> Option<Decimal> {
        self.paid.fraction_of(self.paid + self.lost)
    }

    /// By how much they made the charges cheaper; below zero where they cost more than they save.
    pub fn saved(self) -> Usd {
        self.list - self.paid - self.lost
    }

    fn add(&mut self, charge: &Charge, keys: &Keys<'_>) {
        // At list prices throughout: what is negotiated off is no work of a commitment.
        if charge.line_item.is_discount() {
            return;
        }
        if is_covered(charge) {
            self.list += charge.list;
            self.paid += charge.effective;
        } else if keys.of(charge).kind == Kind::Commitment {
            self.lost += charge.effective;
        } else if charge.line_item == LineItem::Usage && could_be(charge, keys.book) {
            self.open += charge.list;
        }
    }
}

/// What they did for all charges together.
pub fn covered(charges: &[Charge], keys: &Keys<'_>) -> Covered {
    let mut all = Covered::default();
    charges.iter().for_each(|c| all.add(c, keys));
    all
}

/// What they did for each service, by the price list's code: those of which they cover, could cover or cost anything.
pub fn by_service(charges: &[Charge], keys: &Keys<'_>) -> BTreeMap<String, Covered> {
    let mut found: BTreeMap<String, Covered> = BTreeMap::new();
    for charge in charges {
        found.entry(keys.of(charge).service).or_default().add(charge, keys);
    }
    found.retain(|_, c| *c != Covered::default());
    found
}

fn could_be(charge: &Charge, book: &PriceBook) -> bool {
    book.is_committable(&charge.service, &charge.region, &charge.usage_type, &charge.operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(dollars: i64) -> Usd {
        Usd::new(Decimal::from(dollars))
    }

    /// Of 1,000 at list price 400 are covered; they cost 250 and 50 of it goes unused: 300 are paid for 400.
    #[test]
    fn parts_by_hand() {
        let covered = Covered { list: usd(400), open: usd(600), paid: usd(250), lost: usd(50) };
        assert_eq!(covered.coverage(), Some(Decimal::new(4, 1)));
        assert_eq!(covered.utilisation().map(|u| u.round_dp(6)), Some(Decimal::new(833_333, 6)));
        assert_eq!(covered.saved(), usd(100));
    }

    #[test]
    fn nothing_is_neither_covered_nor_used() {
        let none = Covered::default();
        assert_eq!((none.coverage(), none.utilisation()), (None, None));
        assert_eq!(Covered { open: usd(5), ..none }.coverage(), Some(Decimal::ZERO));
    }
}
