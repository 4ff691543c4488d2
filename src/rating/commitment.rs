//! Commitments: purchases that cover usage hour by hour, used or lost. Reservations come first, then savings plans; the
//! owner's account first, the highest saving first; never Spot (AWS, "How Savings Plans apply to your usage").
//!
//! Usage is taken as even over the hours in which its resource is on, so "hour by hour" is a minimum over those hours; resources
//! that are off for a part of the month are taken to be on at the same times.

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::Terms;
use super::support::row;
use crate::bill::{Category, Charge, CommitmentRef, CommitmentStatus, Frequency, LineItem, Pricing, Seller};
use crate::money::{Usd, quotient};
use crate::pricing::{PriceRow, Term};
use crate::scenario::Scenario;
use crate::scenario::commitment::Commitment;
use crate::usage::{Step, Tape, UsageRecord};

/// Hours of a year's term, as AWS divides an upfront fee: 365 days.
const YEAR: u32 = 8_760;
/// What a reservation of a standard instance must add to cover one on I/O-Optimized (AWS, "Aurora I/O-Optimized reserved instances").
const IO_OPTIMIZED: Decimal = Decimal::from_parts(13, 0, 0, false, 1);
/// What a Multi-AZ instance counts of a Single-AZ one of its size (AWS, "Reserved DB instances for Amazon RDS", normalized units).
const MULTI_AZ: Decimal = Decimal::TWO;

/// Takes what commitments cover out of the usage. Gives the usage that is left to be rated on demand, and the rows of the
/// purchases, of what they cover and of what is lost.
///
/// # Errors
/// A commitment at terms for which the book has no price, or an upfront fee that is not known.
pub fn cover(
    mut records: Vec<UsageRecord>,
    members: &[&Scenario],
    terms: &Terms<'_>,
) -> Result<(Vec<UsageRecord>, Vec<Charge>), Vec<String>> {
    let (mut charges, mut failures) = (Vec::new(), Vec::new());
    for (savings_plan, purchase) in purchases(members, terms) {
        let rows = if savings_plan { purchase.savings_plan(&mut records) } else { purchase.reservation(&mut records) };
        match rows {
            Ok(rows) => charges.extend(rows),
            Err(why) => failures.push(purchase.failure(&why)),
        }
    }
    records.retain(|r| !r.quantity.is_zero());
    if failures.is_empty() { Ok((records, charges)) } else { Err(failures) }
}

/// Hours of the month in which a commitment is in force.
fn in_force(commitment: &Commitment, terms: &Terms<'_>) -> Decimal {
    let days = Decimal::from(commitment.days_in(terms.month));
    let of = Decimal::from(terms.month.days().count());
    if days == of { terms.hours } else { quotient(terms.hours * days, of).unwrap_or_default() }
}

/// What a commitment holds in a month, and whose use it can cover, in the order in which AWS applies it.
#[derive(Clone, Debug)]
pub struct Holding {
    left: Left,
    claims: Vec<ClaimOn>,
    /// Hours in force, and hours of the month.
    hours: (Decimal, Decimal),
}

/// A record that a commitment can cover.
#[derive(Clone, Copy, Debug)]
struct ClaimOn {
    record: usize,
    /// Normalized units, or dollars, of a unit of its quantity.
    rate: Decimal,
    /// Hours of the month over which it is spread.
    hours: Decimal,
}

impl Holding {
    /// A quantity, or hours, of the whole month as far as they fall into the hours in force.
    fn in_force(&self, of_month: Decimal) -> Decimal {
        let (hours, month) = self.hours;
        if hours == month { of_month } else { quotient(of_month * hours, month).unwrap_or_default() }
    }

    /// Takes what a record wants. Gives units or dollars, and the quantity that they cover.
    fn take(&mut self, claim: ClaimOn, quantity: Decimal) -> Option<(Decimal, Decimal)> {
        let (wanted, hours) = (self.in_force(quantity * claim.rate), self.in_force(claim.hours));
        let taken = self.left.take(wanted, hours);
        (taken > Decimal::ZERO).then(|| (taken, quotient(taken, claim.rate).unwrap_or_default().min(quantity)))
    }

    /// The records that could be covered.
    pub fn records(&self) -> impl Iterator<Item = usize> {
        self.claims.iter().map(|c| c.record)
    }

