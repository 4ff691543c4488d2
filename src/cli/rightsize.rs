//! `ce-cost rightsize`.

use std::fmt::Write;

use fs_err as fs;
use rust_decimal::Decimal;

use super::args::{Cli, RightsizeArgs, ViewFormat};
use super::forecast::json;
use super::input::{Inputs, summary};
use super::{Failure, Output, World};
use crate::forecast::next_month;
use crate::money::{Usd, dollars, signed};
use crate::month::Month;
use crate::predict::Basis;
use crate::quantity::{grouped, per_cent};
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::{Screen, Tone};
use crate::report::{csv, markdown};
use crate::savings::rightsize::{Ask, Fitted, RightSizing, Shape, Verdict, rightsize};
use crate::workload::measured::utilisation::Utilisation;

/// Longest file of metrics that is read, in bytes: a year of minutes of some services.
const LONGEST: u64 = 256 << 20;

/// Runs the command.
pub fn run(cli: &Cli, args: &RightsizeArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    inputs.environment(&args.environment)?;
    let measured = measured(args)?;
    let basis = Basis {
        month: args.month.unwrap_or_else(|| next_month(inputs.as_of)),
        hours: args.hours,
        pooled: true,
        free_tier: true,
        failover: None,
    };
    let ask = Ask {
        files: &inputs.files,
        book: &inputs.book,
        environment: &args.environment,
        basis,
        measured: &measured,
        band: args.target,
        least: args.least,
        as_of: &inputs.as_of.to_string(),
    };
    let found = rightsize(&ask).map_err(|why| Failure::input(format!("error: {}", why.trim_end())))?;
    let out = match args.format {
        ViewFormat::Table => page(&found, &args.metrics_given(), &world.screen),
        ViewFormat::Json => json(&found)?,
        ViewFormat::Csv => rows(&found),
        ViewFormat::Md => markdown_page(&found),
    };
    let mut notes = inputs.warnings(world);
    found.notes.iter().for_each(|note| notes.push_str(&format!("note: {note}\n")));
    Ok(Output { out, notes })
}

/// What the files say.
fn measured(args: &RightsizeArgs) -> Result<Utilisation, Failure> {
    let mut files = Vec::new();
    for path in &args.metrics {
        let missing = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => Failure::missing(format!("error: there is no file {}", path.display())),
            _ => Failure::missing(format!("error: {e}")),
        };
        if fs::metadata(path).map_err(missing)?.len() > LONGEST {
            return Err(Failure::input(format!("error: {} is larger than {} MB", path.display(), LONGEST >> 20)));
        }
        let bytes = fs::read(path).map_err(missing)?;
        let text = String::from_utf8(bytes).map_err(|_| Failure::input(format!("error: {} is not UTF-8 text", path.display())))?;
        files.push((path.display().to_string(), text));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Utilisation::read(&files).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|fault| format!("error: {fault}")).collect();
        Failure::input(summary(&lines.join("\n"), faults.len()))
    })
}

impl RightsizeArgs {
    /// The files as the command line names them.
    fn metrics_given(&self) -> String {
        let names: Vec<String> = self.metrics.iter().map(|p| p.display().to_string()).collect();
        names.join(" ")
    }
}

// ── for people ─────────────────────────────────────────────────────────────────────────────────────────────────────────

fn share(text: Option<&String>) -> String {
    text.and_then(|t| t.parse::<Decimal>().ok()).map_or_else(|| "–".to_owned(), per_cent)
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap_or_default()
}

fn head(found: &RightSizing) -> String {
    let month = found.month.parse().map_or_else(|_| found.month.clone(), |m: Month| m.name());
    let day = |time: &str| time.split(' ').next().unwrap_or_default().to_owned();
    format!(
        "{} · sizes that fit what was measured from {} to {}, every {} min · {month} · {} · busy times (95th percentile) at {} to {} of the CPU",
        found.environment,
        day(&found.measured_from),
        day(&found.measured_to),
        found.interval_minutes,
        found.prices,
        share(found.target.first()),
        share(found.target.last()),
    )
}

/// From the file's forecast to what remains.
fn steps(found: &RightSizing) -> String {
    format!(
        "${} forecast → ${} with as many tasks as ran → ${} proposed",
        dollars(found.forecast),
        dollars(found.as_measured),
        dollars(found.proposed)
    )
}

/// What is counted as throttled.
const THROTTLED: &str = "Throttled: minutes of a month in which more is asked for than the working tasks have, while others start, simulated on the measured load; today at the stated target, or as measured where tasks scale and none is stated.";

