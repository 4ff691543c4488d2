//! From what was measured to a workload: level, growth, shapes, noise and drift, and how sure they are.
//!
//! Not here: events. What was a launch or an outage is taken for demand like any other; cut it out of the data beforehand.
#![allow(clippy::float_arithmetic, reason = "demand is no money")]

mod shapes;
mod trend;
mod yaml;

use chrono::{Datelike, NaiveDateTime, Timelike};

use self::shapes::{Cells, Shapes, behind_hourly_means};
pub use self::trend::{Prediction, Trend};
use super::ALL;
use super::demand::mean;
use super::measured::Series;
use super::noise::averaged;
use super::shape::{DAY, between_hours};
use crate::month::Month;

/// A month counts as whole where so much of it was measured.
const WHOLE: f64 = 0.9;
/// Fewer whole months show no growth: a line through two points has no residuals.
const FEWEST_MONTHS: usize = 3;
/// Fastest growth that scenarios hold, each month: eleven times as much.
const FASTEST: f64 = 10.0;
/// Least correlation of neighbours from which a time is told. Below it noise has no memory that intervals could show.
const LEAST_CORRELATION: f64 = 0.02;
/// Seconds of an average month.
const MONTH_SECONDS: f64 = 730.0 * 3_600.0;
/// Least noise that is told, in the logarithm.
const LEAST_SPREAD: f64 = 5e-5;