    /// What is covered where records use other quantities than they were rated with: record and covered quantity.
    pub fn covered(&self, quantity: impl Fn(usize) -> Decimal) -> Vec<(usize, Decimal)> {
        let mut holding = self.clone();
        self.claims.iter().filter_map(|c| holding.take(*c, quantity(c.record)).map(|(_, covered)| (c.record, covered))).collect()
    }
}

/// What the commitments of a payer hold in a month, in the order in which they are applied.
///
/// # Errors
/// As [`cover`].
pub fn holdings(records: &[UsageRecord], members: &[&Scenario], terms: &Terms<'_>) -> Result<Vec<Holding>, Vec<String>> {
    let (mut list, mut failures) = (Vec::new(), Vec::new());
    for (savings_plan, purchase) in purchases(members, terms) {
        match if savings_plan { Ok(purchase.plan_holding(records)) } else { purchase.reserved(records).map(|r| r.holding) } {
            Ok(holding) => list.push(holding),
            Err(why) => failures.push(purchase.failure(&why)),
        }
    }
    if failures.is_empty() { Ok(list) } else { Err(failures) }
}

/// The commitments in force: reservations, then savings plans (true).
fn purchases<'a>(members: &'a [&'a Scenario], terms: &'a Terms<'a>) -> impl Iterator<Item = (bool, Purchase<'a>)> {
    let all = move |savings_plan| {
        members.iter().flat_map(move |scenario| {
            let fits = move |c: &&Commitment| matches!(c.term, Term::SavingsPlan { .. }) == savings_plan && c.days_in(terms.month) > 0;
            let purchase = |commitment| Purchase { commitment, scenario, terms, hours: in_force(commitment, terms) };
            scenario.commitments.iter().filter(fits).map(move |c| (savings_plan, purchase(c)))
        })
    };
    all(false).chain(all(true))
}

/// A reservation at its price.
struct Reserved<'a> {
    holding: Holding,
    count: Decimal,
    usage_type: String,
    price: &'a PriceRow,
    upfront: Decimal,
    /// Dollars an hour of a normalized unit, the fee spread over the term.
    per_unit: Decimal,
}

struct Purchase<'a> {
    commitment: &'a Commitment,
    scenario: &'a Scenario,
    terms: &'a Terms<'a>,
    hours: Decimal,
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

/// The family of an instance or node, with the region's prefix and the kind of use left out, and the units that an hour of it counts;
/// `None` for what cannot be reserved.
pub fn reserved_units(usage_type: &str) -> Option<(&str, Decimal)> {
    sized(usage_type)
}

/// "InstanceUsage:db.r6g.large" as its family ("db.r6g") and units, I/O-Optimized counted at 1.3 and Multi-AZ at 2.
fn sized(usage_type: &str) -> Option<(&str, Decimal)> {
    let (kind, class) = usage_type.rsplit_once(':')?;
    let (family, size) = class.rsplit_once('.')?;
    let factor = match kind {
        _ if kind.ends_with("IOOptimized") => IO_OPTIMIZED,
        _ if kind.ends_with("Multi-AZUsage") => MULTI_AZ,
        _ => Decimal::ONE,
    };
    Some((family, units(size)? * factor))
}

/// What a commitment can still cover, by parts of the month: how many hours, and how much is left in them together. What is on for a
/// part of the month is taken to be on at the same times, the first ones here, so that it competes for them.
#[derive(Clone, Debug)]
struct Left(Vec<(Decimal, Decimal)>);

impl Left {
    /// So much in each of so many hours.
    fn new(each: Decimal, hours: Decimal) -> Left {
        Left(vec![(hours, each * hours)])
    }

    /// What is left in all.
    fn all(&self) -> Decimal {
        self.0.iter().map(|(_, left)| *left).sum()
    }

    /// Takes what is wanted evenly over the first `hours`, as far as each of them has something left. Gives what was taken.
    fn take(&mut self, wanted: Decimal, hours: Decimal) -> Decimal {
        self.split(hours);
        let (mut taken, mut wanted_then, mut hours_then) = (Decimal::ZERO, wanted, hours);
        for (length, left) in &mut self.0 {
            if hours_then <= Decimal::ZERO {
                break;
            }
            // The last part takes the rest, so that nothing is lost to rounding.
            let share = if *length >= hours_then { wanted_then } else { quotient(wanted * *length, hours).unwrap_or_default() };
            wanted_then -= share;
            hours_then -= *length;
            let part = share.min(*left);
            *left -= part;
            taken += part;
        }
        taken
    }

