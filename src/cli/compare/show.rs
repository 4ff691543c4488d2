//! How a comparison is shown.

use std::fmt::Write;

use rust_decimal::Decimal;

use super::{Document, OfService};
use crate::money::{Usd, cents, dollars, signed};
use crate::month::Month;
use crate::quantity::exact;
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::{Screen, Tone};
use crate::report::{csv, markdown};
use crate::variance;
use crate::variance::bridge::{Cause, Step};

/// Reasons of one cause that are shown beneath its largest.
const MORE: usize = 2;
/// Of a tag that the bill's source was not asked for.
const NOT_ASKED: &str = "not asked for";
/// Services that are named one by one.
const SERVICES: usize = 4;

// ── for people ─────────────────────────────────────────────────────────────────────────────────────────────────────────

fn month_name(month: &str) -> String {
    month.parse().map_or_else(|_| month.to_owned(), |m: Month| m.name())
}

fn head(document: &Document) -> String {
    let closed = match document.so_far {
        _ if document.is_final => "final".to_owned(),
        Some(so_far) => format!("not yet final (…): {}", so_far.words()),
        None => "not yet final (…)".to_owned(),
    };
    let against = document.against.as_ref().map(|m| format!(" against {}", month_name(m))).unwrap_or_default();
    [
        document.environment.clone(),
        format!("{}{against}, {} h", month_name(&document.month), document.hours),
        document.cost.clone(),
        format!("{}, {closed}", document.source),
        document.allocation.how.clone(),
    ]
    .join(" · ")
}

/// A share with one place.
fn share(text: &str) -> String {
    let share: Decimal = text.parse().unwrap_or_default();
    format!("{}%", exact((share * Decimal::ONE_HUNDRED).round_dp(1)))
}

fn answer(document: &Document, screen: &Screen) -> String {
    let found = &document.comparison;
    let off = found.difference.abs().fraction_of(found.predicted.abs()).unwrap_or_default();
    let tone = match off {
        o if o > Decimal::new(10, 2) => Tone::Over,
        o if o > Decimal::new(5, 2) => Tone::Near,
        _ => Tone::Fine,
    };
    let before = if document.against.is_some() { "before" } else { "predicted" };
    let first = format!("${} billed", cents(found.billed));
    let difference = format!("{} ({}%)", signed(found.difference), exact((off * Decimal::ONE_HUNDRED).round_dp(1)));
    let matched = format!("{} of the bill matched, row by row", share(&found.matched_share));
    let rest = format!("{before} {}    ", dollars(found.predicted));
    let used = 2 + first.len() + 4 + rest.len() + difference.chars().count() + 4 + matched.len();
    let gap = if used <= screen.width { "    ".to_owned() } else { "\n  ".to_owned() };
    format!("  {}    {rest}{}{gap}{matched}\n", screen.paint(Tone::Strong, &first), screen.paint(tone, &difference))
}

/// The bridge: amount, cause, why; the words are filled beside the amounts.
fn bridge(document: &Document, screen: &Screen) -> String {
    const AMOUNT: usize = 9;
    const CAUSE: usize = 13;
    let found = &document.comparison;
    let mut out = String::new();
    let row = |out: &mut String, amount: &str, cause: &str, why: &str| {
        let indent = " ".repeat(2 + AMOUNT + 2 + CAUSE);
        let filled = screen.fill(why, &indent);
        let pad = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.chars().count()));
        let first = format!("  {}{amount}  {cause}{}", pad(amount, AMOUNT), pad(cause, CAUSE));
        match filled.strip_prefix(indent.as_str()) {
            Some(rest) => out.push_str(&format!("{first}{rest}")),
            None => out.push_str(&format!("{}\n", first.trim_end())),
        }
    };
    let before = if document.against.is_some() { "the month before" } else { "predicted" };
    let before = document.against.as_ref().map_or(before.to_owned(), |m| month_name(m));
    row(&mut out, &dollars(found.predicted), &before, "");
    // What rounds to nothing is left to `--format json`.
    let shown = |s: &&Step| {
        s.cause == Cause::Unexplained || dollars(s.amount.abs()) != "0" || s.reasons.iter().any(|r| dollars(r.amount.abs()) != "0")
    };
    for step in found.bridge.iter().filter(shown) {
        row(&mut out, &signed(step.amount), step.cause.word(), &told(step));
        let rest = step.reasons.iter().skip(1).filter(|r| dollars(r.amount.abs()) != "0");
        for reason in rest.take(MORE) {
            row(&mut out, "", "", &format!("{}  {}", signed(reason.amount), reason.why));
        }
        let hidden = hidden(step);
        if !hidden.is_empty() {
            row(&mut out, "", "", &hidden);
        }
    }
    row(&mut out, &dollars(found.billed), "billed", "");
    out
}

