//! `ce-cost prices diff`.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bill::Bill;
use crate::cli::args::{Cli, ViewFormat};
use crate::cli::forecast::{all_names, json};
use crate::cli::input::{self, Inputs};
use crate::cli::{Failure, Output, World};
use crate::forecast::next_month;
use crate::money::Usd;
use crate::month::{HoursBasis, Month};
use crate::predict::{self, Basis};
use crate::pricing::PriceBook;
use crate::pricing::diff::{Difference, differences};
use crate::pricing::history::{PriceKey, Said};
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::Tone;
use crate::report::{csv, markdown};

/// The JSON of `prices diff`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PriceDiff {
    /// Names this layout: `ce-cost/prices-diff/1`.
    pub schema: String,
    /// The environments, joined by `+`.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The first day or folder.
    pub before: String,
    /// The second.
    pub after: String,
    /// The month whose use is priced.
    pub month: String,
    /// What the environments cost at either prices. `before`, the effects of the changes, `together` and `tables` add up to `after`.
    pub totals: Vec<Totals>,
    /// Changes that move a bill, the largest first.
    pub changes: Vec<Change>,
    /// Changes that no environment has to do with.
    pub others: Vec<Change>,
}

/// One environment at both prices.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Totals {
    /// The environment.
    pub environment: String,
    /// At the first prices; `null` where something has no price there.
    pub before: Option<Usd>,
    /// At the second.
    pub after: Option<Usd>,
    /// What the changes of prices do together beyond what each does alone.
    pub together: Option<Usd>,
    /// What the books' other tables do: support plans and allowances.
    pub tables: Option<Usd>,
    /// Why a total is not there.
    pub why: Option<String>,
}

/// One price that changed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    /// The price list's service code.
    pub service: String,
    /// The region.
    pub region: String,
    /// The usage type.
    pub usage_type: String,
    /// The operation; empty for any.
    pub operation: String,
    /// The term.
    pub term: String,
    /// The price before, in words; `null` where there was none.
    pub before: Option<String>,
    /// When it was seen.
    pub before_seen: Option<String>,
    /// The price after.
    pub after: Option<String>,
    /// When it was seen.
    pub after_seen: Option<String>,
    /// What this change alone does to each environment in the month.
    pub effects: Vec<Effect>,
}

/// What one change does to one environment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Effect {
    /// The environment.
    pub environment: String,
    /// US dollars a month more or less; `null` where there is no bill at the first prices or none with the change.
    pub difference: Option<Usd>,
}

/// Runs the command.
pub fn run(cli: &Cli, before: &str, after: &str, month: Option<Month>, format: ViewFormat, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let (first, second) = (at(before, &inputs, world)?, at(after, &inputs, world)?);
    let month = month.unwrap_or_else(|| next_month(inputs.as_of));
    let basis = Basis { month, hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
    let names = all_names(&inputs);
    let bills = Bills { inputs: &inputs, names: &names, basis };
    let document = bills.compare(before, after, &first, &second);
    let table = table(&document);
    let out = match format {
        ViewFormat::Json => json(&document)?,
        ViewFormat::Csv => csv::write(&columns(&document), document.changes.iter().chain(&document.others).map(cells)),
        ViewFormat::Md => markdown::table(&table),
        ViewFormat::Table => page(&document, &table, world),
    };
    Ok(Output { out, notes: inputs.warnings(world) })
}

/// The prices of a day of the book in use, or of a folder on the day from which is computed.
fn at(name: &str, inputs: &Inputs, world: &World) -> Result<PriceBook, Failure> {
    if let Ok(day) = name.parse::<NaiveDate>() {
        return Ok(inputs.book.as_of(day));
    }
    let path = Path::new(name);
    if !path.is_dir() {
        let help = "help: name a day such as 2026-09-30, or a folder of price files";
        return Err(Failure::missing(format!("error: `{name}` is neither a day nor a folder\n{help}")));
    }
    Ok(input::book(&[path.to_owned()], world)?.as_of(inputs.as_of))
}

/// The bills of every environment at given prices.
struct Bills<'a> {
    inputs: &'a Inputs,
    names: &'a [String],
    basis: Basis,
}