/// Whole minutes, of which the first counts.
fn minutes(text: &str) -> String {
    let minutes = number(text);
    if minutes.is_zero() || minutes >= Decimal::ONE { grouped(minutes.round_dp(0)) } else { "<1".to_owned() }
}

fn answer(found: &RightSizing, screen: &Screen) -> String {
    let changed = found.services.iter().filter(|s| s.verdict == Verdict::Resize).count();
    if changed == 0 {
        return format!("  {}\n", screen.paint(Tone::Strong, "Nothing to change."));
    }
    let costs_more = found.saving.decimal().is_sign_negative();
    let (amount, what) = (dollars(found.saving.abs()), if costs_more { "more" } else { "less" });
    let services = if changed == 1 {
        "another size or range of 1 service".to_owned()
    } else {
        format!("other sizes and ranges of {changed} services")
    };
    let amount = screen.paint(if costs_more { Tone::Near } else { Tone::Strong }, &format!("${amount} {what} a month"));
    let text = format!("by {services}, which are throttled for {} min of it then", minutes(&found.throttled_minutes));
    format!("  {amount}\n{}{}", screen.fill(&text, "  "), screen.fill(&steps(found), "  "))
}

/// "4/8".
fn size(shape: &Shape) -> String {
    format!("{}/{}", shape.cpu.trim_end_matches(" vCPU"), shape.memory.trim_end_matches(" GB"))
}

fn range(shape: &Shape) -> String {
    if shape.min == shape.max { shape.min.clone() } else { format!("{}–{}", shape.min, shape.max) }
}

fn average(shape: &Shape) -> String {
    grouped(number(&shape.average).round_dp(1).normalize())
}

/// "45% → 76%", or what stays.
fn both(now: &str, then: Option<String>) -> Cell {
    Cell::Text(match then {
        Some(then) if then != now => format!("{now} → {then}"),
        _ => now.to_owned(),
    })
}

fn table(found: &RightSizing) -> Table {
    let mut table = Table::new(&[
        Column::words("", "service"),
        Column::words("vCPU/GB", "size"),
        Column::words("tasks", "tasks"),
        Column::words("on average", "average").droppable(2),
        Column::words("CPU p95", "cpu"),
        Column::words("memory", "memory").droppable(1),
        Column::words("at most", "peak").droppable(3),
        Column::number("a month", "saving"),
        Column::number("throttled", "throttled"),
    ]);
    let throttled = |shape: &Shape| shape.throttled_minutes.as_deref().map_or_else(|| "–".to_owned(), minutes);
    for s in &found.services {
        let then = s.proposed.as_ref();
        let kind = if s.verdict == Verdict::Resize { Kind::Group } else { Kind::Dim };
        let saving = if then.is_some() { Cell::Difference(-s.saving) } else { Cell::text(verdict(s.verdict)) };
        table.row(
            kind,
            0,
            vec![
                Cell::text(&s.service),
                both(&size(&s.now), then.map(size)),
                both(&range(&s.now), then.map(range)),
                both(&average(&s.now), then.map(average)),
                both(&share(s.now.cpu_p95.as_ref()), then.map(|t| share(t.cpu_p95.as_ref()))),
                both(&share(s.now.memory_p95.as_ref()), then.map(|t| share(t.memory_p95.as_ref()))),
                both(&share(s.now.memory_most.as_ref()), then.map(|t| share(t.memory_most.as_ref()))),
                saving,
                both(&throttled(&s.now), then.map(throttled)),
            ],
        );
    }
    table
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Resize => "resize",
        Verdict::Keep => "keep",
        Verdict::Unknown => "unknown",
    }
}

