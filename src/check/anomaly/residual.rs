//! Days that are not like those before them. How loud a day is: season (STL: Cleveland and others, "STL: A Seasonal-Trend
//! Decomposition Procedure Based on Loess", robust) and trend (the median of the four weeks before) are taken away, and what is left is
//! held against its own median absolute deviation. How large it is: dollars against the same weekdays of the four weeks before, so that
//! no day is judged by what came after it.
#![allow(clippy::float_arithmetic, reason = "statistics are computed in floats")]

use std::ops::Range;

use augurs_outlier::{MADDetector, OutlierDetector};

use crate::statistic::quantile;

/// Days of a season.
const WEEK: usize = 7;
/// Weeks before one whose same days say what to expect.
const WEEKS_BEFORE: usize = 4;
/// Days before one by which it is judged.
const BEFORE: usize = WEEKS_BEFORE * WEEK;
/// As many of them there must be: AWS Cost Anomaly Detection wants ten days of history.
const LEAST_BEFORE: usize = 14;
/// Standard deviations beyond which a day is odd, where the noise is normal (assumed).
const SCORE: f64 = 5.0;
/// A day within this part of what is expected is not odd, however quiet the days before were (assumed).
const PART: f64 = 0.25;
/// Added to each day as a part of the median day: logarithms have no zero.
const FOOT: f64 = 0.05;
/// A series that did the same so often before is like that.
const HABIT: usize = 2;

/// Odd days one after another.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// Which days.
    pub days: Range<usize>,
    /// What was expected of them, in dollars.
    pub expected: f64,
    /// True where the days after them are as they are: another level, and nothing that passes.
    pub is_lasting: bool,
    /// True where it goes on to the last day.
    pub is_open: bool,
    /// How much more that was than expected, in dollars.
    size: f64,
    rises: bool,
}

/// The odd days of a series of daily costs in dollars. After a change of level the days are held against the new one.
pub fn runs(costs: &[f64]) -> Vec<Run> {
    let Some(series) = Series::of(costs) else { return Vec::new() };
    let mut found: Vec<Run> = Vec::new();
    let mut since = 0;
    loop {
        let runs = series.runs(since);
        let lasting = runs.iter().position(|run| run.is_lasting);
        found.extend_from_slice(&runs[..lasting.map_or(runs.len(), |i| i + 1)]);
        match lasting {
            Some(i) => since = runs[i].days.start,
            None => break,
        }
    }
    let is_habit = |(i, run): (usize, &Run)| {
        let alike = |other: &&Run| other.rises == run.rises && !other.is_lasting && other.size.abs() >= run.size.abs() / 2.0;
        found[..i].iter().filter(alike).count() >= HABIT
    };
    found.iter().enumerate().filter(|(i, run)| run.is_lasting || !is_habit((*i, run))).map(|(_, run)| run.clone()).collect()
}

/// A series of daily costs.
struct Series<'a> {
    costs: &'a [f64],
    /// True for days beyond the noise.
    loud: Vec<bool>,
}

impl<'a> Series<'a> {
    /// `None` for too few days, and where nothing costs anything.
    fn of(costs: &'a [f64]) -> Option<Series<'a>> {
        if costs.len() <= LEAST_BEFORE {
            return None;
        }
        let mut positive: Vec<f64> = costs.iter().copied().filter(|c| *c > 0.0).collect();
        positive.sort_by(f64::total_cmp);
        let typical = quantile(&positive, 0.5)?;
        // In logarithms: season and noise are parts of what is there.
        let logs: Vec<f64> = costs.iter().map(|c| (c.max(0.0) / typical + FOOT).ln()).collect();
        let plain: Vec<f64> = logs.iter().zip(season(&logs)).map(|(log, season)| log - season).collect();
        let residuals: Vec<f64> = (LEAST_BEFORE..plain.len()).map(|d| plain[d] - median(&plain[d.saturating_sub(BEFORE)..d])).collect();
        Some(Series { costs, loud: loud(&residuals) })
    }

    /// Dollars expected of a day by the same weekdays from `since` to `until`.
    fn expected(&self, day: usize, since: usize, until: usize) -> f64 {
        let same = (1..=day / WEEK).map(|weeks| day - weeks * WEEK).filter(|d| *d < until).take_while(|d| *d >= since);
        let costs: Vec<f64> = same.take(WEEKS_BEFORE).map(|d| self.costs[d]).collect();
        median(&costs)
    }

    /// Odd days one after another, in a history that begins with `since`.
    fn runs(&self, since: usize) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for day in since + LEAST_BEFORE..self.costs.len() {
            let expected = self.expected(day, since, day);
            let size = self.costs[day] - expected;
            if !self.loud[day] || size.abs() <= PART * expected {
                continue;
            }
            let rises = size > 0.0;
            // One day in between that is like the others does not part two.
            match runs.last_mut().filter(|run| run.rises == rises && day <= run.days.end + 1) {
                Some(run) => run.days.end = day + 1,
                None => runs.push(Run { days: day..day + 1, expected: 0.0, size: 0.0, is_lasting: false, is_open: false, rises }),
            }
        }
        runs.iter_mut().for_each(|run| self.judge(run, since));
        runs
    }

