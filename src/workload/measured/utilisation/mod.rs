//! How busy services were: CPU, memory and tasks over time, from tables (CSV) or as CloudWatch gives them.
//!
//! A table has the columns `time`, `service`, `cpu`, `memory` and, where it was measured, `tasks`, one row for each service and
//! interval, in any order. CPU and memory are per cent of what the service's tasks have, on average over them: `CPUUtilization` and
//! `MemoryUtilization` of AWS/ECS with the statistic Average; tasks are `RunningTaskCount` of ECS/ContainerInsights.
//!
//! Of CloudWatch's data the label says which is which: `core CPUUtilization`. Where it does not, the id of `get-metric-data` does,
//! `core_cpu`, `core_memory`, `core_tasks`, and where there is none (the console, statistics of one metric) the name of the file: `core_cpu.json`.
//!
//! Not here: whether a series is long enough to conclude from it.
#![allow(clippy::float_arithmetic, reason = "utilisation is no money")]

mod console;
mod statistics;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use chrono::{NaiveDateTime, TimeDelta};

use super::{Fault, Grid, INTERVALS, MOST_VALUES, cloudwatch, is_name, time_of, too_many};

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
            match points_of(name, text).and_then(|(more, said)| merge(&mut points, more).map(|()| said)) {
                Ok(said) => notes.extend(said.into_iter().map(|note| format!("{name}: {note}"))),
                Err(found) => faults.extend(found.into_iter().map(|fault| FaultIn { file: (*name).to_owned(), fault })),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let all: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        notes.extend(held(&points));
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

/// What a file says, whichever of the forms it has.
fn points_of(name: &str, text: &str) -> Result<(Points, Vec<String>), Vec<Fault>> {
    if !text.trim_start().starts_with(['{', '[']) {
        return if console::is_one(text) { console::read(name, text) } else { table::read(text) };
    }
    if statistics::is_one(text) { statistics::read(name, text) } else { from_cloudwatch(text) }
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
        let Some(known) = points.get(&(service.to_owned(), what)) else { return values };
        // How many tasks ran may be known for longer intervals only: so many ran in each part of them.
        let parts = if what == What::Tasks { own_step(known).map_or(1, |own| (own / grid.step).max(1)) } else { 1 };
        for (minute, value) in known {
            let value = if what == What::Tasks { *value } else { (value / 100.0).min(1.0) };
            let first = grid.index(*minute);
            values.iter_mut().skip(first).take(usize::try_from(parts).unwrap_or(1)).for_each(|slot| *slot = Some(value));
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

/// Minutes from one value to the next; `None` where there is one alone.
fn own_step(values: &BTreeMap<i64, f64>) -> Option<i64> {
    values.keys().zip(values.keys().skip(1)).map(|(a, b)| b - a).min()
}

/// Refuses CPU or memory by the minute beside others by the hour: between its points a coarser one would seem to have gaps, and held
/// over them it would hide its peaks. Tasks may be coarser, by whole intervals.
fn one_interval(points: &Points, step: i64) -> Result<(), Fault> {
    for ((service, what), values) in points {
        let fits = |own: i64| own == step || (*what == What::Tasks && INTERVALS.contains(&own));
        if let Some(own) = own_step(values).filter(|own| !fits(*own)) {
            let message = format!("every {own} min, while others are every {step} min: measure all with one period");
            return Err(Fault::new(message).of(&format!("{service} {what}")));
        }
    }
    Ok(())
}

/// Says which tasks are known for longer intervals than their CPU.
fn held(points: &Points) -> Vec<String> {
    let step_of = |service: &str, what: What| points.get(&(service.to_owned(), what)).and_then(own_step);
    let tasks = points.keys().filter(|(_, what)| *what == What::Tasks).map(|(service, _)| service);
    let coarse = tasks.filter_map(|service| {
        let (own, cpu) = (step_of(service, What::Tasks)?, step_of(service, What::Cpu)?);
        (own > cpu).then(|| format!("{service}: tasks are known every {own} min: as many are taken to run in each {cpu} min of them"))
    });
    coarse.collect()
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

/// What a metric of CloudWatch measures.
fn of_metric(name: &str) -> Option<What> {
    Some(match name {
        "CPUUtilization" => What::Cpu,
        "MemoryUtilization" => What::Memory,
        "RunningTaskCount" => What::Tasks,
        _ => return None,
    })
}

/// `core CPUUtilization`: a service and, behind it, the name of the metric. CloudWatch's own labels name the cluster before it.
fn of_label(label: &str) -> Option<(String, What)> {
    let (service, metric) = label.trim().rsplit_once(' ')?;
    let service = service.split_whitespace().next_back()?;
    is_name(service).then_some((service.to_owned(), of_metric(metric)?))
}

/// What may stand behind a service in the name of a file.
const IN_NAMES: [&str; 6] = ["cpuutilization", "memoryutilization", "runningtaskcount", "cpu", "memory", "tasks"];

/// The service of a file that the name of the file alone tells: `core.json`, `core_cpu.json`, `core-memory-2.csv`.
fn of_file(name: &str) -> Option<String> {
    let stem = Path::new(name).file_stem()?.to_str()?;
    let apart = |c: char| "-_. ".contains(c);
    let bare = |stem: &str| {
        let word = IN_NAMES.iter().find(|word| stem.to_ascii_lowercase().ends_with(*word))?;
        let before = stem.get(..stem.len() - word.len())?;
        before.ends_with(apart).then(|| before.trim_end_matches(apart).to_owned())
    };
    let part = stem.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(apart);
    let service = bare(stem).or_else(|| bare(part)).unwrap_or_else(|| stem.to_owned());
    is_name(&service).then_some(service)
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
        // Tasks may be coarser, CPU and memory may not.
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

    #[test]
    fn tasks_by_the_hour_are_held_over_it_beside_a_cpu_by_five_minutes() {
        let rows: String = (0..24)
            .map(|i| {
                let tasks = if i == 0 { "8" } else { "" };
                format!("2026-11-01 {:02}:{:02},core,{},40,{tasks}\n", i / 12, 5 * (i % 12), 30 + i)
            })
            .collect();
        let text = format!("time,service,cpu,memory,tasks\n{rows}");
        let text = text.replace("2026-11-01 01:00,core,42,40,", "2026-11-01 01:00,core,42,40,6");
        let found = read(&text);
        let tasks: Vec<f64> = found.services["core"].tasks.iter().flatten().copied().collect();
        assert_eq!((tasks[..12].iter().sum::<f64>(), tasks[12..].iter().sum::<f64>(), tasks.len()), (96.0, 72.0, 24));
        assert_eq!(found.notes, ["core: tasks are known every 60 min: as many are taken to run in each 5 min of them"]);
    }

    #[test]
    fn the_name_of_a_file_tells_the_service_where_nothing_else_does() {
        let service = |name: &str| of_file(name).unwrap_or_default();
        assert_eq!(service("/x/core.json"), "core");
        assert_eq!(service("core_cpu.json"), "core");
        assert_eq!(service("gpu-memory-CPUUtilization-2.csv"), "gpu-memory");
        assert_eq!(service("worker-2.json"), "worker-2");
        assert_eq!(of_file("two words.json"), None);
    }

    proptest! {
        #[test]
        fn no_text_brings_it_down(text in any::<String>(), rows in "(2026-1[12]-0[1-9] 0[0-9]:[0-5][0-9],[ab],[0-9.e-]{1,6},[0-9]{0,3}\n){0,9}") {
            let _ = Utilisation::read(&[("a", &text), ("b", &format!("time,service,cpu,memory\n{rows}"))]);
        }
    }
}