    /// Makes a boundary after so many hours.
    fn split(&mut self, hours: Decimal) {
        let mut begin = Decimal::ZERO;
        for i in 0..self.0.len() {
            let (length, left) = self.0[i];
            if begin < hours && hours < begin + length {
                let first = quotient(left * (hours - begin), length).unwrap_or_default();
                self.0[i] = (hours - begin, first);
                self.0.insert(i + 1, (begin + length - hours, left - first));
                return;
            }
            begin += length;
        }
    }
}

impl<'a> Purchase<'a> {
    fn failure(&self, why: &str) -> String {
        format!("{} {}: {why}", self.scenario.name, self.commitment.id)
    }

    fn holding(&self, each: Decimal, claims: Vec<ClaimOn>) -> Holding {
        Holding { left: Left::new(each, self.hours), claims, hours: (self.hours, self.terms.hours) }
    }

    fn price(&self, service: &str, usage_type: &str, operation: &str) -> Result<&'a PriceRow, String> {
        let day = self.commitment.start;
        let found = self.terms.book.price_on(service, &self.scenario.region, usage_type, operation, day, |t| t == self.commitment.term);
        found.map(|p| &p.rows[0]).map_err(|e| e.to_string())
    }

    /// A reservation covers units of its family in its region, the owner's first.
    fn reserved(&self, records: &[UsageRecord]) -> Result<Reserved<'a>, String> {
        let c = self.commitment;
        let (service, base) = (c.service.as_deref().unwrap_or_default(), c.usage_type.as_deref().unwrap_or_default());
        let operation = c.operation.as_deref().unwrap_or_default();
        let count = c.count.as_ref().map(|d| d.value.0).unwrap_or_default();
        let usage_type = self.terms.book.usage_type(service, &self.scenario.region, base)?;
        let price = self.price(service, &usage_type, operation)?;
        let upfront = price.upfront.ok_or_else(|| format!("the upfront fee of {usage_type} at {} is not known", c.term))?;
        let (family, size) = sized(base).ok_or_else(|| format!("{base} has no size that can be reserved"))?;
        // What an hour of one reservation really costs, the fee spread over the term.
        let hourly = price.price.decimal() + quotient(upfront, Decimal::from(YEAR * u32::from(c.years()))).unwrap_or_default();
        let per_unit = quotient(hourly, size).unwrap_or_default();
        let claim = |record: usize| {
            let r = &records[record];
            let fits = r.service == service && r.region == self.scenario.region && r.operation == operation;
            let (_, rate) = sized(&r.usage_type).filter(|(f, _)| fits && *f == family)?;
            Some(ClaimOn { record, rate, hours: r.hours })
        };
        let claims = self.owner_first(records).into_iter().filter_map(claim).collect();
        Ok(Reserved { holding: self.holding(count * size, claims), count, usage_type, price, upfront, per_unit })
    }

    fn reservation(&self, records: &mut [UsageRecord]) -> Result<Vec<Charge>, String> {
        let c = self.commitment;
        let service = c.service.as_deref().unwrap_or_default();
        let Reserved { mut holding, count, usage_type, price, upfront, per_unit } = self.reserved(records)?;
        let mut rows = Vec::new();
        for claim in holding.claims.clone() {
            let record = &mut records[claim.record];
            if let Some((units, covered)) = holding.take(claim, record.quantity) {
                rows.push(self.covered(record, covered, Usd::new(units * per_unit))?);
            }
        }
        let tape = Tape::new().rule(Step::Times, "reservations", count).rule(Step::Times, "hours in force", self.hours);
        rows.push(self.purchase(
            service,
            &usage_type,
            LineItem::RiFee,
            price.price.times(count * self.hours),
            tape.clone(),
            Frequency::Recurring,
        ));
        if self.terms.month == crate::month::Month::of(c.start) {
            let fee = Usd::new(upfront * count);
            rows.push(self.purchase(service, &usage_type, LineItem::Fee, fee, tape, Frequency::OneTime));
        }
        rows.push(self.unused(service, &usage_type, Usd::new(holding.left.all() * per_unit)));
        rows.retain(|r| !r.billed.is_zero() || !r.effective.is_zero());
        Ok(rows)
    }

    /// A savings plan covers dollars at its own rates: the owner's account first, in it the highest saving, ties to the lowest rate.
    fn plan_holding(&self, records: &[UsageRecord]) -> Holding {
        let rated = |i: usize| self.plan_rate(&records[i]).map(|(rate, saving)| (i, rate, saving));
        let mut eligible: Vec<(usize, Decimal, Decimal)> = self.owner_first(records).into_iter().filter_map(rated).collect();
        let others = |i: usize| records[i].account != self.scenario.account;
        eligible.sort_by_key(|(i, rate, saving)| (others(*i), std::cmp::Reverse(*saving), *rate));
        let claims = eligible.into_iter().map(|(record, rate, _)| ClaimOn { record, rate, hours: records[record].hours }).collect();
        self.holding(self.hourly(), claims)
    }

    fn hourly(&self) -> Decimal {
        self.commitment.hourly.unwrap_or(Usd::ZERO).decimal()
    }

    fn savings_plan(&self, records: &mut [UsageRecord]) -> Result<Vec<Charge>, String> {
        let hourly = self.hourly();
        let commitment = hourly * self.hours;
        let mut holding = self.plan_holding(records);
        let mut rows = Vec::new();
        for claim in holding.claims.clone() {
            let record = &mut records[claim.record];
            if let Some((dollars, covered)) = holding.take(claim, record.quantity) {
                rows.push(self.covered(record, covered, Usd::new(dollars))?);
            }
        }
        let Term::SavingsPlan { years, payment } = self.commitment.term else { return Ok(rows) };
        let term_hours = Decimal::from(YEAR * u32::from(years));
        let upfront = match payment {
            crate::pricing::Payment::NoUpfront => Decimal::ZERO,
            crate::pricing::Payment::PartialUpfront => Decimal::new(5, 1),
            crate::pricing::Payment::AllUpfront => Decimal::ONE,
        };
        let tape = Tape::new().rule(Step::Times, "dollars an hour", hourly).rule(Step::Times, "hours in force", self.hours);
        let kind = "ComputeSavingsPlans";
        let recurring = Usd::new(commitment * (Decimal::ONE - upfront));
        rows.push(self.purchase(
            "ComputeSavingsPlans",
            kind,
            LineItem::SavingsPlanRecurringFee,
            recurring,
            tape.clone(),
            Frequency::Recurring,
        ));
        if self.terms.month == crate::month::Month::of(self.commitment.start) {
            let fee = Usd::new(hourly * term_hours * upfront);
            rows.push(self.purchase("ComputeSavingsPlans", kind, LineItem::SavingsPlanUpfrontFee, fee, tape, Frequency::OneTime));
        }
        rows.push(self.unused("ComputeSavingsPlans", kind, Usd::new(holding.left.all())));
        rows.retain(|r| !r.billed.is_zero() || !r.effective.is_zero());
        Ok(rows)
    }

    /// The plan's rate for a record and the part that it saves; `None` for what no plan covers. Spot rows have no such rate.
    fn plan_rate(&self, record: &UsageRecord) -> Option<(Decimal, Decimal)> {
        let day = self.terms.month.first_day();
        let book = self.terms.book;
        let find =
            |wanted: Term| book.price_on(&record.service, &record.region, &record.usage_type, &record.operation, day, |t| t == wanted).ok();
        let list = find(Term::OnDemand)?.rows[0].price.decimal();
        let rate = find(self.commitment.term)?.rows[0].price.decimal();
        let compute = matches!(record.service.as_ref(), "AmazonECS" | "AWSLambda");
        (compute && rate > Decimal::ZERO && rate < list).then(|| (rate, quotient(list - rate, list).unwrap_or_default()))
    }

    /// Records of the owner's account, then those of the others, each in their order.
    fn owner_first(&self, records: &[UsageRecord]) -> Vec<usize> {
        let own = |i: &usize| records[*i].account == self.scenario.account;
        let all: Vec<usize> = (0..records.len()).collect();
        let (first, others): (Vec<usize>, Vec<usize>) = all.into_iter().partition(own);
        first.into_iter().chain(others).collect()
    }

    /// Takes the covered part out of a record and makes it a row of its own: nothing on the invoice, its share amortized.
    fn covered(&self, record: &mut UsageRecord, quantity: Decimal, effective: Usd) -> Result<Charge, String> {
        let terms = self.terms;
        let list = terms
            .book
            .price(&record.service, &record.region, &record.usage_type, &record.operation, terms.month.first_day())
            .map_err(|e| e.to_string())?;
        let whole = record.quantity;
        record.quantity -= quantity;
        if record.quantity != Decimal::ZERO {
            let tape = Tape::new().rule(Step::Minus, "covered by commitments", quantity);
            record.factors.extend(tape.finish().map(|(_, f)| f).unwrap_or_default());
        }
        let mut factors = record.factors.clone();
        if quantity != whole {
            factors = Tape::new().rule(Step::Times, "covered of the use", quantity).finish().map(|(_, f)| f).unwrap_or_default();
        }
        Ok(Charge {
            month: record.month,
            day: None,
            line_item: if self.is_savings_plan() { LineItem::SavingsPlanCoveredUsage } else { LineItem::DiscountedUsage },
            payer: terms.payer.clone(),
            account: record.account.clone(),
            environment: record.environment.clone(),
            resource: record.resource.clone(),
            tags: record.tags.clone(),
            service: record.service.clone(),
            region: record.region.clone(),
            usage_type: record.usage_type.clone(),
            operation: record.operation.clone(),
            description: Cow::Owned(format!("covered by {}", self.commitment.id)),
            quantity,
            unit: Some(record.unit),
            category: Category::Usage,
            frequency: Frequency::UsageBased,
            pricing: Pricing::Committed,
            commitment: Some(self.reference(Some(CommitmentStatus::Used))),
            seller: Seller::Aws,
            list: list.rows[0].price.times(quantity),
            billed: Usd::ZERO,
            effective,
            net: None,
            tiers: Vec::new(),
            factors,
            price: Some(list.id),
        })
    }

    fn purchase(&self, service: &str, usage_type: &str, item: LineItem, fee: Usd, tape: Tape, frequency: Frequency) -> Charge {
        let (quantity, factors) = tape.finish().unwrap_or_default();
        let what = if item == LineItem::Fee { "upfront fee" } else { item.name() }.to_owned();
        Charge {
            quantity,
            frequency,
            factors,
            effective: Usd::ZERO,
            pricing: Pricing::Committed,
            commitment: Some(self.reference(None)),
            description: Cow::Owned(format!("{what} of {} ({})", self.commitment.id, self.commitment.term)),
            line_item: item,
            ..self.row(service, usage_type, fee, Category::Purchase)
        }
    }

    fn unused(&self, service: &str, usage_type: &str, lost: Usd) -> Charge {
        Charge {
            list: Usd::ZERO,
            billed: Usd::ZERO,
            effective: lost,
            pricing: Pricing::Committed,
            commitment: Some(self.reference(Some(CommitmentStatus::Unused))),
            description: Cow::Owned(format!("not used of {}", self.commitment.id)),
            line_item: if self.is_savings_plan() { LineItem::SavingsPlanRecurringFee } else { LineItem::RiFee },
            ..self.row(service, usage_type, lost, Category::Usage)
        }
    }

    fn row(&self, service: &str, usage_type: &str, amount: Usd, category: Category) -> Charge {
        let (environment, account): (Arc<str>, Arc<str>) = (self.scenario.name.clone(), self.scenario.account.clone());
        Charge {
            service: Cow::Owned(service.to_owned()),
            region: self.scenario.region.clone(),
            ..row(environment, account, "", &self.commitment.id, usage_type, amount, category, self.terms)
        }
    }

    fn is_savings_plan(&self) -> bool {
        matches!(self.commitment.term, Term::SavingsPlan { .. })
    }

    fn reference(&self, status: Option<CommitmentStatus>) -> CommitmentRef {
        let (kind, category) = if self.is_savings_plan() { ("SavingsPlan", "Spend") } else { ("Reserved", "Usage") };
        CommitmentRef { id: self.commitment.id.clone(), kind, category, status }
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
    #[test]
    fn what_is_on_for_a_part_of_the_month_competes_for_those_hours() {
        let d = |n: u32| Decimal::from(n);
        let mut left = Left::new(d(2), d(720));
        // One of the two in the first half, then both wanted there: one is left. Then one all month: the second half has two.
        assert_eq!(left.take(d(360), d(360)), d(360));
        assert_eq!(left.take(d(720), d(360)), d(360));
        assert_eq!(left.take(d(720), d(720)), d(360));
        assert_eq!(left.all(), d(360));
    }
}