/// Why each service is judged as it is, and which sizes were left aside.
fn reasons(found: &RightSizing, screen: &Screen) -> String {
    let widest = found.services.iter().map(|s| s.service.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for s in &found.services {
        let text = reason(s);
        let indent = " ".repeat(2 + widest + 2);
        let filled = screen.fill(&text, &indent);
        let rest = filled.strip_prefix(indent.as_str()).unwrap_or(&filled);
        let pad = " ".repeat(widest - s.service.chars().count());
        let _ = write!(out, "  {}{pad}  {rest}", s.service);
    }
    out
}

fn reason(s: &Fitted) -> String {
    std::iter::once(&s.why).chain(&s.excluded).cloned().chain(target(s)).collect::<Vec<_>>().join("; ")
}

/// The target of a service's CPU, where it becomes another one.
fn target(s: &Fitted) -> Option<String> {
    let then = s.proposed.as_ref()?.cpu_target.as_ref()?;
    (s.now.cpu_target.as_ref() != Some(then)).then(|| format!("target of its CPU: {}", share(Some(then))))
}

fn page(found: &RightSizing, files: &str, screen: &Screen) -> String {
    let mut out = screen.fill(&head(found), "");
    out.push('\n');
    out.push_str(&answer(found, screen));
    out.push('\n');
    out.push_str(&screen.table(&table(found)));
    out.push('\n');
    out.push_str(&reasons(found, screen));
    if !found.yaml.is_empty() {
        let _ = writeln!(out, "\n  Write into the file of {}:\n", found.environment);
        for line in found.yaml.lines() {
            let _ = writeln!(out, "    {line}");
        }
    }
    out.push('\n');
    out.push_str(&screen.fill(THROTTLED, "  "));
    let band = |share: Option<&String>| share.map(|s| number(s) * Decimal::ONE_HUNDRED).unwrap_or_default().normalize();
    let (low, high) = (band(found.target.first()) - Decimal::TEN, band(found.target.last()) - Decimal::TEN);
    // No band begins below 10%.
    if low >= Decimal::TEN {
        let command = format!("ce-cost rightsize {} --metrics {files} --target {low}..{high}", found.environment);
        out.push_str(&screen.hint(&command, "is less tight"));
    }
    out
}

// ── for machines ───────────────────────────────────────────────────────────────────────────────────────────────────────

fn rows(found: &RightSizing) -> String {
    let header = [
        "environment",
        "month",
        "service",
        "verdict",
        "state",
        "cpu",
        "memory",
        "min",
        "max",
        "average",
        "cpu_p95",
        "memory_p95",
        "memory_most",
        "cpu_target",
        "throttled_minutes",
        "saving_usd",
        "bill_usd",
        "why",
    ];
    let row = |s: &Fitted, state: &str, shape: &Shape| {
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        let saving = if state == "proposed" { s.saving.to_string() } else { String::new() };
        vec![
            found.environment.clone(),
            found.month.clone(),
            s.service.clone(),
            verdict(s.verdict).to_owned(),
            state.to_owned(),
            shape.cpu.clone(),
            shape.memory.clone(),
            shape.min.clone(),
            shape.max.clone(),
            shape.average.clone(),
            text(&shape.cpu_p95),
            text(&shape.memory_p95),
            text(&shape.memory_most),
            text(&shape.cpu_target),
            text(&shape.throttled_minutes),
            saving,
            String::new(),
            s.why.clone(),
        ]
    };
    let of = |s: &Fitted| {
        let mut all = vec![row(s, "now", &s.now)];
        all.extend(s.proposed.as_ref().map(|shape| row(s, "proposed", shape)));
        all
    };
    // Bills of the environment stand in rows of no service.
    let bills = [("forecast", found.forecast), ("as-measured", found.as_measured), ("proposed", found.proposed)];
    let bill = |(state, bill): (&str, Usd)| {
        let cell = |column: &&str| match *column {
            "environment" => found.environment.clone(),
            "month" => found.month.clone(),
            "state" => state.to_owned(),
            "bill_usd" => bill.to_string(),
            "throttled_minutes" if state == "proposed" => found.throttled_minutes.clone(),
            "saving_usd" if state == "proposed" => found.saving.to_string(),
            _ => String::new(),
        };
        header.iter().map(cell).collect::<Vec<_>>()
    };
    csv::write(&header, found.services.iter().flat_map(of).chain(bills.into_iter().map(bill)))
}

fn markdown_page(found: &RightSizing) -> String {
    let mut out = format!("### {}\n\n**{}** a month", markdown::escape(&head(found)), signed(-found.saving));
    let _ = write!(out, ", throttled for {} min of it then: {}\n\n", minutes(&found.throttled_minutes), markdown::escape(&steps(found)));
    out.push_str(&markdown::table(&table(found)));
    for s in &found.services {
        let _ = write!(out, "\n- **{}**: {}", markdown::escape(&s.service), markdown::escape(&reason(s)));
    }
    out.push('\n');
    for note in std::iter::once(THROTTLED).chain(found.notes.iter().map(String::as_str)) {
        let _ = write!(out, "\n> {}  ", markdown::escape(note));
    }
    out.push('\n');
    if !found.yaml.is_empty() {
        let _ = write!(out, "\n```yaml\n{}```\n", found.yaml);
    }
    out
}
