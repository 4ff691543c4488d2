//! Whose rows of a real bill are whose: by tag and account, and by stated rules for what belongs to no environment. What no rule
//! names stays unallocated, and is always told.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::key::{Cost, Keys};
use crate::bill::{Bill, Charge};
use crate::money::{Usd, quotient};
use crate::scenario::Scenario;
use crate::scenario::actuals::{By, ENVIRONMENT, Shared};
use crate::scenario::plan::OneOrMany;
use crate::usage::Tags;

/// The letters of a tag's name, small, without what reports put before it or between its words: "user:CostCenter" and
/// "user_cost_center" are one.
pub fn tag_key(key: &str) -> String {
    letters(key).collect()
}

/// As [`tag_key`], letter by letter: every row of a bill is asked for its tags.
fn letters(key: &str) -> impl Iterator<Item = char> {
    let own = |prefix: &&str| key.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
    let own = ["user:", "user_"].iter().find(|p| own(p)).map_or(key, |p| &key[p.len()..]);
    own.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric())
}

/// A tag by any of its names.
fn alike<'a>(tags: &'a Tags, key: &str) -> Option<&'a String> {
    tags.get(key).or_else(|| tags.iter().find(|(k, _)| letters(k).eq(letters(key))).map(|(_, v)| v))
}

/// The value of a tag of a charge; `None` where it has none, or an empty one.
pub fn tag<'a>(charge: &'a Charge, key: &str) -> Option<&'a str> {
    find(&charge.tags, key)
}

/// As [`tag`], in tags alone. `CostCenter` finds what any format made of that key: `user:CostCenter`, `user_cost_center`.
pub fn find<'a>(tags: &'a Tags, key: &str) -> Option<&'a str> {
    alike(tags, key).map(String::as_str).filter(|v| !v.is_empty())
}

/// The value of the tag `Environment` on an environment's rows, where its scenario says nothing else of them.
pub fn environment_value(scenario: &Scenario) -> &str {
    alike(&scenario.tags, ENVIRONMENT).map_or(&*scenario.name, String::as_str)
}

/// Whether a charge is an environment's own, as its scenario says.
pub fn is_own(scenario: &Scenario, charge: &Charge) -> bool {
    let actuals = &scenario.actuals;
    if actuals.tag.is_empty() && actuals.account.0.is_empty() {
        return tag(charge, ENVIRONMENT) == Some(environment_value(scenario));
    }
    let of_tag = |(key, wanted): (&String, &OneOrMany)| tag(charge, key).is_some_and(|v| wanted.fits(v));
    actuals.account.fits(&charge.account) && actuals.tag.iter().all(of_tag)
}

/// The scenario as a bill can tell it that was asked for some tags only: without the one that its rows are known by, those stand
/// in whose `Environment` is its name.
pub fn told_by<'s>(scenario: &'s Scenario, asked: &dyn Fn(&str) -> bool) -> Cow<'s, Scenario> {
    if scenario.actuals.tag.keys().all(|key| asked(key)) {
        return Cow::Borrowed(scenario);
    }
    let mut told = scenario.clone();
    told.actuals.tag = [(ENVIRONMENT.to_owned(), OneOrMany(vec![scenario.name.to_string()]))].into();
    Cow::Owned(told)
}

/// The tag by which most scenarios find their rows; the first by its name of several. `None` where accounts tell them all.
pub fn usual_tag(scenarios: &[Scenario]) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for actuals in scenarios.iter().map(|s| &s.actuals) {
        let own = actuals.tag.is_empty() && actuals.account.0.is_empty();
        let keys = actuals.tag.keys().cloned().chain(own.then(|| ENVIRONMENT.to_owned()));
        keys.for_each(|key| *counts.entry(key).or_default() += 1);
    }
    let most = counts.iter().max_by_key(|(key, count)| (**count, std::cmp::Reverse(*key)));
    most.map(|(key, _)| key.clone())
}

/// How an environment's rows are found, in words.
pub fn how(scenario: &Scenario) -> String {
    let actuals = &scenario.actuals;
    let mut parts: Vec<String> = actuals.tag.iter().map(|(k, v)| format!("tag {k} = {}", v.0.join(" or "))).collect();
    if !actuals.account.0.is_empty() {
        parts.push(format!("account {}", actuals.account.0.join(" or ")));
    }
    if parts.is_empty() {
        parts.push(format!("tag {ENVIRONMENT} = {}", environment_value(scenario)));
    }
    parts.join(", ")
}

/// A payer's bill divided among its members.
#[derive(Clone, Debug)]
pub struct Divided {
    /// Each member's rows: its own, then its shares.
    pub members: Vec<Member>,
    /// What belongs to no member and to no rule.
    pub unallocated: Vec<Charge>,
}

/// What a member bears.
#[derive(Clone, Debug)]
pub struct Member {
    /// The environment.
    pub environment: String,
    /// Its own rows.
    pub own: Vec<Charge>,
    /// Its shares of rows that belong to no member.
    pub shared: Vec<Charge>,
}

impl Member {
    /// Its rows as a bill.
    pub fn bill(&self, whole: &Bill) -> Bill {
        let charges = self.own.iter().chain(&self.shared).cloned().collect();
        Bill { month: whole.month, hours: whole.hours, payer: whole.payer.clone(), charges }
    }
}

impl Divided {
    /// True where the bill has rows of this member and of nobody else.
    pub fn is_only(&self, environment: &str) -> bool {
        self.unallocated.is_empty() && self.members.iter().all(|m| m.own.is_empty() != (m.environment == environment))
    }

    /// A member by name.
    pub fn member(&self, environment: &str) -> Option<&Member> {
        self.members.iter().find(|m| m.environment == environment)
    }
}

