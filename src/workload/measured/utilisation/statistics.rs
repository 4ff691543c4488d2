//! One metric of one service as `aws cloudwatch get-metric-statistics` prints it (Amazon CloudWatch API Reference,
//! "GetMetricStatistics"): 1,440 values at most in a file, so that two weeks of five minutes are three files.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::{Fault, MOST_FAULTS, minute_of, short, time_of, wrong_number};
use super::{Points, of_file, of_label, of_metric};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    #[serde(default)]
    label: String,
    datapoints: Vec<Point>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Point {
    timestamp: String,
    #[serde(default)]
    average: Option<f64>,
}

/// Tells it from what `get-metric-data` prints.
pub(super) fn is_one(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Has {
        #[serde(rename = "Datapoints")]
        _datapoints: IgnoredAny,
    }
    // An array would do for a type of one field.
    text.trim_start().starts_with('{') && serde_json::from_str::<Has>(text).is_ok()
}

/// Its values. The label is the name of the metric alone; the service is in the name of the file.
pub(super) fn read(name: &str, text: &str) -> Result<(Points, Vec<String>), Vec<Fault>> {
    let wrong = |message: String| vec![Fault::new(message)];
    let output: Output = serde_json::from_str(text)
        .map_err(|e| wrong(format!("this is not what `get-metric-statistics` prints: {}", short(&e.to_string()))))?;
    let key = of_label(&output.label).or_else(|| Some((of_file(name)?, of_metric(output.label.trim())?)));
    let key = key.ok_or_else(|| {
        let help =
            "name the file after the service, such as `core_cpu.json`, and measure CPUUtilization, MemoryUtilization or RunningTaskCount";
        wrong(format!("which service and metric is `{}`? {help}", short(&output.label)))
    })?;
    let (mut values, mut faults) = (BTreeMap::new(), Vec::new());
    for point in &output.datapoints {
        match value(point) {
            Ok((minute, value)) => {
                if values.insert(minute, value).is_some() {
                    faults.push(Fault::new(format!("two values at {}", time_of(minute))));
                }
            }
            Err(why) => faults.push(Fault::new(why)),
        }
        if faults.len() >= MOST_FAULTS {
            break;
        }
    }
    if faults.is_empty() { Ok(([(key, values)].into(), Vec::new())) } else { Err(faults) }
}

fn value(point: &Point) -> Result<(i64, f64), String> {
    let minute = minute_of(&point.timestamp)?;
    let average = point.average.ok_or_else(|| format!("no Average at {}: ask for `--statistics Average`", point.timestamp))?;
    match wrong_number(average) {
        Some(wrong) => Err(format!("{average} at {} {wrong}", point.timestamp)),
        None => Ok((minute, average)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Utilisation, What};
    use super::*;

    fn text(label: &str, statistic: &str) -> String {
        let point = |minute: u32, value: f64| {
            format!(r#"{{"Timestamp": "2026-11-02T00:0{minute}:00Z", "{statistic}": {value}, "Unit": "Percent"}}"#)
        };
        format!(r#"{{"Label": "{label}", "Datapoints": [{}, {}]}}"#, point(5, 31.0), point(0, 30.0))
    }

    #[test]
    fn files_of_one_metric_each_are_laid_together() {
        let files = [text("CPUUtilization", "Average"), text("MemoryUtilization", "Average"), text("RunningTaskCount", "Average")];
        let named: Vec<(&str, &str)> =
            ["a/core_cpu.json", "core-memory-1.json", "core.json"].into_iter().zip(files.iter().map(String::as_str)).collect();
        let found = Utilisation::read(&named).expect("a series");
        let core = &found.services["core"];
        assert_eq!((core.cpu.as_slice(), core.tasks.as_slice()), ([Some(0.3), Some(0.31)].as_slice(), [Some(30.0), Some(31.0)].as_slice()));
        assert_eq!(core.memory, [Some(0.3), Some(0.31)]);
    }

    #[test]
    fn what_is_missing_is_said() {
        let why = |name: &str, text: &str| read(name, text).expect_err("a fault")[0].to_string();
        assert!(why("core.json", &text("CPUUtilization", "Maximum")).starts_with("no Average at 2026-11-02T00:05:00Z"));
        assert!(why("core.json", &text("NetworkIn", "Average")).starts_with("which service and metric is `NetworkIn`?"));
        assert!(why("two words.json", &text("CPUUtilization", "Average")).contains("name the file after the service"));
        let (points, _) = read("x.json", &text("prod core CPUUtilization", "Average")).expect("points");
        assert!(points.contains_key(&("core".to_owned(), What::Cpu)));
    }
}
