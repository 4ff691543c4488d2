//! The bridge: the difference between two bills in named causes that add up to it, to the last digit, in whatever order rows come.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::called::Called;
pub use super::cause::Cause;
use super::join::{Part, Row, Side, are_alike, labels};
use super::key::{Key, Kind};
use super::split::{self, Parts};
use super::tiers::{self, Lists};
use super::untagged::{self, Untagged};
use super::{Question, driver};
use crate::money::{Usd, cents};
use crate::quantity::{Unit, about, grouped, per_cent};
use crate::source::Sources;

/// What one row adds to a cause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Reason {
    /// The row, or the resource.
    pub name: String,
    /// How much of the cause it is.
    pub amount: Usd,
    /// Why, in words with numbers.
    pub why: String,
}

/// One step of the bridge.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Step {
    /// The cause.
    pub cause: Cause,
    /// How much it adds.
    pub amount: Usd,
    /// Its largest reason.
    pub why: String,
    /// All its reasons, the largest first. They add up to it.
    pub reasons: Vec<Reason>,
}

/// Gathers reasons.
pub struct Bridge<'a> {
    /// What the payer's quantities cost by the price list, on the side that was predicted.
    pub base: &'a Lists,
    /// The same as billed.
    pub billed: &'a Lists,
    /// The scenario files, to name places.
    pub sources: &'a Sources,
    /// "predicted", or the name of the month before.
    pub before: &'a str,
    /// False where nobody asked the bill for resources.
    pub resources: bool,
    /// What belongs to nobody on either side.
    pub untagged: &'a Untagged,
    called: Called,
    reasons: BTreeMap<Cause, Vec<Reason>>,
}

/// Volumes of one family, to be divided into volume and mix.
struct Volumes {
    quantities: (Decimal, Decimal),
    base_cost: Usd,
    volume: Usd,
    reasons: Vec<Reason>,
    keys: usize,
}