/// How closely a scenario says which rows are its own: one that says it goes before one that does not, then by how many keys.
fn closeness(scenario: &Scenario) -> (bool, usize) {
    let actuals = &scenario.actuals;
    let keys = actuals.tag.len() + usize::from(!actuals.account.0.is_empty());
    (keys > 0, keys)
}

/// Divides a bill. Every row of it ends with one member, in shares with several, or unallocated; nothing is lost. A row that fits
/// several members belongs to the one that says most closely which rows are its own; the first of equals.
pub fn divide(bill: &Bill, members: &[&Scenario], rules: &[Shared], keys: &Keys<'_>, cost: Cost) -> Divided {
    let mut divided = Divided {
        members: members.iter().map(|m| Member { environment: m.name.to_string(), own: Vec::new(), shared: Vec::new() }).collect(),
        unallocated: Vec::new(),
    };
    let mut rest: Vec<&Charge> = Vec::new();
    for charge in &bill.charges {
        let fitting = (0..members.len()).rev().filter(|m| is_own(members[*m], charge));
        match fitting.max_by_key(|m| closeness(members[*m])) {
            Some(member) => divided.members[member].own.push(charge.clone()),
            None => rest.push(charge),
        }
    }
    let own: Vec<Decimal> =
        divided.members.iter().map(|m| m.own.iter().map(|c| cost.of(c)).sum::<Usd>().decimal().max(Decimal::ZERO)).collect();
    for charge in rest {
        let rule = rules.iter().find(|r| r.matches.fits(keys.service(charge), &charge.usage_type, charge.line_item.name()));
        match rule.and_then(|r| weights(&r.by, &own, members)) {
            Some(weights) => divided.share(charge, &weights),
            None => divided.unallocated.push(charge.clone()),
        }
    }
    divided
}

/// The part of each member, then what is left to none; `None` where nobody could take any.
fn weights(by: &By, own: &[Decimal], members: &[&Scenario]) -> Option<Vec<Decimal>> {
    let mut weights: Vec<Decimal> = match by {
        By::Proportional => own.to_vec(),
        By::Even => own.iter().map(|o| if o.is_zero() { Decimal::ZERO } else { Decimal::ONE }).collect(),
        By::Parts(parts) => members.iter().map(|m| parts.get(&*m.name).map_or(Decimal::ZERO, |p| p.0)).collect(),
    };
    let sum: Decimal = weights.iter().sum();
    let left = if matches!(by, By::Parts(_)) { (Decimal::ONE - sum).max(Decimal::ZERO) } else { Decimal::ZERO };
    weights.push(left);
    (sum > Decimal::ZERO).then_some(weights)
}

impl Divided {
    /// Shares a row by weights: each amount is split without losing a fraction of a cent.
    fn share(&mut self, charge: &Charge, weights: &[Decimal]) {
        let whole: Decimal = weights.iter().sum();
        let (list, billed, effective) = (charge.list.split(weights), charge.billed.split(weights), charge.effective.split(weights));
        let net = charge.net.map(|n| (n.billed.split(weights), n.effective.split(weights)));
        for (i, weight) in weights.iter().enumerate().filter(|(_, w)| !w.is_zero()) {
            let part = Charge {
                quantity: quotient(*weight, whole).and_then(|s| charge.quantity.checked_mul(s)).unwrap_or_default(),
                list: list[i],
                billed: billed[i],
                effective: effective[i],
                net: net.as_ref().map(|(b, e)| crate::bill::Net { billed: b[i], effective: e[i] }),
                ..charge.clone()
            };
            match self.members.get_mut(i) {
                Some(member) => member.shared.push(part),
                None => self.unallocated.push(part),
            }
        }
    }
}

/// How much of a bill carries a cost tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coverage {
    /// The tag.
    pub tag: String,
    /// What carries it.
    pub tagged: Usd,
    /// What does not, by service, dearest first.
    pub untagged: Vec<(String, Usd)>,
    /// The part that carries it, 0 to 1, by distance from zero: credits hide nothing.
    pub share: Decimal,
}

/// How much of a bill carries each of these tags. Letters of keys may be large or small.
pub fn coverage(charges: &[Charge], tags: &[&str], keys: &Keys<'_>, cost: Cost) -> Vec<Coverage> {
    let all: Usd = charges.iter().map(|c| cost.of(c).abs()).sum();
    tags.iter()
        .map(|key| {
            let (with, without): (Vec<&Charge>, Vec<&Charge>) = charges.iter().partition(|c| tag(c, key).is_some());
            let carried: Usd = with.iter().map(|c| cost.of(c).abs()).sum();
            Coverage {
                tag: (*key).to_owned(),
                tagged: with.iter().map(|c| cost.of(c)).sum(),
                untagged: by_service(without, keys, cost),
                share: carried.fraction_of(all).unwrap_or(Decimal::ONE),
            }
        })
        .collect()
}

/// What charges cost by service, dearest first; what comes to nothing is left out.
pub fn by_service<'a>(charges: impl IntoIterator<Item = &'a Charge>, keys: &Keys<'_>, cost: Cost) -> Vec<(String, Usd)> {
    let mut sums: BTreeMap<String, Usd> = BTreeMap::new();
    for charge in charges {
        *sums.entry(keys.names.title(keys.service(charge)).to_owned()).or_default() += cost.of(charge);
    }
    let mut list: Vec<(String, Usd)> = sums.into_iter().filter(|(_, sum)| !sum.is_zero()).collect();
    list.sort_by(|a, b| b.1.abs().cmp(&a.1.abs()).then_with(|| a.0.cmp(&b.0)));
    list
}
