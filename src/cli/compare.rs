//! `ce-cost compare`.

mod base;
mod show;

use std::collections::BTreeSet;
use std::fmt::Write;

use self::base::Asked;
use super::args::{Cli, CompareArgs, CostArg, ViewFormat};
use super::billed::{Billed, Bills};
use super::forecast::json;
use super::input::Inputs;
use super::{Failure, Output, World};
use crate::bill::{Bill, Charge};
use crate::money::Usd;
use crate::month::{HoursBasis, Month};
use crate::predict::{self, Basis};
use crate::quantity::exact;
use crate::scenario::Scenario;
use crate::scenario::actuals::ENVIRONMENT;
use crate::variance::document::{Allocation, Bears, Document, OfService, Tagged};
use crate::variance::join::SERVICE;
use crate::variance::key::{Cost, Keys};
use crate::variance::names::Names;
use crate::variance::scope::{self, Coverage, Divided};
use crate::variance::{self, Cut, Question};

/// The cost tags whose coverage is told.
const TAGS: &[&str] = &["Environment", "Service", "Owner"];
/// Values of a tag, and accounts, that an error names.
const VALUES: usize = 12;

impl CostArg {
    fn cost(self) -> Cost {
        match self {
            CostArg::Unblended => Cost::Unblended,
            CostArg::Amortized => Cost::Amortized,
            CostArg::Net => Cost::Net,
        }
    }
}

/// Runs the command.
pub fn run(cli: &Cli, args: &CompareArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let scenario = inputs.environment(&args.environment)?;
    let month = args.month.or_else(|| Month::of(inputs.as_of).before()).unwrap_or_else(|| Month::of(inputs.as_of));
    let (_, _, members) = inputs.scenarios.payer(scenario);
    let bills = Bills::open(&args.billed, world)?;
    let bill = bills.month(month, &members)?;
    let before = args.against_month.map(|m| bills.month(m, &members)).transpose()?;
    let way = Way { cost: args.cost.cost(), hours: args.hours, free_tier: !args.no_free_tier };
    let document = document(&inputs, way, scenario, &bill, before.as_ref())?;
    let mut notes = inputs.warnings(world);
    if let Some(other) = members.iter().find(|m| m.name != scenario.name && scope::how(m) == scope::how(scenario)) {
        let how = scope::how(scenario);
        let _ = writeln!(
            notes,
            "note: {} and {} cannot be told apart on a bill: both are {how}; `actuals:` in their files says more",
            scenario.name, other.name
        );
    }
    let of_sources = bill.remark.iter().chain(before.iter().filter_map(|b| b.remark.as_ref()));
    let mistakable = [Some(&bill), before.as_ref()].into_iter().flatten().flat_map(|b| b.mistakable(&members)).collect::<Vec<_>>();
    for remark in bills.remarks().iter().chain(of_sources).chain(&mistakable).chain(&document.comparison.remarks) {
        let _ = writeln!(notes, "note: {remark}");
    }
    let out = match args.format {
        ViewFormat::Json => json(&document)?,
        ViewFormat::Table if args.tags => show::tags_page(&document, &world.screen),
        ViewFormat::Table => show::page(&document, &world.screen),
        ViewFormat::Csv if args.tags => show::tags_csv(&document),
        ViewFormat::Csv => show::rows_csv(&document),
        ViewFormat::Md if args.tags => show::tags_markdown(&document),
        ViewFormat::Md => show::markdown_page(&document),
    };
    Ok(Output { out, notes })
}

/// How a comparison is made.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// Which amounts.
    pub cost: Cost,
    /// The hours on which the prediction is made.
    pub hours: HoursBasis,
    /// False to predict without monthly allowances.
    pub free_tier: bool,
}

/// Compares bills that were read.
pub fn document(inputs: &Inputs, way: Way, scenario: &Scenario, bill: &Billed, before: Option<&Billed>) -> Result<Document, Failure> {
    let names = Names::embedded();
    let keys = Keys { names: &names, book: &inputs.book };
    let (_, payer, members) = inputs.scenarios.payer(scenario);
    let divide = |billed: &Billed| billed.divide(&members, &payer.shared, &keys, way.cost);
    let of_before = before.map(|b| (b, divide(b)));
    of_divided(inputs, keys, way, scenario, (bill, &divide(bill)), of_before.as_ref().map(|(b, divided)| (*b, divided)))
}

