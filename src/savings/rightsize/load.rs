//! What a measured series says of a service: the vCPUs that it uses minute by minute, and the memory of one task.
#![allow(clippy::float_arithmetic, reason = "utilisation is measured, not billed")]

use rust_decimal::Decimal;

use crate::statistic::{float, quantile};
use crate::workload::measured::utilisation::{Busy, Utilisation};

/// The least time from which something is concluded, in days: one week is not like the other.
pub const LEAST_DAYS: usize = 14;
/// Minutes of it that may be missing at its ends.
const ENDS: usize = 60;
/// The part of the intervals that may be missing.
const MOST_GAPS: f64 = 0.1;
/// CPU from which a task is throttled already.
const FULL: f64 = 0.999;
/// The percentile on which sizes are chosen (§6.1 of the plan, and AWS Compute Optimizer's threshold).
pub(super) const BUSY: f64 = 0.95;
/// The percentile that stands for quiet times.
const QUIET: f64 = 0.05;
/// Minutes of a day.
const DAY: usize = 1_440;

/// The size of a task and how many run, as the scenario has them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Running {
    /// vCPUs of a task.
    pub cpu: Decimal,
    /// GB of a task.
    pub memory: Decimal,
    /// Tasks on average.
    pub average: Decimal,
}

/// What is asked of a service.
#[derive(Clone, PartialEq, Debug)]
pub struct Load {
    /// vCPUs in use, minute by minute; not a number where nothing was measured.
    pub minutes: Vec<f64>,
    /// Minutes that were measured.
    pub measured: usize,
    /// vCPUs in use: in quiet times, in busy ones, at most.
    pub quiet: f64,
    /// See `quiet`.
    pub busy: f64,
    /// See `quiet`.
    pub most: f64,
    /// The used part of the CPU in busy times.
    pub cpu: f64,
    /// The used part of the memory in busy times.
    pub memory: f64,
    /// GB that one task uses in busy times.
    pub memory_gb: f64,
    /// GB that one task uses at most.
    pub memory_most: f64,
    /// Tasks on average; `None` where they were not measured.
    pub tasks: Option<f64>,
    /// Minutes in which all of the CPU was used.
    pub full: usize,
}

impl Load {
    /// What a series says. `switched` is true for a service that is off at times, whose series has gaps then.
    ///
    /// # Errors
    /// Why nothing can be concluded from it.
    pub fn of(busy: &Busy, series: &Utilisation, running: &Running, switched: bool) -> Result<Load, String> {
        let step = series.step_minutes as usize;
        let known: Vec<f64> = busy.cpu.iter().flatten().copied().collect();
        enough(busy, &known, step, switched)?;
        let (size, gb, stated) = (float(running.cpu), float(running.memory), float(running.average));
        let tasks: Vec<f64> = busy.tasks.iter().flatten().copied().collect();
        let mean = (!tasks.is_empty()).then(|| tasks.iter().sum::<f64>() / tasks.len() as f64);
        // Where the number of tasks is missing for an interval it is taken as usual.
        let usual = mean.unwrap_or(stated);
        let used = |i: usize| {
            let tasks = busy.tasks.get(i).copied().flatten().unwrap_or(usual);
            busy.cpu.get(i).copied().flatten().map_or(f64::NAN, |cpu| cpu * tasks * size)
        };
        let minutes: Vec<f64> = (0..busy.cpu.len()).flat_map(|i| std::iter::repeat_n(used(i), step)).collect();
        let all = sorted(minutes.iter().copied());
        let cpu = sorted(known.iter().copied());
        let memory = sorted(busy.memory.iter().flatten().copied());
        let at = |values: &[f64], part: f64| quantile(values, part).unwrap_or(0.0);
        Ok(Load {
            measured: all.len(),
            quiet: at(&all, QUIET),
            busy: at(&all, BUSY),
            most: at(&all, 1.0),
            cpu: at(&cpu, BUSY),
            memory: at(&memory, BUSY),
            memory_gb: at(&memory, BUSY) * gb,
            memory_most: at(&memory, 1.0) * gb,
            tasks: mean,
            full: known.iter().filter(|cpu| **cpu >= FULL).count() * step,
            minutes,
        })
    }
}

/// Those that are numbers, in order.
pub(super) fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut all: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    all.sort_by(f64::total_cmp);
    all
}