impl Bills<'_> {
    fn of(&self, book: &PriceBook) -> Vec<Result<Bill, String>> {
        let bill = |name: &String| {
            let scenario = self.inputs.scenarios.named(name).ok_or_else(|| format!("there is no environment {name}"))?;
            predict::bill(&self.inputs.scenarios, scenario, book, self.basis).map(|b| b.cut(name)).map_err(|e| e.to_string())
        };
        self.names.iter().map(bill).collect()
    }

    fn compare(&self, before: &str, after: &str, first: &PriceBook, second: &PriceBook) -> PriceDiff {
        // Between them: the prices of the second with the support plans and allowances of the first.
        let (old, moved, new) = (self.of(first), self.of(&first.with_prices_of(second)), self.of(second));
        let total = |bill: &Result<Bill, String>| bill.as_ref().ok().map(Bill::total);
        let used: BTreeSet<(&str, &str)> = old.iter().chain(&new).flatten().flat_map(used).collect();
        let (mut changes, mut others) = (Vec::new(), Vec::new());
        for difference in differences(first, second) {
            let may_matter = used.contains(&(difference.key.region.as_str(), difference.key.usage_type.as_str()));
            let alone = may_matter.then(|| self.of(&first.with_price(&difference.key, &difference.after)));
            let effect = |n: usize| match &alone {
                Some(bills) => total(&bills[n]).zip(total(&old[n])).map(|(with, without)| with - without),
                None => total(&old[n]).map(|_| Usd::ZERO),
            };
            let effects: Vec<Option<Usd>> = (0..self.names.len()).map(effect).collect();
            let moves = effects.iter().any(|e| e.is_none_or(|e| !e.is_zero()));
            let change = change(&difference, self.names, &effects);
            if moves && may_matter { changes.push(change) } else { others.push(change) }
        }
        changes.sort_by_key(|c| std::cmp::Reverse(c.effects.iter().filter_map(|e| e.difference).map(Usd::abs).sum::<Usd>()));
        let totals = self.names.iter().enumerate().map(|(n, name)| {
            let (before, between, after) = (total(&old[n]), total(&moved[n]), total(&new[n]));
            let alone: Usd = changes.iter().filter_map(|c| c.effects[n].difference).sum();
            let together = before.zip(between).map(|(before, between)| between - before - alone);
            let tables = between.zip(after).map(|(between, after)| after - between);
            let why = old[n].as_ref().err().or(new[n].as_ref().err()).cloned();
            Totals { environment: name.clone(), before, after, together, tables, why }
        });
        PriceDiff {
            schema: "ce-cost/prices-diff/1".into(),
            environment: self.names.join("+"),
            currency: "USD".into(),
            as_of: self.inputs.as_of.to_string(),
            before: before.into(),
            after: after.into(),
            month: self.basis.month.to_string(),
            totals: totals.collect(),
            changes,
            others,
        }
    }
}

/// Region and usage type of everything on a bill.
fn used(bill: &Bill) -> Vec<(&str, &str)> {
    bill.charges.iter().map(|c| (c.region.as_ref(), c.usage_type.as_ref())).collect()
}

fn change(difference: &Difference, names: &[String], effects: &[Option<Usd>]) -> Change {
    let PriceKey { service, region, usage_type, operation, term } = difference.key.clone();
    let said = |rows: &[crate::pricing::PriceRow]| (!rows.is_empty()).then(|| Said::of(rows));
    let (before, after) = (said(&difference.before), said(&difference.after));
    Change {
        service,
        region,
        usage_type,
        operation,
        term: term.to_string(),
        before: before.as_ref().map(|s| s.price.clone()),
        before_seen: before.map(|s| s.seen),
        after: after.as_ref().map(|s| s.price.clone()),
        after_seen: after.map(|s| s.seen),
        effects: names.iter().zip(effects).map(|(n, e)| Effect { environment: n.clone(), difference: *e }).collect(),
    }
}