/// A workload as it was measured.
#[derive(Clone, PartialEq, Debug)]
pub struct Fitted {
    /// The month in which the level holds: the middle one of the whole ones, in which the errors of level and growth have least to
    /// do with each other; of two middle ones the earlier, for which what they still have in common makes ranges too wide rather
    /// than too narrow.
    pub since: Month,
    /// Requests per second of all routes in an average week of that month; drift, whose mean is 1, is taken out.
    pub level: f64,
    /// Standard error of the level's logarithm; `None` with fewer than three whole months.
    pub level_se: Option<f64>,
    /// Growth from month to month as a share, compounded; 0 with fewer than three whole months.
    pub growth: f64,
    /// Standard error of the logarithm of 1 + growth; `None` with fewer than three whole months.
    pub growth_se: Option<f64>,
    /// 24 relative values with mean 1, at the middle of each hour UTC, joined by lines.
    pub day: [f64; 24],
    /// Seven relative values with mean 1, from Monday on.
    pub week: [f64; 7],
    /// Share of each route, adding up to 1.
    pub routes: Vec<(String, f64)>,
    /// What differs from minute to minute; `None` where nothing does.
    pub noise: Option<FittedNoise>,
    /// Standard deviation of the logarithms of months around growth, but for what noise alone leaves of itself in the mean of a
    /// month; `None` with fewer than three whole months.
    pub drift: Option<f64>,
    /// Variance of the logarithm of a month's mean that noise alone makes.
    pub noise_of_months: f64,
    /// Whole months behind it.
    pub months: usize,
    /// The line through the logarithms of the whole months, in months after `since` (before it: below 0); `None` with fewer than three.
    pub trend: Option<Trend>,
    /// When measuring began and ended, UTC.
    pub measured: (NaiveDateTime, NaiveDateTime),
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Noise as it was measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FittedNoise {
    /// Standard deviation of the logarithm, from minute to minute.
    pub spread: f64,
    /// Seconds after which the autocorrelation has fallen to 1/e.
    pub correlation: f64,
}

impl Fitted {
    /// The logarithm of a month's requests per second in an average week, drift included: growth goes on, and both the line
    /// and the month are uncertain. `None` with fewer than three whole months.
    pub fn predict(&self, month: Month) -> Option<Prediction> {
        Some(self.trend?.predict(f64::from(self.since.until(month))))
    }
}

/// Fits a workload to what was measured.
///
/// The shapes of day and week and each month's mean without them come from sums (`shapes`). Level and growth are a line
/// through the logarithms of the whole months; what remains there is drift. What remains of every interval beside shapes and
/// months is noise: its standard deviation, and from the correlation of neighbours its memory.
pub fn fit(series: &Series) -> Result<Fitted, String> {
    let total = series.total();
    if total.iter().flatten().all(|v| *v <= 0.0) {
        return Err("no requests were measured".into());
    }
    let cells = Cells::of(series, &total);
    let shapes = cells.shapes();
    let mut notes = series.notes.clone();
    let whole = whole_months(series, &cells, &shapes);
    let line = level(&whole, &shapes, &mut notes)?;
    let week = filled(&shapes.week, "day of the week", &mut notes);
    let hours = filled(&shapes.day, "hour of the day", &mut notes);
    let day = behind_hourly_means(&hours);
    let noise = noise(&residuals(series, &total, &shapes, &week, &day), series.step_minutes, &mut notes);
    let noise_of_months = noise.map_or(0.0, |n| n.spread.powi(2) * averaged(MONTH_SECONDS / n.correlation).variance);
    Ok(Fitted {
        since: line.since,
        level: line.level,
        level_se: line.trend.map(|t| t.se_at(0.0)),
        growth: line.trend.map_or(0.0, |t| t.slope.exp_m1()),
        growth_se: line.trend.map(|t| t.slope_se()),
        noise,
        noise_of_months,
        day,
        week,
        routes: routes(series),
        drift: line.trend.map(|t| (t.residual_sd.powi(2) - noise_of_months).max(0.0).sqrt()),
        months: whole.len(),
        trend: line.trend,
        measured: (series.start, series.time(series.len())),
        notes,
    })
}

/// The months of which enough was measured, with their means.
fn whole_months(series: &Series, cells: &Cells, shapes: &Shapes) -> Vec<(Month, f64)> {
    let intervals = |month: Month| f64::from(month.hours()) * 60.0 / f64::from(series.step_minutes.max(1));
    let whole =
        |(month, mean): (&Month, &f64)| (cells.measured(*month) >= WHOLE * intervals(*month) && *mean > 0.0).then_some((*month, *mean));
    shapes.months.iter().filter_map(whole).collect()
}

struct Line {
    since: Month,
    level: f64,
    trend: Option<Trend>,
}

/// The line through the whole months; where they are too few, the mean of what there is.
fn level(whole: &[(Month, f64)], shapes: &Shapes, notes: &mut Vec<String>) -> Result<Line, String> {
    let all: Vec<(Month, f64)> = shapes.months.iter().map(|(month, mean)| (*month, *mean)).collect();
    let months = if whole.is_empty() { &all } else { whole };
    let since = months.get(months.len().saturating_sub(1) / 2).map(|(month, _)| *month).ok_or("nothing was measured")?;
    let points: Vec<(f64, f64)> = whole.iter().map(|(month, mean)| (f64::from(since.until(*month)), mean.ln())).collect();
    let trend = Some(&points).filter(|p| p.len() >= FEWEST_MONTHS).and_then(|p| Trend::through(p));
    let Some(line) = trend else {
        notes.push(format!("{} whole months show no growth and no drift: at least {FEWEST_MONTHS} are needed", whole.len()));
        return Ok(Line { since, level: mean(&months.iter().map(|(_, mean)| *mean).collect::<Vec<f64>>()), trend });
    };
    if line.slope.exp_m1() > FASTEST {
        return Err(format!("demand grows more than {} times from month to month: that is no trend", FASTEST + 1.0));
    }
    // The logarithm of a lognormal factor of mean 1 lies half its variance below 0.
    Ok(Line { since, level: (line.intercept + line.residual_sd.powi(2) / 2.0).exp(), trend })
}

/// Shapes in which what was not measured is average.
fn filled<const N: usize>(values: &[Option<f64>; N], what: &str, notes: &mut Vec<String>) -> [f64; N] {
    let missing = values.iter().filter(|v| v.is_none()).count();
    if missing > 0 {
        notes.push(format!("{missing} of {N} were never measured ({what}): taken as average"));
    }
    values.map(|v| v.unwrap_or(1.0))
}

/// Logarithms of what was measured over what shapes and months say, interval after interval; `None` for gaps and zeros.
fn residuals(series: &Series, total: &[Option<f64>], shapes: &Shapes, week: &[f64; 7], day: &[f64; 24]) -> Vec<Option<f64>> {
    let step = (series.step_minutes as usize).clamp(1, DAY);
    let day: Vec<f64> = between_hours(day).chunks(step).map(mean).collect();
    let residual = |(index, value): (usize, &Option<f64>)| {
        let time = series.time(index);
        let slot = (time.hour() * 60 + time.minute()) as usize / step;
        let weekday = time.weekday().num_days_from_monday() as usize;
        let month = shapes.months.get(&Month::of(time.date()))?;
        let expected = month * week.get(weekday)? * day.get(slot)?;
        let value = (*value)?;
        (value > 0.0 && expected > 0.0).then(|| (value / expected).ln())
    };
    total.iter().enumerate().map(residual).collect()
}

/// Spread and memory of the residuals: by minutes an autoregressive process, by longer intervals averages of it.
fn noise(residuals: &[Option<f64>], step_minutes: u32, notes: &mut Vec<String>) -> Option<FittedNoise> {
    let known: Vec<f64> = residuals.iter().copied().flatten().collect();
    let centre = mean(&known);
    let variance = mean(&known.iter().map(|r| (r - centre).powi(2)).collect::<Vec<f64>>());
    let products: Vec<f64> = residuals.windows(2).filter_map(|w| Some(((*w.first()?)? - centre) * ((*w.get(1)?)? - centre))).collect();
    if variance.sqrt() < LEAST_SPREAD {
        return None;
    }
    let mut correlation = mean(&products) / variance;
    if correlation < LEAST_CORRELATION {
        notes.push("noise has no memory that these intervals could show: its correlation is at most what is given".into());
        correlation = LEAST_CORRELATION;
    }
    let correlation = correlation.min(1.0 - 1e-6);
    let seconds = 60.0 * f64::from(step_minutes);
    let (spread, lengths) = if step_minutes == 1 {
        (variance.sqrt(), -correlation.ln())
    } else {
        let lengths = lengths_of(correlation);
        ((variance / averaged(lengths).variance).sqrt(), lengths)
    };
    if spread > 1.0 {
        notes.push(format!("noise of {:.0}% is more than scenarios hold: 100% is given", spread * 100.0));
    }
    Some(FittedNoise { spread: spread.min(1.0), correlation: seconds / lengths })
}

/// The T at which averages over neighbouring spans have a correlation, by bisection: it falls from 1 to 0.
fn lengths_of(correlation: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e3);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if averaged(middle).correlation > correlation { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// Shares of the routes, over the times at which all of them were measured.
fn routes(series: &Series) -> Vec<(String, f64)> {
    let complete = series.total();
    let sums = series.routes.iter().map(|(name, values)| {
        let sum: f64 = values.iter().zip(&complete).filter(|(_, all)| all.is_some()).filter_map(|(value, _)| *value).sum();
        (name.clone(), sum)
    });
    let sums: Vec<(String, f64)> = sums.collect();
    let total: f64 = sums.iter().map(|(_, sum)| sum).sum();
    sums.into_iter().map(|(name, sum)| (name, if total > 0.0 { sum / total } else { 0.0 })).collect()
}

/// True where the series knows no routes.
fn single(routes: &[(String, f64)]) -> bool {
    routes.iter().all(|(name, _)| name == ALL)
}

#[cfg(test)]
mod tests;
