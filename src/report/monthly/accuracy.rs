//! How good forecasts were: each past month's against its bill.

use rust_decimal::Decimal;

use crate::money::Usd;

/// A forecast of a month and what came.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// As forecast.
    pub forecast: Usd,
    /// As billed.
    pub billed: Usd,
    /// The range of 8 of 10 cases.
    pub band: Option<(Usd, Usd)>,
    /// The month before with this one's hours, where there is a bill of it.
    pub naive: Option<Usd>,
}

/// How good they were over some months.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accuracy {
    /// Months that count.
    pub months: usize,
    /// Sum of distances over the sum of what was billed (weighted absolute percentage error).
    pub wape: Decimal,
    /// Sum of differences over the sum of what was billed; above zero for too much.
    pub bias: Decimal,
    /// Months of which the bill lay in the band, and months that have one.
    pub covered: (usize, usize),
    /// The error of taking last month's bill with this month's hours, over the months that have one before them.
    pub naive: Option<Decimal>,
    /// By how much the forecast's error is smaller than that, over the same months: 1 − WAPE ÷ naive WAPE.
    pub skill: Option<Decimal>,
}

/// Of closed months. `None` where there is none, or nothing was billed.
pub fn accuracy(closed: &[Score]) -> Option<Accuracy> {
    let wape = error(closed, |s| Some(s.forecast))?;
    let off: Usd = closed.iter().map(|s| s.forecast - s.billed).sum();
    let banded = closed.iter().filter_map(|s| Some((s.billed, s.band?)));
    let banded: Vec<bool> = banded.map(|(billed, (low, high))| low <= billed && billed <= high).collect();
    let both: Vec<Score> = closed.iter().copied().filter(|s| s.naive.is_some()).collect();
    let naive = error(&both, |s| s.naive);
    let skill = naive.filter(|n| !n.is_zero()).zip(error(&both, |s| Some(s.forecast)));
    Some(Accuracy {
        months: closed.len(),
        wape,
        bias: off.fraction_of(closed.iter().map(|s| s.billed).sum())?,
        covered: (banded.iter().filter(|inside| **inside).count(), banded.len()),
        naive,
        skill: skill.and_then(|(naive, own)| Some(Decimal::ONE - own.checked_div(naive)?)),
    })
}

/// Sum of distances over the sum of what was billed.
fn error(closed: &[Score], of: impl Fn(&Score) -> Option<Usd>) -> Option<Decimal> {
    let distance: Usd = closed.iter().filter_map(|s| Some((of(s)? - s.billed).abs())).sum();
    distance.fraction_of(closed.iter().map(|s| s.billed).sum())
}

/// Bands of the FinOps Foundation for the difference between forecast and bill ("Framework, Forecasting", measures of success: below
/// 20% to crawl, 10% to walk, 5% to run; known second-hand, from a copy of June 2026).
pub fn maturity(wape: Decimal) -> &'static str {
    match wape {
        w if w < Decimal::new(5, 2) => "run",
        w if w < Decimal::new(10, 2) => "walk",
        w if w < Decimal::new(20, 2) => "crawl",
        _ => "not yet crawling",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(dollars: i64) -> Usd {
        Usd::new(Decimal::from(dollars))
    }

    fn score(billed: i64, forecast: i64, naive: Option<i64>, band: Option<(i64, i64)>) -> Score {
        let band = band.map(|(low, high)| (usd(low), usd(high)));
        Score { forecast: usd(forecast), billed: usd(billed), band, naive: naive.map(usd) }
    }

    /// Distances 10, 20 and 0 on 100, 100 and 200: 30 ÷ 400. Differences -10, +20, 0: 10 ÷ 400. Without the first month, which has
    /// none before it: 20 ÷ 300 against a naive 60 ÷ 300.
    #[test]
    fn three_months_by_hand() {
        let months =
            [score(100, 90, None, Some((95, 110))), score(100, 120, Some(100), Some((105, 130))), score(200, 200, Some(140), None)];
        let found = accuracy(&months).expect("closed months");
        assert_eq!((found.months, found.covered), (3, (1, 2)));
        assert_eq!((found.wape, found.bias), (Decimal::new(75, 3), Decimal::new(25, 3)));
        assert_eq!(found.naive.map(|n| n.round_dp(6)), Some(Decimal::new(2, 1)));
        assert_eq!(found.skill.map(|s| s.round_dp(6)), Some(Decimal::new(666_667, 6)));
    }

    #[test]
    fn no_closed_month_says_nothing() {
        assert_eq!(accuracy(&[]), None);
    }

    #[test]
    fn bands_end_where_the_source_says() {
        let words = [("0.0499", "run"), ("0.05", "walk"), ("0.0999", "walk"), ("0.1", "crawl"), ("0.2", "not yet crawling")];
        for (wape, word) in words {
            assert_eq!(maturity(wape.parse().expect("a decimal")), word);
        }
    }
}
