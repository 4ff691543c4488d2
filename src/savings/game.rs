//! Levers as players of a game: what each of a group contributes where they overlap or exclude each other. A coalition is worth its best
//! compatible subset.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::ground::{Set, members};
use crate::money::{Usd, largest, quotient};

/// The largest group whose shares are computed over all coalitions.
pub const EXACT: usize = 12;

/// Which levers cannot stand together, and which need another.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// For each lever those that it excludes, or is excluded by.
    pub excludes: Vec<Set>,
    /// For each lever those without which it cannot be done.
    pub needs: Vec<Set>,
}

impl Rules {
    /// Whether all levers of a set can be done together.
    pub fn allow(&self, set: Set) -> bool {
        members(set).all(|i| self.excludes[i] & set == 0 && self.needs[i] & !set == 0)
    }

    /// Every compatible subset of a group, the empty one first.
    pub fn subsets(&self, group: Set) -> Vec<Set> {
        let mut all = vec![0];
        for i in members(group) {
            let with: Vec<Set> = all.iter().filter(|s| self.excludes[i] & **s == 0).map(|s| s | 1 << i).collect();
            all.extend(with);
        }
        all.retain(|s| self.allow(*s));
        all
    }
}

/// Levers that have to do with each other: through a chain of pairs that are `linked`. Groups in the order of their first levers.
pub fn groups(players: Set, linked: impl Fn(usize, usize) -> bool) -> Vec<Set> {
    let mut groups: Vec<Set> = Vec::new();
    for i in members(players) {
        let (touching, mut others): (Vec<Set>, Vec<Set>) = groups.into_iter().partition(|g| members(*g).any(|j| linked(j, i)));
        others.push(touching.into_iter().fold(1 << i, |all, g| all | g));
        others.sort_by_key(|g| g.trailing_zeros());
        groups = others;
    }
    groups
}

/// What each lever of a group contributes on average over all orders in which they could be done (Shapley, "A value for n-person
/// games"). `worth` gives the saving of a compatible subset; `None` for one that cannot be priced. The shares add up to what the group's
/// best subset saves, exactly.
pub fn shapley(group: Set, rules: &Rules, worth: &dyn Fn(Set) -> Option<Usd>) -> BTreeMap<usize, Usd> {
    let players: Vec<usize> = members(group).collect();
    let best = coalitions(&players, rules, worth);
    let n = players.len();
    let orders: Vec<Decimal> = (0..n).map(|s| factorial(s) * factorial(n - s - 1)).collect();
    let share = |player: usize| {
        let bit = 1usize << player;
        let mut by_size = vec![Decimal::ZERO; n];
        for set in (0..best.len()).filter(|set| set & bit == 0) {
            by_size[set.count_ones() as usize] += (best[set | bit] - best[set]).decimal();
        }
        let sum = by_size.iter().zip(&orders).map(|(gain, orders)| gain * orders).sum();
        Usd::new(quotient(sum, factorial(n)).unwrap_or_default())
    };
    let mut shares: Vec<Usd> = (0..n).map(share).collect();
    let left = best[best.len() - 1] - shares.iter().copied().sum();
    let weights: Vec<Decimal> = shares.iter().map(|s| s.decimal()).collect();
    if let Some(first) = largest(&weights) {
        shares[first] += left;
    }
    players.into_iter().zip(shares).collect()
}

/// What every coalition is worth: its best compatible subset, nothing at the least.
fn coalitions(players: &[usize], rules: &Rules, worth: &dyn Fn(Set) -> Option<Usd>) -> Vec<Usd> {
    let mut best = vec![Usd::ZERO; 1 << players.len()];
    for coalition in 1..best.len() {
        let inside = |n: &usize| coalition >> n & 1 == 1;
        let set: Set = (0..players.len()).filter(inside).map(|n| 1 << players[n]).fold(0, |all, one: Set| all | one);
        let without = (0..players.len()).filter(inside).map(|n| best[coalition & !(1 << n)]);
        let whole = Some(set).filter(|s| rules.allow(*s)).and_then(worth);
        best[coalition] = without.chain(whole).max().unwrap_or(Usd::ZERO);
    }
    best
}

fn factorial(n: usize) -> Decimal {
    (1..=n).map(Decimal::from).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(dollars: i64) -> Usd {
        Usd::new(Decimal::from(dollars))
    }

    fn free(n: usize) -> Rules {
        Rules { excludes: vec![0; n], needs: vec![0; n] }
    }

    /// A saves 60, B 40, C 30; A and B together 80, A and C 90, B and C 70, all three 100. In the six orders A adds 60, 60, 40, 30, 60
    /// and 30: 280 of 600. B adds 20, 10, 40, 40, 10 and 40: 160. C adds 20, 30, 20, 30, 30 and 30: 160.
    #[test]
    fn three_levers_share_as_counted_by_hand() {
        let worth = |set: Set| Some(usd([0, 60, 40, 80, 30, 90, 70, 100][set as usize]));
        let shares = shapley(0b111, &free(3), &worth);
        let sixths = |n: i64| Usd::new(quotient(Decimal::from(n), Decimal::from(6)).expect("six"));
        assert_eq!(shares[&1], sixths(160));
        assert_eq!(shares[&2], sixths(160));
        // The last fraction goes to the largest share.
        assert_eq!(shares.values().copied().sum::<Usd>(), usd(100));
        assert_eq!(shares[&0].decimal().round_dp(6), sixths(280).decimal().round_dp(6));
    }

    /// Two levers exclude each other: the coalition of both is worth the better one. 100 and 40: the first order gives 100 and 0, the
    /// second 60 and 40.
    #[test]
    fn a_coalition_of_levers_that_exclude_each_other_is_worth_the_better_one() {
        let rules = Rules { excludes: vec![0b10, 0b01], needs: vec![0, 0] };
        let shares = shapley(0b11, &rules, &|set| Some(usd([0, 100, 40, 0][set as usize])));
        assert_eq!(shares, BTreeMap::from([(0, usd(80)), (1, usd(20))]));
    }

    #[test]
    fn what_costs_more_than_it_saves_is_left_alone() {
        let shares = shapley(0b11, &free(2), &|set| Some(usd([0, -30, 50, 20][set as usize])));
        assert_eq!(shares, BTreeMap::from([(0, usd(0)), (1, usd(50))]));
    }

    #[test]
    fn groups_are_chains_of_linked_pairs() {
        let linked = |a: usize, b: usize| matches!((a, b), (0, 3) | (3, 4) | (1, 2));
        assert_eq!(groups(0b11_1111, linked), [0b01_1001, 0b00_0110, 0b10_0000]);
    }

    #[test]
    fn subsets_follow_the_rules() {
        let rules = Rules { excludes: vec![0b010, 0b001, 0], needs: vec![0, 0, 0b001] };
        assert_eq!(rules.subsets(0b111), [0, 0b001, 0b010, 0b101]);
    }
}
