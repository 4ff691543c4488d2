//! What `savings` shows to people.

use std::fmt::Write;

use rust_decimal::Decimal;

use crate::money::{Usd, dollars, signed};
use crate::quantity::{Share, per_cent};
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::{Screen, Tone};
use crate::savings::document::{Purchase, RestsOn, Row, Savings, Status, Together, Total};
use crate::savings::lever::{Horizon, Reversible};

/// The least room beside names in which words are read with ease.
const WORDS: usize = 60;
/// Overlaps that are shown to people.
const SHOWN: usize = 6;

/// "6,290 a month (98%)".
fn share(text: Option<&String>) -> String {
    text.and_then(|t| t.parse().ok()).map(|s| format!(" ({})", per_cent(s))).unwrap_or_default()
}

/// Every lever at list prices, and the best of them.
pub fn list(found: &Savings, screen: &Screen) -> String {
    let Savings { environment, prices, month, hours, .. } = found;
    let title = format!("{environment} · what can be saved · {prices} · {month} ({hours} h): {}", dollars(found.cost));
    let mut out = screen.fill(&title, "");
    let _ = writeln!(out, "\n  {}", headline(found, screen));
    out.push_str(&screen.fill(&terms(found), "  "));
    out.push_str(&screen.fill(&bounds(found), "  "));
    out.push('\n');
    out.push_str(&screen.table(&table(found, screen.width)));
    legend(found).iter().for_each(|line| out.push_str(&screen.fill(line, "  ")));
    before(found, screen, &mut out);
    reasons(found, screen, &mut out);
    overlaps(found, screen, &mut out);
    of_the_plan(found, screen, &mut out);
    not_here(found, screen, &mut out);
    out.push('\n');
    out.push_str(&screen.hint(&format!("ce-cost savings {} --basis plan", found.environment), "shows the plan's own arithmetic"));
    out
}

/// What the best levers save.
pub(super) fn headline(found: &Savings, screen: &Screen) -> String {
    let best = &found.recommendation;
    if best.levers.is_empty() {
        return screen.paint(Tone::Strong, "Nothing here saves anything");
    }
    let text = format!("${} a month less{}", dollars(best.saving), share(best.share.as_ref()));
    let band = match (best.band.p10, best.band.p90) {
        (Some(low), Some(high)) => format!("    {} – {} in 8 of 10 cases", dollars(low), dollars(high)),
        _ => String::new(),
    };
    format!("{}{band}", screen.paint(Tone::Strong, &text))
}

/// What it costs at once, and when that has come back.
pub(super) fn terms(found: &Savings) -> String {
    let best = &found.recommendation;
    let levers = match best.levers.len() {
        0 => return String::new(),
        1 => "One lever".to_owned(),
        n => format!("{n} levers"),
    };
    let even = best
        .break_even_month
        .as_ref()
        .map_or("not back within three years".into(), |m| format!("back by {m}, against the same levers without what is paid at once"));
    let paid = match best.upfront - best.upfront_fees {
        support if support.is_zero() => dollars(best.upfront),
        support => format!("{} in fees and {} of support on them", dollars(best.upfront_fees), dollars(support)),
    };
    let upfront = if best.upfront.is_zero() { "nothing paid at once".to_owned() } else { format!("{paid} at once, {even}") };
    format!("{levers}: {upfront}; {} a month are left to pay.", dollars(found.cost - best.saving))
}

/// What lies beyond the limits of the recommendation, and what its numbers leave open.
fn bounds(found: &Savings) -> String {
    let best = &found.recommendation;
    let more = best.at_any_risk.map(|all| all - best.saving).filter(|more| more.abs() >= Usd::new(1.into()));
    let risk = more.map(|more| format!("With high risk: {}. ", signed(more))).unwrap_or_default();
    let drawn = best.band.p10.is_some();
    let band = if drawn { "The band holds what has a range, not numbers that levers assume without one." } else { "" };
    let buys = found.levers.iter().any(|r| r.status == Status::Recommended && r.purchases.iter().any(|p| p.hourly.is_some()));
    let plans = match (buys, found.by_hour) {
        (false, _) => "",
        (true, true) => {
            " Savings plans are sized on the hours of this month at likely demand; `ce-cost commit` weighs every month of a growing term and every path, before the other levers and support."
        }
        (true, false) => {
            " Savings plans are sized on an average hour, in which quiet ones are not seen; `ce-cost commit` sizes them on every path of the forecast."
        }
    };
    if best.levers.is_empty() { risk } else { format!("{risk}{band}{plans}").trim().to_owned() }
}