impl<'a> Bridge<'a> {
    /// A bridge without steps.
    pub fn new(base: &'a Lists, billed: &'a Lists, question: &Question<'a>, untagged: &'a Untagged) -> Bridge<'a> {
        let Question { sources, before, resources, .. } = *question;
        Bridge { base, billed, sources, before, resources, untagged, called: Called::default(), reasons: BTreeMap::new() }
    }

    /// Adds a reason.
    pub fn add(&mut self, cause: Cause, name: impl Into<String>, amount: Usd, why: impl Into<String>) {
        if !amount.is_zero() {
            self.reasons.entry(cause).or_default().push(Reason { name: name.into(), amount, why: why.into() });
        }
    }

    /// Adds the difference of every row.
    pub fn rows(&mut self, rows: &[Row<'_>]) {
        let mut families: BTreeMap<(String, String, String, Option<Unit>), Volumes> = BTreeMap::new();
        self.called = Called::of(rows);
        for row in rows {
            match row.key.kind {
                Kind::Usage if row.key.usage_type.is_empty() => self.by_service(row),
                Kind::Usage => match untagged::filled(row, self.untagged) {
                    Some(filled) => {
                        self.add(Cause::Untagged, row.key.to_string(), filled.amount, filled.why(self.before));
                        self.usage(&filled.row, &mut families);
                    }
                    None => self.usage(row, &mut families),
                },
                kind => self.whole(kind, row),
            }
        }
        for ((_, _, family, _), sized) in families {
            self.family(&family, sized);
        }
    }

    /// A row that is no usage.
    fn whole(&mut self, kind: Kind, row: &Row<'_>) {
        let (base, billed) = (row.base_cost(), row.billed_cost());
        let cause = match kind {
            Kind::Commitment => Cause::Commitment,
            Kind::OneOff => Cause::OneOffs,
            Kind::Support => Cause::Support,
            Kind::Credit => Cause::Credits,
            Kind::Tax => Cause::Tax,
            Kind::Outside => Cause::OutsideAws,
            Kind::Usage | Kind::Unknown => Cause::Unexplained,
        };
        let against = format!("{} billed against {} {}", cents(billed), cents(base), self.before);
        let why = match kind {
            Kind::Commitment => format!("fees and what was not used of {}: {against}", row.key.service),
            Kind::OneOff => format!("{}: {against}{}", row.key.service, described(row)),
            Kind::Outside => format!("{} sends its own bill: {} are on none of AWS's", row.key.service, cents(base)),
            Kind::Credit => format!("{}: {against}", row.key.service.to_lowercase()),
            Kind::Unknown => format!("rows of the type {}, which this program does not know: {}", row.key.service, cents(billed)),
            _ => against,
        };
        self.add(cause, row.key.to_string(), billed - base, why);
    }

    /// A service of which one side tells no usage types: no quantities, and so nothing to split.
    fn by_service(&mut self, row: &Row<'_>) {
        let (service, base, billed) = (&row.key.service, row.base_cost(), row.billed_cost());
        let why = format!("{service} is told without usage types: {} billed against {} {}", cents(billed), cents(base), self.before);
        self.add(Cause::Unexplained, service.clone(), billed - base, why);
    }

    fn usage(&mut self, row: &Row<'_>, families: &mut BTreeMap<(String, String, String, Option<Unit>), Volumes>) {
        let (base, billed) = match (&row.base, &row.billed) {
            (Some(base), Some(billed)) => (base, billed),
            (base, billed) => return self.one_sided(&row.key, "", base.as_ref(), billed.as_ref()),
        };
        let mut volumes = Vec::new();
        let mut used = (Decimal::ZERO, Decimal::ZERO);
        let mut base_cost = Usd::ZERO;
        for part in &row.parts {
            let (Some(base), Some(billed)) = (&part.base, &part.billed) else {
                self.one_sided(&row.key, &part.label, part.base.as_ref(), part.billed.as_ref());
                continue;
            };
            match self.parts(&row.key, base, billed) {
                Some(parts) => {
                    volumes.push(self.volume(&row.key, part, base, billed, parts.volume));
                    used = (used.0 + base.quantity().unwrap_or_default(), used.1 + billed.quantity().unwrap_or_default());
                    base_cost += base.cost;
                    self.others(&row.key, &part.label, base, billed, parts);
                }
                None => self.unsplit(&row.key, base, billed),
            }
        }
        if volumes.is_empty() {
            return;
        }
        let unit = base.unit.or(billed.unit);
        let place =
            (row.key.service.clone(), row.key.region.clone(), format!("{} {}", family(&row.key.usage_type), row.key.operation), unit);
        let sized = families.entry(place).or_insert(Volumes {
            quantities: (Decimal::ZERO, Decimal::ZERO),
            base_cost: Usd::ZERO,
            volume: Usd::ZERO,
            reasons: Vec::new(),
            keys: 0,
        });
        sized.quantities = (sized.quantities.0 + used.0, sized.quantities.1 + used.1);
        sized.base_cost += base_cost;
        sized.volume += volumes.iter().map(|r| r.amount).sum();
        sized.reasons.extend(volumes);
        sized.keys += 1;
    }

    /// The split of what both sides have; `None` where their units differ or a quantity is not told.
    fn parts(&self, key: &Key, base: &Side<'_>, billed: &Side<'_>) -> Option<Parts> {
        let differ = base.unit.zip(billed.unit).is_some_and(|(a, b)| a != b && a != Unit::Count && b != Unit::Count);
        let (before, after) = (base.used?, billed.used?);
        if differ || base.cost != before.cost() || billed.cost != after.cost() {
            return None;
        }
        let parts = split::split(&before, &after, tiers::rates(key, self.base, self.billed))?;
        (parts.sum() == billed.cost - base.cost).then_some(parts)
    }

    /// Everything of a split but its volume.
    fn others(&mut self, key: &Key, label: &str, base: &Side<'_>, billed: &Side<'_>, parts: Parts) {
        let name = self.called.name(key, label);
        let average = |side: &Side<'_>| side.used.and_then(|u| u.on_demand.cost.decimal().checked_div(u.on_demand.quantity));
        let cost = |side: &Side<'_>| average(side).map_or("–".to_owned(), |a| grouped(a.round_sf(5).unwrap_or(a)));
        let units = format!("{} a unit billed against {} {}", cost(billed), cost(base), self.before);
        self.add(Cause::Price, &name, parts.price, format!("{name}: {units}"));
        self.add(Cause::Tier, &name, parts.tier, format!("{name}: on average over tiers and allowances {units}"));
        let covered = |side: &Side<'_>| side.used.and_then(|u| u.covered.quantity.checked_div(u.quantity()?)).map_or("–".into(), per_cent);
        let share = format!("{} of {name} covered against {} {}", covered(billed), covered(base), self.before);
        self.add(Cause::Commitment, format!("coverage of {name}"), parts.coverage, share);
        let rate = |side: &Side<'_>| side.used.and_then(|u| u.covered.cost.decimal().checked_div(u.covered.quantity));
        let rate = |side: &Side<'_>| rate(side).map_or("–".to_owned(), |a| grouped(a.round_sf(5).unwrap_or(a)));
        let rates = format!("a covered unit of {name} costs {} against {} {}", rate(billed), rate(base), self.before);
        self.add(Cause::Commitment, format!("rate of {name}"), parts.rate, rates);
    }

    /// The volume of a part, with the driver behind it.
    fn volume(&self, key: &Key, part: &Part<'_>, base: &Side<'_>, billed: &Side<'_>, amount: Usd) -> Reason {
        let name = self.called.name(key, &part.label);
        let (before, after) = (base.quantity().unwrap_or_default(), billed.quantity().unwrap_or_default());
        let unit = base.unit.or(billed.unit).filter(|u| *u != Unit::Count).map(|u| format!(" {u}")).unwrap_or_default();
        let amounts = format!("{}{unit} billed against {} {}", about(after), about(before), self.before);
        let title = labels(&base.charges);
        // What a commitment covers stands on a tape of its own: the driver is looked for where the tapes make the whole quantity.
        // Where several resources stand behind it and the bill was not asked for them, none of their drivers is to blame by itself.
        let is_told = self.resources || !part.label.is_empty() || are_alike(&base.charges);
        let found = if is_told { driver::behind(&base.charges, after).filter(|_| driver::whole(&base.charges, before)) } else { None };
        let why = match found {
            None if !is_told => format!("{title}: {} {amounts}; the bill does not tell them apart", key.usage_type),
            Some(found) => {
                let place = found.driver.at.map(|at| format!(" ({})", self.sources.show(at))).unwrap_or_default();
                format!("{title}: {} {} against {} {}{place}", found.driver.name, found.shown(), found.driver.shown, self.before)
            }
            None if title.is_empty() => format!("{}: {amounts}", key.usage_type),
            None => format!("{title}: {} {amounts}", key.usage_type),
        };
        Reason { name, amount, why }
    }

    /// Divides the volume of a family of sizes: what changed in all at the old average price, and the rest as mix.
    fn family(&mut self, family: &str, sized: Volumes) {
        let Volumes { quantities: (before, after), base_cost, volume, reasons, keys } = sized;
        let whole = if keys > 1 { (after - before).checked_mul(base_cost.decimal()).and_then(|x| x.checked_div(before)) } else { None };
        let whole = whole.map_or(volume, Usd::new);
        let mix = volume - whole;
        if mix.is_zero() {
            return reasons.into_iter().for_each(|r| self.add(Cause::Volume, r.name, r.amount, r.why));
        }
        let amounts = format!("{} billed against {} {}, of all sizes", about(after), about(before), self.before);
        self.add(Cause::Volume, family.trim(), whole, format!("{}: {amounts}", family.trim()));
        let largest =
            reasons.iter().max_by_key(|r| (r.amount.abs(), std::cmp::Reverse(&r.name))).map(|r| r.why.clone()).unwrap_or_default();
        self.add(Cause::Mix, family.trim(), mix, format!("other sizes of {}: {largest}", family.trim()));
    }

    /// What only one side has.
    fn one_sided(&mut self, key: &Key, label: &str, base: Option<&Side<'_>>, billed: Option<&Side<'_>>) {
        let name = self.called.name(key, label);
        let told = |side: &Side<'_>| {
            let unit = side.unit.filter(|u| *u != Unit::Count).map(|u| format!(" {u}")).unwrap_or_default();
            let who = labels(&side.charges);
            let who = if who.is_empty() { String::new() } else { format!(" of {who}") };
            format!("{}{unit}{who}, {}", about(side.quantity().unwrap_or_default()), cents(side.cost))
        };
        if let Some(side) = billed {
            self.add(Cause::New, &name, side.cost, format!("{name} was not {}: {}", self.before, told(side)));
        }
        if let Some(side) = base {
            self.add(Cause::Gone, &name, -side.cost, format!("{name} was {} and is not billed: {}", self.before, told(side)));
        }
    }

    /// What both sides have, and cannot be split.
    fn unsplit(&mut self, key: &Key, base: &Side<'_>, billed: &Side<'_>) {
        let unit = |side: &Side<'_>| side.unit.map_or_else(|| "no unit".to_owned(), |u| u.to_string());
        let why = match base.unit.zip(billed.unit) {
            Some((a, b)) if a != b => format!("{key} is billed by {b} and {} by {a}", self.before),
            _ => format!("{key} has no quantity to compare ({} and {})", unit(base), unit(billed)),
        };
        self.add(Cause::Unexplained, key.to_string(), billed.cost - base.cost, why);
    }

    /// The steps that are not nothing, and unexplained always; `difference` is what they add up to.
    pub fn steps(mut self, difference: Usd) -> Vec<Step> {
        let explained: Usd = self.reasons.values().flatten().map(|r| r.amount).sum();
        self.add(Cause::Unexplained, "the rest", difference - explained, "no row accounts for it");
        let steps = self.reasons.into_iter().map(|(cause, reasons)| step(cause, reasons));
        let mut steps: Vec<Step> = steps.filter(|s| !s.reasons.is_empty()).collect();
        if !steps.iter().any(|s| s.cause == Cause::Unexplained) {
            let why = "nothing is left".to_owned();
            steps.push(Step { cause: Cause::Unexplained, amount: Usd::ZERO, why, reasons: Vec::new() });
        }
        steps
    }
}

