//! The exact split of one row's difference: volume, coverage and rate of commitments, tier, price.
//!
//! The convention (price-volume-mix with the joint term in the price): volume is the change of quantity at the old average price;
//! what is left is the new quantity times the change of the average price. With commitments the average price is
//! c × rc + (1 − c) × ro (coverage, covered rate, on-demand rate), whose change divides at the midpoints into a part of each:
//! Δc × (r̄c − r̄o) + c̄ × Δrc + (1 − c̄) × Δro. Every row is split by itself, so the order of rows changes nothing; the last part of
//! each row is what the others leave, so the parts add up to the last digit.

use rust_decimal::Decimal;

use crate::money::Usd;

/// How much was used, and what it cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Amount {
    /// In the billed unit.
    pub quantity: Decimal,
    /// On the basis that is compared.
    pub cost: Usd,
}

impl Amount {
    /// Adds to it; `None` for a quantity that is too large to be exact.
    pub fn add(&mut self, quantity: Decimal, cost: Usd) -> Option<()> {
        self.quantity = self.quantity.checked_add(quantity)?;
        self.cost = Usd::new(self.cost.decimal().checked_add(cost.decimal())?);
        Some(())
    }
}

/// One side of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Use {
    /// What no commitment covers.
    pub on_demand: Amount,
    /// What one covers.
    pub covered: Amount,
}

impl Use {
    /// Both together; `None` where that is too large to be exact.
    pub fn quantity(&self) -> Option<Decimal> {
        self.on_demand.quantity.checked_add(self.covered.quantity)
    }

    /// Both together.
    pub fn cost(&self) -> Usd {
        self.on_demand.cost + self.covered.cost
    }
}

/// What of a change of the average on-demand price is a change of prices, and what of tiers and allowances.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rates {
    /// The usage type has one price: all of it is price.
    Flat,
    /// It has tiers or an allowance: so much a unit is the change of prices, the rest follows from the volume.
    Tiered {
        /// Change of what is billed for a unit beyond what the price list asks at that volume.
        price: Decimal,
    },
}

/// The parts of a row's difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    /// More or less was used.
    pub volume: Usd,
    /// A unit costs more or less.
    pub price: Usd,
    /// The average of the tiers changed with the volume, or an allowance was used up.
    pub tier: Usd,
    /// More or less of it is covered by commitments.
    pub coverage: Usd,
    /// What is covered costs more or less.
    pub rate: Usd,
}

impl Parts {
    /// Together: the row's difference.
    pub fn sum(&self) -> Usd {
        self.volume + self.price + self.tier + self.coverage + self.rate
    }
}

/// Splits the difference of a row that both sides have. `None` where a side has no quantity, or numbers are too large to be exact.
pub fn split(base: &Use, billed: &Use, rates: Rates) -> Option<Parts> {
    let (q0, q1) = (base.quantity()?, billed.quantity()?);
    if q0.is_zero() || q1.is_zero() {
        return None;
    }
    let difference = billed.cost() - base.cost();
    let volume = Usd::new((q1 - q0).checked_mul(base.cost().decimal())?.checked_div(q0)?);
    let (coverage, rate, weight) = commitment(base, billed, q0, q1)?;
    let on_demand = difference - volume - coverage - rate;
    let price = match rates {
        Rates::Flat => on_demand,
        Rates::Tiered { price } => Usd::new(q1.checked_mul(weight)?.checked_mul(price)?),
    };
    Some(Parts { volume, price, tier: on_demand - price, coverage, rate })
}

