//! `ce-cost report`: gathers facts, asks for the document, hands it to a writer.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::args::{Cli, ReportArgs, ReportFormat, SubjectArgs};
use super::billed::{Billed, Bills};
use super::compare::{self, Way, predicted};
use super::forecast::{all_names, json};
use super::input::Inputs;
use super::{Exit, Failure, Output, World, out_file};
use crate::bill::Bill;
use crate::bill::group::By;
use crate::forecast::paths::Drawing;
use crate::forecast::{self, Cut};
use crate::money::Usd;
use crate::month::{HoursBasis, Month};
use crate::predict::Basis;
use crate::report::monthly::document::Report;
use crate::report::monthly::facts::{self, Facts, Past, Predicted};
use crate::report::monthly::report;
use crate::report::page::{self, Page};
use crate::report::{csv, workbook};
use crate::savings::analysis::Limits;
use crate::savings::document::Savings;
use crate::savings::ground::NoWorth;
use crate::savings::lever::{Level, Levers};
use crate::savings::{self, Asked};
use crate::scenario::Scenario;
use crate::variance::calendar;
use crate::variance::key::{Cost, Keys};
use crate::variance::names::Names;
use crate::variance::scope;

/// Months ahead.
const AHEAD: u32 = 12;
/// Months with a bill that are looked at, the month of the report among them.
const PAST: u32 = 14;
/// Fees are spread over their terms everywhere in the report.
const COST: Cost = Cost::Amortized;

/// Runs the command.
pub fn run(cli: &Cli, args: &ReportArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let document = document(cli, &args.subject, &inputs, world)?;
    let notes = inputs.warnings(world);
    written(args, &document, world, notes)
}

/// The document that the arguments ask for.
pub fn document(cli: &Cli, args: &SubjectArgs, inputs: &Inputs, world: &World) -> Result<Report, Failure> {
    let names = Names::embedded();
    let gathering = Gathering::new(cli, args, inputs, world, Keys { names: &names, book: &inputs.book })?;
    let environments = match args.all {
        true => all_names(inputs),
        false => args.environment.clone().into_iter().collect(),
    };
    let scenarios = environments.iter().map(|name| inputs.environment(name)).collect::<Result<Vec<_>, _>>()?;
    let facts = scenarios.into_par_iter().map(|s| gathering.facts(s)).collect::<Result<Vec<_>, _>>()?;
    let none = || Failure::usage("error: there is no environment to report on");
    report(&facts, &gathering.trail()).ok_or_else(none)
}

/// What is read once for all environments.
struct Gathering<'a> {
    inputs: &'a Inputs,
    keys: Keys<'a>,
    month: Month,
    drawing: Drawing,
    levers: Result<Levers, String>,
    /// Bills by month and payer, of the environments' payers.
    bills: BTreeMap<(Month, String), Result<Billed, String>>,
    what: String,
}

