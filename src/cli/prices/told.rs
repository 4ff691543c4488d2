//! What lists held, what was taken of it and what not, and where they differ from the book.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::cli::World;
use crate::pricing::history::{Finding, Laid, Said, Verdict};
use crate::pricing::offer::{Header, List};
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::Tone;

/// Rows that a table of differences shows.
const MOST: usize = 60;

/// All of it.
pub fn report(laid: &Laid, lists: &[List], world: &World) -> String {
    let mut out = String::new();
    for list in lists {
        let findings = laid.findings.iter().find(|(header, _)| *header == list.header).map_or(&[][..], |(_, f)| f.as_slice());
        one_list(&mut out, list, findings, world);
    }
    let found: Vec<(&Header, &Finding)> = laid.findings.iter().flat_map(|(h, f)| f.iter().map(move |f| (h, f))).collect();
    let table = |out: &mut String, title: &str, of: &[Verdict]| {
        let rows: Vec<&Finding> = found.iter().filter(|(_, f)| of.contains(&f.verdict)).map(|(_, f)| *f).collect();
        if !rows.is_empty() {
            let _ = writeln!(out, "\n{}", world.screen.paint(Tone::Strong, title));
            out.push_str(&world.screen.table(&differences(&rows)));
            if rows.len() > MOST {
                let _ = writeln!(out, "… and {} more", rows.len() - MOST);
            }
        }
    };
    table(&mut out, "Changed: a row beside the old one", &[Verdict::Changed]);
    table(&mut out, "Taken as the price of earlier months", &[Verdict::History]);
    table(&mut out, "Other prices in lists that are older than the book: not taken", &[Verdict::Older]);
    table(&mut out, "Not taken", &[Verdict::Several, Verdict::Unlike]);
    out
}

fn one_list(out: &mut String, list: &List, findings: &[Finding], world: &World) {
    let header = &list.header;
    let what = [header.offer.as_str(), header.version.as_str()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
    let published = header.published.map_or_else(|| "without a day".to_owned(), |d| format!("published {d}"));
    let title = format!("{}: {}{}, {published}", header.file, list.form, if what.is_empty() { what } else { format!(" {what}") });
    let _ = writeln!(out, "{}", world.screen.paint(Tone::Strong, &title));
    let count = |verdict: Verdict| findings.iter().filter(|f| f.verdict == verdict).count();
    let (new, same, changed, old) = (count(Verdict::New), count(Verdict::Same), count(Verdict::Changed), count(Verdict::History));
    // Of a product that nobody names a list in JSON is not read further.
    let named = if list.skipped.iter().any(|(reason, _)| reason.starts_with("products")) { " of products that are named" } else { "" };
    let _ = writeln!(out, "  read     {} rates{named}", list.rates);
    let taken = new + same + changed + old;
    let mut parts = vec![format!("{same} as in the book"), format!("{new} new"), format!("{changed} changed")];
    if old > 0 {
        parts.push(format!("{old} of earlier months"));
    }
    let _ = writeln!(out, "  taken    {taken} prices: {}", parts.join(", "));
    let mut left: BTreeMap<&str, u64> = list.skipped.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
    let mut add = |reason: &'static str, n: usize| {
        if n > 0 {
            left.insert(reason, n as u64);
        }
    };
    add("prices that differ, in a list that is older than the book", count(Verdict::Older));
    add("prices of which several could be meant", count(Verdict::Several));
    add("prices in another unit, from another allowance on or to another end than the book's", count(Verdict::Unlike));
    for (reason, n) in left {
        let _ = writeln!(out, "  skipped  {n} {reason}");
    }
}

fn differences(findings: &[&Finding]) -> Table {
    let mut table = Table::new(&[
        Column::words("usage type", "usage_type"),
        Column::words("region", "region").droppable(3),
        Column::words("term", "term").droppable(2),
        Column::words("book", "book"),
        Column::words("seen", "seen"),
        Column::words("list", "list"),
        Column::words("published", "published"),
        Column::words("", "note").droppable(1),
    ]);
    let nothing = Said { price: "–".into(), seen: String::new() };
    for finding in findings.iter().take(MOST) {
        let key = &finding.key;
        let name = if key.operation.is_empty() { key.usage_type.clone() } else { format!("{} {}", key.usage_type, key.operation) };
        let book = finding.book.as_ref().unwrap_or(&nothing);
        let term = key.term.to_string();
        let list = &finding.list;
        let texts = [&name, &key.region, &term, &book.price, &book.seen, &list.price, &list.seen, &finding.note];
        table.row(Kind::Line, 0, texts.iter().map(|t| Cell::text(t.as_str())).collect());
    }
    table
}
