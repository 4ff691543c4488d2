//! `ce-cost dr`.

use std::fmt::Write;

use rust_decimal::Decimal;

use super::args::{Cli, DrArgs, ViewFormat};
use super::forecast::json;
use super::input::{self, Inputs, summary};
use super::{Failure, Output, World};
use crate::diagnostic::nearest;
use crate::forecast::next_month;
use crate::money::{dollars, signed};
use crate::month::Month;
use crate::predict::Basis;
use crate::quantity::grouped;
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::{Screen, Tone};
use crate::report::{csv, markdown};
use crate::savings::dr::strategy::{self, Strategies};
use crate::savings::dr::{Ask, Frontier, Held, Priced, Replicated, frontier, time};

/// Runs the command.
pub fn run(cli: &Cli, args: &DrArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let environment = inputs.environment(&args.environment)?;
    let basis = Basis {
        month: args.month.unwrap_or_else(|| next_month(inputs.as_of)),
        hours: args.hours,
        pooled: true,
        free_tier: true,
        failover: Some(args.failover()),
    };
    inputs.check_failover(environment, basis, 1)?;
    let strategies = strategies(cli, &args.environment, world)?;
    let ask = Ask {
        files: &inputs.files,
        scenarios: &inputs.scenarios,
        book: &inputs.book,
        strategies: &strategies,
        environment,
        basis,
        as_of: inputs.as_of,
    };
    let found = frontier(&ask).map_err(|why| Failure::input(format!("error: {why}")))?;
    let shown = shown(&found, args.strategy.as_deref())?;
    let out = match args.format {
        ViewFormat::Table => page(&found, shown, &world.screen),
        ViewFormat::Json => json(&found)?,
        ViewFormat::Csv => rows(&found, args.strategy.as_deref()),
        ViewFormat::Md => markdown_page(&found, shown),
    };
    Ok(Output { out, notes: inputs.warnings(world) })
}

/// The strategies of an environment.
fn strategies(cli: &Cli, environment: &str, world: &World) -> Result<Strategies, Failure> {
    let files = input::strategies(cli)?;
    let stem = |name: &str| name.rsplit('/').next().and_then(|n| n.split_once('.')).map_or(String::new(), |(stem, _)| stem.to_owned());
    let Some(file) = files.iter().find(|f| stem(&f.name) == environment) else {
        let known: Vec<String> = files.iter().map(|f| stem(&f.name)).collect();
        let help = format!("help: write dr-strategies/{environment}.yaml; there are strategies for {}", known.join(", "));
        return Err(Failure::missing(format!("error: there are no recovery strategies for {environment}\n{help}")));
    };
    let read = strategy::read(&file.name, &file.text);
    let read = read.map_err(|e| Failure::input(summary(&e.0.render(&e.1, world.colour_errors), e.0.errors())))?;
    if read.of == environment {
        return Ok(read);
    }
    Err(Failure::input(format!("error: {} says `of: {}`\nhelp: give file and environment the same name", file.name, read.of)))
}

/// The strategy whose recovery is shown: the one asked for, else the recommended one.
fn shown<'f>(found: &'f Frontier, asked: Option<&str>) -> Result<Option<&'f Priced>, Failure> {
    let named = |name: &str| found.strategies.iter().find(|s| s.name == name);
    let Some(asked) = asked else { return Ok(found.recommended.as_deref().and_then(named).or(found.strategies.first())) };
    named(asked).map(Some).ok_or_else(|| {
        let names: Vec<&str> = found.strategies.iter().map(|s| s.name.as_str()).collect();
        let near = nearest(asked, names.iter().copied()).map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
        Failure::usage(format!("error: there is no strategy `{asked}`{near}\nhelp: there are {}", names.join(", ")))
    })
}

/// Services that are named one by one.
const SERVICES: usize = 4;

// ── for people ─────────────────────────────────────────────────────────────────────────────────────────────────────────

fn seconds(text: &str) -> String {
    text.parse::<Decimal>().map_or_else(|_| text.to_owned(), time)
}