/// What the reasons that are not shown come to; empty where that rounds to nothing.
fn hidden(step: &Step) -> String {
    let shown = step.reasons.iter().skip(1).filter(|r| dollars(r.amount.abs()) != "0").take(MORE).count() + 1;
    let told: Usd = step.reasons.iter().take(shown).map(|r| r.amount).sum();
    let (left, more) = (step.amount - told, step.reasons.len().saturating_sub(shown));
    if more == 0 || dollars(left.abs()) == "0" {
        String::new()
    } else {
        format!("{}  in {more} more; --format json lists them", signed(left))
    }
}

/// The largest reason of a step, with its amount where there are others.
fn told(step: &Step) -> String {
    match step.reasons.first() {
        Some(first) if step.reasons.len() > 1 => format!("{}  {}", signed(first.amount), first.why),
        _ => step.why.clone(),
    }
}

/// The comparison for people.
pub fn page(document: &Document, screen: &Screen) -> String {
    let found = &document.comparison;
    let mut out = screen.fill(&head(document), "");
    out.push('\n');
    out.push_str(&answer(document, screen));
    out.push('\n');
    out.push_str(&bridge(document, screen));
    let counts = &found.rows;
    let before = if document.against.is_some() { "only before" } else { "only predicted" };
    let mut text = format!("{} rows matched, {} {before}, {} only billed.", counts.matched, counts.only_predicted, counts.only_billed);
    if !found.unknown_services.is_empty() {
        let _ = write!(text, " Services that are not in the table of names: {}.", found.unknown_services.join(", "));
    }
    let covered: Vec<String> =
        document.tags.iter().map(|t| format!("{} {}", t.tag, t.share.as_deref().map_or(NOT_ASKED.into(), share))).collect();
    let _ = write!(text, " Cost tags on the payer's bill: {}.", covered.join(", "));
    let _ = write!(text, " {}", unallocated(document));
    out.push('\n');
    out.push_str(&screen.fill(&text, "  "));
    if !document.is_final {
        let from = if document.against.is_some() { "the month before" } else { "the prediction" };
        let scaled = document.so_far.map(|s| format!(" {}: {from} is taken for as many.", s.words())).unwrap_or_default();
        out.push_str(&screen.fill(&format!("… AWS has not closed the month: amounts can still change.{scaled}"), "  "));
    }
    let environment = &document.environment;
    let tags = format!("ce-cost compare {environment} --month {} --tags", document.month);
    out.push_str(&screen.hint(&tags, "shows which rows are whose"));
    if document.is_final && document.against.is_none() && found.bridge.iter().any(|s| s.cause == Cause::Volume) {
        let month = &document.month;
        let calibrate = format!("ce-cost calibrate {environment} --from-actuals {month}..{month}");
        out.push_str(&screen.hint(&calibrate, "measures the drivers"));
    }
    out
}

/// What belongs to nobody, by service; the other month's beside it.
fn unallocated(document: &Document) -> String {
    let found = &document.allocation;
    let other = found.unallocated_before.zip(document.against.as_ref());
    let other = other.map(|(sum, month)| format!("; in {} {}", month_name(month), dollars(sum))).unwrap_or_default();
    format!("Unallocated: {}{}{other}.", dollars(found.unallocated), named(&found.unallocated_by_service))
}