impl<'a> Gathering<'a> {
    fn new(cli: &Cli, args: &SubjectArgs, inputs: &'a Inputs, world: &World, keys: Keys<'a>) -> Result<Gathering<'a>, Failure> {
        let month = args.month.or_else(|| Month::of(inputs.as_of).before()).unwrap_or_else(|| Month::of(inputs.as_of));
        let levers = Failure::unless_missing(inputs.levers(cli, world))?;
        let mut gathering =
            Gathering { inputs, keys, month, drawing: args.drawing.drawing(), levers, bills: BTreeMap::new(), what: String::new() };
        let bills = match Bills::open(&args.billed, world) {
            Ok(bills) => bills,
            Err(failure) if matches!(failure.exit, Exit::Missing | Exit::Usage) => return Ok(gathering),
            Err(failure) => return Err(failure),
        };
        let mut first = month;
        (1..PAST).for_each(|_| first = first.before().unwrap_or(first));
        for scenario in &inputs.scenarios.all {
            let (payer, _, members) = inputs.scenarios.payer(scenario);
            for n in 0..PAST {
                if let Entry::Vacant(place) = gathering.bills.entry((first.plus(n), payer.to_owned())) {
                    place.insert(Failure::unless_missing(bills.month(first.plus(n), &members))?);
                }
            }
        }
        gathering.what = bills.remarks().join("; ");
        Ok(gathering)
    }

    fn billed(&self, scenario: &Scenario, month: Month) -> Result<&Billed, String> {
        let (payer, ..) = self.inputs.scenarios.payer(scenario);
        match self.bills.get(&(month, payer.to_owned())) {
            Some(Ok(bill)) => Ok(bill),
            Some(Err(why)) => Err(why.clone()),
            None => Err(format!("no bill of {month} was read")),
        }
    }

    /// Everything about one environment.
    fn facts(&self, scenario: &'a Scenario) -> Result<Facts<'a>, Failure> {
        let basis = self.basis(self.month.plus(1));
        let ((forecast, savings), (past, billed)) = rayon::join(
            || rayon::join(|| self.forecast(scenario, basis, AHEAD), || self.savings(scenario, basis)),
            || rayon::join(|| self.past(scenario), || self.compared(scenario)),
        );
        let (forecast, ahead) = forecast?;
        Ok(Facts {
            scenario,
            keys: self.keys,
            month: self.month,
            as_of: self.inputs.as_of,
            predicted: self.predicted(scenario)?,
            billed: billed?,
            forecast,
            ahead,
            savings: savings?,
            past: past?,
            anomalies: None,
        })
    }

    fn basis(&self, month: Month) -> Basis {
        Basis { month, hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None }
    }

    fn forecast(&self, scenario: &Scenario, basis: Basis, months: u32) -> Result<(forecast::Forecast, Vec<Bill>), Failure> {
        let cut = Cut { by: By::Group, planned_only: false, as_of: self.inputs.as_of.to_string(), drawing: self.drawing };
        let made = forecast::forecast(&self.inputs.scenarios, scenario, &self.inputs.book, basis, months, &cut);
        made.map_err(|e| Failure::input(format!("error: {e}")))
    }

    fn predicted(&self, scenario: &Scenario) -> Result<Predicted, Failure> {
        let bill = predicted(self.inputs, scenario, self.month, HoursBasis::Actual, true)?.own;
        let total = bill.charges.iter().map(|c| COST.of(c)).sum();
        let unplanned = crate::bill::group::scoped(&bill, scenario).unplanned_total;
        Ok(Predicted { total, unplanned, budget: scenario.plan.as_ref().map(|p| p.total), bill })
    }

    fn savings(&self, scenario: &Scenario, basis: Basis) -> Result<Result<Savings, String>, Failure> {
        let levers = match &self.levers {
            Ok(levers) => levers,
            Err(why) => return Ok(Err(why.clone())),
        };
        let limits = Limits {
            risk: Some(Level::Medium),
            upfront: None,
            no_commitment: false,
            named: false,
            against_requirements: false,
            least: None,
        };
        let asked = Asked { basis, limits, of_plan: false, drawing: self.drawing, as_of: self.inputs.as_of.to_string() };
        match savings::savings(&self.inputs.scenarios, scenario, &self.inputs.book, levers, &asked) {
            Ok(savings) => Ok(Ok(savings)),
            Err(NoWorth::Bill(why)) => Err(Failure::input(format!("error: {why}"))),
            Err(NoWorth::Change(wrong)) => Err(Failure::input(wrong.0.render(&wrong.1, false))),
        }
    }

    /// The month against the prediction, and against the month before.
    fn compared(&self, scenario: &Scenario) -> Result<Result<facts::Billed, String>, Failure> {
        let bill = match self.billed(scenario, self.month) {
            Ok(bill) => bill,
            Err(why) => return Ok(Err(why)),
        };
        let way = Way { cost: COST, hours: HoursBasis::Actual, free_tier: true };
        let of = |before: Option<&Billed>| Failure::unless_missing(compare::document(self.inputs, way, scenario, bill, before));
        let document = match of(None)? {
            Ok(document) => document,
            Err(why) => return Ok(Err(why)),
        };
        let before = self.month.before().and_then(|m| self.billed(scenario, m).ok());
        let before = before.map(|b| of(Some(b))).transpose()?.and_then(Result::ok);
        Ok(self.own(scenario, bill).map(|own| facts::Billed { document, before, own }).ok_or_else(|| "no row is its own".into()))
    }

    fn own(&self, scenario: &Scenario, billed: &Billed) -> Option<Bill> {
        let (_, payer, members) = self.inputs.scenarios.payer(scenario);
        billed.own(scenario, &members, &payer.shared, &self.keys, COST).ok()
    }

    /// Every month with a bill, up to that of the report.
    fn past(&self, scenario: &Scenario) -> Result<Vec<Past>, Failure> {
        let (payer, ..) = self.inputs.scenarios.payer(scenario);
        let found: Vec<(&Billed, Bill)> = self
            .bills
            .iter()
            .filter(|((_, of), _)| of == payer)
            .filter_map(|(_, bill)| bill.as_ref().ok())
            .filter_map(|b| Some((b, self.own(scenario, b)?)))
            .collect();
        let month = |(n, (billed, own)): (usize, &(&Billed, Bill))| {
            let before = n.checked_sub(1).and_then(|n| found.get(n)).filter(|(_, b)| b.month.plus(1) == own.month);
            self.past_month(scenario, billed, own, before.map(|(_, b)| b))
        };
        found.par_iter().enumerate().map(month).collect()
    }

    fn past_month(&self, scenario: &Scenario, billed: &Billed, own: &Bill, before: Option<&Bill>) -> Result<Past, Failure> {
        let total = |bill: &Bill| bill.charges.iter().map(|c| COST.of(c)).sum::<Usd>();
        let (forecast, bills) = self.forecast(scenario, self.basis(own.month), 1)?;
        // The band is one of the invoice; where fees are spread it moves with the likely values.
        let spread = bills.first().map(|b| total(b) - b.total()).unwrap_or(Usd::ZERO);
        let mut band = forecast.months.first().map(|m| m.band.clone()).unwrap_or_default();
        for end in [&mut band.p10, &mut band.p50, &mut band.p90] {
            *end = end.map(|amount| amount + spread);
        }
        Ok(Past {
            month: own.month,
            is_closed: billed.is_closed(self.inputs.as_of),
            billed: total(own),
            services: scope::by_service(&own.charges, &self.keys, COST).into_iter().collect(),
            predicted: bills.first().map(total).unwrap_or(Usd::ZERO),
            band,
            naive: before.and_then(|b| calendar::at(b, own.month)).map(|b| total(&b)),
        })
    }

    /// From what the report is made.
    fn trail(&self) -> Vec<(String, String)> {
        let mut trail = vec![
            ("program".to_owned(), format!("ce-cost {}", env!("CARGO_PKG_VERSION"))),
            ("computed as of".to_owned(), self.inputs.as_of.to_string()),
            ("amounts".to_owned(), format!("{} US dollars: fees spread over their terms", COST.word())),
            ("paths behind bands".to_owned(), format!("{}, seed {}", self.drawing.paths, self.drawing.seed)),
            ("prices".to_owned(), format!("{} rows, newest seen {}", self.inputs.book.rows().len(), newest(self.inputs))),
        ];
        trail.extend(self.inputs.files.iter().map(|f| (f.name.clone(), format!("SHA-256 {}", hash(f.text.as_bytes())))));
        for ((month, payer), bill) in self.bills.iter().filter_map(|(key, bill)| Some((key, bill.as_ref().ok()?))) {
            let sum: Usd = bill.bill.charges.iter().map(|c| COST.of(c)).sum();
            let closed = if bill.is_final { "final" } else { "not closed" };
            trail.push((
                format!("bill of {month}, {payer}"),
                format!("{}, {closed}, {} rows, {sum} USD", bill.source, bill.bill.charges.len()),
            ));
        }
        if !self.what.is_empty() {
            trail.push(("bills".to_owned(), self.what.clone()));
        }
        trail
    }
}

