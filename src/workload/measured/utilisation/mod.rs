//! How busy services were: CPU, memory and tasks over time, from tables (CSV) or as CloudWatch gives them.
//!
//! A table has the columns `time`, `service`, `cpu`, `memory` and, where it was measured, `tasks`, one row for each service and
//! interval, in any order. CPU and memory are per cent of what the service's tasks have, on average over them: `CPUUtilization` and
//! `MemoryUtilization` of AWS/ECS with the statistic Average; tasks are `RunningTaskCount` of ECS/ContainerInsights.
//!
//! Of CloudWatch's `get-metric-data` the label says which is which: `core CPUUtilization`. Where it does not, the id does:
//! `core_cpu`, `core_memory`, `core_tasks`.
//!
//! Not here: whether a series is long enough to conclude from it.
#![allow(clippy::float_arithmetic, reason = "utilisation is no money")]

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{NaiveDateTime, TimeDelta};

use super::{Fault, Grid, MOST_VALUES, cloudwatch, is_name, time_of, too_many};

/// Per cent that averages of whole machines can show beyond all of it; counted as all of it.
const BEYOND: f64 = 5.0;
/// Most tasks of one service: the quota of AWS ("Amazon ECS service quotas", tasks per service).
const MOST_TASKS: f64 = 5_000.0;

/// What is measured of a service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum What {
    /// CPU, per cent.
    Cpu,
    /// Memory, per cent.
    Memory,
    /// Tasks that run.
    Tasks,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            What::Cpu => "cpu",
            What::Memory => "memory",
            What::Tasks => "tasks",
        })
    }
}

/// How busy services were, evenly spaced.
#[derive(Clone, PartialEq, Debug)]
pub struct Utilisation {
    /// When the first interval begins, UTC.
    pub start: NaiveDateTime,
    /// Length of each interval: 1, 5 or 60 minutes.
    pub step_minutes: u32,
    /// Each service by the name that the files give it. All series are of one length.
    pub services: BTreeMap<String, Busy>,
    /// What the user should know about the data.
    pub notes: Vec<String>,
}

/// One service over time; `None` where nothing was measured.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Busy {
    /// The used part of the tasks' CPU, 0 to 1.
    pub cpu: Vec<Option<f64>>,
    /// The used part of the tasks' memory, 0 to 1.
    pub memory: Vec<Option<f64>>,
    /// Tasks that run.
    pub tasks: Vec<Option<f64>>,
}

/// A fault and the file in which it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaultIn {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for FaultIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.fault)
    }
}

/// Values by service and metric, at minutes since 1970.
type Points = BTreeMap<(String, What), BTreeMap<i64, f64>>;