/// Coverage, rate, and the weight of on-demand use at the midpoint.
fn commitment(base: &Use, billed: &Use, q0: Decimal, q1: Decimal) -> Option<(Usd, Usd, Decimal)> {
    if [base, billed].iter().all(|u| u.covered == Amount::default()) {
        return Some((Usd::ZERO, Usd::ZERO, Decimal::ONE));
    }
    let (c0, c1) = (base.covered.quantity.checked_div(q0)?, billed.covered.quantity.checked_div(q1)?);
    let (rc0, rc1) = both(base.covered, billed.covered)?;
    let (ro0, ro1) = both(base.on_demand, billed.on_demand)?;
    let half = Decimal::new(5, 1);
    let mean = (c0 + c1) * half;
    let gap = (rc0.checked_add(rc1)? - ro0.checked_add(ro1)?).checked_mul(half)?;
    let coverage = q1.checked_mul(c1 - c0)?.checked_mul(gap)?;
    let rate = q1.checked_mul(mean)?.checked_mul(rc1 - rc0)?;
    Some((Usd::new(coverage), Usd::new(rate), Decimal::ONE - mean))
}

/// What a unit costs on either side; on a side without any, as on the other.
fn both(base: Amount, billed: Amount) -> Option<(Decimal, Decimal)> {
    let unit = |a: Amount| if a.quantity.is_zero() { Some(None) } else { a.cost.decimal().checked_div(a.quantity).map(Some) };
    let (a, b) = (unit(base)?, unit(billed)?);
    Some((a.or(b).unwrap_or_default(), b.or(a).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    fn use_of(on_demand: (&str, &str), covered: (&str, &str)) -> Use {
        let amount = |(q, c): (&str, &str)| Amount { quantity: d(q), cost: Usd::new(d(c)) };
        Use { on_demand: amount(on_demand), covered: amount(covered) }
    }

    fn usd(text: &str) -> Usd {
        Usd::new(d(text))
    }

    /// The rows of the worked example: m5.large 1,000 h at 0.096 become 900 h; m5.4xlarge 100 h at 0.768 become 300 h at 0.70.
    #[test]
    fn price_takes_the_joint_term() {
        let small = split(&use_of(("1000", "96"), ("0", "0")), &use_of(("900", "86.4"), ("0", "0")), Rates::Flat);
        assert_eq!(small, Some(Parts { volume: usd("-9.6"), ..Parts::default() }));
        let large = split(&use_of(("100", "76.8"), ("0", "0")), &use_of(("300", "210"), ("0", "0")), Rates::Flat);
        assert_eq!(large, Some(Parts { volume: usd("153.6"), price: usd("-20.4"), ..Parts::default() }));
    }

    /// 80 of 100 units were covered at 0.6; now none is, at the same prices: 80 × 0.4.
    #[test]
    fn a_lost_commitment_is_its_coverage_and_nothing_else() {
        let parts = split(&use_of(("20", "20"), ("80", "48")), &use_of(("100", "100"), ("0", "0")), Rates::Flat);
        assert_eq!(parts, Some(Parts { coverage: usd("32"), ..Parts::default() }));
    }

    #[test]
    fn a_dearer_rate_of_the_same_coverage_is_rate() {
        let parts = split(&use_of(("0", "0"), ("80", "48")), &use_of(("0", "0"), ("80", "56")), Rates::Flat);
        assert_eq!(parts, Some(Parts { rate: usd("8"), ..Parts::default() }));
    }

    /// 100 units within the allowance become 300, of which 200 cost 0.1 each.
    #[test]
    fn an_allowance_that_is_used_up_is_tier() {
        let parts = split(&use_of(("100", "0"), ("0", "0")), &use_of(("300", "20"), ("0", "0")), Rates::Tiered { price: d("0") });
        assert_eq!(parts, Some(Parts { tier: usd("20"), ..Parts::default() }));
    }

    #[test]
    fn what_has_no_quantity_is_not_split() {
        assert_eq!(split(&use_of(("0", "5"), ("0", "0")), &use_of(("1", "6"), ("0", "0")), Rates::Flat), None);
        let most = Decimal::MAX.to_string();
        assert_eq!(split(&use_of(("0.0000000001", &most[..20]), ("0", "0")), &use_of((&most, "6"), ("0", "0")), Rates::Flat), None);
    }
}
