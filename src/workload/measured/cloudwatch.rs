//! Requests as `aws cloudwatch get-metric-data` prints them (Amazon CloudWatch API Reference, "GetMetricData").
//!
//! Metrics of load balancers have no value where no request came ("CloudWatch metrics for your Application Load Balancer":
//! without requests nothing is reported). So where one metric has a value, those without one had no request; where none has,
//! nothing is known.
#![allow(clippy::float_arithmetic, reason = "demand is no money")]

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::ALL;
use super::{Fault, Grid, MOST_FAULTS, MOST_ROUTES, MOST_VALUES, Series, is_name, minute_of, short, time_of, too_many, wrong_number};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    metric_data_results: Vec<Part>,
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    next_token: Option<String>,
}

/// One page of one metric.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    id: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    timestamps: Vec<String>,
    #[serde(default)]
    values: Vec<f64>,
    #[serde(default)]
    status_code: Option<String>,
    #[serde(default)]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    #[serde(default)]
    code: String,
    #[serde(default)]
    value: String,
}

/// What is known of one metric: its values at minutes since 1970, and whether all of them are there.
#[derive(Default)]
pub(super) struct Metric {
    /// What CloudWatch shows beside it: the name of the metric, unless somebody chose another label.
    pub label: String,
    /// In the order of time.
    pub points: Vec<(i64, f64)>,
    complete: bool,
}

pub(super) fn read(text: &str) -> Result<Series, Vec<Fault>> {
    let (metrics, notes) = metrics(text)?;
    series(&metrics, notes).map_err(|fault| vec![fault])
}

/// Metrics by their id, and what CloudWatch says beside them.
pub(super) type Metrics = (BTreeMap<String, Metric>, Vec<String>);

/// The metrics of a text, pages put together.
pub(super) fn metrics(text: &str) -> Result<Metrics, Vec<Fault>> {
    let output: Output = serde_json::from_str(text)
        .map_err(|e| vec![Fault::new(format!("this is not what `get-metric-data` prints: {}", short(&e.to_string())))])?;
    let mut faults = Vec::new();
    if output.next_token.is_some() {
        faults.push(Fault::new("the data goes on after `NextToken`: let the AWS CLI fetch all pages (without --max-items)"));
    }
    let mut notes: Vec<String> = output.messages.iter().map(Message::text).collect();
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    for part in &output.metric_data_results {
        notes.extend(part.messages.iter().map(|m| format!("{}: {}", part.id, m.text())));
        let metric = metrics.entry(part.id.clone()).or_default();
        metric.label.clone_from(&part.label);
        part.add_to(metric, &mut faults);
    }
    if metrics.len() > MOST_ROUTES {
        faults.push(Fault::new(format!("{} metrics: at most {MOST_ROUTES} are read", metrics.len())));
    }
    for (id, metric) in &mut metrics {
        if !is_name(id) {
            faults.push(Fault::new("this is no id of a metric: expected letters, digits and _").of(id));
        }
        metric.sort(id, &mut faults);
    }
    if faults.is_empty() {
        return Ok((metrics, notes));
    }
    faults.truncate(MOST_FAULTS);
    Err(faults)
}

impl Message {
    fn text(&self) -> String {
        format!("CloudWatch says {}: {}", self.code, self.value)
    }
}

impl Part {
    fn add_to(&self, metric: &mut Metric, faults: &mut Vec<Fault>) {
        if self.timestamps.len() != self.values.len() {
            let message = format!("{} timestamps and {} values", self.timestamps.len(), self.values.len());
            faults.push(Fault::new(message).of(&self.id));
            return;
        }
        match self.status_code.as_deref() {
            None | Some("Complete") => metric.complete = true,
            Some("PartialData") => {}
            Some(other) => faults.push(Fault::new(format!("CloudWatch could not read it: {other}")).of(&self.id)),
        }
        for (text, value) in self.timestamps.iter().zip(&self.values) {
            match minute_of(text) {
                Err(why) => faults.push(Fault::new(why).of(&self.id)),
                Ok(minute) => match wrong_number(*value) {
                    Some(wrong) => faults.push(Fault::new(format!("{value} at {text} {wrong}")).of(&self.id)),
                    None => metric.points.push((minute, *value)),
                },
            }
            if faults.len() >= MOST_FAULTS {
                return;
            }
        }
    }
}

impl Metric {
    /// Brings the pages into the order of time, whichever end they began with.
    fn sort(&mut self, id: &str, faults: &mut Vec<Fault>) {
        self.points.sort_by_key(|(minute, _)| *minute);
        if let Some(twice) = self.points.windows(2).find(|w| w[0].0 == w[1].0) {
            faults.push(Fault::new(format!("two values at {}", time_of(twice[0].0))).of(id));
        }
        if !self.complete {
            faults.push(Fault::new("the last page is missing: every part says `PartialData`").of(id));
        }
    }
}