fn page(document: &PriceDiff, table: &Table, world: &World) -> String {
    let month = document.month.parse::<Month>().map_or_else(|_| document.month.clone(), |m| m.name());
    let title = format!("Prices of {} and {}: what each change does to {month}", document.before, document.after);
    let mut out = format!("{}\n\n", world.screen.paint(Tone::Strong, &title));
    let is_still = document.changes.is_empty() && document.totals.iter().all(|t| t.tables.is_some_and(|t| t.is_zero()));
    match is_still {
        true => out.push_str("No change of a price moves a bill.\n"),
        false => out.push_str(&world.screen.table(table)),
    }
    for total in document.totals.iter().filter(|t| t.why.is_some()) {
        out.push_str(&world.screen.fill(&format!("{}: {}", total.environment, total.why.as_deref().unwrap_or_default()), "  "));
    }
    if document.changes.iter().any(|c| moves_both_ways(&c.effects)) {
        let text =
            "Support is one fee of the payer, divided by what each environment is billed: a change in one moves the parts of the others.";
        out.push_str(&format!("\n{}", world.screen.fill(text, "")));
    }
    if !document.others.is_empty() {
        let what =
            if document.others.len() == 1 { "1 more price differs" } else { &format!("{} more prices differ", document.others.len()) };
        let text = format!("{what}, which no environment uses (--format csv lists them).");
        out.push_str(&format!("\n{}", world.screen.fill(&text, "")));
    }
    out
}

/// True where a change makes one environment dearer and another cheaper.
fn moves_both_ways(effects: &[Effect]) -> bool {
    let differences = || effects.iter().filter_map(|e| e.difference);
    differences().any(|d| d > Usd::ZERO) && differences().any(|d| d < Usd::ZERO)
}

fn table(document: &PriceDiff) -> Table {
    let mut columns = vec![
        Column::words("usage type", "usage_type"),
        Column::words("region", "region").droppable(3),
        Column::words("term", "term").droppable(2),
        Column::words("before", "before"),
        Column::words("after", "after"),
    ];
    columns.extend(document.totals.iter().map(|t| Column::named(&t.environment)));
    let mut table = Table::new(&columns);
    let head = |name: &str| vec![Cell::text(name), Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty];
    for change in &document.changes {
        let name =
            if change.operation.is_empty() { change.usage_type.clone() } else { format!("{} {}", change.usage_type, change.operation) };
        let price = |price: &Option<String>| price.clone().unwrap_or_else(|| "none".into());
        let texts = [name, change.region.clone(), change.term.clone(), price(&change.before), price(&change.after)];
        let effects = change.effects.iter().map(|e| e.difference.map_or_else(|| Cell::text("no price"), Cell::Difference));
        table.row(Kind::Line, 0, texts.into_iter().map(Cell::text).chain(effects).collect());
    }
    let sums = |name: &str, of: &dyn Fn(&Totals) -> Cell| head(name).into_iter().chain(document.totals.iter().map(of)).collect::<Vec<_>>();
    for (name, of) in [("only together", (|t| t.together) as fn(&Totals) -> Option<Usd>), ("support and allowances", |t| t.tables)] {
        // What would show as nothing is left out.
        if document.totals.iter().filter_map(of).any(|t| t.abs() >= Usd::new(Decimal::new(5, 1))) {
            table.row(Kind::Line, 0, sums(name, &|t| of(t).map_or(Cell::Empty, Cell::Difference)));
        }
    }
    let difference = |t: &Totals| t.before.zip(t.after).map_or_else(|| Cell::text("no price"), |(b, a)| Cell::Difference(a - b));
    table.row(Kind::Sum, 0, sums("all changes", &difference));
    table.row(Kind::Sum, 0, sums("a month after them", &|t| t.after.map_or(Cell::Empty, Cell::Money)));
    table
}

fn columns(document: &PriceDiff) -> Vec<&str> {
    let fixed = ["service_code", "region", "usage_type", "operation", "term", "before", "before_seen", "after", "after_seen"];
    fixed.into_iter().chain(document.totals.iter().map(|t| t.environment.as_str())).collect()
}

fn cells(change: &Change) -> Vec<String> {
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let mut cells = vec![
        change.service.clone(),
        change.region.clone(),
        change.usage_type.clone(),
        change.operation.clone(),
        change.term.clone(),
        text(&change.before),
        text(&change.before_seen),
        text(&change.after),
        text(&change.after_seen),
    ];
    cells.extend(change.effects.iter().map(|e| e.difference.map(|d| d.to_string()).unwrap_or_default()));
    cells
}
