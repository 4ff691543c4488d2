//! Which requests a bill needs. Each costs money, so it is the fewest that tell every dollar apart.
//!
//! Cost Explorer groups by two keys at once. Of the whole account it is asked for (service, usage type), (usage type, operation),
//! (record type, service), (usage type, region), and for what AWS Marketplace sells; of each environment for the first three,
//! limited to its tag. What the environments leave of the whole is the rest, so nothing is asked for it. Where a service has several
//! record types, (service, usage type) is asked for again for each of them but one: that one is what the others leave.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::reply::Group;
use super::request::{Filter, Granularity, Grouping, METRICS, Request, TimePeriod};
use crate::bill::{Category, LineItem};
use crate::money::Usd;
use crate::month::Month;

/// Cost Explorer keeps the current month and this many before it.
pub const HISTORY: u32 = 13;

/// What has been answered.
pub type Answers = BTreeMap<Request, Vec<Group>>;

/// The bill that is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pull {
    /// The first month.
    pub from: Month,
    /// The last month, included.
    pub to: Month,
    /// Months or days.
    pub granularity: Granularity,
    /// The tag that tells the environment; `None` to tell none.
    pub tag: Option<String>,
    /// Its values that are environments; empty for all that were billed.
    pub environments: Vec<String>,
}

/// The part of the account that a request is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope<'a> {
    /// All of it.
    Account,
    /// What carries the tag with a value.
    Environment(&'a str),
}

/// What the requests of an account are grouped by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// Service and usage type: the rows of the bill.
    UsageType,
    /// Usage type and operation.
    Operation,
    /// Record type (the line item type) and service.
    RecordType,
    /// Usage type and region.
    Region,
    /// Service and usage type of what AWS Marketplace sells.
    Marketplace,
}

impl By {
    fn keys(self) -> [&'static str; 2] {
        match self {
            By::UsageType | By::Marketplace => ["SERVICE", "USAGE_TYPE"],
            By::Operation => ["USAGE_TYPE", "OPERATION"],
            By::RecordType => ["RECORD_TYPE", "SERVICE"],
            By::Region => ["USAGE_TYPE", "REGION"],
        }
    }
}

/// What is asked of a scope.
const ACCOUNT: [By; 5] = [By::UsageType, By::Operation, By::RecordType, By::Region, By::Marketplace];
const ENVIRONMENT: [By; 3] = [By::UsageType, By::Operation, By::RecordType];

impl Pull {
    /// Checks that Cost Explorer still has what is asked for.
    ///
    /// # Errors
    /// What is wrong, and how to mend it.
    pub fn check(&self, today: chrono::NaiveDate) -> Result<(), String> {
        let now = Month::of(today);
        let first = now.first_day().checked_sub_months(chrono::Months::new(HISTORY)).map_or(now, Month::of);
        if self.from > self.to {
            return Err(format!("the first month {} lies behind the last one, {}", self.from, self.to));
        }
        if self.to > now {
            return Err(format!("{} has not begun: Cost Explorer knows {now} and the {HISTORY} months before it", self.to));
        }
        if self.from < first {
            return Err(format!(
                "Cost Explorer keeps the current month and {HISTORY} before it, so {first} is the first month it knows, not {}.\n\
                 help: ask from {first} on, and import a Cost and Usage Report for what lies before",
                self.from
            ));
        }
        if !self.environments.is_empty() && self.tag.is_none() {
            return Err("environments are told by a tag: name it with `--tag Environment`".into());
        }
        Ok(())
    }

    /// A question about a scope.
    pub fn request(&self, scope: Scope<'_>, by: By) -> Request {
        let sold = (by == By::Marketplace).then(|| Filter::dimension("BILLING_ENTITY", vec!["AWS Marketplace".into()]));
        self.limited(scope, by.keys().map(Grouping::dimension).to_vec(), sold.into_iter().collect())
    }

    /// Which values of the tag were billed.
    pub fn discovery(&self) -> Option<Request> {
        let tag = self.tag.as_deref().filter(|_| self.environments.is_empty())?;
        Some(self.limited(Scope::Account, vec![Grouping::tag(tag)], Vec::new()))
    }

    /// The rows of one record type, in the services that have others too.
    pub fn split(&self, scope: Scope<'_>, split: &Split) -> Request {
        let limits = vec![
            Filter::dimension("RECORD_TYPE", vec![split.record_type.clone()]),
            Filter::dimension("SERVICE", split.services.iter().cloned().collect()),
        ];
        self.limited(scope, By::UsageType.keys().map(Grouping::dimension).to_vec(), limits)
    }

