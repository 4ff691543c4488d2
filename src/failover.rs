//! Failover: for some hours of the month the standby environment carries what another one carries.
//!
//! AWS has no price for it ("Disaster Recovery of Workloads on AWS", warm standby): the standby's region meters what moves there.
//! So it is usage like any other. Whatever the environment uses by the hour, by the request or by the byte in its region is needed
//! in the standby's region for these hours. What the standby has waiting there, hours of tasks, instances and gateways, is taken off;
//! what it answers itself is not, for that goes on. Storage and things kept by the month are there before and after; they are not
//! doubled, except volumes that a standby without them restores. Global services (CloudFront, Route 53) point elsewhere; they are
//! not doubled either.
//!
//! In a drill the environment keeps running. Where its region is lost, its own use of these hours falls away.
//!
//! Use is taken as even over the month, as everywhere. Hours that are lost are no others to commitments than those of the
//! failover: both count from the first hour of the month.

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::bill::Charge;
use crate::money::quotient;
use crate::month::{HoursBasis, Month};
use crate::pricing::PriceBook;
use crate::quantity::{Unit, grouped};
use crate::scenario::{Scenario, Scenarios};
use crate::usage::{FAILOVER, Factor, Step, Tape, UsageRecord};

/// Use that copies to the standby, of which a standby that took over has none. Without prefix, as all below.
const COPIES: &[&str] = &["Aurora:ReplicatedWriteIO"];
/// Things kept that are counted.
const KEPT: &[&str] = &["Monitoring-Automation-INT"];
/// Hours that follow what is asked, whatever waits.
const ANSWERED: &[&str] = &["LCUUsage"];
/// What a standby does by the request that its own work replaces: it writes what it received before, and its checks look at what
/// stands there either way.
const REPLACED: &[&str] = &[WRITES, "Requests-Tier1", "PaidComplianceCheck"];
const WRITES: &str = "Aurora:StorageIOUsage";
/// Volumes that are restored from a copy where they are not there.
const RESTORED: &[&str] = &["Aurora:StorageUsage", "Aurora:IO-OptimizedStorageUsage", "RDS:GP3-Storage", "RDS:Multi-AZ-GP3-Storage"];

/// How long the standby carries everything, and whether the environment's own region is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failover {
    /// Hours in each month.
    pub hours: Decimal,
    /// True where the environment's region does nothing in these hours; false for a drill.
    pub region_lost: bool,
}

impl Failover {
    /// What people call it: "Failover drill, 6 h".
    pub fn title(self) -> String {
        let time = self.time();
        if self.region_lost { format!("Region lost for {time}") } else { format!("Failover drill, {time}") }
    }

    /// In hours, or in minutes where that reads better: a third of an hour has no end in decimals.
    fn time(self) -> String {
        if self.hours.normalize().scale() <= 2 {
            return format!("{} h", grouped(self.hours));
        }
        format!("{} min", grouped((self.hours * Decimal::from(60)).round_dp(2)))
    }

    /// The same in a month of so many hours at most.
    pub fn within(self, month_hours: Decimal) -> Failover {
        Failover { hours: self.hours.min(month_hours), ..self }
    }

    /// The standby that carries an environment in a month.
    ///
    /// # Errors
    /// Says that there is none, or that the month is shorter.
    pub fn standby<'a>(
        self,
        scenarios: &'a Scenarios,
        environment: &Scenario,
        month: Month,
        basis: HoursBasis,
    ) -> Result<&'a Scenario, String> {
        let (name, hours) = (&environment.name, basis.hours(month));
        if self.hours > hours {
            return Err(format!("a failover of {} is longer than {}, which has {hours} h", self.time(), month.name()));
        }
        scenarios.standby(environment).ok_or_else(|| {
            format!("{name} has no standby\nhelp: write `standby_of: {name}` into the file of the environment that takes over from it")
        })
    }

    /// Names the charges of the failover after it.
    pub fn describe(self, charges: &mut [Charge]) {
        for charge in charges.iter_mut().filter(|c| c.resource.as_ref() == FAILOVER) {
            charge.description = Cow::Owned(self.title());
        }
    }
}