/// A reason below this is told together with the others below it.
const LEAST: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// A step of the bridge. Reasons with the same words (one driver behind several rows) are one.
fn step(cause: Cause, all: Vec<Reason>) -> Step {
    let mut by_words: BTreeMap<String, Reason> = BTreeMap::new();
    for reason in all {
        match by_words.get_mut(&reason.why) {
            Some(same) => {
                same.amount += reason.amount;
                same.name = std::mem::take(&mut same.name).min(reason.name);
            }
            None => {
                by_words.insert(reason.why.clone(), reason);
            }
        }
    }
    let (mut reasons, small): (Vec<Reason>, Vec<Reason>) = by_words.into_values().partition(|r| r.amount.decimal().abs() >= LEAST);
    let rest: Usd = small.iter().map(|r| r.amount).sum();
    if !rest.is_zero() {
        reasons.push(Reason {
            name: "rows below half a cent".into(),
            amount: rest,
            why: format!("{} below half a cent each", small.len()),
        });
    }
    reasons.sort_by(|a, b| b.amount.abs().cmp(&a.amount.abs()).then_with(|| (&a.name, &a.why).cmp(&(&b.name, &b.why))));
    let why = reasons.first().map(|r| r.why.clone()).unwrap_or_default();
    Step { cause, amount: reasons.iter().map(|r| r.amount).sum(), why, reasons }
}