    fn limited(&self, scope: Scope<'_>, group_by: Vec<Grouping>, mut limits: Vec<Filter>) -> Request {
        if let (Scope::Environment(value), Some(tag)) = (scope, &self.tag) {
            limits.insert(0, Filter::tag(tag, value));
        }
        let filter = if limits.len() > 1 { Some(Filter::And(limits)) } else { limits.pop() };
        let metrics = METRICS.map(str::to_owned).to_vec();
        Request { time_period: TimePeriod::months(self.from, self.to), granularity: self.granularity, filter, metrics, group_by }
    }

    /// The environments, in order: those that are named, or those that were found. `None` where that is not answered yet.
    pub fn environments(&self, answers: &Answers) -> Option<BTreeSet<String>> {
        let Some(discovery) = self.discovery() else {
            return Some(self.environments.iter().cloned().collect());
        };
        let groups = answers.get(&discovery)?;
        let value = |group: &Group| group.keys.first().and_then(|key| key.split_once('$')).map(|(_, value)| value.to_owned());
        Some(groups.iter().filter(|g| !g.metrics.is_zero()).filter_map(value).filter(|v| !v.is_empty()).collect())
    }

    /// The requests that are still to be made, as far as can be told from the answers so far; none when all is known.
    pub fn missing(&self, answers: &Answers) -> Vec<Request> {
        let mut wanted: Vec<Request> = self.discovery().into_iter().collect();
        let environments = self.environments(answers).unwrap_or_default();
        let scopes = std::iter::once(Scope::Account).chain(environments.iter().map(|e| Scope::Environment(e)));
        for scope in scopes {
            let by: &[By] = if scope == Scope::Account { &ACCOUNT } else { &ENVIRONMENT };
            wanted.extend(by.iter().map(|by| self.request(scope, *by)));
            if let Some(types) = answers.get(&self.request(scope, By::RecordType)) {
                wanted.extend(Mix::of(types).splits().iter().map(|split| self.split(scope, split)));
            }
        }
        wanted.retain(|request| !answers.contains_key(request));
        wanted
    }
}

/// A record type that is asked for by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Split {
    /// As Cost Explorer writes it.
    pub record_type: String,
    /// The services that have it beside others.
    pub services: BTreeSet<String>,
}

/// Which record types each service has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mix {
    types: BTreeMap<String, BTreeSet<String>>,
}

impl Mix {
    /// Out of the answer by (record type, service). A type without any amount does not count.
    pub fn of(groups: &[Group]) -> Mix {
        let mut types: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for group in groups.iter().filter(|g| !g.metrics.is_zero()) {
            if let [record_type, service] = group.keys.as_slice() {
                types.entry(service.clone()).or_default().insert(record_type.clone());
            }
        }
        Mix { types }
    }

    /// The record types of a service.
    pub fn types(&self, service: &str) -> impl Iterator<Item = &str> {
        self.types.get(service).into_iter().flatten().map(String::as_str)
    }

    /// What is asked for apart. Types that never share a service can all be left out: what a service has beside those that are
    /// asked for is of one type. Metered use is left out first: it has the longest answers, and what rounding leaves does no harm there.
    pub fn splits(&self) -> Vec<Split> {
        let mixed: BTreeMap<&String, &BTreeSet<String>> = self.types.iter().filter(|(_, types)| types.len() > 1).collect();
        let mut services: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
        for (service, types) in &mixed {
            types.iter().for_each(|t| _ = services.entry(t).or_default().insert(*service));
        }
        let mut order: Vec<_> = services.iter().collect();
        order.sort_by_key(|(record_type, of)| (rank(record_type), std::cmp::Reverse(of.len())));
        let mut left_out: BTreeSet<&String> = BTreeSet::new();
        for (record_type, of) in order {
            if of.iter().all(|service| mixed.get(*service).is_none_or(|types| !types.iter().any(|t| left_out.contains(t)))) {
                left_out.insert(*record_type);
            }
        }
        let asked = services.into_iter().filter(|(record_type, _)| !left_out.contains(record_type));
        asked.map(|(t, of)| Split { record_type: t.clone(), services: of.into_iter().cloned().collect() }).collect()
    }
}