/// A failover in one month: from whom, to whom.
#[derive(Clone, Copy, Debug)]
pub struct Takeover<'a> {
    /// How long, and whether the region is lost.
    pub failover: Failover,
    /// The environment.
    pub from: &'a Scenario,
    /// Its standby.
    pub to: &'a Scenario,
    /// The price book, for prefixes of usage types only.
    pub book: &'a PriceBook,
    /// Hours of the month on the basis that was asked for.
    pub month_hours: Decimal,
}

/// Use of one kind, wherever it is: service, usage type without prefix, operation, unit.
type Kind<'r> = (&'r str, &'r str, &'r str, Unit);

impl Takeover<'_> {
    /// Adds to the usage of a payer what the failover needs, and takes off what a lost region does not use. `standing` is what
    /// the standby runs anyway.
    ///
    /// # Errors
    /// Quantities too large to be exact, or without a usage type in the standby's region.
    pub fn apply(&self, records: &mut Vec<UsageRecord>, standing: &[UsageRecord]) -> Result<(), Vec<String>> {
        if self.failover.hours.is_zero() {
            return Ok(());
        }
        let carried = self.carried(records, standing)?;
        if self.failover.region_lost {
            records.iter_mut().filter(|r| self.runs(r)).for_each(|r| self.shorten(r));
            records.retain(|r| !r.quantity.is_zero());
        }
        records.extend(carried);
        Ok(())
    }

    /// True for the environment's use by the hour, request or byte in its own region.
    fn runs(&self, record: &UsageRecord) -> bool {
        let metered = matches!(record.unit, Unit::Hours | Unit::Count | Unit::Gb | Unit::GbSeconds);
        metered && self.own(record) && !KEPT.contains(&self.kind(record).1)
    }

    /// True for what the standby's region needs for these hours.
    fn moves(&self, record: &UsageRecord) -> bool {
        let base = self.kind(record).1;
        let restored = self.own(record) && RESTORED.contains(&base);
        restored || self.runs(record) && !COPIES.contains(&base) && !self.is_sent_there(base)
    }

    fn own(&self, record: &UsageRecord) -> bool {
        record.environment == self.from.name && record.region == self.from.region
    }

    /// True for bytes to the standby's region: they stay in it.
    fn is_sent_there(&self, base: &str) -> bool {
        let code = self.book.region(&self.to.region).map_or("", |r| r.code.as_str());
        [format!("{code}-AWS-Out-Bytes"), format!("{code}-S3RTC-Out-Bytes")].iter().any(|sent| sent == base)
    }

    fn kind<'r>(&self, record: &'r UsageRecord) -> Kind<'r> {
        let base = self.book.without_prefix(&record.service, &record.region, &record.usage_type);
        (&record.service, base, &record.operation, record.unit)
    }

    /// What the standby's region meters for the failover, one record for each kind of use.
    fn carried(&self, records: &[UsageRecord], standing: &[UsageRecord]) -> Result<Vec<UsageRecord>, Vec<String>> {
        let waits = |r: &UsageRecord| self.to.does_not_carry.iter().any(|name| *name == *r.resource);
        let own: Vec<&UsageRecord> = records.iter().filter(|r| self.moves(r) && !waits(r)).collect();
        let there: Vec<&UsageRecord> = standing.iter().filter(|r| r.region == self.to.region).collect();
        let mut kinds: Vec<Kind<'_>> = Vec::new();
        for kind in own.iter().map(|r| self.kind(r)) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let (mut carried, mut failures) = (Vec::new(), Vec::new());
        for kind in kinds {
            let of = |list: &[&UsageRecord], kinds: &[Kind<'_>]| -> Vec<UsageRecord> {
                list.iter().copied().filter(|r| kinds.contains(&self.kind(r))).cloned().collect()
            };
            // A replicated write costs what the standby's own one does.
            let (service, base, operation, unit) = kind;
            let received = COPIES.iter().filter(|_| base == WRITES).map(|copies| (service, *copies, operation, unit));
            let standing: Vec<Kind<'_>> = received.chain([kind]).collect();
            match self.record(kind, &of(&own, &[kind]), &of(&there, &standing)) {
                Ok(record) => carried.extend(record),
                Err(why) => failures.push(format!("{} {FAILOVER}: {why}", self.from.name)),
            }
        }
        if failures.is_empty() { Ok(carried) } else { Err(failures) }
    }

    /// What is needed of one kind; `None` where as much waits in the standby.
    fn record(&self, kind: Kind<'_>, own: &[UsageRecord], there: &[UsageRecord]) -> Result<Option<UsageRecord>, String> {
        let (service, base, operation, unit) = kind;
        let Some(first) = own.first() else { return Ok(None) };
        let needed = Tape::new().with(Step::Times, format!("{} uses in the month", self.from.name), sum(own));
        let mut tape = self.of_these_hours(needed);
        if !there.is_empty() && waits_there(kind) {
            // The standby's demand is its own: it does not move with that of the environment in whose bill this stands.
            let anyway = Tape::new().with(Step::Times, format!("{} uses in the month", self.to.name), sum(there).without_demand());
            tape = tape.with(Step::Minus, format!("{} runs anyway in these hours", self.to.name), self.of_these_hours(anyway));
            tape = tape.rule_of(Step::AtLeast, "nothing", 0);
        }
        let (quantity, factors) = tape.finish().ok_or_else(|| format!("the quantity of {base} is too large to be exact"))?;
        if quantity.is_zero() {
            return Ok(None);
        }
        Ok(Some(UsageRecord {
            service: Cow::Owned(service.to_owned()),
            region: self.to.region.clone(),
            usage_type: self.book.usage_type(service, &self.to.region, base)?.into(),
            operation: Cow::Owned(operation.to_owned()),
            month: first.month,
            quantity,
            unit,
            hours: self.failover.hours,
            account: self.to.account.clone(),
            environment: self.from.name.clone(),
            resource: FAILOVER.into(),
            tags: Arc::new(self.to.tags.clone()),
            factors,
        }))
    }

    fn of_these_hours(&self, tape: Tape) -> Tape {
        let tape = tape.rule(Step::Times, "hours of the failover", self.failover.hours);
        tape.rule(Step::Over, "hours in the month", self.month_hours)
    }

    /// Takes the hours out in which the region does nothing.
    fn shorten(&self, record: &mut UsageRecord) {
        let left = self.month_hours - self.failover.hours;
        let of_rest = |whole: Decimal| quotient(whole * left, self.month_hours).unwrap_or_default();
        record.quantity = of_rest(record.quantity);
        record.hours = of_rest(record.hours);
        let tape = Tape::new().rule(Step::Times, "hours with the region", left).rule(Step::Over, "hours in the month", self.month_hours);
        let rest: Vec<Factor> = tape.finish().map(|(_, factors)| factors).unwrap_or_default();
        record.factors.extend(rest);
    }
}

/// True for what the standby has for the failover, or no longer does in it; what it answers itself is needed beside.
fn waits_there((_, base, _, unit): Kind<'_>) -> bool {
    match unit {
        Unit::Hours => !ANSWERED.contains(&base),
        Unit::GbMonths => true,
        _ => REPLACED.contains(&base),
    }
}

/// Records of one kind, added up by resource.
fn sum(records: &[UsageRecord]) -> Tape {
    records.iter().fold(Tape::new(), |tape, r| tape.with(Step::Plus, r.resource.to_string(), Tape::of(r.factors.iter().cloned())))
}
