//! Fair shares of what the best levers save: games of groups that have nothing to do with each other.

use std::collections::BTreeMap;

use super::analysis::Analysis;
use super::game::{self, EXACT};
use super::ground::Set;
use super::sampled;
use crate::money::Usd;

impl Analysis<'_> {
    /// Shares of what the best levers save: on the charges group by group; what support and tax fall by goes with them. A limit on what is
    /// paid at once makes one game of all groups in which something is: a coalition is worth what it can save within the limit.
    pub(super) fn share(&mut self, seed: u64, limit: Option<Usd>) {
        let (mut shares, mut error) = (BTreeMap::new(), None);
        let groups = self.groups.clone();
        self.groups = self.games(limit);
        for game in self.groups.clone() {
            let parts: Vec<Set> = groups.iter().copied().filter(|g| g & game != 0).collect();
            if game.count_ones() as usize <= EXACT {
                shares.extend(game::shapley(game, &self.rules, &|set| self.within_limit(set, &parts, limit)));
                continue;
            }
            let rules = self.rules.clone();
            let (of_game, larger) = sampled::shapley(game, &rules, seed, &mut |set| {
                self.values.fill(parts.iter().map(|part| set & part));
                self.within_limit(set, &parts, limit)
            });
            shares.extend(of_game);
            error = error.max(Some(larger));
        }
        let all = if limit.is_some() { self.chosen() } else { self.best_of(self.players()) };
        let whole = self.values.saving(all).unwrap_or_default();
        let on_charges: Usd = shares.values().copied().sum();
        let weights: Vec<_> = shares.values().map(|s| s.decimal()).collect();
        for (share, more) in shares.values_mut().zip((whole - on_charges).split(&weights)) {
            *share += more;
        }
        self.shares = (shares, error);
    }

    /// The groups, those in which something is paid at once as one where that is limited.
    fn games(&self, limit: Option<Usd>) -> Vec<Set> {
        let pays = |sets: &Vec<Set>| sets.iter().any(|s| self.values.known(*s).is_some_and(|w| !w.fees.is_zero()));
        let (mut games, mut bound) = (Vec::new(), 0);
        for (group, sets) in self.groups.iter().zip(&self.subsets) {
            if limit.is_some() && pays(sets) { bound |= group } else { games.push(*group) }
        }
        games.extend(Some(bound).filter(|b| *b != 0));
        games.sort_by_key(|g| g.trailing_zeros());
        games
    }

    /// What a set of levers out of some groups saves on the charges; `None` where more is paid at once than may be.
    fn within_limit(&self, set: Set, groups: &[Set], limit: Option<Usd>) -> Option<Usd> {
        let worths = groups.iter().map(|group| self.values.known(set & group)).collect::<Option<Vec<_>>>()?;
        let fees: Usd = worths.iter().map(|w| w.fees).sum();
        let saved = worths.iter().map(|w| self.values.base().charges - w.charges).sum();
        limit.is_none_or(|most| fees <= most).then_some(saved)
    }
}