fn head(found: &Frontier) -> String {
    let month = found.month.parse().map_or_else(|_| found.month.clone(), |m: Month| m.name());
    format!(
        "{} · ready for the loss of its region, in {} · {month}, {} h · {}, fees of commitments spread over their terms",
        found.environment, found.region, found.hours, found.prices
    )
}

fn targets(found: &Frontier) -> String {
    let history = found.history_target.as_ref().map(|h| format!(", with a copy of {} at most", seconds(h))).unwrap_or_default();
    format!("{} of recovery and {} of data{history}", seconds(&found.rto_target), seconds(&found.rpo_target))
}

/// The cheapest strategy within the targets, in words; `None` where there is none.
fn best(found: &Frontier) -> Option<(String, String)> {
    let best = found.strategies.iter().find(|s| Some(&s.name) == found.recommended.as_ref())?;
    let mut text = format!("{}: the cheapest within {}", best.title, targets(found));
    match (found.strategies.iter().find(|s| s.today), found.saving) {
        (Some(today), _) if today.name == best.name => text.push_str("; it is today's"),
        (Some(today), Some(saving)) => {
            let _ = write!(text, "; {} a month against today's {}", signed(-saving), today.title.to_lowercase());
        }
        _ => {}
    }
    Some((format!("${} a month", dollars(best.cost)), text))
}

fn answer(found: &Frontier, screen: &Screen) -> String {
    match best(found) {
        Some((amount, text)) => format!("  {}\n{}", screen.paint(Tone::Strong, &amount), screen.fill(&text, "  ")),
        None => format!("  {}\n", screen.paint(Tone::Over, &format!("No strategy stays within {}.", targets(found)))),
    }
}

/// The targets that a strategy misses.
fn misses(s: &Priced) -> String {
    let of = [(s.meets_rto, "time"), (s.meets_rpo, "data"), (s.meets_history, "copy")];
    of.iter().filter(|(meets, _)| !meets).map(|(_, what)| *what).collect::<Vec<_>>().join(", ")
}

/// A time with `~` where something in it is assumed.
fn doubtful(text: &str, from: &str) -> String {
    format!("{}{}", if from == "assumed" { "~" } else { "" }, seconds(text))
}

fn table(found: &Frontier) -> Table {
    let mut table = Table::new(&[
        Column::words("", "mark"),
        Column::words("", "strategy"),
        Column::number("a month", "cost"),
        Column::words("", "doubt"),
        Column::number("of it lost", "lost").droppable(1),
        Column::number("failover", "failover").droppable(3),
        Column::number("recovery", "rto"),
        Column::number("data lost", "rpo"),
        Column::number("copy", "history"),
        Column::words("misses", "misses"),
        Column::words(if found.strategies.iter().any(|s| s.dominated_by.is_some()) { "beaten by" } else { "" }, "dominated_by")
            .droppable(2),
    ]);
    for s in &found.strategies {
        let recommended = found.recommended.as_ref() == Some(&s.name);
        let (kind, mark) = match (recommended, &s.dominated_by) {
            (true, _) => (Kind::Group, ">"),
            (false, Some(_)) => (Kind::Dim, "x"),
            (false, None) => (Kind::Line, ""),
        };
        let lost = if s.lost.is_zero() { Cell::Empty } else { Cell::Money(s.lost) };
        let cells = vec![
            Cell::text(mark),
            Cell::Text(format!("{}{}", s.title, if s.today { ", today" } else { "" })),
            Cell::Money(s.cost),
            Cell::text(&s.marks),
            lost,
            s.failover.map_or(Cell::Empty, Cell::Difference),
            Cell::Text(doubtful(&s.rto, &s.rto_from)),
            Cell::Text(doubtful(&s.rpo, &s.rpo_from)),
            Cell::Text(s.history.as_deref().map_or("none".into(), seconds)),
            Cell::Text(misses(s)),
            Cell::Text(s.dominated_by.clone().unwrap_or_default()),
        ];
        table.row(kind, 0, cells);
    }
    table
}