/// What a one-off is, where its rows say so.
fn described(row: &Row<'_>) -> String {
    let charges = row.billed.iter().chain(&row.base).flat_map(|s| &s.charges);
    charges.map(|c| c.description.as_ref()).filter(|d| !d.is_empty()).min().map(|d| format!(" ({d})")).unwrap_or_default()
}

/// A usage type without the size that it ends with: "InstanceUsage" for "InstanceUsage:db.r6g.large".
fn family(usage_type: &str) -> &str {
    let size = |class: &str| class.rsplit('.').next().is_some_and(|s| s.ends_with("xl") || SIZES.iter().any(|known| s.ends_with(known)));
    match usage_type.rsplit_once(':') {
        Some((kind, class)) if class.contains('.') && size(class) => kind,
        _ => usage_type,
    }
}

/// How the names of sizes end; the price list writes some "xl" for "xlarge".
const SIZES: &[&str] = &["nano", "micro", "small", "medium", "large", "metal"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_one_thing_are_a_family() {
        assert_eq!(family("USW2-InstanceUsage:db.r6g.large"), "USW2-InstanceUsage");
        assert_eq!(family("USE1-Fargate-vCPU-Hours:perCPU"), "USE1-Fargate-vCPU-Hours:perCPU");
        assert_eq!(family("EBS:VolumeUsage.gp3"), "EBS:VolumeUsage.gp3");
        assert_eq!(family("NatGateway-Hours"), "NatGateway-Hours");
    }
}
