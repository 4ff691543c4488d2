//! The analysis of an environment: levers alone, in pairs, in groups, and the best of them together.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::best::{self, Choice};
use super::game::{self, EXACT, Rules};
use super::ground::{Ground, MOST, NoWorth, Set, members};
use super::lever::{Level, Lever, Levers};
use super::report::{Asked, Depth};
use super::values::Values;
use crate::money::{Usd, cents};
use crate::scenario::Scenario;
use crate::scenario::patch;

/// What may be done.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// The highest risk.
    pub risk: Option<Level>,
    /// The most that is paid at once in fees, before support on them.
    pub upfront: Option<Usd>,
    /// No reservation and no savings plan.
    pub no_commitment: bool,
    /// True where the levers were named: what breaks a requirement or was not measured is then asked for.
    pub named: bool,
    /// True where levers that break a stated requirement are asked for.
    pub against_requirements: bool,
    /// The least that a lever must save after all others; five dollars or 0.5% of the cost, the larger, where nothing is said.
    pub least: Option<Usd>,
}

/// The least saving that is worth the work, in dollars a month.
const LEAST: Decimal = Decimal::from_parts(5, 0, 0, false, 0);
/// The same as a part of the cost: 0.5%.
const LEAST_PART: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// Why a lever takes no part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Out {
    /// It says nothing of this environment, or a condition does not hold.
    NotHere(String),
    /// Its numbers were written for others than stand here.
    Misfit(String),
    /// It cannot be laid over it, or a price is missing.
    Unpriced(String),
    /// The limits rule it out.
    RuledOut(String),
    /// What it saves after all others is not worth the work.
    TooSmall(String),
}

impl Out {
    /// In words.
    pub fn words(&self) -> &str {
        match self {
            Out::NotHere(why) | Out::Misfit(why) | Out::Unpriced(why) | Out::RuledOut(why) | Out::TooSmall(why) => why,
        }
    }
}

/// What was found of an environment's levers. Sets count those of `levers`.
pub struct Analysis<'a> {
    /// Levers that act on the environment, in the order in which they are laid over it.
    pub levers: &'a [&'a Lever],
    /// Sets and what they are worth.
    pub values: Values<'a>,
    /// Which of them exclude or need each other.
    pub rules: Rules,
    /// Those that take no part in the choice.
    pub out: BTreeMap<usize, Out>,
    /// Groups that have nothing to do with each other.
    pub groups: Vec<Set>,
    /// Compatible subsets of each group.
    pub subsets: Vec<Vec<Set>>,
    /// The best subset in the order in which to pull them.
    pub order: Vec<usize>,
    /// Shares of the choice, by lever, and their standard error where they were sampled.
    pub shares: (BTreeMap<usize, Usd>, Option<Usd>),
    /// What the best subset would save if any risk were taken; `None` where any may be.
    pub at_any_risk: Option<Usd>,
}

/// The levers that act on an environment, in the order in which their changes are laid over it: changes before purchases, since these
/// are sized by what is left; what comes `after` another one behind it. The others, with why not.
pub fn acting<'a>(levers: &'a Levers, scenario: &Scenario) -> (Vec<&'a Lever>, Vec<(&'a Lever, Out)>) {
    let (mut acting, mut others) = (Vec::new(), Vec::new());
    for lever in &levers.list {
        match missing(lever, scenario).map(Out::NotHere).or_else(|| lever.misfit(scenario).map(Out::Misfit)) {
            Some(why) => others.push((lever, why)),
            None if acting.len() == MOST => others.push((lever, Out::NotHere(format!("only {MOST} levers are analysed at once")))),
            None => acting.push(lever),
        }
    }
    let mut ordered: Vec<&Lever> = Vec::new();
    while !acting.is_empty() {
        let waits = |l: &Lever| acting.iter().any(|o| l.after.contains(&o.id) || l.needs.contains(&o.id));
        let next = acting.iter().enumerate().filter(|(_, l)| !waits(l)).min_by_key(|(n, l)| (l.commits(), *n)).map_or(0, |(n, _)| n);
        ordered.push(acting.remove(next));
    }
    (ordered, others)
}

