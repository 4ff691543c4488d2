//! The levers that come before what is bought: commitments are fitted to what they leave, since what is committed to cannot be saved again.

use super::analysis::{Analysis, Limits, acting};
use super::commit::document::{Before, Chosen};
use super::ground::{Ground, NoWorth, Others, Set, members};
use super::lever::{Lever, Levers};
use super::report::{Asked, Depth};
use crate::forecast::paths::Drawing;
use crate::predict::Basis;
use crate::pricing::PriceBook;
use crate::scenario::{Scenario, Scenarios};

/// Why levers cannot be done before something is bought.
#[derive(Debug)]
pub enum Refused {
    /// They do not go together, or have nothing to do there.
    Levers(String),
    /// The environment has no bill, or cannot take the changes.
    NoWorth(NoWorth),
}

impl From<NoWorth> for Refused {
    fn from(why: NoWorth) -> Refused {
        Refused::NoWorth(why)
    }
}

/// An environment with the recommended ones of some levers, among those that buy nothing: the best subset without commitments.
///
/// # Errors
/// An environment that has no bill.
pub fn recommended(
    scenarios: &Scenarios,
    scenario: &Scenario,
    book: &PriceBook,
    levers: &Levers,
    basis: Basis,
) -> Result<(Scenario, Before), NoWorth> {
    let (acting, _) = acting(levers, scenario);
    let free: Vec<&Lever> = acting.into_iter().filter(|l| l.purchases(scenario).is_empty()).collect();
    let others = Others::new(scenarios, scenario, book, basis)?;
    let ground = Ground { others: &others, scenarios, scenario, book, basis, levers: &free, sources: &levers.sources };
    let limits = Limits { no_commitment: true, ..Limits::usual() };
    let drawing = Drawing { paths: 0, seed: 0 };
    let asked = Asked { basis, limits, of_plan: false, depth: Depth::Choice, drawing, as_of: String::new() };
    let chosen = Analysis::new(ground, &asked)?.chosen();
    with(ground, chosen, Chosen::Recommended)
}

/// An environment with the levers of a list, all of them.
///
/// # Errors
/// Levers that only buy, that have nothing to do there or that cannot stand together; an environment that cannot take their changes.
pub fn named(
    scenarios: &Scenarios,
    scenario: &Scenario,
    book: &PriceBook,
    levers: &Levers,
    basis: Basis,
) -> Result<(Scenario, Before), Refused> {
    if let Some(buys) = levers.list.iter().find(|l| !l.purchases(scenario).is_empty()) {
        let why = format!("`{}` buys, which is what `commit` says: name levers that change what runs", buys.id);
        return Err(Refused::Levers(why));
    }
    let (acting, others) = acting(levers, scenario);
    if let Some((lever, why)) = others.first() {
        return Err(Refused::Levers(format!("`{}` cannot be done in {}: {}", lever.id, scenario.name, why.words())));
    }
    let named = |id: &String| levers.list.iter().any(|l| l.id == *id);
    if let Some((lever, other)) = acting.iter().find_map(|l| Some((l, l.excludes.iter().find(|id| named(id))?))) {
        return Err(Refused::Levers(format!("`{}` and `{other}` exclude each other", lever.id)));
    }
    if let Some((lever, needed)) = acting.iter().find_map(|l| Some((l, l.needs.iter().find(|id| !named(id))?))) {
        return Err(Refused::Levers(format!("`{}` needs `{needed}`", lever.id)));
    }
    let others = Others::new(scenarios, scenario, book, basis).map_err(NoWorth::from)?;
    let ground = Ground { others: &others, scenarios, scenario, book, basis, levers: &acting, sources: &levers.sources };
    let all = (0..acting.len()).fold(0, |set: Set, i| set | 1 << i);
    Ok(with(ground, all, Chosen::Named)?)
}

fn with(ground: Ground<'_>, set: Set, chosen: Chosen) -> Result<(Scenario, Before), NoWorth> {
    let of = |text: fn(&Lever) -> &String| members(set).map(|i| text(ground.levers[i]).clone()).collect();
    let before = Before { chosen, levers: of(|l| &l.id), titles: of(|l| &l.title) };
    Ok((ground.with(set, ground.basis.month.first_day())?, before))
}
