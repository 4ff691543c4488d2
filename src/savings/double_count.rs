//! Where the plan counts a saving twice, or in the wrong place: read off the levers and their pairs.

use super::analysis::Analysis;
use super::document::Row;
use super::lever::{Lever, Levers};
use crate::money::{Usd, dollars};
use crate::scenario::Scenario;

/// The smallest overlap that is worth a word.
const LEAST: i64 = 5;

/// What is counted twice or elsewhere, in sentences.
pub fn found(rows: &[Row], analysis: &Analysis<'_>, scenario: &Scenario, levers: &Levers) -> Vec<String> {
    let counted = |l: &&Lever| l.plan.as_ref().is_some_and(|p| p.is_counted_in(scenario));
    let stated: Vec<&Lever> = levers.list.iter().filter(counted).filter(|l| rows.iter().any(|r| r.id == l.id)).collect();
    let mut list = exclusive(&stated);
    list.extend(stated.iter().filter(|l| !l.commits()).filter_map(|l| shrinks(l, analysis)));
    list.extend(stated.iter().filter_map(|l| elsewhere(l)));
    list
}

/// Stated levers that exclude each other.
fn exclusive(stated: &[&Lever]) -> Vec<String> {
    let mut list = Vec::new();
    for (n, a) in stated.iter().enumerate() {
        for b in stated.iter().skip(n + 1).filter(|b| a.excludes.contains(&b.id) || b.excludes.contains(&a.id)) {
            list.push(format!("{} ({}) and {} ({}) exclude each other: the plan adds up both", a.title, amount(a), b.title, amount(b)));
        }
    }
    list
}

/// What a stated lever leaves less of for others.
fn shrinks(lever: &Lever, analysis: &Analysis<'_>) -> Option<String> {
    let own = analysis.levers.iter().position(|l| l.id == lever.id)?;
    analysis.values.on_charges(1 << own).filter(|s| *s > Usd::ZERO)?;
    let of = |other: usize| {
        let overlap = analysis.values.overlap(own, other).filter(|o| *o >= Usd::new(LEAST.into()))?;
        let later = analysis.levers[other];
        // Changes come before what is bought, and before the changes that are laid over them.
        let chosen = analysis.chosen() >> other & 1 == 1;
        let counts = other > own && (later.plan.is_some() || later.commits() && chosen);
        counts.then(|| format!("{} by {}", later.title, dollars(overlap)))
    };
    let others: Vec<String> = (0..analysis.levers.len()).filter(|o| *o != own).filter_map(of).collect();
    (!others.is_empty()).then(|| format!("{} shrinks what others can save: {}", lever.title, others.join(" · ")))
}

/// A stated lever that acts on another environment than the one in whose total it stands.
fn elsewhere(lever: &Lever) -> Option<String> {
    let plan = lever.plan.as_ref().filter(|p| p.environment != p.counted_in())?;
    let horizon = match lever.horizon {
        super::lever::Horizon::Short => "short",
        super::lever::Horizon::Long => "long",
    };
    Some(format!("{} of the {horizon}-term total belongs to {} ({})", dollars(plan.stated), plan.environment, lever.title))
}

fn amount(lever: &Lever) -> String {
    lever.plan.as_ref().map_or_else(String::new, |p| dollars(p.stated))
}
