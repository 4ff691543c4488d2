//! What Cost Explorer answers, in the JSON spelling of its API and of the AWS CLI; and the groups in it, as numbers.
//!
//! The same types read a file that the AWS CLI saved, an answer from the network, and one from the cache.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::request::{Grouping, TimePeriod};
use crate::money::Usd;

/// One page of an answer of `GetCostAndUsage`, or a whole one as the AWS CLI saves it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Reply {
    /// How the amounts are grouped; empty for totals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_definitions: Vec<Grouping>,
    /// The periods. A period can go on over several pages.
    pub results_by_time: Vec<PeriodResult>,
    /// Where the next page begins; `None` on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// One period of an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PeriodResult {
    /// When.
    pub time_period: TimePeriod,
    /// The sums, where nothing is grouped.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub total: BTreeMap<String, Value>,
    /// The groups.
    #[serde(default)]
    pub groups: Vec<Grouped>,
    /// True until AWS has closed the period.
    #[serde(default)]
    pub estimated: bool,
}

/// One group of a period.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Grouped {
    /// A value for each grouping, in its order. Those of a tag are written `Environment$prod`.
    pub keys: Vec<String>,
    /// The amounts by metric.
    pub metrics: BTreeMap<String, Value>,
}

/// The amount of a metric. Cost Explorer writes numbers as text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Value {
    /// A decimal number.
    pub amount: String,
    /// `USD`; of a quantity its unit, or `N/A` where several are mixed.
    #[serde(default)]
    pub unit: Option<String>,
}

/// A stretch of time, in whole days (UTC).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Period {
    /// Its first day.
    pub start: NaiveDate,
    /// The day after its last one.
    pub end: NaiveDate,
}

impl Period {
    /// The day, where it is no longer than one.
    pub fn day(self) -> Option<NaiveDate> {
        ((self.end - self.start).num_days() <= 1).then_some(self.start)
    }
}

/// One group of one period, however it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// When.
    pub period: Period,
    /// A value for each grouping; none for a total.
    pub keys: Vec<String>,
    /// What it cost and how much it was.
    pub metrics: Amounts,
    /// True until AWS has closed the period.
    pub estimated: bool,
}

/// The metrics of a group.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Amounts {
    /// On the invoice.
    pub unblended: Usd,
    /// With upfront fees spread; `None` where it was not asked for.
    pub amortized: Option<Usd>,
    /// On the invoice, after discounts; `None` where it was not asked for.
    pub net_unblended: Option<Usd>,
    /// Spread, after discounts; `None` where it was not asked for.
    pub net_amortized: Option<Usd>,
    /// How much was used: a sum over all its usage types, whatever their units.
    pub quantity: Decimal,
    /// The unit of the quantity; `None` where it is not told, or several are mixed.
    pub unit: Option<String>,
}

impl Amounts {
    /// True where nothing was used and nothing cost.
    pub fn is_zero(&self) -> bool {
        let zero = |amount: Option<Usd>| amount.is_none_or(Usd::is_zero);
        self.unblended.is_zero() && zero(self.amortized) && zero(self.net_unblended) && zero(self.net_amortized) && self.quantity.is_zero()
    }

    /// True for what rounding leaves: nothing was used, and what it costs is below a millionth of a dollar.
    pub fn is_dust(&self) -> bool {
        let least = Decimal::new(1, 6);
        self.quantity.abs() < least && self.costs().all(|(_, cost)| cost.abs() < Usd::new(least))
    }

    /// Takes in what rounding left; the unit stays.
    pub fn absorb(&mut self, rest: &Amounts) {
        let unit = self.unit.take();
        *self = Amounts { unit, ..self.plus(rest) };
    }

    /// The sum. What one of both does not tell, the sum does not tell.
    pub fn plus(&self, other: &Amounts) -> Amounts {
        let both = |a: Option<Usd>, b: Option<Usd>| a.zip(b).map(|(a, b)| a + b);
        Amounts {
            unblended: self.unblended + other.unblended,
            amortized: both(self.amortized, other.amortized),
            net_unblended: both(self.net_unblended, other.net_unblended),
            net_amortized: both(self.net_amortized, other.net_amortized),
            quantity: self.quantity + other.quantity,
            unit: self.unit.clone().filter(|unit| Some(unit) == other.unit.as_ref()),
        }
    }

    /// The difference; the unit stays.
    pub fn minus(&self, other: &Amounts) -> Amounts {
        let negative = Amounts {
            unblended: -other.unblended,
            amortized: other.amortized.map(|a| -a),
            net_unblended: other.net_unblended.map(|a| -a),
            net_amortized: other.net_amortized.map(|a| -a),
            quantity: -other.quantity,
            unit: self.unit.clone(),
        };
        self.plus(&negative)
    }

    /// The costs, with what they are called.
    pub fn costs(&self) -> impl Iterator<Item = (&'static str, Usd)> {
        let all = [Some(self.unblended), self.amortized, self.net_unblended, self.net_amortized];
        ["UnblendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost"].into_iter().zip(all).filter_map(|(n, a)| Some((n, a?)))
    }
}

impl Reply {
    /// True where AWS has not closed all of its periods.
    pub fn is_estimated(&self) -> bool {
        self.results_by_time.iter().any(|result| result.estimated)
    }

