//! `ce-cost forecast`.

use std::fmt::Write;

use super::args::{Cli, ForecastArgs, Format, ScopeArg};
use super::input::Inputs;
use super::{Failure, Output, World};
use crate::bill::Bill;
use crate::bill::focus;
use crate::forecast::{self, Cut, Forecast, Group, MonthForecast, Together, fraction};
use crate::money::Usd;
use crate::money::{dollars, signed};
use crate::quantity::{exact, per_cent};
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::{Screen, Tone};
use crate::report::{csv, markdown};

/// Lines of the block outside the plan that are shown one by one.
const SHOWN: usize = 8;

/// Runs the command.
pub fn run(cli: &Cli, args: &ForecastArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let names = names(args, &inputs);
    let basis = inputs.basis(&args.basis);
    let cut = Cut {
        by: args.by.clone(),
        planned_only: args.scope == ScopeArg::Planned,
        as_of: inputs.as_of.to_string(),
        drawing: args.drawing.drawing(),
    };
    let mut forecasts = Vec::new();
    let mut bills: Vec<Bill> = Vec::new();
    for name in &names {
        let scenario = inputs.environment(name)?;
        inputs.check_failover(scenario, basis, args.months)?;
        let result = forecast::forecast(&inputs.scenarios, scenario, &inputs.book, basis, args.months, &cut);
        let (forecast, own) = result.map_err(|e| Failure::input(format!("error: {e}")))?;
        forecasts.push(forecast);
        bills.extend(own);
    }
    let single = forecasts.len() == 1 && !args.all;
    let out = match args.format {
        Format::Focus => {
            let rows = bills.iter().flat_map(|b| focus::rows(b, &inputs.book));
            csv::write(focus::COLUMNS, rows)
        }
        Format::Json if single => json(&forecasts[0])?,
        Format::Json => json(&join(args, &cut, &names, forecasts))?,
        Format::Csv => csv_rows(&forecasts),
        Format::Md => markdown_page(&forecasts),
        Format::Table if single => one(&forecasts[0], &world.screen),
        Format::Table => several(&join(args, &cut, &names, forecasts), &world.screen),
    };
    Ok(Output { out, notes: inputs.warnings(world) })
}

/// The environments asked for; with `--all` those that a payer pays for, in its order, then the others that stand in for none.
fn names(args: &ForecastArgs, inputs: &Inputs) -> Vec<String> {
    if !args.all {
        return args.environments.clone();
    }
    let mut names: Vec<String> = inputs.scenarios.accounts.payers.values().flat_map(|p| p.members.clone()).collect();
    for scenario in &inputs.scenarios.all {
        if scenario.instead_of.is_none() && !names.iter().any(|n| *n == *scenario.name) {
            names.push(scenario.name.to_string());
        }
    }
    names
}

fn join(args: &ForecastArgs, cut: &Cut, names: &[String], forecasts: Vec<Forecast>) -> Together {
    let name = if args.all { "all".to_owned() } else { names.join("+") };
    forecast::together(&name, &cut.as_of, forecasts)
}

/// A document as JSON, indented, with a line end.
pub fn json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure { exit: super::Exit::Internal, message: format!("error: {e}") })?;
    Ok(text + "\n")
}

// ── one environment ────────────────────────────────────────────────────────────────────────────────────────────────────

fn one(forecast: &Forecast, screen: &Screen) -> String {
    let mut out = head(forecast, screen);
    let Some(first) = forecast.months.first() else { return out };
    out.push('\n');
    out.push_str(&answer(first, screen));
    out.push('\n');
    out.push_str(&calendar(first, screen));
    out.push_str(&screen.table(&detail(first, forecast.basis.failover.as_deref())));
    if forecast.months.len() > 1 {
        out.push('\n');
        out.push_str(&screen.table(&months(&forecast.months)));
    }
    out.push('\n');
    out.push_str(&foot(forecast, first, screen));
    out
}

/// What, when, where, on which basis.
fn head(forecast: &Forecast, screen: &Screen) -> String {
    let Some(first) = forecast.months.first() else { return String::new() };
    let month: Result<crate::month::Month, _> = first.month.parse();
    let name = month.map_or_else(|_| first.month.clone(), |m| m.name());
    let basis = &forecast.basis;
    let mut parts = vec![
        forecast.environment.clone(),
        format!("{name}, {} h", first.hours),
        forecast.region.clone(),
        format!("list prices seen {}", basis.prices_seen),
    ];
    parts.push(if basis.pooled { format!("its part of account {}", forecast.payer) } else { "by itself".into() });
    if !basis.free_tier {
        parts.push("without free tier".into());
    }
    parts.extend(basis.failover.clone());
    if basis.scope == "planned" {
        parts.push("planned charges only".into());
    }
    screen.fill(&parts.join(" · "), "")
}