/// Which types are left out first.
fn rank(record_type: &str) -> u8 {
    match record_type.parse::<LineItem>().unwrap_or_else(|never| match never {}) {
        LineItem::Usage => 0,
        other if other.category() == Category::Usage => 1,
        _ => 2,
    }
}

/// What requests cost: 0.01 USD for each page that is answered (AWS price list, `USE1-APIRequest` of AWSCostExplorer).
pub fn price(requests: u64) -> Usd {
    Usd::new(Decimal::new(1, 2) * Decimal::from(requests))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actuals::cost_explorer::reply::{Amounts, Period};

    fn pull(tag: Option<&str>, environments: &[&str]) -> Pull {
        Pull {
            from: "2026-09".parse().expect("a month"),
            to: "2026-10".parse().expect("a month"),
            granularity: Granularity::Monthly,
            tag: tag.map(str::to_owned),
            environments: environments.iter().map(|e| (*e).to_owned()).collect(),
        }
    }

    fn group(keys: &[&str], amount: i64) -> Group {
        let day = |d: &str| d.parse().expect("a date");
        let period = Period { start: day("2026-10-01"), end: day("2026-11-01") };
        let metrics = Amounts { unblended: Usd::new(amount.into()), ..Amounts::default() };
        Group { period, keys: keys.iter().map(|k| (*k).to_owned()).collect(), metrics, estimated: false }
    }

    #[test]
    fn an_account_takes_five_requests_and_an_environment_three_more() {
        assert_eq!(pull(None, &[]).missing(&Answers::new()).len(), 5);
        assert_eq!(pull(Some("Environment"), &["prod"]).missing(&Answers::new()).len(), 8);
        assert_eq!((price(8).to_string(), price(120).to_string()), ("0.08".into(), "1.2".into()));
    }

    #[test]
    fn environments_that_nobody_names_are_found_first() {
        let pull = pull(Some("Environment"), &[]);
        assert_eq!(pull.missing(&Answers::new()).len(), 6);
        let found = vec![group(&["Environment$"], 5), group(&["Environment$prod"], 5), group(&["Environment$gone"], 0)];
        let answers = Answers::from([(pull.discovery().expect("a request"), found)]);
        assert_eq!(pull.environments(&answers), Some(BTreeSet::from(["prod".to_owned()])));
        assert_eq!(pull.missing(&answers).len(), 8);
    }

    #[test]
    fn only_mixed_types_are_asked_for_and_one_of_them_is_left_out() {
        let rows =
            [("Usage", "RDS", 9), ("Credit", "RDS", -1), ("Usage", "S3", 4), ("Refund", "S3", -2), ("Tax", "Tax", 3), ("Fee", "RDS", 0)];
        let rows: Vec<Group> = rows.iter().map(|(t, s, amount)| group(&[t, s], *amount)).collect();
        let split = |record_type: &str, service: &str| Split { record_type: record_type.into(), services: [service.to_owned()].into() };
        assert_eq!(Mix::of(&rows).splits(), [split("Credit", "RDS"), split("Refund", "S3")]);
        assert!(Mix::of(&rows[4..]).splits().is_empty());
    }

    #[test]
    fn types_that_share_no_service_are_all_left_out() {
        let rows = [("Usage", "RDS", 9), ("Credit", "RDS", -1), ("SavingsPlanRecurringFee", "SP", 4), ("SavingsPlanUpfrontFee", "SP", 2)];
        let rows: Vec<Group> = rows.iter().map(|(t, s, amount)| group(&[t, s], *amount)).collect();
        assert_eq!(Mix::of(&rows).splits().len(), 2);
    }

    #[test]
    fn what_cost_explorer_does_not_have_is_refused_before_it_is_asked() {
        let today = "2026-11-02".parse().expect("a date");
        let check = |from: &str, to: &str| {
            Pull { from: from.parse().expect("a month"), to: to.parse().expect("a month"), ..pull(None, &[]) }.check(today)
        };
        assert_eq!(check("2025-10", "2026-11"), Ok(()));
        assert!(check("2025-09", "2026-11").expect_err("too old").contains("2025-10 is the first month"));
        assert!(check("2026-10", "2026-12").expect_err("the future").contains("has not begun"));
        assert!(check("2026-10", "2026-09").expect_err("turned round").contains("lies behind"));
        assert!(pull(None, &["prod"]).check(today).expect_err("no tag").contains("--tag"));
    }
}