/// What a purchase is: "2 × InstanceUsage:db.r6g.large CreateDBInstance:0021, reserved-1yr-no-upfront".
pub(super) fn bought(purchase: &Purchase) -> String {
    let Purchase { what, term, count, hourly, .. } = purchase;
    match (count, hourly) {
        (Some(count), _) => format!("{count} × {what}, {term}"),
        (None, Some(hourly)) => format!("{hourly} USD an hour, {what}, {term}"),
        (None, None) => format!("{what}, {term}"),
    }
}

/// Whether a lever can be taken back, in a word.
pub(super) fn reversible(of: Reversible) -> &'static str {
    match of {
        Reversible::Yes => "yes",
        Reversible::Partly => "partly",
        Reversible::No => "no",
    }
}

/// What is bought, and what has to hold before recommended levers are pulled.
fn before(found: &Savings, screen: &Screen, out: &mut String) {
    let recommended = || found.levers.iter().filter(|r| r.status == Status::Recommended);
    let buys: Vec<_> = recommended().flat_map(|r| r.purchases.iter().map(|p| (r.title.clone(), bought(p)))).collect();
    section(screen, "What is bought", &buys, out);
    let line = |r: &Row| {
        let kind = format!("effort {}, reversible: {}", r.effort.word(), reversible(r.reversible));
        let said = r.conditions.iter().map(|c| format!("; {c}")).collect::<String>();
        (r.title.clone(), format!("{kind}{said}"))
    };
    section(screen, "Before you do it", &recommended().map(line).collect::<Vec<_>>(), out);
}

/// From this width on fair shares are shown.
const SHARES: usize = 100;

/// Every lever that has something to do; where there is room for fair shares those of the others in a row.
pub(super) fn table(found: &Savings, width: usize) -> Table {
    let mut table = Table::new(&[
        Column::words("", "lever"),
        Column::number("plan says", "stated"),
        Column::number("alone", "standalone"),
        Column::number("step", "step"),
        Column::number("after others", "marginal"),
        Column::words("", "marks"),
        Column::words("", "bar").droppable(3),
        Column::number("fair share", "shapley").droppable(4),
        Column::words("risk", "risk").droppable(1),
        Column::words("takes", "takes").droppable(2),
    ]);
    let most = found.levers.iter().filter_map(|r| r.step).max().unwrap_or(Usd::ZERO);
    let cells = |r: &Row| {
        let bar = r.step.and_then(|step| step.fraction_of(most));
        let title = if r.environment == found.environment { r.title.clone() } else { format!("{} ({})", r.title, r.environment) };
        vec![
            Cell::text(title),
            Cell::money(r.stated),
            Cell::money(r.standalone),
            Cell::money(r.step),
            Cell::money(r.marginal),
            Cell::text(r.rests_on.map_or("", RestsOn::marks)),
            bar.map_or(Cell::Empty, Cell::Bar),
            Cell::money(r.shapley),
            Cell::text(r.risk.word()),
            Cell::text(&r.takes),
        ]
    };
    for row in found.levers.iter().filter(|r| r.status == Status::Recommended) {
        table.row(Kind::Line, 0, cells(row));
    }
    let best = [Cell::text("Best together"), Cell::Empty, Cell::Empty, Cell::Money(found.combined)];
    table.row(Kind::Sum, 0, best.into_iter().chain(std::iter::repeat_n(Cell::Empty, 6)).collect());
    for row in found.levers.iter().filter(|r| r.status != Status::Recommended && !is_idle(r)) {
        table.row(Kind::Dim, 0, cells(row));
    }
    let idle: Vec<Usd> = found.levers.iter().filter(|r| is_idle(r)).filter_map(|r| r.shapley).filter(|s| !s.is_zero()).collect();
    if !idle.is_empty() && width >= SHARES {
        let name = if idle.len() == 1 { "1 other".to_owned() } else { format!("{} others", idle.len()) };
        let mut cells = vec![Cell::text(name)];
        cells.extend(std::iter::repeat_n(Cell::Empty, 6));
        cells.extend([Cell::Money(idle.into_iter().sum()), Cell::Empty, Cell::Empty]);
        table.row(Kind::Dim, 0, cells);
    }
    table
}

/// What the marks of the table mean.
pub(super) fn legend(found: &Savings) -> Vec<String> {
    let rests_on = || found.levers.iter().filter(|r| !is_idle(r)).filter_map(|r| r.rests_on);
    let mut lines = Vec::new();
    if rests_on().any(|on| on.assumed || on.calibrated) {
        let best = &found.recommendation;
        let how_much = best.unmeasured.map(|part| format!(": {} of the {}", dollars(part), dollars(best.saving))).unwrap_or_default();
        lines.push(format!("~ an input that is assumed or calibrated to the plan, not measured, stands behind it{how_much}."));
    }
    if rests_on().any(|on| on.weak_price) {
        lines.push("* a price of low confidence stands behind it.".into());
    }
    lines
}