/// The answer: the total, what it is made of, and how it stands against the budget.
fn answer(month: &MonthForecast, screen: &Screen) -> String {
    let total = format!("${}", dollars(month.total));
    let first = format!("planned {} + outside the plan {}", dollars(month.planned.total), dollars(month.unplanned.total));
    let painted = screen.paint(Tone::Strong, &total);
    let Some(budget) = month.budget else { return format!("  {painted}    {first}\n") };
    let (tone, verdict) = verdict(month.planned.total, budget);
    let second = format!("budget {}    ", dollars(budget));
    let room = "  ".len() + total.len() + 4 + first.len() + 4 + second.len() + verdict.len() <= screen.width;
    let gap = if room { "    ".to_owned() } else { format!("\n{}", " ".repeat(total.len() + 6)) };
    format!("  {painted}    {first}{gap}{second}{}\n", screen.paint(tone, &verdict))
}

/// How what was planned stands against the budget, and the colour of that.
fn verdict(planned: Usd, budget: Usd) -> (Tone, String) {
    let gap = planned - budget;
    let share = per_mille(fraction(gap.abs(), budget));
    if dollars(gap.abs()) == "0" {
        return (Tone::Fine, "planned meets it".into());
    }
    if gap > Usd::ZERO {
        let tone = if fraction(gap, budget) > rust_decimal::Decimal::new(5, 2) { Tone::Over } else { Tone::Near };
        return (tone, format!("planned is over by {} ({share})", dollars(gap)));
    }
    (Tone::Fine, format!("planned is under by {} ({share})", dollars(gap.abs())))
}

/// A fraction in per cent with one place.
fn per_mille(fraction: rust_decimal::Decimal) -> String {
    format!("{}%", exact((fraction * rust_decimal::Decimal::ONE_HUNDRED).round_dp(1)))
}

/// What the real hours of the month do, where they are not 730.
fn calendar(month: &MonthForecast, screen: &Screen) -> String {
    if month.calendar.difference.is_zero() {
        return String::new();
    }
    let verb = if month.calendar.difference > Usd::ZERO { "more" } else { "less" };
    let text = format!(
        "{} hours instead of the calculator's 730 are {} {verb} ({} at 730 h, planned {}).",
        month.hours,
        dollars(month.calendar.difference.abs()),
        dollars(month.calendar.total_at_730),
        dollars(month.calendar.planned_at_730),
    );
    screen.fill(&text, "  ") + "\n"
}

const NAME: Column = Column::words("", "name");
const PLAN: Column = Column::number("plan", "plan").droppable(1);
const MODEL: Column = Column::number("model", "model");
const DELTA: Column = Column::number("Δ", "difference");
const MARK: Column = Column::words("", "marks");
const BAR: Column = Column::words("", "bar").droppable(2);
const SHARE: Column = Column::number("", "share");

/// Groups inside the plan and outside of it; that of a failover, which was asked for, is always shown.
fn detail(month: &MonthForecast, failover: Option<&str>) -> Table {
    let mut table = Table::new(&[NAME, PLAN, MODEL, DELTA, MARK, BAR, SHARE]);
    let longest = month.planned.groups.iter().chain(&month.unplanned.groups).map(|g| g.total).max().unwrap_or(Usd::ZERO);
    // Without lines of a plan, what costs nothing on the invoice (covered by a reservation) is left to `--format json`.
    for group in month.planned.groups.iter().filter(|g| g.plan.is_some() || !g.total.is_zero()) {
        group_rows(&mut table, group, month, longest);
    }
    let difference = month.budget.map_or(Cell::Empty, |b| Cell::Difference(month.planned.total - b));
    table.row(
        Kind::Sum,
        0,
        vec![
            Cell::text("planned"),
            Cell::money(month.budget),
            Cell::Money(month.planned.total),
            difference,
            Cell::Empty,
            Cell::Empty,
            share(month.planned.total, month),
        ],
    );
    if !month.unplanned.groups.is_empty() {
        outside(&mut table, month, failover);
    }
    table
}

fn share(amount: Usd, month: &MonthForecast) -> Cell {
    Cell::Share(fraction(amount, month.total))
}

