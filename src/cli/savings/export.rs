//! `savings` as CSV and Markdown.

use std::fmt::Write;

use super::pages::{bought, headline, plan_table, reversible, table, terms};
use crate::cli::args::BasisArg;
use crate::money::Usd;
use crate::report::terminal::Screen;
use crate::report::{csv, markdown as md};
use crate::savings::document::{Savings, Status};
use crate::savings::lever::Horizon;

/// A row for each lever.
pub fn rows(found: &[Savings]) -> String {
    let header = [
        "environment",
        "lever",
        "acts_on",
        "horizon",
        "status",
        "basis",
        "stated_usd",
        "reproduced_usd",
        "standalone_usd",
        "marginal_usd",
        "step_usd",
        "shapley_usd",
        "upfront_usd",
        "risk",
        "effort",
        "takes",
        "reversible",
        "purchases",
        "reason",
    ];
    let usd = |amount: Option<Usd>| amount.map(|a| a.to_string()).unwrap_or_default();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let lines = found.iter().flat_map(|s| {
        s.levers.iter().map(move |r| {
            vec![
                s.environment.clone(),
                r.id.clone(),
                r.environment.clone(),
                if r.horizon == Horizon::Short { "short" } else { "long" }.into(),
                status(r.status).into(),
                text(&r.basis),
                usd(r.stated),
                usd(r.reproduced),
                usd(r.standalone),
                usd(r.marginal),
                usd(r.step),
                usd(r.shapley),
                usd(r.upfront),
                r.risk.word().into(),
                r.effort.word().into(),
                r.takes.clone(),
                reversible(r.reversible).into(),
                r.purchases.iter().map(bought).collect::<Vec<_>>().join("; "),
                text(&r.reason),
            ]
        })
    });
    csv::write(&header, lines)
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Recommended => "recommended",
        Status::Left => "left",
        Status::RuledOut => "ruled-out",
        Status::TooSmall => "too-small",
        Status::NotHere => "not-here",
        Status::NotApplicable => "not-applicable",
        Status::Unpriced => "unpriced",
    }
}

/// A table for pull requests.
pub fn markdown(found: &Savings, basis: BasisArg) -> String {
    let mut out = format!("### {} · what can be saved · {}\n\n", md::escape(&found.environment), found.month);
    let plain = Screen { width: usize::MAX, colour: false, bars: false };
    match basis {
        BasisArg::Plan => out.push_str("The plan's own arithmetic.\n\n"),
        BasisArg::List => {
            let _ = writeln!(out, "**{}** {}\n", headline(found, &plain), terms(found));
        }
    }
    out.push_str(&md::table(&if basis == BasisArg::Plan { plan_table(found) } else { table(found) }));
    for row in found.levers.iter().filter(|r| basis == BasisArg::List && r.status == Status::Recommended) {
        let (effort, back) = (row.effort.word(), reversible(row.reversible));
        let _ = write!(out, "\n- {}: effort {effort}, reversible {back}", md::escape(&row.title));
        for said in row.purchases.iter().map(bought).chain(row.conditions.iter().cloned()) {
            let _ = write!(out, "; {}", md::escape(&said));
        }
    }
    for text in &found.double_counts {
        let _ = write!(out, "\n- counted twice: {}", md::escape(text));
    }
    out.push('\n');
    out
}