/// What the marks of the table mean, what is near a target, and what the failover is.
fn notes(found: &Frontier) -> Vec<String> {
    let mut notes = vec![
        "> the cheapest in target. x beaten: another one costs no more and is as good in all. ~ an assumed input stands behind it, * a \
         price of low confidence. Copy: how old the newest one can be that no mistake reaches."
            .to_owned(),
    ];
    notes.extend(found.strategies.iter().filter(|s| s.today && !s.meets_rpo).map(|s| loses(s, found)));
    notes.extend(found.strategies.iter().filter_map(|s| near(s, found)));
    let failover = found.failover.as_ref();
    notes.extend(
        failover.map(|title| format!("Failover: what it adds to the month, {} being carried by its standby ({title}).", found.environment)),
    );
    notes.extend(later(found));
    notes
}

/// Why a strategy misses what is asked of its data: what is not there, and what arrives too late.
fn loses(s: &Priced, found: &Frontier) -> String {
    let lacking = s.replication.iter().filter_map(|of| lacks(of).map(|what| format!("of {} {what}", of.data.to_lowercase())));
    let late = |of: &&Replicated| {
        let number = |text: &str| text.parse::<Decimal>().unwrap_or_default();
        number(&of.seconds) > number(&found.rpo_target)
    };
    let late = s.replication.iter().filter(late).map(|of| format!("{} are {} behind", of.data.to_lowercase(), seconds(&of.seconds)));
    let why: Vec<String> = lacking.chain(late).collect();
    format!("{} misses data: {}.", s.title, why.join("; "))
}

/// How much of a kind of data is not there, of the first part that lacks some.
fn lacks(of: &Replicated) -> Option<String> {
    let gb = |text: &str| text.parse().map_or_else(|_| text.to_owned(), |gb: Decimal| grouped(gb.round()));
    let held = of.held.iter().find(|h| !h.all)?;
    Some(format!("only {} of {} GB are there ({})", gb(&held.held), gb(&held.of), held.path))
}

/// A recovery time on the wrong side of its target by less than what is assumed in it.
fn near(s: &Priced, found: &Frontier) -> Option<String> {
    let number = |text: &str| text.parse::<Decimal>().ok();
    let (over, assumed) = (number(&s.rto)? - number(&found.rto_target)?, number(&s.rto_assumed)?);
    let title = &s.title;
    (over > Decimal::ZERO && over < assumed)
        .then(|| format!("{title} misses {} by {}; {} of it are assumed.", seconds(&found.rto_target), time(over), time(assumed)))
}

/// Where the cost of a strategy stands, and what is lost in it.
fn costs(s: &Priced, found: &Frontier) -> String {
    let parts = &s.parts;
    let mut text = format!(
        "{} a month: {} in {}'s bill, {} in {}'s own",
        dollars(s.cost),
        dollars(parts.standby),
        found.standby,
        signed(parts.environment),
        found.environment
    );
    if !parts.others.is_zero() {
        let _ = write!(text, ", {} in others' by shared tiers and support", signed(parts.others));
    }
    let largest: Vec<String> = s.services.iter().take(SERVICES).map(|of| format!("{} {}", of.service, signed(of.amount))).collect();
    let _ = write!(text, ". Most of it is {}. Behind {} of it stands an assumed input.", largest.join(", "), dollars(s.assumed));
    for c in &s.commitments {
        let _ = match c.bought {
            true => write!(text, " {} is bought until {} and not used: {} of it are lost.", c.id, c.until, dollars(c.lost)),
            false => write!(text, " {} need not be bought.", c.id),
        };
    }
    text
}

/// A time and, beside and below it, words; `~` marks what is assumed.
fn timed(text: &str, what: &str, from: &str, screen: &Screen) -> String {
    const TIME: usize = 9;
    let indent = " ".repeat(4 + TIME + 3);
    let filled = screen.fill(what, &indent);
    let rest = filled.strip_prefix(indent.as_str()).unwrap_or(&filled);
    let pad = " ".repeat(TIME.saturating_sub(text.chars().count()));
    format!("    {pad}{text} {} {rest}", if from == "assumed" { "~" } else { " " })
}

