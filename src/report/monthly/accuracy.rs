//! How good forecasts were: each past month's against its bill.

use rust_decimal::Decimal;

use super::facts::Past;
use crate::money::Usd;

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
pub fn accuracy(past: &[Past]) -> Option<Accuracy> {
    let closed: Vec<&Past> = past.iter().filter(|p| p.is_closed).collect();
    let wape = error(&closed, |p| Some(p.predicted))?;
    let off: Usd = closed.iter().map(|p| p.predicted - p.billed).sum();
    let banded = closed.iter().filter_map(|p| Some((p.billed, p.band.p10?, p.band.p90?)));
    let banded: Vec<bool> = banded.map(|(billed, low, high)| low <= billed && billed <= high).collect();
    let both: Vec<&Past> = closed.iter().copied().filter(|p| p.naive.is_some()).collect();
    let naive = error(&both, |p| p.naive);
    let skill = naive.filter(|n| !n.is_zero()).zip(error(&both, |p| Some(p.predicted)));
    Some(Accuracy {
        months: closed.len(),
        wape,
        bias: off.fraction_of(closed.iter().map(|p| p.billed).sum())?,
        covered: (banded.iter().filter(|inside| **inside).count(), banded.len()),
        naive,
        skill: skill.and_then(|(naive, own)| Some(Decimal::ONE - own.checked_div(naive)?)),
    })
}

/// Sum of distances over the sum of what was billed.
fn error(past: &[&Past], of: impl Fn(&Past) -> Option<Usd>) -> Option<Decimal> {
    let distance: Usd = past.iter().filter_map(|p| Some((of(p)? - p.billed).abs())).sum();
    distance.fraction_of(past.iter().map(|p| p.billed).sum())
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
    use crate::forecast::Band;

    fn usd(dollars: i64) -> Usd {
        Usd::new(Decimal::from(dollars))
    }

    fn past(month: &str, billed: i64, predicted: i64, naive: Option<i64>, band: Option<(i64, i64)>) -> Past {
        Past {
            month: month.parse().expect("a month"),
            is_closed: true,
            billed: usd(billed),
            services: Default::default(),
            predicted: usd(predicted),
            band: band.map_or_else(Band::default, |(low, high)| Band { p10: Some(usd(low)), p90: Some(usd(high)), ..Band::default() }),
            naive: naive.map(usd),
        }
    }

    /// Distances 10, 20 and 0 on 100, 100 and 200: 30 ÷ 400. Differences -10, +20, 0: 10 ÷ 400. Without the first month, which has
    /// none before it: 20 ÷ 300 against a naive 60 ÷ 300.
    #[test]
    fn three_months_by_hand() {
        let months = [
            past("2026-07", 100, 90, None, Some((95, 110))),
            past("2026-08", 100, 120, Some(100), Some((105, 130))),
            past("2026-09", 200, 200, Some(140), None),
        ];
        let found = accuracy(&months).expect("closed months");
        assert_eq!((found.months, found.covered), (3, (1, 2)));
        assert_eq!((found.wape, found.bias), (Decimal::new(75, 3), Decimal::new(25, 3)));
        assert_eq!(found.naive.map(|n| n.round_dp(6)), Some(Decimal::new(2, 1)));
        assert_eq!(found.skill.map(|s| s.round_dp(6)), Some(Decimal::new(666_667, 6)));
    }

    #[test]
    fn an_open_month_says_nothing() {
        let open = Past { is_closed: false, ..past("2026-11", 100, 90, None, None) };
        assert_eq!(accuracy(&[open]), None);
    }

    #[test]
    fn bands_end_where_the_source_says() {
        let words = [("0.0499", "run"), ("0.05", "walk"), ("0.0999", "walk"), ("0.1", "crawl"), ("0.2", "not yet crawling")];
        for (wape, word) in words {
            assert_eq!(maturity(wape.parse().expect("a decimal")), word);
        }
    }
}