    /// The groups with their numbers. An answer without groupings gives one group without keys for each period.
    ///
    /// # Errors
    /// What is no date, no decimal number or not in US dollars, with the place in the answer.
    pub fn groups(&self) -> Result<Vec<Group>, String> {
        let mut all = Vec::new();
        for (n, result) in self.results_by_time.iter().enumerate() {
            let place = |what: String| format!("ResultsByTime[{n}]{what}");
            let period = result.time_period.days().map_err(|e| place(format!(".TimePeriod: {e}")))?;
            let group = |keys: &[String], metrics: &BTreeMap<String, Value>| {
                let metrics = amounts(metrics)?;
                Ok::<Group, String>(Group { period, keys: keys.to_vec(), metrics, estimated: result.estimated })
            };
            if result.groups.is_empty() && !result.total.is_empty() {
                all.push(group(&[], &result.total).map_err(|e| place(format!(".Total: {e}")))?);
            }
            for (m, grouped) in result.groups.iter().enumerate() {
                all.push(group(&grouped.keys, &grouped.metrics).map_err(|e| place(format!(".Groups[{m}].Metrics: {e}")))?);
            }
        }
        Ok(all)
    }
}

/// The metrics of a group that this program uses; others are left.
fn amounts(metrics: &BTreeMap<String, Value>) -> Result<Amounts, String> {
    let cost = |name: &str| metrics.get(name).map(|value| usd(name, value)).transpose();
    let Some(unblended) = cost("UnblendedCost")? else {
        return Err("UnblendedCost is not there: ask for it with `--metrics UnblendedCost`".into());
    };
    let quantity = metrics.get("UsageQuantity");
    Ok(Amounts {
        unblended,
        amortized: cost("AmortizedCost")?,
        net_unblended: cost("NetUnblendedCost")?,
        net_amortized: cost("NetAmortizedCost")?,
        quantity: quantity.map_or(Ok(Decimal::ZERO), |value| decimal("UsageQuantity", &value.amount))?,
        unit: quantity.and_then(|value| value.unit.clone()).filter(|unit| !unit.is_empty() && unit != "N/A"),
    })
}

/// A key without the words that Cost Explorer writes for nothing.
pub fn told(key: &str) -> &str {
    if matches!(key, "NoUsageType" | "NoOperation" | "NoRegion") { "" } else { key }
}

/// An amount of money.
pub(super) fn usd(name: &str, value: &Value) -> Result<Usd, String> {
    let amount = decimal(name, &value.amount)?;
    let unit = value.unit.as_deref().unwrap_or_default();
    if unit != "USD" && !amount.is_zero() {
        return Err(format!("{name} is in `{}`, and only USD is read: amounts in other currencies cannot be added up", unit));
    }
    Ok(Usd::new(amount))
}

/// A decimal number, also one written with an exponent.
fn decimal(name: &str, text: &str) -> Result<Decimal, String> {
    let read = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text));
    read.ok()
        .filter(|value| value.abs() <= crate::quantity::LARGEST)
        .ok_or_else(|| format!("{name} is `{}`, and a decimal number up to 10^15 was expected", text.chars().take(40).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &str) -> Result<Vec<Group>, String> {
        serde_json::from_str::<Reply>(text).map_err(|e| e.to_string())?.groups()
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let groups = reply(
            r#"{"ResultsByTime": [{"TimePeriod": {"Start": "2026-10-01", "End": "2026-10-02"}, "Estimated": true, "Groups": [
               {"Keys": ["AWS WAF", "Requests"], "Metrics": {"UnblendedCost": {"Amount": "-4E-10", "Unit": "USD"},
                "UsageQuantity": {"Amount": "12.5", "Unit": "N/A"}}}]}], "DimensionValueAttributes": []}"#,
        )
        .expect("an answer");
        let metrics = &groups[0].metrics;
        assert_eq!((metrics.unblended.to_string(), metrics.amortized, metrics.unit.as_ref()), ("-0.0000000004".into(), None, None));
        assert_eq!((metrics.quantity.to_string(), groups[0].estimated), ("12.5".into(), true));
        assert_eq!(groups[0].period.day().map(|d| d.to_string()), Some("2026-10-01".into()));
    }

    #[test]
    fn a_total_is_a_group_without_keys() {
        let groups = reply(
            r#"{"ResultsByTime": [{"TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"}, "Total": {"UnblendedCost": {"Amount": "7", "Unit": "USD"}}}]}"#,
        );
        let group = groups.expect("an answer").remove(0);
        assert_eq!((group.keys.len(), group.period.day()), (0, None));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        let cell = |amount: &str, unit: &str| {
            reply(&format!(
                r#"{{"ResultsByTime": [{{"TimePeriod": {{"Start": "2026-10-01", "End": "2026-11-01"}}, "Groups": [
                   {{"Keys": [], "Metrics": {{"UnblendedCost": {{"Amount": "{amount}", "Unit": "{unit}"}}}}}}]}}]}}"#
            ))
            .expect_err("wrong")
        };
        assert!(cell("1", "CNY").starts_with("ResultsByTime[0].Groups[0].Metrics: UnblendedCost is in `CNY`"));
        assert!(cell("ten", "USD").contains("`ten`, and a decimal number"));
        assert!(cell("1e200", "USD").contains("decimal number"));
    }
}