/// What a lever lacks in an environment, if anything.
fn missing(lever: &Lever, scenario: &Scenario) -> Option<String> {
    if let Some(done) = scenario.done.iter().find(|d| d.lever == lever.id) {
        return Some(format!("done since {}", done.since));
    }
    if !lever.applies_to(scenario) {
        return Some(format!("it changes nothing in {}", scenario.name));
    }
    for condition in &lever.when {
        if let Some(name) = condition.resource.as_deref().filter(|n| scenario.resource(n).is_none()) {
            return Some(format!("{} has no `{name}`", scenario.name));
        }
        let stated = |path: &str| {
            let mut steps = patch::steps(path).into_iter();
            steps.try_fold(&scenario.tree, |node, step| node.get(step)).is_some()
        };
        if let Some(path) = condition.has.as_deref().filter(|p| !stated(p)) {
            return Some(format!("{} states no `{path}`", scenario.name));
        }
    }
    None
}

impl<'a> Analysis<'a> {
    /// Analyses the levers that act on an environment.
    ///
    /// # Errors
    /// An environment that has no bill, and a lever written for it that it cannot take.
    pub fn new(ground: Ground<'a>, asked: &Asked) -> Result<Analysis<'a>, NoWorth> {
        let (limits, is_whole) = (&asked.limits, asked.depth == Depth::Whole);
        let mut values = Values::new(ground)?;
        let mut at_any_risk = None;
        if is_whole && limits.risk.is_some_and(|most| most < Level::High) {
            let mut bolder = Analysis::under(values, &Limits { risk: None, ..limits.clone() })?;
            at_any_risk = bolder.values.saving(bolder.chosen());
            values = bolder.values;
        }
        let mut analysis = Analysis { at_any_risk, ..Analysis::under(values, limits)? };
        if is_whole {
            analysis.share(asked.drawing.seed, limits.upfront);
        }
        Ok(analysis)
    }

    /// The best levers under limits. What is too small is left out one by one, the smallest first: without it another may be larger.
    fn under(values: Values<'a>, limits: &Limits) -> Result<Analysis<'a>, NoWorth> {
        let levers = values.ground.levers;
        let mut analysis = Analysis {
            levers,
            values,
            rules: rules(levers),
            out: BTreeMap::new(),
            groups: Vec::new(),
            subsets: Vec::new(),
            order: Vec::new(),
            shares: (BTreeMap::new(), None),
            at_any_risk: None,
        };
        analysis.alone(limits)?;
        analysis.pairs();
        loop {
            analysis.group();
            analysis.choose(limits);
            let Some((smallest, why)) = analysis.too_small(limits) else { return Ok(analysis) };
            analysis.out.insert(smallest, Out::TooSmall(why));
        }
    }

    /// The recommended lever that saves least after all others, where that is too little.
    fn too_small(&mut self, limits: &Limits) -> Option<(usize, String)> {
        let least = limits.least_of(self.values.base().total);
        let chosen = self.chosen();
        self.values.fill(members(chosen).map(|i| chosen & !(1 << i)));
        let savings: Vec<(Usd, usize)> = members(chosen).filter_map(|i| Some((self.after_all(i)?, i))).collect();
        let (saving, smallest) = savings.into_iter().min().filter(|(saving, _)| *saving < least)?;
        Some((smallest, format!("too small: {} after the others, and {} is the least", cents(saving), cents(least))))
    }

    /// What a lever saves after all recommended others; `None` where it excludes one of them, or one of them needs it.
    pub fn after_all(&mut self, lever: usize) -> Option<Usd> {
        let others = self.chosen() & !(1 << lever);
        let both = others | 1 << lever;
        if matches!(self.out.get(&lever), Some(Out::Unpriced(_))) || !self.rules.allow(others) || !self.rules.allow(both) {
            return None;
        }
        Some(self.values.saving(both)? - self.values.saving(others)?)
    }

    /// Computes at once what [`Analysis::after_all`] asks of every lever.
    pub fn fill_after_all(&mut self) {
        let chosen = self.chosen();
        let sets = (0..self.levers.len()).filter(|i| !matches!(self.out.get(i), Some(Out::Unpriced(_)))).flat_map(|i| {
            let others = chosen & !(1 << i);
            [others, others | 1 << i]
        });
        let allowed: Vec<Set> = sets.filter(|s| self.rules.allow(*s)).collect();
        self.values.fill(allowed);
    }

    /// Every lever by itself. What was written for another environment's place may not fit here.
    fn alone(&mut self, limits: &Limits) -> Result<(), NoWorth> {
        let scenario = self.values.ground.scenario;
        self.values.fill((0..self.levers.len()).map(|i| 1 << i));
        for (i, lever) in self.levers.iter().enumerate() {
            if let Err(why) = self.values.worth(1 << i).clone() {
                if lever.names(scenario) && matches!(why, NoWorth::Change(_)) {
                    return Err(why);
                }
                self.out.insert(i, Out::Unpriced(why.first()));
                continue;
            }
            let lacks = lever.needs.iter().find(|n| !self.levers.iter().any(|l| l.id == **n));
            if let Some(lacks) = lacks {
                self.out.insert(i, Out::NotHere(format!("it needs `{lacks}`")));
            } else if let Some(why) = limits.rule_out(lever, scenario) {
                self.out.insert(i, Out::RuledOut(why));
            }
        }
        Ok(())
    }

    /// Every pair that can stand together; one that cannot be priced together excludes each other.
    fn pairs(&mut self) {
        let n = self.levers.len();
        let unpriced = |i: &usize| matches!(self.out.get(i), Some(Out::Unpriced(_)));
        let open: Vec<usize> = (0..n).filter(|i| !unpriced(i)).collect();
        let pairs: Vec<(usize, usize)> = open.iter().flat_map(|a| open.iter().filter(move |b| a < *b).map(move |b| (*a, *b))).collect();
        let compatible: Vec<(usize, usize)> = pairs.into_iter().filter(|(a, b)| self.rules.excludes[*a] >> b & 1 == 0).collect();
        self.values.fill(compatible.iter().map(|(a, b)| 1 << a | 1 << b));
        for (a, b) in compatible {
            if self.values.known(1 << a | 1 << b).is_none() {
                self.rules.excludes[a] |= 1 << b;
                self.rules.excludes[b] |= 1 << a;
            }
        }
    }

    /// Levers that may be done.
    pub(super) fn players(&self) -> Set {
        (0..self.levers.len()).filter(|i| !self.out.contains_key(i)).map(|i| 1 << i).fold(0, |all, one: Set| all | one)
    }

    /// Groups: pairs that overlap, exclude or need each other, or change the same resource.
    fn group(&mut self) {
        let scenario = self.values.ground.scenario;
        let touched: Vec<BTreeSet<String>> = self.levers.iter().map(|l| touched(l, scenario)).collect();
        let linked = |a: usize, b: usize| {
            let bound = (self.rules.excludes[a] | self.rules.needs[a]) >> b & 1 == 1 || self.rules.needs[b] >> a & 1 == 1;
            bound || !touched[a].is_disjoint(&touched[b]) || self.values.overlap(a, b).is_none_or(|o| !o.is_zero())
        };
        self.groups = game::groups(self.players(), linked);
        self.subsets =
            self.groups.iter().map(|g| if g.count_ones() as usize <= EXACT { self.rules.subsets(*g) } else { Vec::new() }).collect();
        let all: Vec<Set> = self.subsets.iter().flatten().copied().collect();
        self.values.fill(all);
        for n in 0..self.groups.len() {
            if self.subsets[n].is_empty() {
                self.subsets[n] = self.climbed(self.groups[n]);
            }
        }
    }

    /// For a group too large for all subsets: from each lever on, whichever next one saves most.
    fn climbed(&mut self, group: Set) -> Vec<Set> {
        let mut all = vec![0];
        for first in members(group) {
            let mut set: Set = 1 << first;
            loop {
                all.push(set);
                let next: Vec<Set> = members(group & !set).map(|i| set | 1 << i).filter(|s| self.rules.allow(*s)).collect();
                self.values.fill(next.iter().copied());
                let best = next.into_iter().max_by_key(|s| (self.values.on_charges(*s), std::cmp::Reverse(*s)));
                match best.filter(|s| self.values.on_charges(*s) > self.values.on_charges(set)) {
                    Some(better) => set = better,
                    None => break,
                }
            }
        }
        all.retain(|s| self.rules.allow(*s));
        all
    }

    /// The best subset within the limits, and the order in which to pull its levers: what is easy first, purchases last.
    fn choose(&mut self, limits: &Limits) {
        let choice = |set: &Set| {
            let worth = self.values.known(*set)?;
            Some(Choice { set: *set, saving: self.values.base().charges - worth.charges, upfront: worth.fees })
        };
        let groups: Vec<Vec<Choice>> = self.subsets.iter().map(|sets| sets.iter().filter_map(choice).collect()).collect();
        let chosen = self.within(&groups, limits.upfront);
        self.order = members(chosen).collect();
        self.order.sort_by_key(|i| {
            let lever = self.levers[*i];
            (lever.commits(), lever.horizon, lever.effort, std::cmp::Reverse(self.values.on_charges(1 << i)))
        });
        self.keep_needs_in_front();
    }

    /// The best choice whose own bills keep the limit: a purchase may be of another size beside what other groups buy.
    fn within(&mut self, groups: &[Vec<Choice>], limit: Option<Usd>) -> Set {
        let mut allowed = limit;
        loop {
            let chosen = best::best(groups, allowed);
            let paid = self.values.worth(chosen.set).as_ref().map_or(Usd::ZERO, |w| w.fees);
            match limit.filter(|l| paid > *l && chosen.set != 0) {
                Some(limit) => allowed = Some(chosen.upfront - (paid - limit)),
                None => return chosen.set,
            }
        }
    }

    /// What a lever needs, or comes after, is pulled before it.
    fn keep_needs_in_front(&mut self) {
        let mut open = std::mem::take(&mut self.order);
        while !open.is_empty() {
            let waits = |i: &usize| {
                let lever = self.levers[*i];
                open.iter().any(|o| lever.needs.contains(&self.levers[*o].id) || lever.after.contains(&self.levers[*o].id))
            };
            let next = open.iter().position(|i| !waits(i)).unwrap_or(0);
            self.order.push(open.remove(next));
        }
    }

    /// The recommended levers as a set.
    pub fn chosen(&self) -> Set {
        self.order.iter().fold(0, |all, i| all | 1 << i)
    }

    /// The best of some levers alone, group by group: what they save before support and tax.
    pub fn best_of(&self, wanted: Set) -> Set {
        let of = |sets: &Vec<Set>| {
            let inside = sets.iter().filter(|s| **s & !wanted == 0);
            inside.max_by_key(|s| (self.values.on_charges(**s), std::cmp::Reverse(**s))).copied().unwrap_or(0)
        };
        self.subsets.iter().map(of).fold(0, |all, s| all | s)
    }
}

impl Limits {
    /// Those that hold where nobody states any: no high risk.
    pub fn usual() -> Limits {
        Limits { risk: Some(Level::Medium), ..Limits::default() }
    }

    fn rule_out(&self, lever: &Lever, scenario: &Scenario) -> Option<String> {
        let risky = self.risk.filter(|most| lever.risk > *most).map(|_| "its risk is above the limit".to_owned());
        let binds = (self.no_commitment && !lever.purchases(scenario).is_empty()).then(|| "no commitment is wanted".to_owned());
        let broken = lever.against.as_ref().filter(|_| !self.named && !self.against_requirements);
        let against = broken.map(|what| format!("against {what}"));
        let unmeasured = lever.unmeasured.as_ref().filter(|_| !self.named).map(|what| format!("not measured: {what}"));
        risky.or(binds).or(against).or(unmeasured)
    }

    /// The least that a lever must save in an environment of this cost.
    fn least_of(&self, cost: Usd) -> Usd {
        self.least.unwrap_or_else(|| Usd::new(LEAST.max(cost.decimal() * LEAST_PART)))
    }
}

/// Who excludes and needs whom, both ways.
fn rules(levers: &[&Lever]) -> Rules {
    let bit =
        |ids: &BTreeSet<String>| levers.iter().enumerate().filter(|(_, l)| ids.contains(&l.id)).fold(0, |all: Set, (i, _)| all | 1 << i);
    let mut excludes: Vec<Set> = levers.iter().map(|l| bit(&l.excludes)).collect();
    for a in 0..levers.len() {
        for b in members(excludes[a]).collect::<Vec<_>>() {
            excludes[b] |= 1 << a;
        }
    }
    Rules { excludes, needs: levers.iter().map(|l| bit(&l.needs)).collect() }
}

/// What a lever's changes touch: resources, or the key at the top.
fn touched(lever: &Lever, scenario: &Scenario) -> BTreeSet<String> {
    let name = |path: &str| match patch::steps(path).as_slice() {
        ["resources", name, ..] => (*name).to_owned(),
        [top, ..] => (*top).to_owned(),
        [] => String::new(),
    };
    lever.patches(scenario).iter().map(|p| name(&p.path)).collect()
}