/// True for a lever that has nothing to do here and of which the plan does not speak.
fn is_idle(row: &Row) -> bool {
    let nothing = |amount: Option<Usd>| amount.is_none_or(Usd::is_zero);
    let unheard = matches!(row.status, Status::NotHere | Status::NotApplicable | Status::Unpriced)
        || nothing(row.standalone) && nothing(row.marginal);
    row.stated.is_none() && row.status != Status::Recommended && unheard
}

/// A heading, and below it names with what is said of them: beside each other where there is room.
fn section(screen: &Screen, heading: &str, list: &[(String, String)], out: &mut String) {
    if list.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n  {}", screen.paint(Tone::Strong, heading));
    let names = list.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let beside = names + WORDS <= screen.width;
    let indent = " ".repeat(if names == 0 {
        4
    } else if beside {
        names + 6
    } else {
        8
    });
    for (name, text) in list {
        let filled = screen.fill(text, &indent);
        match filled.strip_prefix(&indent) {
            Some(rest) if beside && names > 0 => {
                let _ = write!(out, "    {name:names$}  {rest}");
            }
            _ if name.is_empty() => out.push_str(&filled),
            _ => {
                let _ = write!(out, "    {name}\n{filled}");
            }
        }
    }
}

fn reasons(found: &Savings, screen: &Screen, out: &mut String) {
    let told = |r: &&Row| r.status != Status::NotHere || r.stated.is_some();
    let why = |r: &Row| Some((r.title.clone(), r.reason.clone()?));
    let list: Vec<_> = found.levers.iter().filter(told).filter_map(why).collect();
    section(screen, "Why", &list, out);
}

fn overlaps(found: &Savings, screen: &Screen, out: &mut String) {
    let title = |id: &str| found.levers.iter().find(|r| r.id == id).map_or(id.to_owned(), |r| r.title.clone());
    let dollar = Usd::new(1.into());
    let done = |id: &String| found.recommendation.levers.contains(id);
    let pairs = found.overlaps.iter().filter(|o| done(&o.first) && done(&o.second));
    let pairs = pairs.filter_map(|o| Some((o, o.overlap.filter(|x| x.abs() >= dollar)?)));
    let line = |(o, overlap): (&crate::savings::document::Overlap, Usd)| {
        let text = format!("{} and {}: {} together", title(&o.first), title(&o.second), signed(-overlap));
        (String::new(), text)
    };
    let list: Vec<_> = pairs.map(line).take(SHOWN).collect();
    section(screen, "What they take from each other", &list, out);
}

fn of_the_plan(found: &Savings, screen: &Screen, out: &mut String) {
    let stated = found.totals.short.stated + found.totals.long.stated;
    let mut list: Vec<(String, String)> = found.double_counts.iter().map(|d| (String::new(), d.clone())).collect();
    if let Some(worth) = found.recommendation.of_the_plan.filter(|_| !stated.is_zero()) {
        let text = format!(
            "The plan says {}: those of its levers that may be done here save {} together at list prices.",
            dollars(stated),
            dollars(worth)
        );
        list.push((String::new(), text));
    }
    section(screen, "What the plan counts twice", &list, out);
}

fn not_here(found: &Savings, screen: &Screen, out: &mut String) {
    let idle = found.levers.iter().filter(|r| is_idle(r) && !matches!(r.status, Status::Unpriced | Status::NotApplicable));
    let names: Vec<&str> = idle.map(|r| r.title.as_str()).collect();
    if !names.is_empty() {
        section(screen, "Nothing to do here", &[(String::new(), names.join(" · "))], out);
    }
}

/// What the plan states, on its own arithmetic.
pub fn plan(found: &Savings, screen: &Screen) -> String {
    let mut out = format!("{} · what the plan says can be saved, on its own arithmetic\n\n", found.environment);
    out.push_str(&if found.levers.is_empty() { nothing_stated(found, screen) } else { screen.table(&plan_table(found)) });
    let list: Vec<_> = found.levers.iter().filter_map(|r| Some((r.title.clone(), r.arithmetic.clone()?))).collect();
    section(screen, "How each comes about", &list, &mut out);
    let list: Vec<_> = found.levers.iter().filter_map(|r| Some((r.title.clone(), r.reason.clone()?))).collect();
    section(screen, "Why list prices differ", &list, &mut out);
    of_the_plan(found, screen, &mut out);
    out.push('\n');
    out.push_str(&screen.hint(&format!("ce-cost savings {}", found.environment), "shows what list prices make of it"));
    out
}