fn series(metrics: &BTreeMap<String, Metric>, notes: Vec<String>) -> Result<Series, Fault> {
    if metrics.values().map(|m| m.points.len()).sum::<usize>() > MOST_VALUES {
        return Err(Fault::new(too_many()));
    }
    let mut times: Vec<i64> = metrics.values().flat_map(|m| m.points.iter().map(|(minute, _)| *minute)).collect();
    times.sort_unstable();
    times.dedup();
    let grid = Grid::of(&times, metrics.len()).map_err(|(index, why)| match times.get(index) {
        Some(minute) => Fault::new(format!("{}: {why}", time_of(*minute))),
        None => Fault::new(why),
    })?;
    let mut known = vec![None; grid.len];
    for time in &times {
        if let Some(slot) = known.get_mut(grid.index(*time)) {
            *slot = Some(0.0);
        }
    }
    let routes = metrics.iter().map(|(id, metric)| {
        let mut values = known.clone();
        for (minute, value) in &metric.points {
            if let Some(slot) = values.get_mut(grid.index(*minute)) {
                *slot = Some(value / grid.seconds());
            }
        }
        (if metrics.len() == 1 { ALL.to_owned() } else { id.clone() }, values)
    });
    Ok(grid.series(routes.collect(), notes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrong(text: &str) -> String {
        read(text).expect_err("bad data").iter().map(|f| f.to_string()).collect::<Vec<_>>().join("\n")
    }

    fn part(id: &str, timestamps: &str, values: &str, status: &str) -> String {
        format!(
            r#"{{"Id": "{id}", "Label": "RequestCount", "Timestamps": [{timestamps}], "Values": [{values}], "StatusCode": "{status}"}}"#
        )
    }

    fn output(parts: &[String]) -> String {
        format!(r#"{{"MetricDataResults": [{}], "Messages": []}}"#, parts.join(", "))
    }

    #[test]
    fn pages_are_put_together_newest_first_or_oldest_first() {
        let (late, early) = (r#""2026-12-01T00:03:00+00:00", "2026-12-01T00:02:00Z""#, r#""2026-12-01T00:00:00+00:00""#);
        let pages = [part("m1", late, "240.0, 180.0", "PartialData"), part("m1", early, "60.0", "Complete")];
        let series = read(&output(&pages)).expect("a series");
        assert_eq!(series.routes["all"], [Some(1.0), None, Some(3.0), Some(4.0)]);
        let turned = [pages[1].clone(), pages[0].clone()];
        assert_eq!(read(&output(&turned)), Ok(series));
    }

    #[test]
    fn a_metric_without_a_value_where_another_has_one_had_no_request() {
        let a = part("a", r#""2026-12-01T00:00:00Z", "2026-12-01T01:00:00Z", "2026-12-01T03:00:00Z""#, "3600, 7200, 3600", "Complete");
        let b = part("b", r#""2026-12-01T00:00:00Z""#, "3600", "Complete");
        let series = read(&output(&[a, b])).expect("a series");
        assert_eq!(series.step_minutes, 60);
        assert_eq!(series.routes["a"], [Some(1.0), Some(2.0), None, Some(1.0)]);
        assert_eq!(series.routes["b"], [Some(1.0), Some(0.0), None, Some(0.0)]);
    }

    #[test]
    fn messages_are_handed_on() {
        let two = part("a", r#""2026-12-01T00:00:00Z", "2026-12-01T00:01:00Z""#, "1, 2", "Complete");
        let text = format!(r#"{{"MetricDataResults": [{two}], "Messages": [{{"Code": "MaxMetricsExceeded", "Value": "500"}}]}}"#);
        assert_eq!(read(&text).expect("a series").notes, ["CloudWatch says MaxMetricsExceeded: 500"]);
    }

    #[test]
    fn what_is_incomplete_or_wrong_says_so() {
        let time = r#""2026-12-01T00:00:00Z""#;
        assert!(wrong("[]").starts_with("this is not what `get-metric-data` prints"));
        assert!(wrong(r#"{"MetricDataResults": []}"#).contains("no data"));
        assert!(wrong(r#"{"MetricDataResults": [], "NextToken": "x"}"#).contains("NextToken"));
        assert!(wrong(&output(&[part("a", time, "1", "PartialData")])).contains("`a`: the last page is missing"));
        assert!(wrong(&output(&[part("a", time, "1", "Forbidden")])).contains("could not read it: Forbidden"));
        assert!(wrong(&output(&[part("a", time, "1, 2", "Complete")])).contains("1 timestamps and 2 values"));
        assert!(wrong(&output(&[part("a", time, "-1", "Complete")])).contains("is below zero"));
        let twice = [part("a", time, "1", "Complete"), part("a", time, "2", "Complete")];
        assert!(wrong(&output(&twice)).contains("two values at 2026-12-01 00:00:00"));
    }

    proptest! {
        #[test]
        fn no_text_brings_it_down(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn no_value_brings_it_down(time in any::<String>(), more in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:00Z", value in any::<f64>()) {
            let json = serde_json::json!({
                "MetricDataResults": [{"Id": time, "Timestamps": [time, more], "Values": [value, 1.0], "StatusCode": "Complete"}]
            });
            let _ = read(&json.to_string());
            let json = serde_json::json!({
                "MetricDataResults": [{"Id": "m1", "Timestamps": ["2026-12-01T00:00:00Z", more], "Values": [1.0, 1.0], "StatusCode": "Complete"}]
            });
            let _ = read(&json.to_string());
        }
    }
}