/// A group and, where the plan has any, its lines. The longest bar is the dearest group's.
fn group_rows(table: &mut Table, group: &Group, month: &MonthForecast, longest: Usd) {
    let plan = group.plan.map_or(Cell::Empty, Cell::Money);
    let difference = |plan: Option<Usd>, total: Usd| plan.map_or(Cell::Empty, |p| Cell::Difference(total - p));
    table.row(
        Kind::Group,
        0,
        vec![
            Cell::text(&group.name),
            plan,
            Cell::Money(group.total),
            difference(group.plan, group.total),
            Cell::text(&group.marks),
            Cell::Bar(fraction(group.total, longest)),
            share(group.total, month),
        ],
    );
    for line in group.lines.iter().filter(|_| group.plan.is_some()) {
        let plan = line.plan.map_or(Cell::Empty, Cell::Money);
        table.row(
            Kind::Line,
            1,
            vec![
                Cell::text(&line.name),
                plan,
                Cell::Money(line.total),
                difference(line.plan, line.total),
                Cell::text(&line.marks),
                Cell::Empty,
                Cell::Empty,
            ],
        );
    }
}

/// What the plan left out: the dearest, what was asked for and what takes off the bill by name, the rest in one line.
fn outside(table: &mut Table, month: &MonthForecast, asked: Option<&str>) {
    let empty = || Cell::Empty;
    table.row(Kind::Line, 0, vec![empty(), empty(), empty(), empty(), empty(), empty(), empty()]);
    let all = &month.unplanned;
    table.row(
        Kind::Group,
        0,
        vec![Cell::text("Outside the plan"), Cell::text("–"), Cell::Money(all.total), empty(), empty(), empty(), share(all.total, month)],
    );
    let mut row = |name: String, total: Usd, marks: &str| {
        table.row(Kind::Line, 1, vec![Cell::Text(name), empty(), Cell::Money(total), empty(), Cell::text(marks), empty(), empty()]);
    };
    let named = |n: usize, group: &Group| n < SHOWN || Some(group.name.as_str()) == asked || group.total < Usd::ZERO;
    for (_, group) in all.groups.iter().enumerate().filter(|(n, g)| named(*n, g)) {
        row(group.name.clone(), group.total, &group.marks);
    }
    let rest: Vec<&Group> = all.groups.iter().enumerate().filter(|(n, g)| !named(*n, g)).map(|(_, g)| g).collect();
    if !rest.is_empty() {
        row(format!("{} more", rest.len()), rest.iter().map(|g| g.total).sum(), "");
    }
}

/// A table of months.
fn months(months: &[MonthForecast]) -> Table {
    let mut table = Table::new(&[
        NAME,
        Column::number("hours", "hours").droppable(3),
        Column::number("planned", "planned"),
        Column::number("outside", "outside").droppable(1),
        Column::number("total", "total"),
        Column::number("budget", "budget").droppable(2),
        DELTA,
        BAR,
    ]);
    let longest = months.iter().map(|m| m.total).max().unwrap_or(Usd::ZERO);
    for m in months {
        table.row(
            Kind::Line,
            0,
            vec![
                Cell::text(&m.month),
                Cell::text(&m.hours),
                Cell::Money(m.planned.total),
                Cell::Money(m.unplanned.total),
                Cell::Money(m.total),
                Cell::money(m.budget),
                m.budget.map_or(Cell::Empty, |b| Cell::Difference(m.planned.total - b)),
                Cell::Bar(fraction(m.total, longest)),
            ],
        );
    }
    table
}

fn foot(forecast: &Forecast, month: &MonthForecast, screen: &Screen) -> String {
    let mut out = String::new();
    let groups = || month.planned.groups.iter().chain(&month.unplanned.groups);
    let marked = |mark: char| groups().any(|g| g.marks.contains(mark));
    let inputs = &forecast.inputs;
    let calibrated = if inputs.calibrated == 1 { "1 input is".to_owned() } else { format!("{} inputs are", inputs.calibrated) };
    let mut notes = vec![format!("{calibrated} calibrated to the plan, {} are assumed.", inputs.assumed)];
    if marked('~') {
        notes.push("~ an assumed input stands behind it.".into());
    }
    if marked('*') {
        notes.push(format!("* a price of low confidence stands behind it ({} rows).", inputs.weak_prices));
    }
    out.push_str(&screen.fill(&notes.join(" "), "  "));
    let dearest =
        groups().max_by_key(|g| g.total).map(|g| g.lines.first().filter(|_| g.plan.is_some()).map_or(g.name.clone(), |l| l.name.clone()));
    if let Some(dearest) = dearest {
        let _ = writeln!(out, "  ce-cost explain {} \"{dearest}\"   shows where its amount comes from", forecast.environment);
    }
    out
}

