//! `ce-cost commit`.

mod levers;
mod show;

use std::fmt::Write;

use rust_decimal::Decimal;

use self::levers::{after, before};
use self::show::{curve, curves, points, rows, table, term};
use super::args::{Cli, CommitArgs, ViewFormat};
use super::forecast::json;
use super::input::Inputs;
use super::{Failure, Output, World};
use crate::forecast::next_month;
use crate::money::{Usd, cents, dollars};
use crate::predict::Basis;
use crate::quantity::per_cent;
use crate::report::markdown;
use crate::report::terminal::{Screen, Tone};
use crate::savings::commit::document::{Choice, Commitments, FamilyAdvice, Saving, Together};
use crate::savings::commit::{Ask, commitments};

/// Runs the command.
pub fn run(cli: &Cli, args: &CommitArgs, world: &World) -> Result<Output, Failure> {
    let environments = [args.environment.clone()];
    let inputs = Inputs::changed(cli, world, &args.changes, &environments)?;
    let scenario = inputs.environment(&args.environment)?;
    let month = args.month.unwrap_or_else(|| next_month(inputs.as_of));
    let basis = Basis { month, hours: args.hours, pooled: !args.alone, free_tier: true, failover: None };
    let (scenario, before) = before(&inputs, scenario, basis, cli, args, world)?;
    let ask = Ask {
        basis,
        before,
        drawing: args.drawing.drawing(),
        months: args.months,
        wanted: args.term.unwrap_or_default(),
        discount_rate: args.discount_rate,
        all_curves: args.format == ViewFormat::Json || args.curve && args.format == ViewFormat::Csv,
        as_of: inputs.as_of.to_string(),
    };
    let advice = commitments(&inputs.scenarios, &scenario, &inputs.book, &ask).map_err(|e| Failure::input(format!("error: {e}")))?;
    let out = match (args.format, args.curve) {
        (ViewFormat::Table, false) => page(&advice, &world.screen),
        (ViewFormat::Table, true) => curves(&advice, &world.screen),
        (ViewFormat::Json, _) => json(&advice)?,
        (ViewFormat::Csv, false) => rows(&advice),
        (ViewFormat::Csv, true) => points(&advice),
        (ViewFormat::Md, false) => markdown_page(&advice),
        (ViewFormat::Md, true) => markdown_curves(&advice),
    };
    Ok(Output { out, notes: inputs.warnings(world) })
}

fn page(advice: &Commitments, screen: &Screen) -> String {
    let mut out = head(advice, screen);
    match &advice.best {
        Some(best) => {
            out.push_str(&headline(best, screen));
            evenness(advice).iter().for_each(|line| out.push_str(&screen.fill(line, "    ")));
        }
        None => out.push_str(&format!("  {}\n", screen.paint(Tone::Strong, nothing(advice)))),
    }
    if advice.families.iter().any(worth) {
        let _ = write!(out, "\n{}", screen.table(&table(advice)));
    }
    section(&mut out, screen, "Not covered, or not for sale", &notes(advice));
    section(&mut out, screen, "How it was computed", &basis(advice));
    section(&mut out, screen, "What would change it", &changes(advice));
    let entries: Vec<&str> = bought(advice).filter_map(|c| c.entry.as_deref()).collect();
    if !entries.is_empty() {
        let _ = writeln!(out, "\n  To see the bills with it, write under `commitments:` of {}", advice.environment);
        for entry in entries {
            let filled = screen.fill(&format!("- {entry}"), "      ");
            out.push_str(&filled.replacen("      - ", "    - ", 1));
        }
    }
    out
}

fn nothing(advice: &Commitments) -> &'static str {
    let is_published = |f: &FamilyAdvice| f.choices.iter().any(|c| c.entry.is_some());
    match (advice.families.iter().any(worth), advice.families.iter().any(is_published)) {
        (false, _) if advice.families.iter().any(|f| f.unpriced) => {
            "Nothing to advise: the price book has no rate of a commitment for some of what runs here."
        }
        (false, _) => "Nothing to buy: no commitment would save money here.",
        (true, false) => "Nothing to advise: of what would save money here no rate is published.",
        (true, true) => "Nothing to advise for one year; for three years something would save money: --term 3yr.",
    }
}

fn head(advice: &Commitments, screen: &Screen) -> String {
    let title =
        format!("{} · what to commit to from {} · {}, before support and tax", advice.environment, advice.start, advice.basis.prices);
    format!("{}\n{}\n", screen.fill(&title, ""), screen.fill(&after(advice), "  "))
}

fn headline(best: &Together, screen: &Screen) -> String {
    let saves = format!("saves ${} a month{}", amount(best.saving.mean), band(&best.saving));
    let terms = [paid(best), even(best.break_even), loses(best)].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    // Beside each other where there is room: "  " in front, four between.
    let beside = saves.chars().count() + terms.chars().count() + 6 <= screen.width;
    let saves = screen.paint(Tone::Strong, &saves);
    let mut out = if beside { format!("  {saves}    {terms}\n") } else { format!("  {saves}\n{}", screen.fill(&terms, "    ")) };
    for purchase in &best.purchases {
        let _ = writeln!(out, "    {}", named(purchase));
    }
    out
}