    /// What was expected of a run, and whether the days after it are as before it or as in it.
    fn judge(&self, run: &mut Run, since: usize) {
        let Range { start, end } = run.days;
        let before = |days: Range<usize>| days.map(|day| self.expected(day, since, start)).sum::<f64>();
        run.expected = before(start..end);
        run.size = self.costs[start..end].iter().sum::<f64>() - run.expected;
        let after = end..self.costs.len().min(end + WEEK);
        run.is_open = after.is_empty();
        let still = self.costs[after.clone()].iter().sum::<f64>() - before(after.clone());
        // More than half of what it was a day is still there.
        let per_day = |size: f64, days: usize| size / days.max(1) as f64;
        let (still, was) = (per_day(still, after.len()), per_day(run.size, end - start));
        run.is_lasting = !run.is_open && still * was.signum() > was.abs() / 2.0;
    }
}

/// Which days from [`LEAST_BEFORE`] on are beyond the noise; none before. Without any noise each distance counts.
fn loud(residuals: &[f64]) -> Vec<bool> {
    let detector = MADDetector::with_threshold(SCORE);
    let found = detector.preprocess(&[residuals]).and_then(|ready| detector.detect(&ready)).ok();
    let scores = found.and_then(|f| f.series_results.into_iter().next()).map(|s| s.scores);
    let of_day = |i: usize| scores.as_ref().is_none_or(|s| s[i] > SCORE);
    std::iter::repeat_n(false, LEAST_BEFORE).chain((0..residuals.len()).map(of_day)).collect()
}

/// What each weekday adds; nothing where there are not two weeks.
fn season(logs: &[f64]) -> Vec<f64> {
    let fitted = stlrs::Stl::params().robust(true).fit(logs, WEEK);
    fitted.map_or_else(|_| vec![0.0; logs.len()], |fit| fit.seasonal().to_vec())
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten dollars on weekdays and six at the weekend, with a noise of one in a hundred that comes round.
    fn steady(days: usize) -> Vec<f64> {
        let noise = [1.0, 0.99, 1.01, 1.005, 0.995, 1.0, 1.01, 0.99, 1.0, 1.005, 0.995];
        (0..days).map(|d| if d % 7 < 5 { 10.0 } else { 6.0 } * noise[d % noise.len()]).collect()
    }

    fn with(days: Range<usize>, times: f64) -> Vec<f64> {
        let mut costs = steady(120);
        costs[days].iter_mut().for_each(|c| *c *= times);
        costs
    }

    #[test]
    fn weekends_are_no_falls_and_noise_is_nothing() {
        assert_eq!(runs(&steady(120)), []);
    }

    #[test]
    fn a_rise_is_found_with_its_days_and_what_was_expected() {
        let found = runs(&with(60..63, 3.0));
        assert!(matches!(&found[..], [run] if run.days == (60..63)), "{found:?}");
        let expected: f64 = steady(120)[60..63].iter().sum();
        assert!((found[0].expected - expected).abs() < 0.05 * expected && !found[0].is_lasting && found[0].rises);
    }

    #[test]
    fn a_fall_is_found_as_a_rise_is() {
        let found = runs(&with(60..62, 0.1));
        assert!(matches!(&found[..], [run] if run.days == (60..62) && !run.rises && !run.is_lasting));
    }

    #[test]
    fn what_stays_is_another_level() {
        let found = runs(&with(60..120, 2.0));
        assert!(matches!(&found[..], [run] if run.days.start == 60 && run.is_lasting), "{found:?}");
    }

    #[test]
    fn what_goes_on_is_open_until_it_is_known_to_stay() {
        let found = runs(&with(116..120, 2.0));
        assert!(matches!(&found[..], [run] if run.days == (116..120) && run.is_open && !run.is_lasting));
    }

    #[test]
    fn what_begins_from_nothing_is_found() {
        let mut costs = vec![0.0; 60];
        costs.extend(steady(60));
        assert!(matches!(&runs(&costs)[..], [run] if run.days.start == 60 && run.is_lasting));
    }

    /// A job on the first of each month: the first two are odd, then it is known.
    #[test]
    fn a_habit_is_no_anomaly() {
        let mut costs = steady(160);
        for day in [30, 60, 90, 120, 150] {
            costs[day] *= 4.0;
        }
        let found: Vec<usize> = runs(&costs).iter().map(|r| r.days.start).collect();
        assert_eq!(found, [30, 60]);
    }

    #[test]
    fn a_short_history_says_nothing() {
        assert_eq!(runs(&[1.0; 14]), []);
        assert_eq!(runs(&[0.0; 100]), []);
    }
}