// ── several environments ───────────────────────────────────────────────────────────────────────────────────────────────

fn several(all: &Together, screen: &Screen) -> String {
    let mut out = String::new();
    let Some(first) = all.months.first() else { return out };
    let month: Result<crate::month::Month, _> = first.month.parse();
    let name = month.map_or_else(|_| first.month.clone(), |m| m.name());
    let names: Vec<&str> = all.environments.iter().map(|f| f.environment.as_str()).collect();
    out.push_str(&screen.fill(&format!("{} · {name}, {} h", names.join(", "), first.hours), ""));
    out.push('\n');
    out.push_str(&answer(first, screen));
    out.push('\n');
    let mut table = Table::new(&[
        NAME,
        Column::number("budget", "budget").droppable(1),
        Column::number("planned", "planned"),
        DELTA,
        Column::number("outside", "outside").droppable(3),
        Column::number("total", "total"),
        BAR,
        SHARE,
    ]);
    let longest = all.environments.iter().filter_map(|f| f.months.first()).map(|m| m.total).max().unwrap_or(Usd::ZERO);
    for forecast in &all.environments {
        if let Some(m) = forecast.months.first() {
            table.row(Kind::Line, 0, row_of(&forecast.environment, m, Cell::Bar(fraction(m.total, longest)), share(m.total, first)));
        }
    }
    table.row(Kind::Sum, 0, row_of("together", first, Cell::Empty, Cell::Empty));
    out.push_str(&screen.table(&table));
    if all.months.len() > 1 {
        out.push('\n');
        out.push_str(&screen.table(&months(&all.months)));
    }
    let dearest = all.environments.iter().max_by_key(|f| f.months.first().map(|m| m.total));
    if let Some(dearest) = dearest {
        let _ = writeln!(out, "\n  ce-cost forecast {}   shows what its amount is made of", dearest.environment);
    }
    out
}

fn row_of(name: &str, m: &MonthForecast, bar: Cell, share: Cell) -> Vec<Cell> {
    vec![
        Cell::text(name),
        Cell::money(m.budget),
        Cell::Money(m.planned.total),
        m.budget.map_or(Cell::Empty, |b| Cell::Difference(m.planned.total - b)),
        Cell::Money(m.unplanned.total),
        Cell::Money(m.total),
        bar,
        share,
    ]
}

// ── for machines ───────────────────────────────────────────────────────────────────────────────────────────────────────

fn csv_rows(forecasts: &[Forecast]) -> String {
    let header = ["environment", "month", "hours", "scope", "group", "line", "plan_usd", "model_usd", "marks"];
    let mut rows = Vec::new();
    for f in forecasts {
        for m in &f.months {
            for (scope, block) in [("planned", &m.planned), ("unplanned", &m.unplanned)] {
                for group in &block.groups {
                    for line in &group.lines {
                        let plan = line.plan.map(|p| p.to_string()).unwrap_or_default();
                        rows.push(vec![
                            f.environment.clone(),
                            m.month.clone(),
                            m.hours.clone(),
                            scope.into(),
                            group.name.clone(),
                            line.name.clone(),
                            plan,
                            line.total.to_string(),
                            line.marks.clone(),
                        ]);
                    }
                }
            }
        }
    }
    csv::write(&header, rows)
}

fn markdown_page(forecasts: &[Forecast]) -> String {
    let mut out = String::new();
    for f in forecasts {
        for m in &f.months {
            let budget = m.budget.map(|b| format!(" of {} ({})", dollars(b), signed(m.planned.total - b))).unwrap_or_default();
            let _ = writeln!(out, "### {} · {} · {} h\n", markdown::escape(&f.environment), m.month, m.hours);
            let _ = writeln!(
                out,
                "**${}** = planned {}{budget} + outside the plan {} ({})\n",
                dollars(m.total),
                dollars(m.planned.total),
                dollars(m.unplanned.total),
                per_cent(fraction(m.unplanned.total, m.total)),
            );
            out.push_str(&markdown::table(&detail(m, f.basis.failover.as_deref())));
            out.push('\n');
        }
    }
    out
}