/// "Compute Savings Plan, 1 year, no upfront: 1.71 an hour".
fn named(purchase: &str) -> String {
    match purchase.rsplit_once(": ").and_then(|(name, size)| Some((name, size.split_once(' ')?))) {
        Some((name, (size, "USD/hour"))) => format!("{name}: commit {size} an hour"),
        Some((name, (count, usage_type))) => format!("{name}: {count} × {}", class(usage_type)),
        None => purchase.to_owned(),
    }
}

/// "db.r6g.large" of a usage type.
fn class(usage_type: &str) -> &str {
    usage_type.rsplit_once(':').map_or(usage_type, |(_, class)| class)
}

fn paid(together: &Together) -> Option<String> {
    Some(if together.upfront.is_zero() { "no cash upfront".to_owned() } else { format!("{} upfront", dollars(together.upfront)) })
}

fn even(month: Option<u32>) -> Option<String> {
    Some(match month? {
        1 => "pays from the first month".to_owned(),
        month => format!("even after month {month}"),
    })
}

fn loses(together: &Together) -> Option<String> {
    let loss: Decimal = together.saving.loss.as_ref()?.parse().ok()?;
    if together.flat {
        return Some("use is flat in the model, which cannot say how likely a loss is".to_owned());
    }
    Some(if loss.is_zero() { "loses in no case".to_owned() } else { format!("loses in {} of cases", chance(loss)) })
}

/// A small probability is not none.
fn chance(share: Decimal) -> String {
    if !share.is_zero() && share < Decimal::new(5, 3) { "<1%".to_owned() } else { per_cent(share) }
}

/// Dollars; with cents below ten.
fn amount(amount: Usd) -> String {
    if amount.abs() < Usd::new(Decimal::TEN) { cents(amount) } else { dollars(amount) }
}

fn band(saving: &Saving) -> String {
    let range = saving.p10.zip(saving.p90).filter(|(low, high)| amount(*low) != amount(*high));
    range.map(|(low, high)| format!(" ({} – {})", amount(low), amount(high))).unwrap_or_default()
}

fn bought(advice: &Commitments) -> impl Iterator<Item = &Choice> {
    advice.families.iter().flat_map(|f| &f.choices).filter(|c| c.best)
}

/// True for a family of which some size saves money.
fn worth(family: &FamilyAdvice) -> bool {
    family.choices.iter().any(|c| !is_nothing(&c.commit) || c.assumed.as_ref().is_some_and(|a| !is_nothing(&a.commit)))
}

fn is_nothing(commit: &str) -> bool {
    commit.parse::<Decimal>().is_ok_and(|size| size.is_zero())
}

fn section(out: &mut String, screen: &Screen, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n  {}", screen.paint(Tone::Strong, title));
    for line in lines {
        out.push_str(&screen.fill(line, "    "));
    }
}

fn notes(advice: &Commitments) -> Vec<String> {
    let least = Usd::new(Decimal::new(1, 2));
    let of = |f: &FamilyAdvice| -> Vec<String> {
        let mut notes = f.notes.clone();
        if !worth(f) {
            // Of what nobody should buy the first reason is enough, and how little could be covered where that is the reason.
            let little = format!("no size saves money on the {} a month that it could cover", cents(f.on_demand));
            notes.truncate(1);
            notes.extend((!f.choices.is_empty() && f.on_demand >= least).then_some(little));
        }
        if worth(f) && f.choices.iter().all(|c| c.entry.is_none()) {
            notes.push("the rate is not published, so that nothing is advised".into());
        }
        if f.choices.iter().any(|c| c.flat && !is_nothing(&c.commit) && c.saving.loss.is_some()) {
            notes.push("its use is flat in the model, which cannot say how likely a loss is".into());
        }
        notes.into_iter().map(|n| format!("{}: {n}", f.name)).collect()
    };
    advice.families.iter().flat_map(of).collect()
}

/// What is not seen where use is taken as even: it makes any size look safe.
fn evenness(advice: &Commitments) -> Option<String> {
    let elsewhere = || advice.basis.by_hour_in.as_ref().map(|name| format!("; `ce-cost commit {name}` sees them")).unwrap_or_default();
    let even = !advice.basis.by_hour;
    even.then(|| format!("Use is taken as even within a month: quiet hours, in which a commitment is lost, are not seen{}.", elsewhere()))
}