fn because(why: Option<&String>) -> String {
    why.map(|why| format!(" ({why})")).unwrap_or_default()
}

/// What a kind of data is copied by, and what of it is not there.
fn copied(of: &Replicated) -> String {
    let gb = |text: &str| text.parse().map_or_else(|_| text.to_owned(), |gb: Decimal| grouped(gb.round()));
    let lacks = |h: &Held| format!("; only {} of {} GB are there ({})", gb(&h.held), gb(&h.of), h.path);
    let lacks: String = of.held.iter().filter(|h| !h.all).map(lacks).collect();
    format!("{}: {}{}{lacks}", of.data, of.by, because(of.why.as_ref()))
}

/// What is left of the target, and what is assumed.
fn slack(s: &Priced, found: &Frontier) -> String {
    let number = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    let (left, assumed) = (number(&found.rto_target) - number(&s.rto), number(&s.rto_assumed));
    let assumed = if assumed.is_zero() { String::new() } else { format!("{} of it are assumed, ", time(assumed)) };
    let left = if left.is_sign_negative() { format!("{} too long", time(-left)) } else { format!("{} are left", time(left)) };
    format!("until everything works: {assumed}{left}")
}

fn recovery(s: &Priced, found: &Frontier, screen: &Screen) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "    Recovery");
    for step in &s.steps {
        out.push_str(&timed(&seconds(&step.seconds), &format!("{}{}", step.step, because(step.why.as_ref())), &step.from, screen));
    }
    out.push_str(&timed(&seconds(&s.rto), &slack(s, found), &s.rto_from, screen));
    out.push_str("\n    Data lost at most\n");
    for of in &s.replication {
        out.push_str(&timed(&seconds(&of.seconds), &copied(of), &of.from, screen));
    }
    out
}

/// Whether a time of a strategy is assumed.
fn guesses(s: &Priced) -> bool {
    s.steps.iter().map(|step| &step.from).chain(s.replication.iter().map(|of| &of.from)).any(|from| from == "assumed")
}

const GUESSED: &str = "~ assumed: a recovery test would measure it.";

fn page(found: &Frontier, shown: Option<&Priced>, screen: &Screen) -> String {
    let mut out = screen.fill(&head(found), "");
    out.push('\n');
    out.push_str(&answer(found, screen));
    out.push('\n');
    out.push_str(&screen.table(&table(found)));
    if let Some(s) = shown {
        let _ = writeln!(out, "\n  {}", screen.paint(Tone::Strong, &s.title));
        out.push_str(&screen.fill(&format!("{}.", capital(&s.what)), "    "));
        out.push_str(&screen.fill(&costs(s, found), "    "));
        out.push('\n');
        out.push_str(&recovery(s, found, screen));
        if guesses(s) {
            out.push_str(&screen.fill(GUESSED, "  "));
        }
    }
    out.push('\n');
    for text in notes(found) {
        out.push_str(&screen.fill(&text, "  "));
    }
    let is_other = |s: &&Priced| shown.is_none_or(|shown| shown.name != s.name);
    let other = found.strategies.iter().filter(is_other);
    if let Some(other) = other.clone().find(|s| s.today).or_else(|| other.clone().find(|s| s.dominated_by.is_none())) {
        let command = format!("ce-cost dr {} --strategy {}", found.environment, other.name);
        out.push_str(&screen.hint(&command, "shows how that one recovers"));
    }
    out
}