/// Compares bills that were read and divided among their payer's members, by the amounts of `way`.
pub fn of_divided(
    inputs: &Inputs,
    keys: Keys<'_>,
    way: Way,
    scenario: &Scenario,
    (bill, divided): (&Billed, &Divided),
    before: Option<(&Billed, &Divided)>,
) -> Result<Document, Failure> {
    let cost = way.cost;
    let asked = Asked { inputs, keys, way, scenario, bill, divided };
    let mut actual = asked.cut(divided, &bill.bill);
    if actual.own.charges.is_empty() {
        return Err(none_is_its(scenario, &bill.bill));
    }
    let base = before.map_or_else(|| asked.prediction(), |(before, of_before)| asked.month(before, of_before))?;
    // Tiers count over the whole payer: of members on whom the bill says nothing at all, what is predicted is taken.
    if before.is_none() && divided.is_only(&scenario.name) {
        actual.payer.charges.extend(base.at_hours.payer.charges.iter().filter(|c| c.environment != scenario.name).cloned());
    }
    let of_before = before.map(|(_, divided)| divided);
    let untagged = (asked.of_its_accounts(&base.nobodys, of_before), asked.of_its_accounts(&divided.unallocated, of_before));
    let unallocated_before = of_before.map(|d| d.unallocated.iter().map(|c| cost.of(c)).sum());
    let so_far = bill.so_far(inputs.as_of);
    let question = Question {
        untagged: (&untagged.0, &untagged.1),
        others: &base.others,
        so_far,
        base: &base.cut,
        calendar: &base.at_hours,
        billed: &actual,
        cost,
        keys,
        free_tier: before.is_some() || way.free_tier,
        scenario,
        sources: &inputs.scenarios.sources,
        before: &base.name,
        resources: bill.asked(SERVICE),
    };
    Ok(Document {
        schema: "ce-cost/compare/1".into(),
        environment: scenario.name.to_string(),
        currency: "USD".into(),
        as_of: inputs.as_of.to_string(),
        month: bill.bill.month.to_string(),
        against: before.map(|(b, _)| b.bill.month.to_string()),
        cost: cost.word().into(),
        hours: exact(bill.bill.hours),
        predicted_hours: exact(base.cut.own.hours),
        source: bill.source.clone(),
        is_final: bill.is_final,
        so_far,
        comparison: variance::compare(&question),
        allocation: Allocation { unallocated_before, ..allocation(scenario, divided, &bill.bill, &keys, cost) },
        tags: scope::coverage(&bill.bill.charges, TAGS, &keys, cost).into_iter().map(|c| tagged(c, bill)).collect(),
    })
}

/// No row of a bill is an environment's: what it looks for, and what there is.
pub fn none_is_its(scenario: &Scenario, bill: &Bill) -> Failure {
    let (month, name, how) = (bill.month, &scenario.name, scope::how(scenario));
    let mut keys: BTreeSet<&str> = scenario.actuals.tag.keys().map(String::as_str).collect();
    if keys.is_empty() {
        keys.insert(ENVIRONMENT);
    }
    let list = |found: BTreeSet<&str>| match found.is_empty() {
        true => "none".to_owned(),
        false => found.into_iter().take(VALUES).collect::<Vec<&str>>().join(", "),
    };
    let values = keys.into_iter().map(|k| {
        let values = bill.charges.iter().filter_map(|c| scope::tag(c, k)).collect();
        format!("help: values of the tag {k} on it: {}", list(values))
    });
    let values = values.collect::<Vec<String>>().join("\n");
    let accounts = list(bill.charges.iter().map(|c| c.account.as_ref()).filter(|a| !a.is_empty()).collect());
    let help = "help: cost allocation tags must be active in the payer's billing settings; `actuals: {account: …}` in the scenario names accounts instead";
    Failure::missing(format!(
        "error: no row of the bill of {month} is {name}'s: none has {how}\n{values}\nhelp: accounts on it: {accounts}\n{help}"
    ))
}

/// What was predicted for a month: the environment's part and the payer's whole.
pub fn predicted(inputs: &Inputs, scenario: &Scenario, month: Month, hours: HoursBasis, free_tier: bool) -> Result<Cut, Failure> {
    let basis = Basis { month, hours, pooled: true, free_tier, failover: None };
    let payer = predict::bill(&inputs.scenarios, scenario, &inputs.book, basis).map_err(|e| Failure::input(format!("error: {e}")))?;
    Ok(Cut { own: payer.cut(&scenario.name), payer })
}

fn allocation(scenario: &Scenario, divided: &Divided, bill: &Bill, keys: &Keys<'_>, cost: Cost) -> Allocation {
    let sum = |charges: &[Charge]| charges.iter().map(|c| cost.of(c)).sum::<Usd>();
    Allocation {
        how: scope::how(scenario),
        total: sum(&bill.charges),
        members: divided
            .members
            .iter()
            .map(|m| Bears { environment: m.environment.clone(), own: sum(&m.own), shared: sum(&m.shared) })
            .collect(),
        unallocated: sum(&divided.unallocated),
        unallocated_before: None,
        unallocated_by_service: services(scope::by_service(&divided.unallocated, keys, cost)),
    }
}

fn services(list: Vec<(String, Usd)>) -> Vec<OfService> {
    list.into_iter().map(|(service, amount)| OfService { service, amount }).collect()
}

fn tagged(coverage: Coverage, bill: &Billed) -> Tagged {
    let Coverage { tag, tagged, untagged, share } = coverage;
    if bill.asked(&tag) {
        return Tagged { tag, share: Some(exact(share)), tagged, untagged: services(untagged) };
    }
    Tagged { tag, share: None, tagged, untagged: Vec::new() }
}
