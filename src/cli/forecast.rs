//! `ce-cost forecast`.

use std::fmt::Write;

use super::args::{Cli, ForecastArgs, Format, ScopeArg};
use super::input::Inputs;
use super::{Failure, Output, World};
use crate::bill::Bill;
use crate::bill::focus;
use crate::forecast::sensitivity::Swing;
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
    if args.all && args.changes.what_if.is_some() {
        return Err(Failure::usage("error: --what-if changes the environments that are named, and --all names none"));
    }
    let mut inputs = Inputs::changed(cli, world, &args.changes, &args.environments)?;
    if let Some(day) = args.prices_as_of {
        inputs.book = inputs.book.as_of(day);
    }
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
        let (mut forecast, own) = result.map_err(|e| Failure::input(format!("error: {e}")))?;
        forecast.basis.prices_as_of = args.prices_as_of.map(|day| day.to_string());
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
        Format::Table if single => one(&forecasts[0], args.changes.what_if.as_deref(), &world.screen),
        Format::Table => several(&join(args, &cut, &names, forecasts), &world.screen),
    };
    Ok(Output { out, notes: inputs.warnings(world) })
}

/// What every environment costs together from next month on, at likely values, by month.
#[cfg(feature = "actuals")]
pub(super) fn totals(cli: &Cli, world: &World, months: u32) -> Result<std::collections::BTreeMap<crate::month::Month, Usd>, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let month = forecast::next_month(inputs.as_of);
    let basis = crate::predict::Basis { month, hours: crate::month::HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
    let drawing = forecast::paths::Drawing { paths: 0, seed: 1 };
    let cut = Cut { by: crate::bill::group::By::Group, planned_only: false, as_of: inputs.as_of.to_string(), drawing };
    let mut totals = std::collections::BTreeMap::new();
    for name in all_names(&inputs) {
        let result = forecast::forecast(&inputs.scenarios, inputs.environment(&name)?, &inputs.book, basis, months, &cut);
        let (_, bills) = result.map_err(|e| Failure::input(format!("error: {e}")))?;
        bills.iter().for_each(|bill| *totals.entry(bill.month).or_insert(Usd::ZERO) += bill.total());
    }
    Ok(totals)
}

/// The environments asked for; with `--all` those that a payer pays for, in its order, then the others that stand in for none.
fn names(args: &ForecastArgs, inputs: &Inputs) -> Vec<String> {
    if !args.all {
        return args.environments.clone();
    }
    all_names(inputs)
}

/// The environments that a payer pays for, in its order, then the others that stand in for none.
pub fn all_names(inputs: &Inputs) -> Vec<String> {
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

fn one(forecast: &Forecast, what_if: Option<&str>, screen: &Screen) -> String {
    let mut out = head(forecast, screen);
    if let Some(changes) = what_if {
        out.push_str(&screen.fill(&format!("if {changes}"), ""));
    }
    let Some(first) = forecast.months.first() else { return out };
    out.push('\n');
    out.push_str(&answer(first, screen));
    out.push('\n');
    out.push_str(&change(forecast, first, screen));
    // Several months: the months come first, then what moves them, then what the first is made of.
    if forecast.months.len() > 1 {
        out.push_str(&screen.table(&months(&forecast.months)));
        out.push('\n');
    }
    if forecast.months.len() > 1 && !forecast.moves.is_empty() {
        out.push_str(
            &screen.fill("What makes the band wide, from the low to the high value of each alone (one case in ten on either side):", "  "),
        );
        out.push_str(&screen.table(&swings(forecast.moves.iter().take(MOVES), &forecast.environment, first)));
        out.push('\n');
    }
    out.push_str(&screen.table(&detail(first, forecast.basis.failover.as_deref())));
    out.push('\n');
    out.push_str(&foot(forecast, first, screen));
    out
}

/// Inputs shown below the months.
const MOVES: usize = 5;

/// The swing of each input as a line on the scale of the widest.
pub fn swings<'a>(moves: impl Iterator<Item = &'a Swing>, environment: &str, month: &MonthForecast) -> Table {
    let moves: Vec<&Swing> = moves.collect();
    let mut table = Table::new(&[
        NAME,
        Column::number("likely", "likely").droppable(2),
        Column::number("range", "range").droppable(1),
        Column::number("total", "total"),
        Column::number("swing", "swing"),
        BAR,
    ]);
    let least = moves.iter().map(|s| s.low.min(s.high)).min().unwrap_or(Usd::ZERO);
    let most = moves.iter().map(|s| s.low.max(s.high)).max().unwrap_or(Usd::ZERO);
    let place = |amount: Usd| fraction(amount - least, most - least);
    for swing in moves {
        let (low, high) = (swing.low.min(swing.high), swing.low.max(swing.high));
        let range = swing.range.as_ref().map_or(Cell::Empty, |[low, high]| Cell::Text(format!("×{} to ×{}", two(low), two(high))));
        let mark = month.total.max(least).min(most);
        table.row(
            Kind::Line,
            0,
            vec![
                Cell::Text(swing.called(environment)),
                Cell::text(&swing.value),
                range,
                Cell::Between(low, high),
                Cell::Money(swing.swing),
                Cell::Span(place(low), place(high), Some(place(mark))),
            ],
        );
    }
    table
}

