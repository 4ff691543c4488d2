//! Commitments: purchases that cover usage hour by hour, used or lost. Reservations come first, then savings plans; the
//! owner's account first, the highest saving first; never Spot (AWS, "How Savings Plans apply to your usage").
//!
//! Usage is taken as even over the hours in which its resource is on, so "hour by hour" is a minimum over those hours.

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::Terms;
use super::support::row;
use crate::bill::{Category, Charge, CommitmentRef, CommitmentStatus, Frequency, Pricing};
use crate::money::{Usd, quotient};
use crate::pricing::{PriceRow, Term};
use crate::scenario::Scenario;
use crate::scenario::commitment::Commitment;
use crate::usage::{Step, Tape, UsageRecord};

/// Hours of a year's term, as AWS divides an upfront fee: 365 days.
const YEAR: u32 = 8_760;
/// What a reservation of a standard instance must add to cover one on I/O-Optimized (AWS, "Aurora I/O-Optimized reserved instances").
const IO_OPTIMIZED: Decimal = Decimal::from_parts(13, 0, 0, false, 1);

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
    for savings_plans in [false, true] {
        for scenario in members {
            for commitment in &scenario.commitments {
                if matches!(commitment.term, Term::SavingsPlan { .. }) != savings_plans || commitment.days_in(terms.month) == 0 {
                    continue;
                }
                let purchase = Purchase { commitment, scenario, terms, hours: in_force(commitment, terms) };
                let rows = if savings_plans { purchase.savings_plan(&mut records) } else { purchase.reservation(&mut records) };
                match rows {
                    Ok(rows) => charges.extend(rows),
                    Err(why) => failures.push(format!("{} {}: {why}", scenario.name, commitment.id)),
                }
            }
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

/// "InstanceUsage:db.r6g.large" as its family ("db.r6g") and units, I/O-Optimized counted at 1.3.
fn sized(usage_type: &str) -> Option<(&str, Decimal)> {
    let (kind, class) = usage_type.rsplit_once(':')?;
    let (family, size) = class.rsplit_once('.')?;
    let factor = if kind.ends_with("IOOptimized") { IO_OPTIMIZED } else { Decimal::ONE };
    Some((family, units(size)? * factor))
}

impl Purchase<'_> {
    fn price(&self, service: &str, usage_type: &str, operation: &str) -> Result<&PriceRow, String> {
        let day = self.commitment.start;
        let found = self.terms.book.price_on(service, &self.scenario.region, usage_type, operation, day, |t| t == self.commitment.term);
        found.map(|p| &p.rows[0]).map_err(|e| e.to_string())
    }

    /// A reservation covers units of its family in its region, the owner's first.
    fn reservation(&self, records: &mut [UsageRecord]) -> Result<Vec<Charge>, String> {
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
        let mut left = count * size * self.hours;
        let mut rows = Vec::new();
        for index in self.owner_first(records) {
            let record = &mut records[index];
            let fits = record.service == service && record.region == self.scenario.region && record.operation == operation;
            let Some((f, u)) = sized(&record.usage_type).filter(|(f, _)| fits && *f == family) else { continue };
            debug_assert_eq!(f, family);
            // Never more at once than is reserved: over the hours in which the resource is on.
            let units = (record.quantity * u).min(left).min(count * size * record.hours);
            if units <= Decimal::ZERO {
                continue;
            }
            left -= units;
            let covered = quotient(units, u).unwrap_or_default();
            rows.push(self.covered(record, covered, Usd::new(units * per_unit))?);
        }
        let tape = Tape::new().rule(Step::Times, "reservations", count).rule(Step::Times, "hours in force", self.hours);
        rows.push(self.purchase(service, &usage_type, "RIFee", price.price.times(count * self.hours), tape.clone(), Frequency::Recurring));
        if self.terms.month == crate::month::Month::of(c.start) {
            let fee = Usd::new(upfront * count);
            rows.push(self.purchase(service, &usage_type, "upfront fee", fee, tape, Frequency::OneTime));
        }
        rows.push(self.unused(service, &usage_type, Usd::new(left * per_unit)));
        rows.retain(|r| !r.billed.is_zero() || !r.effective.is_zero());
        Ok(rows)
    }

    /// A savings plan covers dollars at its own rates, the highest saving first.
    fn savings_plan(&self, records: &mut [UsageRecord]) -> Result<Vec<Charge>, String> {
        let hourly = self.commitment.hourly.unwrap_or(Usd::ZERO).decimal();
        let commitment = hourly * self.hours;
        let mut left = commitment;
        let mut rows = Vec::new();
        let mut eligible: Vec<(usize, Decimal, Decimal)> = self
            .owner_first(records)
            .into_iter()
            .filter_map(|i| self.plan_rate(&records[i]).map(|(rate, saving)| (i, rate, saving)))
            .collect();
        // A stable sort: the owner's stay first among equal savings, ties go to the lowest rate.
        eligible.sort_by(|a, b| b.2.cmp(&a.2).then(a.1.cmp(&b.1)));
        for (index, rate, _) in eligible {
            let record = &mut records[index];
            let dollars = (record.quantity * rate).min(left).min(hourly * record.hours);
            if dollars <= Decimal::ZERO {
                continue;
            }
            left -= dollars;
            let covered = quotient(dollars, rate).unwrap_or_default().min(record.quantity);
            rows.push(self.covered(record, covered, Usd::new(dollars))?);
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
        rows.push(self.purchase("ComputeSavingsPlans", kind, "SavingsPlanRecurringFee", recurring, tape.clone(), Frequency::Recurring));
        if self.terms.month == crate::month::Month::of(self.commitment.start) {
            let fee = Usd::new(hourly * term_hours * upfront);
            rows.push(self.purchase("ComputeSavingsPlans", kind, "SavingsPlanUpfrontFee", fee, tape, Frequency::OneTime));
        }
        rows.push(self.unused("ComputeSavingsPlans", kind, Usd::new(left)));
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
            outside_aws: false,
            list: list.rows[0].price.times(quantity),
            billed: Usd::ZERO,
            effective,
            tiers: Vec::new(),
            factors,
            price: Some(list.id),
        })
    }

    fn purchase(&self, service: &str, usage_type: &str, what: &str, fee: Usd, tape: Tape, frequency: Frequency) -> Charge {
        let (quantity, factors) = tape.finish().unwrap_or_default();
        Charge {
            quantity,
            frequency,
            factors,
            effective: Usd::ZERO,
            pricing: Pricing::Committed,
            commitment: Some(self.reference(None)),
            description: Cow::Owned(format!("{what} of {} ({})", self.commitment.id, self.commitment.term)),
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

    fn reference(&self, status: Option<CommitmentStatus>) -> CommitmentRef {
        let (kind, category) = match self.commitment.term {
            Term::SavingsPlan { .. } => ("SavingsPlan", "Spend"),
            _ => ("Reserved", "Usage"),
        };
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
        // Two of them are 10.4 units on I/O-Optimized, of which two reservations cover 8.
        assert_eq!(sized("InstanceUsageIOOptimized:db.r6g.large"), Some(("db.r6g", d("5.2"))));
        // A size that no machine has is no size.
        assert_eq!(sized("InstanceUsage:db.r6g.4294967295xl"), None);
    }
}