/// What is lost on commitments, and what is cheapest afterwards.
fn later(found: &Frontier) -> Option<String> {
    let lost = found.strategies.iter().find(|s| !s.lost.is_zero())?;
    let until = lost.commitments.iter().filter(|c| c.bought).map(|c| c.until.as_str()).max()?;
    let best = found.strategies.iter().find(|s| Some(&s.name) == found.recommended_later.as_ref())?;
    let most = found.strategies.iter().map(|s| s.lost).max().unwrap_or_default();
    let mut text =
        format!("Lost: up to {} on reservations of {} that are bought until {until} and then not used.", dollars(most), found.standby);
    if found.recommended_later != found.recommended {
        let _ = write!(text, " Without them {} is the cheapest in target: {}.", best.title.to_lowercase(), dollars(best.cost - best.lost));
    }
    Some(text)
}

/// A sentence begins with a capital.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

// ── for machines ───────────────────────────────────────────────────────────────────────────────────────────────────────

fn rows(found: &Frontier, asked: Option<&str>) -> String {
    let header = [
        "environment",
        "month",
        "strategy",
        "today",
        "recommended",
        "cost_usd",
        "standby_usd",
        "environment_usd",
        "others_usd",
        "lost_usd",
        "failover_usd",
        "rto_seconds",
        "rpo_seconds",
        "meets_rto",
        "meets_rpo",
        "history_seconds",
        "meets_history",
        "complete",
        "assumed_usd",
        "dominated_by",
    ];
    let row = |s: &Priced| {
        vec![
            found.environment.clone(),
            found.month.clone(),
            s.name.clone(),
            s.today.to_string(),
            (found.recommended.as_ref() == Some(&s.name)).to_string(),
            s.cost.to_string(),
            s.parts.standby.to_string(),
            s.parts.environment.to_string(),
            s.parts.others.to_string(),
            s.lost.to_string(),
            s.failover.map(|f| f.to_string()).unwrap_or_default(),
            s.rto.clone(),
            s.rpo.clone(),
            s.meets_rto.to_string(),
            s.meets_rpo.to_string(),
            s.history.clone().unwrap_or_default(),
            s.meets_history.to_string(),
            s.complete.to_string(),
            s.assumed.to_string(),
            s.dominated_by.clone().unwrap_or_default(),
        ]
    };
    csv::write(&header, found.strategies.iter().filter(|s| asked.is_none_or(|name| s.name == name)).map(row))
}

fn markdown_page(found: &Frontier, shown: Option<&Priced>) -> String {
    let (amount, text) = best(found).unwrap_or_else(|| ("No strategy".into(), format!("stays within {}", targets(found))));
    let mut out = format!("### {}\n\n**{amount}** {}\n\n", markdown::escape(&head(found)), markdown::escape(&text));
    out.push_str(&markdown::table(&table(found)));
    if let Some(s) = shown {
        out.push_str(&markdown_strategy(s, found));
    }
    for note in notes(found) {
        let _ = write!(out, "\n{}\n", markdown::escape(&note));
    }
    out
}

/// How a strategy recovers.
fn markdown_strategy(s: &Priced, found: &Frontier) -> String {
    let mut table = Table::new(&[Column::number("", "time"), Column::words("", "doubt"), Column::words(TITLE, "what")]);
    let mut row = |time: &str, from: &str, what: String| {
        let cells = vec![Cell::Text(seconds(time)), Cell::text(if from == "assumed" { "~" } else { "" }), Cell::Text(what)];
        table.row(Kind::Line, 0, cells);
    };
    s.steps.iter().for_each(|step| row(&step.seconds, &step.from, format!("{}{}", step.step, because(step.why.as_ref()))));
    row(&s.rto, &s.rto_from, slack(s, found));
    s.replication.iter().for_each(|of| row(&of.seconds, &of.from, copied(of)));
    let paragraphs = [&s.title, &format!("{}.", capital(&s.what)), &costs(s, found)].map(|text| markdown::escape(text));
    let mut out = format!("\n#### {}\n\n", paragraphs.join("\n\n"));
    out.push_str(&markdown::table(&table));
    if guesses(s) {
        let _ = write!(out, "\n{}\n", markdown::escape(GUESSED));
    }
    out
}

/// What the rows of a recovery are: steps, then what is lost of each kind of data.
const TITLE: &str = "recovery, then data lost at most";