/// A part with two places.
fn two(part: &str) -> String {
    part.parse().map_or_else(|_| part.to_owned(), |p: rust_decimal::Decimal| exact(p.round_dp(2)))
}

/// The month against the one before it, with its main reason.
fn change(forecast: &Forecast, month: &MonthForecast, screen: &Screen) -> String {
    let mut text = String::new();
    if let Some(change) = &forecast.change {
        let name = change.against.parse().map_or_else(|_| change.against.clone(), |m: crate::month::Month| m.name());
        let _ = write!(text, "{} against {name} ({}):", signed(change.difference), dollars(change.total));
        if !change.calendar.is_zero() {
            let hours = change.hours.trim_start_matches('-');
            let less = if change.hours.starts_with('-') { "fewer" } else { "more" };
            let _ = write!(text, " {} for {hours} hours {less},", signed(change.calendar));
        }
        let _ = match &change.main {
            Some(main) => write!(text, " {} for everything else, most of it {} ({}).", signed(change.rest), main.name, signed(main.amount)),
            None => write!(text, " nothing else moves."),
        };
    }
    if month.calendar.difference.is_zero() {
        return if text.is_empty() { text } else { screen.fill(&text, "  ") + "\n" };
    }
    let _ = write!(
        text,
        " At the calculator's 730 hours it is {}, planned {}.",
        dollars(month.calendar.total_at_730),
        dollars(month.calendar.planned_at_730)
    );
    screen.fill(&text, "  ") + "\n"
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
        format!("{} seen {}", basis.prices, basis.prices_seen),
    ];
    parts.extend(basis.prices_as_of.iter().map(|day| format!("all months at the prices of {day}")));
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

/// The answer: what half of the cases stay below and where most of them lie; what that is made of; how it stands against the
/// budget. Where nothing is uncertain, the total.
fn answer(month: &MonthForecast, screen: &Screen) -> String {
    let made_of = format!("planned {} + outside the plan {}", dollars(month.planned.total), dollars(month.unplanned.total));
    let band = month.band.p10.zip(month.band.p90).zip(month.band.p50);
    let headline = format!("${}", dollars(band.map_or(month.total, |(_, p50)| p50)));
    let first = match band {
        Some(((p10, p90), _)) => format!("{} – {} in 8 of 10 cases", dollars(p10), dollars(p90)),
        None => made_of.clone(),
    };
    let painted = screen.paint(Tone::Strong, &headline);
    let indent = " ".repeat(headline.len() + 6);
    let mut out = format!("  {painted}    {first}");
    if let Some(budget) = month.budget {
        let (tone, verdict) = match &month.band.over_budget {
            Some(over) => likelihood(over),
            None => verdict(month.planned.total, budget),
        };
        let second = format!("budget {}    ", dollars(budget));
        let used = headline.len() + 6 + first.chars().count() + 4 + second.len() + verdict.len();
        let gap = if used <= screen.width { "    ".to_owned() } else { format!("\n{indent}") };
        let _ = write!(out, "{gap}{second}{}", screen.paint(tone, &verdict));
    }
    out.push('\n');
    if band.is_some() {
        let _ = writeln!(out, "{indent}{} at likely values: {made_of}", dollars(month.total));
    }
    out
}

/// The probability of more than the budget, in words, and its colour.
fn likelihood(over: &str) -> (Tone, String) {
    let over: rust_decimal::Decimal = over.parse().unwrap_or_default();
    let tone = match over {
        o if o > rust_decimal::Decimal::new(5, 1) => Tone::Over,
        o if o > rust_decimal::Decimal::new(1, 1) => Tone::Near,
        _ => Tone::Fine,
    };
    (tone, format!("planned over budget: {} likely", crate::quantity::per_cent(over)))
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

const NAME: Column = Column::words("", "name");
const PLAN: Column = Column::number("plan", "plan").droppable(1);
const MODEL: Column = Column::number("model", "model");
const DELTA: Column = Column::number("Δ", "difference");
const MARK: Column = Column::words("", "marks");
const RANGE: Column = Column::number("8 of 10 cases", "band").droppable(3);
const BAR: Column = Column::words("", "bar").droppable(2);
const SHARE: Column = Column::number("", "share");

/// Groups inside the plan and outside of it; that of a failover, which was asked for, is always shown.
fn detail(month: &MonthForecast, failover: Option<&str>) -> Table {
    let mut table = Table::new(&[NAME, PLAN, MODEL, DELTA, MARK, RANGE, BAR, SHARE]);
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
            Cell::between(month.planned.band.p10, month.planned.band.p90),
            Cell::Empty,
            share(month.planned.total, month),
        ],
    );
    if !month.unplanned.groups.is_empty() {
        outside(&mut table, month, failover);
    }
    table
}

