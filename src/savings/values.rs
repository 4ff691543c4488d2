//! What sets of levers are worth, each computed once: a set is two bills, and many sets are asked for again and again.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::ground::{Ground, NoWorth, Set, Worth};
use crate::money::Usd;

/// Known sets of one environment.
pub struct Values<'a> {
    /// The environment and its levers.
    pub ground: Ground<'a>,
    known: BTreeMap<Set, Result<Worth, NoWorth>>,
    base: Worth,
}

impl<'a> Values<'a> {
    /// With what the environment costs as it is.
    ///
    /// # Errors
    /// As [`Ground::worth`].
    pub fn new(ground: Ground<'a>) -> Result<Values<'a>, NoWorth> {
        let base = ground.worth(0)?;
        Ok(Values { ground, known: BTreeMap::from([(0, Ok(base))]), base })
    }

    /// What the environment costs as it is.
    pub fn base(&self) -> Worth {
        self.base
    }

    /// Computes many sets at once, on all threads: those with the same changes together.
    pub fn fill(&mut self, sets: impl IntoIterator<Item = Set>) {
        let ground = &self.ground;
        let mut wanted: BTreeMap<Set, BTreeSet<Set>> = BTreeMap::new();
        for set in sets.into_iter().filter(|s| !self.known.contains_key(s)) {
            wanted.entry(ground.changing(set)).or_default().insert(set);
        }
        let found: Vec<(Set, Result<Worth, NoWorth>)> = wanted.into_par_iter().flat_map_iter(|(_, sets)| ground.worths(sets)).collect();
        self.known.extend(found);
    }

    /// What the environment costs with a set.
    pub fn worth(&mut self, set: Set) -> &Result<Worth, NoWorth> {
        let ground = &self.ground;
        self.known.entry(set).or_insert_with(|| ground.worth(set))
    }

    /// What is known of a set.
    pub fn known(&self, set: Set) -> Option<Worth> {
        self.known.get(&set)?.as_ref().ok().copied()
    }

    /// What a known set saves before support and tax.
    pub fn on_charges(&self, set: Set) -> Option<Usd> {
        Some(self.base.charges - self.known(set)?.charges)
    }

    /// What a set saves in all.
    pub fn saving(&mut self, set: Set) -> Option<Usd> {
        let base = self.base.total;
        self.worth(set).as_ref().ok().map(|w| base - w.total)
    }

    /// By how much two levers alone save more than together, before support and tax; `None` where they cannot stand together.
    pub fn overlap(&self, a: usize, b: usize) -> Option<Usd> {
        Some(self.on_charges(1 << a)? + self.on_charges(1 << b)? - self.on_charges(1 << a | 1 << b)?)
    }
}
