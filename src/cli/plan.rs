//! `ce-cost plan`.

use std::fmt::Write;

use super::args::{BasisArgs, Cli, PlanArgs, ViewFormat};
use super::forecast::json;
use super::input::Inputs;
use super::{Failure, Output, World};
use crate::money::Usd;
use crate::money::{dollars, signed};
use crate::plan::{PlanReport, report};
use crate::predict;
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::{Screen, Tone};
use crate::report::{csv, markdown};

/// Runs the command.
pub fn run(cli: &Cli, args: &PlanArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let basis = BasisArgs {
        month: args.month,
        hours: args.hours,
        alone: args.alone,
        no_free_tier: args.no_free_tier,
        failover: None,
        region_lost: None,
    };
    let mut reports = Vec::new();
    let chosen: Vec<_> = match &args.environment {
        Some(name) => vec![inputs.environment(name)?],
        None => inputs.scenarios.all.iter().filter(|s| s.plan.is_some()).collect(),
    };
    for scenario in chosen {
        let bill = predict::bill(&inputs.scenarios, scenario, &inputs.book, inputs.basis(&basis))
            .map_err(|e| Failure::input(format!("error: {e}")))?;
        let mut bill = bill.cut(&scenario.name);
        bill.charges.retain(|c| !c.line_item.is_discount());
        match report(&bill, scenario, &inputs.book, &inputs.as_of.to_string()) {
            Some(report) => reports.push(report),
            None => {
                let help = "help: add `plan: {total: 800 USD}` to its file";
                return Err(Failure::usage(format!("error: {} has no plan\n{help}", scenario.name)));
            }
        }
    }
    let out = match args.format {
        ViewFormat::Table => reports.iter().map(|r| page(r, &world.screen)).collect::<Vec<_>>().join("\n"),
        ViewFormat::Json => match reports.as_slice() {
            [only] if !args.all => json(only)?,
            all => json(&all)?,
        },
        ViewFormat::Csv => csv_rows(&reports),
        ViewFormat::Md => reports.iter().map(markdown_page).collect::<Vec<_>>().join("\n"),
    };
    Ok(Output { out, notes: inputs.warnings(world) })
}

fn page(report: &PlanReport, screen: &Screen) -> String {
    let mut out = format!("{} · the plan against list prices · {} h ({})\n\n", report.environment, report.hours, report.month);
    let total = &report.total;
    let _ = writeln!(
        out,
        "  {}    list prices give {} ({}) · outside the plan {}\n",
        screen.paint(Tone::Strong, &format!("${} stated", dollars(total.stated))),
        dollars(total.modelled),
        signed(total.difference),
        dollars(report.outside),
    );
    out.push_str(&screen.table(&table(report)));
    let implied: Vec<(&str, &str)> = report
        .groups
        .iter()
        .flat_map(|g| &g.lines)
        .filter_map(|l| Some((l.name.as_str(), l.implies.as_deref()?)))
        .chain(total.implies.as_deref().map(|i| ("total", i)))
        .collect();
    if !implied.is_empty() {
        let _ = writeln!(out, "\n  {}", screen.paint(Tone::Strong, "What the stated amounts buy at list price"));
        for (name, text) in implied {
            out.push_str(&hanging(screen, name, text));
        }
    }
    if !report.contradictions.is_empty() {
        let _ = writeln!(out, "\n  {}", screen.paint(Tone::Strong, "The plan contradicts itself"));
        for text in &report.contradictions {
            out.push_str(&screen.fill(text, "    "));
        }
    }
    let next = match report.groups.first().and_then(|g| g.lines.first()) {
        Some(line) => format!("ce-cost explain {} \"{}\"   shows quantity, price and origin", report.environment, line.name),
        None => format!("ce-cost forecast {} --hours {}   shows what it is made of", report.environment, report.hours),
    };
    let _ = writeln!(out, "\n  {next}");
    out
}

/// A name and, beside and below it, words.
fn hanging(screen: &Screen, name: &str, text: &str) -> String {
    const INDENT: usize = 24;
    let filled = screen.fill(text, &" ".repeat(INDENT));
    let head = format!("    {name}");
    let pad = INDENT.saturating_sub(head.chars().count()).max(1);
    match filled.strip_prefix(&" ".repeat(INDENT)) {
        Some(rest) if head.chars().count() < INDENT => format!("{head}{}{rest}", " ".repeat(pad)),
        _ => format!("{head}\n{filled}"),
    }
}

fn table(report: &PlanReport) -> Table {
    let mut table = Table::new(&[
        Column::words("", "name"),
        Column::number("stated", "stated"),
        Column::number("model", "modelled"),
        Column::number("Δ", "difference"),
    ]);
    let cells = |name: &str, stated: Usd, modelled: Usd, difference: Usd| {
        vec![Cell::text(name), Cell::Money(stated), Cell::Money(modelled), Cell::Difference(difference)]
    };
    for group in &report.groups {
        table.row(Kind::Group, 0, cells(&group.name, group.stated, group.modelled, group.difference));
        for line in &group.lines {
            table.row(Kind::Line, 1, cells(&line.name, line.stated, line.modelled, line.difference));
        }
    }
    let total = &report.total;
    table.row(Kind::Sum, 0, cells("planned", total.stated, total.modelled, total.difference));
    table
}

fn csv_rows(reports: &[PlanReport]) -> String {
    let header = ["environment", "group", "line", "stated_usd", "modelled_usd", "difference_usd", "implies"];
    let rows = reports.iter().flat_map(|r| {
        let lines = r.groups.iter().flat_map(|g| {
            g.lines.iter().map(move |l| (g.name.clone(), l.name.clone(), l.stated, l.modelled, l.difference, l.implies.clone()))
        });
        let total = ("total".to_owned(), String::new(), r.total.stated, r.total.modelled, r.total.difference, r.total.implies.clone());
        lines.chain([total]).map(|(group, line, stated, modelled, difference, implies)| {
            vec![
                r.environment.clone(),
                group,
                line,
                stated.to_string(),
                modelled.to_string(),
                difference.to_string(),
                implies.unwrap_or_default(),
            ]
        })
    });
    csv::write(&header, rows)
}

fn markdown_page(report: &PlanReport) -> String {
    let mut out = format!("### {} · the plan against list prices · {} h\n\n", markdown::escape(&report.environment), report.hours);
    out.push_str(&markdown::table(&table(report)));
    for (name, text) in report.groups.iter().flat_map(|g| &g.lines).filter_map(|l| Some((&l.name, l.implies.as_ref()?))) {
        let _ = write!(out, "\n- **{}**: {}", markdown::escape(name), markdown::escape(text));
    }
    for text in &report.contradictions {
        let _ = write!(out, "\n- contradiction: {}", markdown::escape(text));
    }
    out.push('\n');
    out
}
