//! Shares of a group too large for all coalitions: the mean over orders drawn at random, with its standard error. In an order each lever
//! joins what was chosen before it; where it excludes some of those it takes their place if that saves more.
#![allow(clippy::float_arithmetic, reason = "a standard error is a statistic")]

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rust_decimal::Decimal;

use super::game::Rules;
use super::ground::{Set, members};
use crate::forecast::draw::{purpose, stream};
use crate::money::{Usd, quotient};
use crate::statistic::{float, usd};

/// Orders that are drawn.
pub const ORDERS: u32 = 200;

/// Shares by lever, and the largest of their standard errors.
pub fn shapley(group: Set, rules: &Rules, seed: u64, worth: &mut dyn FnMut(Set) -> Option<Usd>) -> (BTreeMap<usize, Usd>, Usd) {
    let players: Vec<usize> = members(group).collect();
    let mut gains: BTreeMap<usize, Vec<Usd>> = players.iter().map(|p| (*p, Vec::new())).collect();
    for number in 0..ORDERS {
        let mut order = players.clone();
        order.shuffle(&mut stream(seed, u64::from(number), purpose("orders of levers")));
        let (mut chosen, mut saved) = (0, Usd::ZERO);
        for player in order {
            let (set, worth) = joined(chosen, saved, player, rules, worth);
            gains.entry(player).or_default().push(worth - saved);
            (chosen, saved) = (set, worth);
        }
    }
    let mean = |gains: &Vec<Usd>| {
        let sum: Usd = gains.iter().copied().sum();
        Usd::new(quotient(sum.decimal(), Decimal::from(ORDERS)).unwrap_or_default())
    };
    let error = gains.values().filter_map(|g| error(g)).max().unwrap_or(Usd::ZERO);
    (gains.iter().map(|(player, gains)| (*player, mean(gains))).collect(), error)
}

/// What is chosen, and saved, once a lever has come.
fn joined(chosen: Set, saved: Usd, player: usize, rules: &Rules, worth: &mut dyn FnMut(Set) -> Option<Usd>) -> (Set, Usd) {
    let set = (chosen & !rules.excludes[player]) | 1 << player;
    let saves = Some(set).filter(|s| rules.allow(*s)).and_then(worth);
    saves.filter(|s| *s > saved).map_or((chosen, saved), |saves| (set, saves))
}

fn error(gains: &[Usd]) -> Option<Usd> {
    let values: Vec<f64> = gains.iter().map(|g| float(g.decimal())).collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
    usd((variance / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirteen levers of 10 each that save 100 at the most: each has a thirteenth of it.
    #[test]
    fn thirteen_levers_that_overlap_share_alike_within_the_error() {
        let rules = Rules { excludes: vec![0; 13], needs: vec![0; 13] };
        let mut worth = |set: Set| Some(Usd::new(Decimal::from((set.count_ones() * 10).min(100))));
        let (shares, error) = shapley(0b1_1111_1111_1111, &rules, 1, &mut worth);
        assert_eq!(shares.values().copied().sum::<Usd>().decimal().round_dp(6), Decimal::from(100));
        for share in shares.values() {
            let distance = (share.decimal() - Decimal::new(769_230_769, 8)).abs();
            assert!(distance < error.decimal() * Decimal::from(4), "{share} with an error of {error}");
        }
    }
}