impl Utilisation {
    /// Reads files, each by its name and text, and lays them together.
    ///
    /// # Errors
    /// Everything that is wrong with them, up to twenty faults for each file.
    pub fn read(files: &[(&str, &str)]) -> Result<Utilisation, Vec<FaultIn>> {
        let (mut points, mut notes, mut faults) = (Points::new(), Vec::new(), Vec::new());
        for (name, text) in files {
            let read = if text.trim_start().starts_with('{') { from_cloudwatch(text) } else { table::read(text) };
            match read.and_then(|(more, said)| merge(&mut points, more).map(|()| said)) {
                Ok(said) => notes.extend(said.into_iter().map(|note| format!("{name}: {note}"))),
                Err(found) => faults.extend(found.into_iter().map(|fault| FaultIn { file: (*name).to_owned(), fault })),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let all: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        laid_out(&points, notes).map_err(|fault| vec![FaultIn { file: all.join(", "), fault }])
    }

    /// How many intervals it spans.
    pub fn len(&self) -> usize {
        self.services.values().next().map_or(0, |s| s.cpu.len())
    }

    /// True where it spans no time.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first moment after it.
    pub fn end(&self) -> NaiveDateTime {
        let minutes = i64::try_from(self.len()).unwrap_or(0).saturating_mul(self.step_minutes.into());
        self.start.checked_add_signed(TimeDelta::minutes(minutes)).unwrap_or(self.start)
    }
}

/// Adds the points of a file to those of others.
fn merge(points: &mut Points, more: Points) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    for ((service, what), values) in more {
        let column = format!("{service} {what}");
        if let Some(wrong) = not_its_unit(what, &values) {
            faults.push(Fault::new(wrong).of(&column));
        }
        let there = points.entry((service, what)).or_default();
        if let Some(minute) = values.keys().find(|minute| there.contains_key(minute)) {
            faults.push(Fault::new(format!("a second value at {}: another file has one too", time_of(*minute))).of(&column));
        }
        there.extend(values);
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Why values cannot be what they should be.
fn not_its_unit(what: What, values: &BTreeMap<i64, f64>) -> Option<String> {
    let most = values.values().copied().fold(0.0, f64::max);
    match what {
        What::Tasks => (most > MOST_TASKS).then(|| format!("{most} tasks are more than a service can have ({MOST_TASKS})")),
        // What takes a hundredth of its CPU in its busiest interval of all is far more likely written as a share.
        _ if most > 0.0 && most <= 1.0 && values.len() > 1 => {
            Some(format!("never above {most}: that looks like shares; write per cent, 63 rather than 0.63"))
        }
        _ if most > 100.0 + BEYOND => {
            let hint = if most >= 256.0 { ", such as CPUUtilization rather than Container Insights' CpuUtilized" } else { "" };
            Some(format!("up to {most}: expected per cent of what the tasks have, at most 100{hint}"))
        }
        _ => None,
    }
}

/// All points on one spacing.
fn laid_out(points: &Points, notes: Vec<String>) -> Result<Utilisation, Fault> {
    if points.values().map(BTreeMap::len).sum::<usize>() > MOST_VALUES {
        return Err(Fault::new(too_many()));
    }
    let services: BTreeSet<&str> = points.keys().map(|(service, _)| service.as_str()).collect();
    let mut times: Vec<i64> = points.values().flat_map(|values| values.keys().copied()).collect();
    times.sort_unstable();
    times.dedup();
    let grid = Grid::of(&times, 3 * services.len()).map_err(|(index, why)| match times.get(index) {
        Some(minute) => Fault::new(format!("{}: {why}", time_of(*minute))),
        None => Fault::new(why),
    })?;
    one_interval(points, grid.step)?;
    let series = |service: &str, what: What| {
        let mut values = vec![None; grid.len];
        let share = if what == What::Tasks { 1.0 } else { 100.0 };
        for (minute, value) in points.get(&(service.to_owned(), what)).into_iter().flatten() {
            if let Some(slot) = values.get_mut(grid.index(*minute)) {
                *slot = Some(if what == What::Tasks { *value } else { (value / share).min(1.0) });
            }
        }
        values
    };
    let busy = |service: &str| Busy {
        cpu: series(service, What::Cpu),
        memory: series(service, What::Memory),
        tasks: series(service, What::Tasks),
    };
    Ok(Utilisation {
        start: time_of(grid.start),
        step_minutes: u32::try_from(grid.step).unwrap_or(0),
        services: services.into_iter().map(|s| (s.to_owned(), busy(s))).collect(),
        notes,
    })
}

/// Refuses series by the minute beside others by the hour: between its points a coarser one would seem to have gaps.
fn one_interval(points: &Points, step: i64) -> Result<(), Fault> {
    for ((service, what), values) in points {
        let minutes: Vec<i64> = values.keys().copied().collect();
        let own = minutes.windows(2).map(|w| w[1] - w[0]).min();
        if let Some(own) = own.filter(|own| *own != step) {
            let message = format!("every {own} min, while others are every {step} min: measure all with one period");
            return Err(Fault::new(message).of(&format!("{service} {what}")));
        }
    }
    Ok(())
}

// ── CloudWatch ─────────────────────────────────────────────────────────────────────────────────────────────────────────

fn from_cloudwatch(text: &str) -> Result<(Points, Vec<String>), Vec<Fault>> {
    let (metrics, notes) = cloudwatch::metrics(text)?;
    let (mut points, mut faults) = (Points::new(), Vec::new());
    for (id, metric) in metrics {
        let Some(key) = of_label(&metric.label).or_else(|| of_id(&id)) else {
            let help = "expected a label such as `core CPUUtilization`, `core MemoryUtilization`, `core RunningTaskCount`";
            faults.push(Fault::new(format!("which service and metric is it? {help}, or an id such as `core_cpu`")).of(&id));
            continue;
        };
        if points.contains_key(&key) {
            faults.push(Fault::new(format!("a second series of {} {}", key.0, key.1)).of(&id));
        }
        points.insert(key, metric.points.into_iter().collect());
    }
    if faults.is_empty() { Ok((points, notes)) } else { Err(faults) }
}

/// `core CPUUtilization`: a service and, behind it, the name of the metric.
fn of_label(label: &str) -> Option<(String, What)> {
    let (service, metric) = label.trim().rsplit_once(' ')?;
    let what = match metric {
        "CPUUtilization" => What::Cpu,
        "MemoryUtilization" => What::Memory,
        "RunningTaskCount" => What::Tasks,
        _ => return None,
    };
    let service = service.trim();
    is_name(service).then(|| (service.to_owned(), what))
}

/// `core_cpu`.
fn of_id(id: &str) -> Option<(String, What)> {
    let (service, metric) = id.rsplit_once('_')?;
    let what = match metric {
        "cpu" => What::Cpu,
        "memory" => What::Memory,
        "tasks" => What::Tasks,
        _ => return None,
    };
    is_name(service).then(|| (service.to_owned(), what))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Utilisation {
        Utilisation::read(&[("m.csv", text)]).unwrap_or_else(|f| panic!("{f:?}"))
    }

    #[track_caller]
    fn wrong(text: &str, expected: &str) {
        let faults = Utilisation::read(&[("m.csv", text)]).expect_err("bad metrics");
        let all = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(all.contains(expected), "{all}");
    }

    #[test]
    fn rows_of_services_in_any_order_become_shares_on_one_spacing() {
        let text = "time,service,cpu %,memory %,tasks\n\
                    2026-11-01 00:05,core,60,40,8\n2026-11-01 00:00,core,45.5,41,8\n2026-11-01 00:15,auth,100.4,,\n2026-11-01 00:10,auth,20,30,\n";
        let found = read(text);
        assert_eq!((found.step_minutes, found.len(), found.end().to_string().as_str()), (5, 4, "2026-11-01 00:20:00"));
        assert_eq!(found.services["core"].cpu, [Some(0.455), Some(0.6), None, None]);
        assert_eq!(found.services["core"].tasks, [Some(8.0), Some(8.0), None, None]);
        // What averages show beyond all of it is all of it; an empty cell was not measured.
        assert_eq!(found.services["auth"].cpu, [None, None, Some(0.2), Some(1.0)]);
        assert_eq!(found.services["auth"].memory, [None, None, Some(0.3), None]);
    }

    #[test]
    fn label_or_id_says_which_metric_of_which_service_it_is() {
        let part = |id: &str, label: &str, value: u32| {
            format!(
                r#"{{"Id": "{id}", "Label": "{label}", "Timestamps": ["2026-11-01T00:00:00Z", "2026-11-01T00:01:00Z"], "Values": [{value}, {value}], "StatusCode": "Complete"}}"#
            )
        };
        let parts =
            [part("m1", "core CPUUtilization", 50), part("core_memory", "MemoryUtilization", 40), part("m3", "core RunningTaskCount", 3)];
        let json = format!(r#"{{"MetricDataResults": [{}]}}"#, parts.join(","));
        let found = read(&json);
        let core = &found.services["core"];
        assert_eq!((core.cpu[0], core.memory[1], core.tasks[0]), (Some(0.5), Some(0.4), Some(3.0)));
        wrong(&format!(r#"{{"MetricDataResults": [{}]}}"#, part("m1", "CPUUtilization", 50)), "`m1`: which service and metric is it?");
    }

    #[test]
    fn units_that_cannot_be_are_refused() {
        let rows = |cpu: &str| format!("time,service,cpu,memory\n2026-11-01 00:00,core,{cpu},40\n2026-11-01 00:01,core,{cpu},41\n");
        wrong(&rows("0.63"), "`core cpu`: never above 0.63: that looks like shares");
        wrong(&rows("2048"), "CpuUtilized");
        wrong(&rows("-1"), "line 2, column `cpu`: `-1` is below zero");
        wrong(&rows("many"), "`many` is no number");
    }

    #[test]
    fn faults_name_line_and_column() {
        wrong("", "the column `time` is missing");
        wrong("time,service,cpu\n", "the column `memory` is missing");
        wrong("time,service,cpu,memory,disk\n", "line 1, column `disk`: expected `time`");
        wrong("time,service,cpu,memory\n2026-11-01,core,1,2\n", "line 2, column `time`: `2026-11-01` is no time");
        wrong("time,service,cpu,memory\n2026-11-01 00:00,a b,1,2\n", "line 2, column `service`: `a b` is no name");
        wrong("time,service,cpu,memory\n2026-11-01 00:00,core,1\n", "line 2: 3 cells where the header has 4");
        let twice = "time,service,cpu,memory\n2026-11-01 00:00,core,10,2\n2026-11-01 00:00,core,11,2\n";
        wrong(twice, "line 3, column `cpu`: `11` is a second value");
        let mixed = "time,service,cpu,memory\n2026-11-01 00:00,core,10,2\n2026-11-01 00:01,core,11,3\n2026-11-01 00:00,auth,11,2\n2026-11-01 01:00,auth,11,2\n";
        wrong(mixed, "every 60 min, while others are every 1 min");
    }

    #[test]
    fn two_files_are_laid_together_unless_they_say_the_same_twice() {
        let head = "time,service,cpu,memory\n";
        let (a, b) = (format!("{head}2026-11-01 00:00,core,10,20\n"), format!("{head}2026-11-01 00:01,core,30,20\n"));
        let found = Utilisation::read(&[("a.csv", &a), ("b.csv", &b)]).expect("a series");
        assert_eq!(found.services["core"].cpu, [Some(0.1), Some(0.3)]);
        let faults = Utilisation::read(&[("a.csv", &a), ("b.csv", &a)]).expect_err("twice");
        assert!(faults[0].to_string().starts_with("b.csv: `core cpu`: a second value at 2026-11-01 00:00:00"), "{}", faults[0]);
    }

    proptest! {
        #[test]
        fn no_text_brings_it_down(text in any::<String>(), rows in "(2026-1[12]-0[1-9] 0[0-9]:[0-5][0-9],[ab],[0-9.e-]{1,6},[0-9]{0,3}\n){0,9}") {
            let _ = Utilisation::read(&[("a", &text), ("b", &format!("time,service,cpu,memory\n{rows}"))]);
        }
    }
}