/// A band, where it is one.
fn moving(low: Option<Usd>, high: Option<Usd>) -> Cell {
    let differ = low.zip(high).is_some_and(|(low, high)| dollars(low) != dollars(high));
    if differ { Cell::between(low, high) } else { Cell::Empty }
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
            moving(group.band.p10, group.band.p90),
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
                Cell::Empty,
            ],
        );
    }
}

/// What the plan left out: the dearest, what was asked for and what takes off the bill by name, the rest in one line.
fn outside(table: &mut Table, month: &MonthForecast, asked: Option<&str>) {
    let empty = || Cell::Empty;
    table.row(Kind::Line, 0, vec![empty(), empty(), empty(), empty(), empty(), empty(), empty(), empty()]);
    let all = &month.unplanned;
    table.row(
        Kind::Group,
        0,
        vec![
            Cell::text("Outside the plan"),
            Cell::text("–"),
            Cell::Money(all.total),
            empty(),
            empty(),
            moving(all.band.p10, all.band.p90),
            empty(),
            share(all.total, month),
        ],
    );
    let mut row = |name: String, total: Usd, marks: &str| {
        table.row(
            Kind::Line,
            1,
            vec![Cell::Text(name), empty(), Cell::Money(total), empty(), Cell::text(marks), empty(), empty(), empty()],
        );
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

/// A table of months; where something is uncertain, with the band of what is planned and the budget as a mark in it.
fn months(months: &[MonthForecast]) -> Table {
    if months.iter().all(|m| m.planned.band.p50.is_none()) {
        return certain_months(months);
    }
    let mut table = Table::new(&[
        NAME,
        Column::number("hours", "hours").droppable(4),
        Column::number("total", "p50"),
        Column::number("8 of 10 cases", "band"),
        Column::number("planned", "planned_p50").droppable(1),
        Column::number("8 of 10 cases", "planned_band").droppable(3),
        Column::number("budget", "budget").droppable(2),
        Column::number("over", "over_budget"),
        BAR,
    ]);
    let ends = |f: fn(&MonthForecast) -> Option<Usd>| months.iter().filter_map(f).collect::<Vec<_>>();
    let budgets = ends(|m| m.budget);
    let least = ends(|m| m.planned.band.p10).into_iter().chain(budgets.clone()).min().unwrap_or(Usd::ZERO);
    let most = ends(|m| m.planned.band.p90).into_iter().chain(budgets).max().unwrap_or(Usd::ZERO);
    let place = |amount: Usd| fraction(amount - least, most - least);
    for m in months {
        let planned = &m.planned.band;
        let over = m.band.over_budget.as_ref().and_then(|o| o.parse().ok()).map_or(Cell::Empty, Cell::Share);
        let span = planned.p10.zip(planned.p90).map_or(Cell::Empty, |(a, b)| Cell::Span(place(a), place(b), m.budget.map(place)));
        table.row(
            Kind::Line,
            0,
            vec![
                Cell::text(&m.month),
                Cell::text(&m.hours),
                Cell::money(m.band.p50),
                Cell::between(m.band.p10, m.band.p90),
                Cell::money(planned.p50),
                Cell::between(planned.p10, planned.p90),
                Cell::money(m.budget),
                over,
                span,
            ],
        );
    }
    table
}

/// A table of months in which nothing is uncertain.
fn certain_months(months: &[MonthForecast]) -> Table {
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
    notes.extend(discounts(month));
    out.push_str(&screen.fill(&notes.join(" "), "  "));
    let dearest =
        groups().max_by_key(|g| g.total).map(|g| g.lines.first().filter(|_| g.plan.is_some()).map_or(g.name.clone(), |l| l.name.clone()));
    if !forecast.moves.is_empty() {
        let command = format!("ce-cost sensitivity {}", forecast.environment);
        out.push_str(&screen.hint(&command, "shows what makes the band wide, and what would narrow it"));
    }
    if let Some(dearest) = dearest {
        let command = format!("ce-cost explain {} \"{dearest}\"", forecast.environment);
        out.push_str(&screen.hint(&command, "shows where its amount comes from"));
    }
    out
}

/// What discounts take off; nothing where there are none.
fn discounts(month: &MonthForecast) -> Option<String> {
    let off: Vec<String> = month.discounts.iter().map(|(name, amount)| format!("{name} {}", dollars(amount.abs()))).collect();
    (!off.is_empty()).then(|| format!("Discounts are taken off already: {}.", off.join(", ")))
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
    if let Some(off) = discounts(first) {
        out.push('\n');
        out.push_str(&screen.fill(&off, "  "));
    }
    let dearest = all.environments.iter().max_by_key(|f| f.months.first().map(|m| m.total));
    if let Some(dearest) = dearest {
        out.push('\n');
        out.push_str(&screen.hint(&format!("ce-cost forecast {}", dearest.environment), "shows what its amount is made of"));
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
