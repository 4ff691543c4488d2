//! How much of what commitments could cover they do cover, and how much of them is used (AWS, "Understanding your Savings Plans
//! coverage" and "utilization").

use rust_decimal::Decimal;

use crate::bill::{Charge, LineItem};
use crate::money::Usd;
use crate::pricing::PriceBook;
use crate::variance::key::{Keys, Kind, is_covered};

/// The part, 0 to 1, of what commitments cost that is used, by amortized dollars. `None` where there are no commitments.
pub fn utilisation(charges: &[Charge], keys: &Keys<'_>) -> Option<Decimal> {
    let amortized = |wanted: &dyn Fn(&Charge) -> bool| charges.iter().filter(|c| wanted(c)).map(|c| c.effective).sum::<Usd>();
    let used = amortized(&is_covered);
    let lost = amortized(&|c| !is_covered(c) && keys.of(c).kind == Kind::Commitment);
    used.fraction_of(used + lost)
}

/// The part, 0 to 1, that commitments cover of what they could cover, at list prices: usage for which the price book has a rate at the
/// terms of one. `None` where there is no such usage.
pub fn coverage(charges: &[Charge], keys: &Keys<'_>) -> Option<Decimal> {
    let (mut covered, mut open) = (Usd::ZERO, Usd::ZERO);
    for charge in charges {
        if is_covered(charge) {
            covered += charge.list;
        } else if charge.line_item == LineItem::Usage && could_be(charge, keys.book) {
            open += charge.list;
        }
    }
    covered.fraction_of(covered + open)
}

fn could_be(charge: &Charge, book: &PriceBook) -> bool {
    book.is_committable(&charge.service, &charge.region, &charge.usage_type, &charge.operation)
}