/// "(NAT 12, EC2 8 and 3 more)".
fn named(list: &[OfService]) -> String {
    if list.is_empty() {
        return String::new();
    }
    let names: Vec<String> = list.iter().take(SERVICES).map(|s| format!("{} {}", s.service, dollars(s.amount))).collect();
    let more = list.len().saturating_sub(SERVICES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(" ({}{more})", names.join(", "))
}

fn members_table(document: &Document) -> Table {
    let mut table = Table::new(&[
        Column::words("", "environment"),
        Column::number("own rows", "own"),
        Column::number("shared", "shared"),
        Column::number("bears", "total"),
        Column::number("", "share"),
    ]);
    let all = document.allocation.total;
    let part = |amount: Usd| Cell::Share(amount.fraction_of(all).unwrap_or_default());
    for m in &document.allocation.members {
        let total = m.own + m.shared;
        table.row(
            Kind::Line,
            0,
            vec![Cell::text(&m.environment), Cell::Money(m.own), Cell::Money(m.shared), Cell::Money(total), part(total)],
        );
    }
    let left = document.allocation.unallocated;
    table.row(Kind::Line, 0, vec![Cell::text("unallocated"), Cell::Empty, Cell::Empty, Cell::Money(left), part(left)]);
    table.row(Kind::Sum, 0, vec![Cell::text("the payer's bill"), Cell::Empty, Cell::Empty, Cell::Money(all), Cell::Empty]);
    table
}

fn coverage_table(document: &Document) -> Table {
    let mut table = Table::new(&[
        Column::words("cost tag", "tag"),
        Column::number("carry it", "share"),
        Column::number("dollars", "tagged"),
        Column::words("dearest without it", "untagged"),
    ]);
    for t in &document.tags {
        let Some(share) = &t.share else {
            table.row(Kind::Line, 0, vec![Cell::text(&t.tag), Cell::text(NOT_ASKED), Cell::Empty, Cell::Empty]);
            continue;
        };
        let share = Cell::Share(share.parse().unwrap_or_default());
        let without: Vec<String> = t.untagged.iter().take(2).map(|s| format!("{} {}", s.service, dollars(s.amount))).collect();
        table.row(Kind::Line, 0, vec![Cell::text(&t.tag), share, Cell::Money(t.tagged), Cell::Text(without.join(", "))]);
    }
    table
}

/// Who bears what, for people.
pub fn tags_page(document: &Document, screen: &Screen) -> String {
    let mut out = screen.fill(&format!("{} · who bears what", head(document)), "");
    out.push('\n');
    out.push_str(&screen.table(&members_table(document)));
    out.push('\n');
    out.push_str(&screen.table(&coverage_table(document)));
    if !document.allocation.unallocated.is_zero() {
        let left = format!("Unallocated, by service{}.", named(&document.allocation.unallocated_by_service));
        let _ = write!(out, "\n{}", screen.fill(&left, "  "));
        out.push_str(&screen.fill("`shared:` in accounts.yaml states how such rows are shared; nothing is shared without a rule.", "  "));
    }
    out.push('\n');
    let command = format!("ce-cost compare {} --month {}", document.environment, document.month);
    out.push_str(&screen.hint(&command, "explains the difference"));
    out
}

// ── for machines ───────────────────────────────────────────────────────────────────────────────────────────────────────

/// The rows, then the steps of the bridge.
pub fn rows_csv(document: &Document) -> String {
    let (base_quantity, base_usd) = match document.against {
        Some(_) => ("before_quantity", "before_usd"),
        None => ("predicted_quantity", "predicted_usd"),
    };
    let header = [
        "environment",
        "month",
        "part",
        "state",
        "service",
        "region",
        "usage_type",
        "operation",
        "unit",
        base_quantity,
        "billed_quantity",
        base_usd,
        "billed_usd",
        "difference_usd",
        "why",
    ];
    let start = |part: &str, state: &str| vec![document.environment.clone(), document.month.clone(), part.to_owned(), state.to_owned()];
    let details = document.comparison.details.iter().map(|d| {
        let state = match d.state {
            variance::State::Matched => "matched",
            variance::State::OnlyPredicted => "only_predicted",
            variance::State::OnlyBilled => "only_billed",
        };
        let mut row = start("row", state);
        row.extend(
            [&d.service, &d.region, &d.usage_type, &d.operation, &d.unit, &d.predicted_quantity, &d.billed_quantity].map(String::clone),
        );
        row.extend([d.predicted.to_string(), d.billed.to_string(), d.difference.to_string(), String::new()]);
        row
    });
    let steps = document.comparison.bridge.iter().map(|s| {
        let mut row = start("bridge", s.cause.word());
        row.extend(std::iter::repeat_n(String::new(), 9));
        row.extend([s.amount.to_string(), s.why.clone()]);
        row
    });
    let reasons = document.comparison.bridge.iter().flat_map(|s| s.reasons.iter().map(|r| (s.cause, r))).map(|(cause, r)| {
        let mut row = start("reason", cause.word());
        row.extend(std::iter::repeat_n(String::new(), 9));
        row.extend([r.amount.to_string(), r.why.clone()]);
        row
    });
    csv::write(&header, details.chain(steps).chain(reasons))
}

/// Who bears what, for spreadsheets.
pub fn tags_csv(document: &Document) -> String {
    let header = ["month", "part", "name", "service", "usd", "share"];
    let row = |part: &str, name: &str, service: &str, usd: Usd, share: String| {
        vec![document.month.clone(), part.to_owned(), name.to_owned(), service.to_owned(), usd.to_string(), share]
    };
    let mut rows = Vec::new();
    for m in &document.allocation.members {
        rows.push(row("own", &m.environment, "", m.own, String::new()));
        rows.push(row("shared", &m.environment, "", m.shared, String::new()));
    }
    for s in &document.allocation.unallocated_by_service {
        rows.push(row("unallocated", "", &s.service, s.amount, String::new()));
    }
    for t in &document.tags {
        rows.push(row("tagged", &t.tag, "", t.tagged, t.share.clone().unwrap_or_else(|| NOT_ASKED.into())));
        rows.extend(t.untagged.iter().map(|s| row("untagged", &t.tag, &s.service, s.amount, String::new())));
    }
    csv::write(&header, rows)
}

/// The comparison for pull requests.
pub fn markdown_page(document: &Document) -> String {
    let found = &document.comparison;
    let mut out = format!("### {}\n\n", markdown::escape(&head(document)));
    let before = if document.against.is_some() { "before" } else { "predicted" };
    let _ = writeln!(
        out,
        "**${} billed**, {before} {} ({}); {} of the bill matched, row by row\n",
        cents(found.billed),
        dollars(found.predicted),
        signed(found.difference),
        share(&found.matched_share)
    );
    let mut table = Table::new(&[Column::words("cause", "cause"), Column::number("USD", "amount"), Column::words("why", "why")]);
    for step in &found.bridge {
        table.row(Kind::Line, 0, vec![Cell::text(step.cause.word()), Cell::Difference(step.amount), Cell::Text(told(step))]);
    }
    out.push_str(&markdown::table(&table));
    let counts = &found.rows;
    let _ =
        writeln!(out, "\n{} rows matched, {} only {before}, {} only billed.", counts.matched, counts.only_predicted, counts.only_billed);
    out
}

/// Who bears what, for pull requests.
pub fn tags_markdown(document: &Document) -> String {
    let title = markdown::escape(&format!("{} · who bears what", head(document)));
    format!("### {title}\n\n{}\n{}", markdown::table(&members_table(document)), markdown::table(&coverage_table(document)))
}