/// An environment of whose savings the plan says nothing.
fn nothing_stated(found: &Savings, screen: &Screen) -> String {
    screen.fill(&format!("The plan states no savings for {} among these levers.", found.environment), "  ")
}

/// What the plan states, by horizon.
pub(super) fn plan_table(found: &Savings) -> Table {
    let mut table = Table::new(&[
        Column::words("", "lever"),
        Column::number("stated", "stated"),
        Column::number("reproduced", "reproduced"),
        Column::number("at list, alone", "standalone"),
        Column::number("after others", "marginal").droppable(2),
        Column::words("basis", "basis"),
        Column::words("acts on", "environment").droppable(1),
    ]);
    let parts = [("Short term", Horizon::Short, &found.totals.short), ("Long term", Horizon::Long, &found.totals.long)];
    for (name, horizon, total) in parts {
        let mut rows: Vec<&Row> = found.levers.iter().filter(|r| r.horizon == horizon).collect();
        rows.sort_by_key(|r| std::cmp::Reverse(r.stated));
        if rows.is_empty() {
            continue;
        }
        let part = total
            .share
            .as_ref()
            .filter(|_| !total.stated.is_zero())
            .and_then(|s| s.parse::<Decimal>().ok())
            .map(|s| Share(s.round_dp(2)).to_string());
        let name = part.map_or_else(|| name.to_owned(), |s| format!("{name}, {s} of the plan"));
        let cells = [Cell::text(name), Cell::Money(total.stated), Cell::Money(total.reproduced)]
            .into_iter()
            .chain(std::iter::repeat_n(Cell::Empty, 4))
            .collect();
        table.row(Kind::Group, 0, cells);
        for row in rows {
            let basis = row.basis.clone().unwrap_or_default();
            let amounts = [row.stated, row.reproduced, row.standalone, row.marginal].map(Cell::money);
            let cells = [Cell::text(&row.title)].into_iter().chain(amounts).chain([Cell::text(basis), Cell::text(&row.environment)]);
            table.row(Kind::Line, 1, cells.collect());
        }
    }
    let sum = |f: fn(&Total) -> Usd| Cell::Money(f(&found.totals.short) + f(&found.totals.long));
    let sums = [Cell::text("The plan says"), sum(|t| t.stated), sum(|t| t.reproduced)];
    table.row(Kind::Sum, 0, sums.into_iter().chain(std::iter::repeat_n(Cell::Empty, 4)).collect());
    table
}

/// Every environment in a line.
pub fn all(all: &Together, screen: &Screen) -> String {
    let first = all.environments.first();
    let mut out =
        format!("all · what can be saved · {} · {}\n\n", first.map_or("", |s| s.prices.as_str()), first.map_or("", |s| s.month.as_str()));
    let mut table = Table::new(&[
        Column::words("", "environment"),
        Column::number("costs", "cost"),
        Column::number("saves", "saving"),
        Column::number("8 of 10 cases", "band"),
        Column::number("at once", "upfront"),
        Column::words("even", "break_even_month"),
        Column::number("levers", "levers").droppable(1),
    ]);
    for found in &all.environments {
        let best = &found.recommendation;
        let cells = vec![
            Cell::text(&found.environment),
            Cell::Money(found.cost),
            Cell::Money(best.saving),
            Cell::between(best.band.p10, best.band.p90),
            Cell::Money(best.upfront),
            Cell::text(best.break_even_month.clone().unwrap_or_else(|| "–".into())),
            Cell::text(best.levers.len().to_string()),
        ];
        table.row(Kind::Line, 0, cells);
    }
    let amounts = [all.cost, all.combined].map(Cell::Money);
    let cells =
        [Cell::text("together")].into_iter().chain(amounts).chain([Cell::Empty, Cell::Money(all.upfront), Cell::Empty, Cell::Empty]);
    table.row(Kind::Sum, 0, cells.collect());
    out.push_str(&screen.table(&table));
    for found in &all.environments {
        let title = |id: &String| found.levers.iter().find(|r| r.id == *id).map_or(id.clone(), |r| r.title.clone());
        let list: Vec<String> = found.waterfall.iter().map(|s| format!("{} {}", title(&s.lever), dollars(s.saving))).collect();
        section(screen, &found.environment, &[(String::new(), list.join(" · "))], &mut out);
    }
    out.push_str("\n  Each environment is analysed with the others as they are.\n");
    out
}