/// Whether something can be concluded from a series.
fn enough(busy: &Busy, known: &[f64], step: usize, switched: bool) -> Result<(), String> {
    let first = busy.cpu.iter().position(Option::is_some);
    let last = busy.cpu.iter().rposition(Option::is_some);
    let Some((first, last)) = first.zip(last) else { return Err("no CPU was measured".into()) };
    if busy.memory.iter().all(Option::is_none) {
        return Err("no memory was measured: without it no smaller size is safe".into());
    }
    let spans = last + 1 - first;
    let days = (spans * step).div_ceil(DAY);
    if spans * step + ENDS < LEAST_DAYS * DAY {
        let plural = if days == 1 { "day" } else { "days" };
        return Err(format!("{days} {plural} of measurements: two weeks are needed, one week is not like the other"));
    }
    let missing = (spans - known.len()) as f64 / spans as f64;
    if missing > MOST_GAPS && !switched {
        return Err(format!("{:.0}% of its intervals have no CPU: at most {:.0}% may be missing", missing * 100.0, MOST_GAPS * 100.0));
    }
    let of_nothing = busy.cpu.iter().zip(&busy.tasks).filter(|(cpu, tasks)| cpu.is_some_and(|c| c > 0.0) && **tasks == Some(0.0)).count();
    if of_nothing > 0 {
        return Err(format!("{of_nothing} of its intervals have CPU in use and no task: one of the two series is not this service's"));
    }
    if known.iter().all(|cpu| *cpu == known[0]) {
        return Err(
            format!("CPU is {:.4}% in each of {} intervals: that is no measurement", known[0] * 100.0, known.len()).replace(".0000%", "%")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNNING: Running = Running { cpu: Decimal::TWO, memory: Decimal::ONE_HUNDRED, average: Decimal::TEN };

    /// Days of hours in which the CPU is this share in one half of them and that share in the other.
    fn series(days: usize, low: f64, high: f64) -> (Busy, Utilisation) {
        let cpu: Vec<Option<f64>> = (0..24 * days).map(|i| Some(if i % 2 == 0 { low } else { high })).collect();
        let busy = Busy { memory: vec![Some(0.5); cpu.len()], tasks: vec![None; cpu.len()], cpu };
        let services = [("core".to_owned(), busy.clone())].into();
        (busy, Utilisation { start: Default::default(), step_minutes: 60, services, notes: Vec::new() })
    }

    #[test]
    fn vcpus_in_use_are_the_used_part_of_what_all_tasks_have() {
        let (mut busy, series) = series(14, 0.2, 0.6);
        // 20% and 60% of ten tasks of 2 vCPU; half of 100 GB.
        let load = Load::of(&busy, &series, &RUNNING, false).expect("a load");
        assert_eq!((load.minutes[0], load.minutes[60], load.measured), (4.0, 12.0, 14 * 1_440));
        assert_eq!((load.quiet, load.busy, load.cpu, load.memory_gb, load.tasks), (4.0, 12.0, 0.6, 50.0, None));
        // Where tasks were measured they count.
        busy.tasks[0] = Some(5.0);
        let load = Load::of(&busy, &series, &RUNNING, false).expect("a load");
        assert_eq!((load.minutes[0], load.tasks), (2.0, Some(5.0)));
    }

    #[test]
    fn nothing_is_concluded_from_too_little() {
        let why = |busy: &Busy, series: &Utilisation| Load::of(busy, series, &RUNNING, false).expect_err("too little");
        let (busy, of) = series(9, 0.2, 0.6);
        assert_eq!(why(&busy, &of), "9 days of measurements: two weeks are needed, one week is not like the other");
        let (busy, of) = series(14, 0.4, 0.4);
        assert_eq!(why(&busy, &of), "CPU is 40% in each of 336 intervals: that is no measurement");
        let (mut busy, of) = series(14, 0.2, 0.6);
        busy.tasks[5..8].fill(Some(0.0));
        assert_eq!(why(&busy, &of), "3 of its intervals have CPU in use and no task: one of the two series is not this service's");
        let (mut busy, of) = series(14, 0.2, 0.6);
        busy.cpu[10..100].fill(None);
        assert_eq!(why(&busy, &of), "27% of its intervals have no CPU: at most 10% may be missing");
        assert!(Load::of(&busy, &of, &RUNNING, true).is_ok(), "a service that is off at times");
        busy.memory.fill(None);
        assert!(why(&busy, &of).starts_with("no memory was measured"));
        busy.cpu.fill(None);
        assert_eq!(why(&busy, &of), "no CPU was measured");
    }
}