/// How the advice came about, in a few lines.
fn basis(advice: &Commitments) -> Vec<String> {
    let basis = &advice.basis;
    let mut lines = vec![match basis.paths {
        0 => format!("{} months at likely values: no path was drawn, or nothing is uncertain.", basis.months),
        paths => format!("{paths} paths of {} months (seed {}): growth, drift and every range of the scenario.", basis.months, basis.seed),
    }];
    if basis.by_hour {
        lines.push("Use follows the workload hour by hour; what is committed covers an hour's use at the highest saving first and is lost where it is not used.".into());
    }
    if advice.best.is_none() {
        lines.extend(evenness(advice));
    }
    lines.extend(bought(advice).filter(|c| c.unit == "USD/hour").map(margin));
    lines.push(match basis.discount_rate.parse::<Decimal>().unwrap_or_default() {
        rate if rate.is_zero() => "Money costs nothing (0% a year): what is paid later counts as much as what is paid now.".into(),
        rate => format!("Money costs {} a year: what is paid or saved later counts for less.", per_cent(rate)),
    });
    if advice.best.is_some() && !basis.siblings.is_empty() {
        let others = basis.siblings.join(", ");
        lines.push(format!("What this environment leaves unused is counted as lost, though others of its payer ({others}) could use it."));
    }
    if let Some(first) = basis.renewed.iter().map(|r| &r.end).min() {
        let ends: Vec<String> = basis.renewed.iter().map(|r| format!("{} of {} ({})", r.id, r.environment, r.end)).collect();
        let month = first.get(..7).unwrap_or(first);
        lines.push(format!("Taken to be renewed when it ends: {}. Ask with --month {month} whether it should be.", ends.join(", ")));
    }
    let choices = || advice.families.iter().flat_map(|f| &f.choices);
    if choices().any(|c| c.assumed.is_some()) {
        lines.push("~ assumed: the rate of partial upfront is not published; it lies between that of no upfront, at which size and cash are shown, and that of all upfront.".into());
    }
    if choices().any(|c| c.weak_price) {
        lines.push("* a price of low confidence stands behind it.".into());
    }
    lines
}

/// Why a plan has the size that it has.
fn margin(choice: &Choice) -> String {
    let share = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    let (used_up, needed) = (choice.used_up.as_deref().map(share).unwrap_or_default(), share(&choice.needed));
    let pays = format!("it pays while more than {} of it is used", per_cent(needed));
    let commit = &choice.commit;
    if used_up == Decimal::ONE {
        return format!("{commit} an hour is all that is used in every hour: {pays}.");
    }
    let used = format!("all of it is used in {} of the hours", per_cent(used_up));
    if (used_up - needed).abs() <= Decimal::new(2, 2) {
        return format!("{commit} an hour is where the next dollar committed would cost as much as it saves: {used}, and {pays}.");
    }
    format!(
        "{commit} an hour is where a step in what is used lies, beyond which a dollar would cost more than it saves: {used}, and {pays}."
    )
}

/// What else could be bought, and what it would be worth.
fn changes(advice: &Commitments) -> Vec<String> {
    let mut lines = Vec::new();
    let other = |together: &Together| {
        let parts = [paid(together), even(together.break_even), loses(together)];
        let parts = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        format!("saves {} a month{}, {parts}", amount(together.saving.mean), band(&together.saving))
    };
    if let Some(together) = &advice.without_upfront {
        lines.push(format!("Nothing upfront: {}.", other(together)));
    }
    if let Some(together) = &advice.longer {
        lines.push(format!("For three years: {}; it binds to these machines and prices for as long.", other(together)));
    }
    lines
}

fn markdown_page(advice: &Commitments) -> String {
    let mut out = format!("### {} · what to commit to from {}\n\n", markdown::escape(&advice.environment), advice.start);
    let _ = writeln!(out, "{}\n", markdown::escape(&after(advice)));
    if let Some(best) = &advice.best {
        let _ = writeln!(out, "**Saves ${} a month{}**", amount(best.saving.mean), band(&best.saving));
        for purchase in &best.purchases {
            let _ = writeln!(out, "- {}", markdown::escape(&named(purchase)));
        }
        evenness(advice).iter().for_each(|line| out.push_str(&format!("\n{}\n", markdown::escape(line))));
        out.push('\n');
    } else {
        let _ = writeln!(out, "**{}**\n", nothing(advice));
    }
    out.push_str(&markdown::table(&table(advice)));
    for line in notes(advice).iter().chain(&basis(advice)).chain(&changes(advice)) {
        let _ = write!(out, "\n- {}", markdown::escape(line));
    }
    out.push('\n');
    out
}

fn markdown_curves(advice: &Commitments) -> String {
    let mut out = format!("### {} · cost by size of commitment · from {}\n", markdown::escape(&advice.environment), advice.start);
    for family in &advice.families {
        for choice in family.choices.iter().filter(|c| c.best) {
            let _ = write!(out, "\n**{}, {}**\n\n{}", markdown::escape(&family.name), term(&choice.term), markdown::table(&curve(choice)));
        }
    }
    if advice.best.is_none() {
        let _ = writeln!(out, "\n{}", nothing(advice));
    }
    out
}
