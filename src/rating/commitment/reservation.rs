//! Reservations of instances and nodes: units of a family in a region, whatever the size.

use rust_decimal::Decimal;

use super::{Held, Owned, Price, YEAR};
use crate::bill::{Charge, Frequency, LineItem};
use crate::money::{Usd, quotient};
use crate::month::Month;
use crate::pricing::PriceRow;
use crate::usage::{Step, Tape, UsageRecord};

/// What a reservation of a standard instance must add to cover one on I/O-Optimized (AWS, "Aurora I/O-Optimized reserved instances").
const IO_OPTIMIZED: Decimal = Decimal::from_parts(13, 0, 0, false, 1);
/// What a Multi-AZ instance counts of a Single-AZ one of its size (AWS, "Reserved DB instances for Amazon RDS", normalized units).
const MULTI_AZ: Decimal = Decimal::TWO;

/// The price of a reservation.
pub(super) struct Reserved<'a> {
    count: Decimal,
    pub(super) usage_type: String,
    price: &'a PriceRow,
    upfront: Decimal,
}

/// At what a reservation is sold.
struct Offer<'a> {
    usage_type: String,
    price: &'a PriceRow,
    /// Dollars at the start.
    upfront: Decimal,
    /// Dollars of that for each hour of the term.
    spread: Decimal,
}

/// The size of an instance or node in normalized units (AWS, "Size-flexible reserved DB instances").
fn units(size: &str) -> Option<Decimal> {
    let whole = |n: u32| Some(Decimal::from(n));
    match size {
        "micro" => Some(Decimal::new(5, 1)),
        "small" => whole(1),
        "medium" => whole(2),
        "large" => whole(4),
        "xl" | "xlarge" => whole(8),
        _ => {
            let times: u32 = size.strip_suffix("xlarge").or(size.strip_suffix("xl"))?.parse().ok()?;
            whole(times.checked_mul(8)?)
        }
    }
}

/// "InstanceUsage:db.r6g.large" as its family ("db.r6g") and units, I/O-Optimized counted at 1.3 and Multi-AZ at 2. `None` for what has
/// no size that can be reserved.
pub fn sized(usage_type: &str) -> Option<(&str, Decimal)> {
    let (kind, class) = usage_type.rsplit_once(':')?;
    let (family, size) = class.rsplit_once('.')?;
    let factor = match kind {
        _ if kind.ends_with("IOOptimized") => IO_OPTIMIZED,
        _ if kind.ends_with("Multi-AZUsage") => MULTI_AZ,
        _ => Decimal::ONE,
    };
    Some((family, units(size)? * factor))
}

impl<'a> Owned<'a> {
    /// The usage type that is reserved, its price, and the part of the fee that falls on an hour.
    fn offer(&self) -> Result<Offer<'a>, String> {
        let c = self.commitment;
        let (service, base) = (c.service.as_deref().unwrap_or_default(), c.usage_type.as_deref().unwrap_or_default());
        let (region, operation) = (&self.scenario.region, c.operation.as_deref().unwrap_or_default());
        let usage_type = self.terms.book.usage_type(service, region, base)?;
        let found = self.terms.book.price_on(service, region, &usage_type, operation, c.start, |t| t == c.term);
        let price = found.map(|p| &p.rows[0]).map_err(|e| e.to_string())?;
        let upfront = price.upfront.ok_or_else(|| format!("the upfront fee of {usage_type} at {} is not known", c.term))?;
        let spread = quotient(upfront, Decimal::from(YEAR * u32::from(c.years()))).unwrap_or_default();
        Ok(Offer { usage_type, price, upfront, spread })
    }

    /// A reservation covers units of its family in its region.
    pub(super) fn reservation(&self, records: &[UsageRecord]) -> Result<Held<'a>, String> {
        let c = self.commitment;
        let (service, base) = (c.service.as_deref().unwrap_or_default(), c.usage_type.as_deref().unwrap_or_default());
        let operation = c.operation.as_deref().unwrap_or_default();
        let count = c.count.as_ref().map(|d| d.value.0).unwrap_or_default();
        let Offer { usage_type, price, upfront, spread } = self.offer()?;
        let (family, size) = sized(base).ok_or_else(|| format!("{base} has no size that can be reserved"))?;
        // What an hour of one reservation really costs, the fee spread over the term.
        let per_unit = quotient(price.price.decimal() + spread, size).unwrap_or_default();
        let claim = |record: usize| {
            let r = &records[record];
            let fits = r.service == service && r.region == self.scenario.region && r.operation == operation;
            let (_, rate) = sized(&r.usage_type).filter(|(f, _)| fits && *f == family)?;
            Some(self.claim(record, records, rate))
        };
        let claims = (0..records.len()).filter_map(claim).collect();
        let price = Price::Reservation(Reserved { count, usage_type, price, upfront });
        Ok(Held { holding: self.holding(count * size, claims), per_unit, price })
    }

    /// The part of its cost that is paid at the start.
    pub(super) fn reservation_prepaid(&self) -> Decimal {
        // Without a price there is no charge of it either.
        self.offer().ok().and_then(|o| quotient(o.spread, o.price.price.decimal() + o.spread)).unwrap_or_default()
    }

    /// What is paid: its rate hour by hour; the fee in the first month.
    pub(super) fn reservation_fees(&self, reserved: &Reserved<'_>) -> Vec<Charge> {
        let Reserved { count, usage_type, price, upfront } = reserved;
        let service = self.commitment.service.as_deref().unwrap_or_default();
        let tape = Tape::new().rule(Step::Times, "reservations", *count).rule(Step::Times, "hours in force", self.hours);
        let recurring = price.price.times(count * self.hours);
        let mut rows = vec![self.purchase(service, usage_type, LineItem::RiFee, recurring, tape.clone(), Frequency::Recurring)];
        if self.terms.month == Month::of(self.commitment.start) {
            let fee = Usd::new(upfront * count);
            rows.push(self.purchase(service, usage_type, LineItem::Fee, fee, tape, Frequency::OneTime));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_count_in_normalized_units() {
        let d = |t: &str| t.parse::<Decimal>().expect("a decimal");
        assert_eq!(sized("InstanceUsage:db.r6g.large"), Some(("db.r6g", d("4"))));
        assert_eq!(sized("USW2-InstanceUsage:db.r6g.2xl"), Some(("db.r6g", d("16"))));
        assert_eq!(sized("NodeUsage:cache.t3.micro"), Some(("cache.t3", d("0.5"))));
        assert_eq!(sized("USW2-Multi-AZUsage:db.m7g.large"), Some(("db.m7g", d("8"))));
        // Two of them are 10.4 units on I/O-Optimized, of which two reservations cover 8.
        assert_eq!(sized("InstanceUsageIOOptimized:db.r6g.large"), Some(("db.r6g", d("5.2"))));
        // A size that no machine has is no size.
        assert_eq!(sized("InstanceUsage:db.r6g.4294967295xl"), None);
    }
}
