//! `savings` as CSV and Markdown.

use std::fmt::Write;

use super::pages::{bought, headline, legend, plan_table, reversible, table, terms};
use crate::cli::args::BasisArg;
use crate::money::Usd;
use crate::report::terminal::Screen;
use crate::report::{csv, markdown as md};
use crate::savings::document::{RestsOn, Savings, Status, Total};
use crate::savings::lever::Horizon;

/// A row for each lever, then for each environment what the best ones save together and what the plan states, short term and long term.
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
        "marks",
        "risk",
        "effort",
        "takes",
        "reversible",
        "purchases",
        "reason",
        "p10_usd",
        "p90_usd",
        "break_even_month",
    ];
    let usd = |amount: Option<Usd>| amount.map(|a| a.to_string()).unwrap_or_default();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let place = |name: &str| header.iter().position(|h| *h == name).unwrap_or_default();
    let total = |s: &Savings, name: &str, cells: Vec<(&str, String)>| {
        let mut row = vec![String::new(); header.len()];
        let named = [("environment", s.environment.clone()), ("lever", name.to_owned()), ("status", "total".to_owned())];
        named.into_iter().chain(cells).for_each(|(column, text)| row[place(column)] = text);
        row
    };
    let totals = |s: &Savings| {
        let (best, band) = (&s.recommendation, &s.recommendation.band);
        let together = vec![
            ("step_usd", s.combined.to_string()),
            ("upfront_usd", best.upfront.to_string()),
            ("p10_usd", usd(band.p10)),
            ("p90_usd", usd(band.p90)),
            ("break_even_month", text(&best.break_even_month)),
        ];
        let plan = |of: &Total| vec![("stated_usd", of.stated.to_string()), ("reproduced_usd", of.reproduced.to_string())];
        let (short, long) = (plan(&s.totals.short), plan(&s.totals.long));
        [total(s, "best-together", together), total(s, "plan-short", short), total(s, "plan-long", long)]
    };
    let lines = found.iter().flat_map(|s| {
        let levers = s.levers.iter().map(move |r| {
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
                r.rests_on.map_or("", RestsOn::marks).into(),
                r.risk.word().into(),
                r.effort.word().into(),
                r.takes.clone(),
                reversible(r.reversible).into(),
                r.purchases.iter().map(bought).collect::<Vec<_>>().join("; "),
                text(&r.reason),
                String::new(),
                String::new(),
                String::new(),
            ]
        });
        levers.chain(totals(s)).collect::<Vec<_>>()
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
    out.push_str(&md::table(&if basis == BasisArg::Plan { plan_table(found) } else { table(found, usize::MAX) }));
    for line in legend(found).iter().filter(|_| basis == BasisArg::List) {
        let _ = writeln!(out, "\n{}", md::escape(line));
    }
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
