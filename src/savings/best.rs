//! The best compatible subset under a limit of what may be paid at once. Groups have nothing to do with each other, so what saves most is
//! the best of each; a limit on the fees is what binds them together, and all choices that are not beaten in both are kept while they
//! are combined: exhaustive, without a solver.

use super::ground::Set;
use crate::money::Usd;

/// A subset of levers: what it saves a month, and what it asks at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Choice {
    /// The levers.
    pub set: Set,
    /// What they save.
    pub saving: Usd,
    /// What is paid at once.
    pub upfront: Usd,
}

/// The subset that saves most, of one choice for each group; with a limit on what is paid at once. Of equals the smaller one.
pub fn best(groups: &[Vec<Choice>], limit: Option<Usd>) -> Choice {
    let nothing = Choice { set: 0, saving: Usd::ZERO, upfront: Usd::ZERO };
    let mut all = vec![nothing];
    for group in groups {
        let with = |a: &Choice| {
            let a = *a;
            group.iter().map(move |b| Choice { set: a.set | b.set, saving: a.saving + b.saving, upfront: a.upfront + b.upfront })
        };
        let combined: Vec<Choice> = all.iter().flat_map(with).filter(|c| limit.is_none_or(|l| c.upfront <= l)).collect();
        all.extend(combined);
        all = unbeaten(all, limit.is_some());
    }
    all.into_iter().max_by_key(|c| (c.saving, std::cmp::Reverse(c.upfront))).unwrap_or(nothing)
}

/// Choices that no other one beats: cheaper at once and saving as much.
fn unbeaten(mut all: Vec<Choice>, limited: bool) -> Vec<Choice> {
    let least = |c: &Choice| (c.upfront, std::cmp::Reverse(c.saving), c.set.count_ones(), c.set);
    if !limited {
        all.sort_by_key(|c| (std::cmp::Reverse(c.saving), c.upfront, c.set.count_ones(), c.set));
        all.truncate(1);
        return all;
    }
    all.sort_by_key(least);
    let mut kept: Vec<Choice> = Vec::new();
    for choice in all {
        if kept.last().is_none_or(|last| choice.saving > last.saving) {
            kept.push(choice);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    fn choice(set: Set, saving: i64, upfront: i64) -> Choice {
        Choice { set, saving: Usd::new(Decimal::from(saving)), upfront: Usd::new(Decimal::from(upfront)) }
    }

    #[test]
    fn a_limit_binds_groups_together() {
        let groups =
            [vec![choice(1, 100, 0), choice(2, 130, 1_200)], vec![choice(4, 50, 0), choice(8, 90, 2_000)], vec![choice(16, -5, 0)]];
        assert_eq!(best(&groups, None).set, 2 | 8);
        assert_eq!(best(&groups, Some(Usd::new(Decimal::from(2_500)))), choice(1 | 8, 190, 2_000));
        assert_eq!(best(&groups, Some(Usd::new(Decimal::from(1_500)))), choice(2 | 4, 180, 1_200));
        assert_eq!(best(&groups, Some(Usd::ZERO)), choice(1 | 4, 150, 0));
    }

    #[test]
    fn nothing_is_chosen_where_nothing_saves() {
        assert_eq!(best(&[vec![choice(1, -5, 0)]], None), choice(0, 0, 0));
    }
}