/// The newest day on which a price of the book was seen.
fn newest(inputs: &Inputs) -> &str {
    inputs.book.rows().iter().map(|r| r.seen.as_str()).filter(|s| s.len() == 10).max().unwrap_or_default()
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Into files of a folder, or one format to standard output.
fn written(args: &ReportArgs, document: &Report, world: &World, notes: String) -> Result<Output, Failure> {
    let Some(folder) = &args.out else {
        let [format] = args.format.as_slice() else {
            return Err(Failure::usage("error: several formats are several files\nhelp: `--out DIR` says where"));
        };
        return Ok(Output { out: text(args, *format, document, world)?, notes });
    };
    let name = format!("{}-{}", document.environment, document.month);
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for format in &args.format {
        let file = |ending: &str| folder.join(format!("{name}.{ending}"));
        match format {
            ReportFormat::Csv => {
                files.extend(csv_files(document).map(|(table, text)| (folder.join(&name).join(format!("{table}.csv")), text.into_bytes())))
            }
            ReportFormat::Xlsx => files.push((file("xlsx"), workbook::write(document).map_err(internal)?)),
            ReportFormat::Table => files.push((file("txt"), text(args, *format, document, world)?.into_bytes())),
            ReportFormat::Html => files.push((file("html"), text(args, *format, document, world)?.into_bytes())),
            ReportFormat::Md => files.push((file("md"), text(args, *format, document, world)?.into_bytes())),
            ReportFormat::Json => files.push((file("json"), text(args, *format, document, world)?.into_bytes())),
        }
    }
    let mut out = String::new();
    for (path, bytes) in files {
        out_file::write_in_new_folder(&path, &bytes)?;
        out.push_str(&format!("{}\n", path.display()));
    }
    Ok(Output { out, notes })
}

fn text(args: &ReportArgs, format: ReportFormat, document: &Report, world: &World) -> Result<String, Failure> {
    let page =
        |page: Page| page::write(document, page, template(args, page)?.as_deref()).map_err(|e| Failure::input(format!("error: {e}")));
    match format {
        ReportFormat::Json => json(document),
        ReportFormat::Table => Ok(page::terminal(document, &world.screen)),
        ReportFormat::Html => page(Page::Html),
        ReportFormat::Md => page(Page::Markdown),
        ReportFormat::Csv | ReportFormat::Xlsx => Err(Failure::usage("error: csv and xlsx are files\nhelp: `--out DIR` says where")),
    }
}

/// The user's own template of a page, where the folder has one.
fn template(args: &ReportArgs, page: Page) -> Result<Option<String>, Failure> {
    let Some(folder) = &args.template else { return Ok(None) };
    let path = folder.join(page.template());
    match path.is_file() {
        true => Ok(Some(super::input::file(&path)?.text)),
        false => Err(Failure::missing(format!("error: there is no {}", path.display()))),
    }
}

/// Every table by the name of its file. Numbers are exact; text that a spreadsheet would run is made harmless.
fn csv_files(document: &Report) -> impl Iterator<Item = (String, String)> {
    let several = document.chapters.len() > 1;
    let tables = document.chapters.iter().flat_map(|c| c.sections.iter().flat_map(|s| &s.tables).map(move |t| (c, t)));
    tables.map(move |(c, t)| {
        let header: Vec<&str> = t.table.columns.iter().map(|c| if c.key.is_empty() { &*c.title } else { c.key }).collect();
        let rows = t.table.rows.iter().map(|r| r.cells.iter().map(|cell| cell.exact().unwrap_or_default()).collect());
        let name = if several { format!("{}-{}", c.environment, t.id) } else { t.id.clone() };
        (name, csv::write(&header, rows))
    })
}

fn internal(message: String) -> Failure {
    Failure { exit: Exit::Internal, message: format!("error: {message}") }
}
