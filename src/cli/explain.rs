//! `ce-cost explain`.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use super::args::{Cli, ExplainArgs, ViewFormat};
use super::forecast::json;
use super::input::Inputs;
use super::{Failure, Output, World};
use crate::bill::why::{Why, WhyFactor, askable, explain, matching};
use crate::diagnostic::nearest;
use crate::money::Usd;
use crate::predict;
use crate::rating::credit::End;
use crate::report::terminal::{Screen, Tone};
use crate::report::{csv, markdown};
use crate::usage::{CREDITS, Step};

/// The JSON of `explain --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explanation {
    /// Names this layout: `ce-cost/explain/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The month.
    pub month: String,
    /// What was asked for; `null` for everything.
    pub line: Option<String>,
    /// The charges.
    pub charges: Vec<Why>,
    /// Their sum.
    pub total: Usd,
}

/// Runs the command.
pub fn run(cli: &Cli, args: &ExplainArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let scenario = inputs.environment(&args.environment)?;
    let basis = inputs.basis(&args.basis);
    inputs.check_failover(scenario, basis, 1)?;
    let bill = predict::bill(&inputs.scenarios, scenario, &inputs.book, basis)
        .map_err(|e| Failure::input(format!("error: {e}")))?
        .cut(&scenario.name);
    let parts = matching(&bill, scenario, args.line.as_deref());
    if let Some(asked) = args.line.as_deref().filter(|_| parts.is_empty()) {
        let known = askable(&bill, scenario);
        let near = nearest(asked, known.iter().map(String::as_str)).map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
        return Err(Failure::usage(format!(
            "error: {} has nothing called `{asked}`{near}\nhelp: ask for a line or group of the plan, a resource, a service or a usage type: {}",
            scenario.name,
            known.iter().take(40).map(String::as_str).collect::<Vec<_>>().join(", ")
        )));
    }
    let mut charges: Vec<Why> = parts.iter().map(|p| explain(p, scenario, &inputs.scenarios, &inputs.book)).collect();
    if charges.iter().any(|c| c.resource == CREDITS) {
        let ends = predict::ends(&inputs.scenarios, scenario, &inputs.book, basis).map_err(|e| Failure::input(format!("error: {e}")))?;
        say_ends(&mut charges, &ends);
    }
    let explanation = Explanation {
        schema: "ce-cost/explain/1".into(),
        environment: scenario.name.to_string(),
        currency: "USD".into(),
        as_of: inputs.as_of.to_string(),
        month: bill.month.to_string(),
        line: args.line.clone(),
        total: charges.iter().map(|c| c.cost).sum(),
        charges,
    };
    let out = match args.format {
        ViewFormat::Json => json(&explanation)?,
        ViewFormat::Csv => csv_rows(&explanation),
        ViewFormat::Md => markdown_page(&explanation),
        ViewFormat::Table => page(&explanation, &bill.month.name(), &world.screen),
    };
    Ok(Output { out, notes: inputs.warnings(world) })
}

/// Says of each credit how it ends.
fn say_ends(charges: &mut [Why], ends: &[(String, End)]) {
    for charge in charges.iter_mut().filter(|c| c.resource == CREDITS) {
        if let Some((_, end)) = ends.iter().find(|(name, end)| *name == charge.usage_type && *end != End::Lasts) {
            let _ = write!(charge.description, ": {end}");
        }
    }
}

fn page(explanation: &Explanation, month: &str, screen: &Screen) -> String {
    let what = explanation.line.clone().unwrap_or_else(|| format!("everything in {}", explanation.environment));
    let title = format!("{what}, {month}");
    let total = format!("{} USD", explanation.total);
    let gap = screen.width.min(100).saturating_sub(title.chars().count() + total.len()).max(2);
    let mut out = format!("{title}{}{}\n", " ".repeat(gap), screen.paint(Tone::Strong, &total));
    let mut resource = "";
    for charge in &explanation.charges {
        if charge.resource != resource {
            resource = &charge.resource;
            let _ = writeln!(out, "\n  {}", screen.paint(Tone::Strong, &format!("{} ({})", charge.title, charge.resource)));
        }
        out.push_str(&one(charge, screen));
    }
    out
}

fn one(charge: &Why, screen: &Screen) -> String {
    let mut out = String::new();
    let share = if charge.share == "1" { String::new() } else { format!("   (share {} of the charge)", charge.share) };
    let name =
        if charge.description.is_empty() { charge.usage_type.clone() } else { format!("{} · {}", charge.usage_type, charge.description) };
    let _ = writeln!(out, "\n  {}   {}{share}", name, screen.paint(Tone::Strong, &format!("{} USD", charge.cost)));
    if charge.amortized != charge.cost {
        let where_else = match () {
            () if charge.amortized < Usd::ZERO => "it is off fees that are spread over what they cover",
            () if charge.amortized < charge.cost => "the fee is spread over what it covers",
            () => "the fee stands in a row of its own",
        };
        let _ = writeln!(out, "      amortized {} USD: {where_else}", charge.amortized);
    }
    for tier in &charge.tiers {
        let bounds = match (&tier.to, tier.from.as_str()) {
            _ if tier.free => "   free each month".to_owned(),
            (None, "0") => String::new(),
            (None, from) => format!("   tier from {from}"),
            (Some(to), from) => format!("   tier {from} to {to}"),
        };
        let _ = writeln!(out, "      {} {} × {} = {}{bounds}", tier.quantity, charge.unit, tier.price, tier.cost);
    }
    for (i, factor) in charge.factors.iter().enumerate() {
        let sign = sign(i, factor).unwrap_or(" ");
        let text = format!("{sign} {} {}{}", factor.name, factor.shown, origin(factor));
        let text = if factor.provenance == "assumed" { format!("{text} ~") } else { text };
        out.push_str(&hanging(screen, &text));
    }
    if let Some(price) = &charge.price {
        let sku = if price.sku.is_empty() { "no SKU seen".to_owned() } else { format!("SKU {}", price.sku) };
        let when = &price.when;
        let mark = if price.confidence == "low" { " *" } else { "" };
        let text = format!("price: {sku}, {when}, {}, {} confidence{mark} ({})", price.source, price.confidence, price.place);
        out.push_str(&screen.paint(Tone::Dim, hanging(screen, &text).trim_end()));
        out.push('\n');
    }
    out
}

fn hanging(screen: &Screen, text: &str) -> String {
    let filled = screen.fill(text, "        ");
    let (first, rest) = filled.split_once('\n').unwrap_or((&filled, ""));
    let rest = rest.lines().map(|l| format!("  {l}\n")).collect::<String>();
    format!("{}\n{rest}", first.replacen("        ", "      ", 1))
}

fn origin(factor: &WhyFactor) -> String {
    let mut parts = Vec::new();
    if factor.provenance != "rule" {
        parts.push(factor.provenance.clone());
    }
    parts.extend(factor.place.clone());
    let why = factor.why.as_ref().map(|w| format!(": {w}")).unwrap_or_default();
    if parts.is_empty() { String::new() } else { format!(" ({}{why})", parts.join(", ")) }
}

/// The sign before a factor; the first one has none unless it is taken off.
fn sign(place: usize, factor: &WhyFactor) -> Option<&str> {
    (place > 0 || factor.step == Step::Minus.sign()).then_some(factor.step.as_str())
}

/// The formula in one line.
fn formula(charge: &Why) -> String {
    let mut out = String::new();
    for (i, f) in charge.factors.iter().enumerate() {
        let space = if i == 0 { "" } else { " " };
        let sign = sign(i, f).map(|s| format!("{space}{s} ")).unwrap_or_default();
        let _ = write!(out, "{sign}{} {}", f.name, f.shown);
    }
    out
}

fn csv_rows(explanation: &Explanation) -> String {
    let header = [
        "resource",
        "service",
        "region",
        "usage_type",
        "operation",
        "quantity",
        "unit",
        "cost_usd",
        "share",
        "formula",
        "sku",
        "price_seen",
        "confidence",
        "source",
    ];
    let rows = explanation.charges.iter().map(|c| {
        let price = c.price.as_ref();
        let of = |f: fn(&crate::bill::why::WhyPrice) -> &String| price.map(|p| f(p).clone()).unwrap_or_default();
        vec![
            c.resource.clone(),
            c.service.clone(),
            c.region.clone(),
            c.usage_type.clone(),
            c.operation.clone(),
            c.quantity.clone(),
            c.unit.clone(),
            c.cost.to_string(),
            c.share.clone(),
            formula(c),
            of(|p| &p.sku),
            of(|p| &p.effective),
            of(|p| &p.confidence),
            of(|p| &p.source),
        ]
    });
    csv::write(&header, rows)
}

fn markdown_page(explanation: &Explanation) -> String {
    let mut out = format!(
        "### {} · {} · {} USD\n\n",
        explanation.line.as_deref().map_or_else(|| explanation.environment.clone(), markdown::escape),
        explanation.month,
        explanation.total
    );
    out.push_str("| resource | usage type | quantity | unit | cost | formula | price |\n|---|---|---:|---|---:|---|---|\n");
    for c in &explanation.charges {
        let price = c.price.as_ref().map(|p| format!("{} ({}, {})", p.sku, p.effective, p.confidence)).unwrap_or_default();
        let cells =
            [&c.resource, &c.usage_type, &c.quantity, &c.unit, &c.cost.to_string(), &formula(c), &price].map(|t| markdown::escape(t));
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}
