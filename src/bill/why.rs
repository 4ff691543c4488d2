//! Why a charge is what it is: tiers, formula, drivers with their places, price row. The same factors that made the quantity.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::group::{Part, parts, title};
use super::{Bill, Charge};
use crate::money::Usd;
use crate::pricing::{Confidence, PriceBook};
use crate::quantity::exact;
use crate::scenario::driver::Provenance;
use crate::scenario::plan::Claim;
use crate::scenario::{Scenario, Scenarios};
use crate::usage::Factor;

/// One charge, explained.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Why {
    /// The resource.
    pub resource: String,
    /// What people call it.
    pub title: String,
    /// AWS's service code.
    pub service: String,
    /// The region code.
    pub region: String,
    /// AWS's usage type.
    pub usage_type: String,
    /// AWS's operation.
    pub operation: String,
    /// What it is, where no usage type says so.
    pub description: String,
    /// How much was used.
    pub quantity: String,
    /// The price list's unit.
    pub unit: String,
    /// How the tiers priced it.
    pub tiers: Vec<WhyTier>,
    /// The formula of the quantity.
    pub factors: Vec<WhyFactor>,
    /// The price row; `null` for what has none.
    pub price: Option<WhyPrice>,
    /// The part of the charge that belongs to the line asked for, 0 to 1.
    pub share: String,
    /// What the part costs on the invoice.
    pub cost: Usd,
    /// The same with the fees of commitments spread over what they cover.
    pub amortized: Usd,
}

/// What one tier came to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WhyTier {
    /// Where the tier begins, in the pool.
    pub from: String,
    /// Where it ends; `null` for no end.
    pub to: Option<String>,
    /// How much of the charge fell into it.
    pub quantity: String,
    /// The price there.
    pub price: String,
    /// What that came to.
    pub cost: Usd,
    /// True where an allowance makes it free.
    pub free: bool,
}

/// One named value of the formula.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WhyFactor {
    /// The sign before it.
    pub step: String,
    /// What it is.
    pub name: String,
    /// The exact value.
    pub value: String,
    /// The value with its unit.
    pub shown: String,
    /// plan, measured, calibrated or assumed; `rule` for what follows from AWS or the calendar.
    pub provenance: String,
    /// Why it has this value.
    pub why: Option<String>,
    /// File and line.
    pub place: Option<String>,
}

/// The price row behind a charge.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WhyPrice {
    /// The SKU, where it was seen.
    pub sku: String,
    /// From when the price holds: its own first day, else the day it was seen.
    pub effective: String,
    /// Both days in words.
    #[serde(skip)]
    #[schemars(skip)]
    pub when: String,
    /// Who says so.
    pub source: String,
    /// high, medium or low.
    pub confidence: String,
    /// AWS's description or ours.
    pub description: String,
    /// What was changed on the way into the book.
    pub note: String,
    /// File and line.
    pub place: String,
}

/// What a user may ask about: a plan line or group, a resource, a service, a usage type.
pub fn matching<'a>(bill: &'a Bill, scenario: &'a Scenario, asked: Option<&str>) -> Vec<Part<'a>> {
    let plan = scenario.plan.as_ref();
    let all = parts(bill, plan);
    let Some(asked) = asked else { return all };
    let asked = asked.to_lowercase();
    let same = |name: &str| name.to_lowercase() == asked;
    let by_plan: Vec<Part<'a>> = all
        .iter()
        .copied()
        .filter(|p| match p.claim {
            Claim::Line(i) => plan
                .and_then(|plan| plan.lines.get(i))
                .is_some_and(|l| same(&l.line.line) || same(&l.line.group) || same(&format!("{} / {}", l.line.group, l.line.line))),
            Claim::Total | Claim::Unplanned => false,
        })
        .collect();
    if !by_plan.is_empty() {
        return by_plan;
    }
    let of = |p: &Part<'a>| {
        let c = p.charge;
        same(&c.resource) || same(&title(scenario, c)) || same(&c.service) || same(&c.usage_type)
    };
    all.into_iter().filter(of).collect()
}

/// Every name that [`matching`] would find something under.
pub fn askable(bill: &Bill, scenario: &Scenario) -> Vec<String> {
    let plan = scenario.plan.as_ref();
    let mut names: Vec<String> = plan.iter().flat_map(|p| &p.lines).flat_map(|l| [l.line.group.clone(), l.line.line.clone()]).collect();
    for charge in &bill.charges {
        names.extend([title(scenario, charge), charge.resource.to_string(), charge.service.to_string(), charge.usage_type.to_string()]);
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|n| seen.insert(n.clone()));
    names
}

/// Explains one part of a charge.
pub fn explain(part: &Part<'_>, scenario: &Scenario, scenarios: &Scenarios, book: &PriceBook) -> Why {
    let charge = part.charge;
    let row = charge.price.and_then(|i| book.rows().get(i));
    Why {
        resource: charge.resource.to_string(),
        title: title(scenario, charge),
        service: charge.service.to_string(),
        region: charge.region.to_string(),
        usage_type: charge.usage_type.to_string(),
        operation: charge.operation.to_string(),
        description: charge.description.to_string(),
        quantity: exact(charge.quantity),
        unit: row.map_or_else(|| charge.unit.map(|u| u.to_string()).unwrap_or_default(), |r| r.unit_text.clone()),
        tiers: charge.tiers.iter().map(tier).collect(),
        factors: charge.factors.iter().map(|f| factor(f, scenarios)).collect(),
        price: row.map(|r| WhyPrice {
            sku: r.sku.clone(),
            effective: r.dated(),
            when: r.when(),
            source: r.source.clone(),
            confidence: r.confidence.to_string(),
            description: r.description.clone(),
            note: r.note.clone(),
            place: book.sources.show(r.place).to_string(),
        }),
        share: exact(part.share),
        cost: part.cost,
        amortized: charge.effective.share(part.share),
    }
}

fn tier(t: &super::TierPart) -> WhyTier {
    WhyTier {
        from: exact(t.from),
        to: t.to.map(exact),
        quantity: exact(t.quantity),
        price: t.price.to_string(),
        cost: t.cost,
        free: t.allowance,
    }
}

fn factor(f: &Factor, scenarios: &Scenarios) -> WhyFactor {
    WhyFactor {
        step: f.step.sign().to_owned(),
        name: f.name.to_string(),
        value: exact(f.value),
        shown: f.shown.clone(),
        provenance: f.from.map_or("rule", Provenance::word).to_owned(),
        why: f.why.clone(),
        place: f.at.map(|p| scenarios.sources.show(p).to_string()),
    }
}

/// Doubts about a charge, to be marked wherever it shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Doubt {
    /// A driver was assumed.
    pub assumed: bool,
    /// The price row is of low confidence.
    pub weak_price: bool,
}

impl Doubt {
    /// The doubts about a charge.
    pub fn about(charge: &Charge, book: &PriceBook) -> Doubt {
        let weak = |r: &crate::pricing::PriceRow| r.confidence == Confidence::Low;
        Doubt {
            assumed: rests_on(charge, Provenance::Assumed),
            weak_price: charge.price.and_then(|i| book.rows().get(i)).is_some_and(weak),
        }
    }

    /// Either of two.
    pub fn or(self, other: Doubt) -> Doubt {
        Doubt { assumed: self.assumed || other.assumed, weak_price: self.weak_price || other.weak_price }
    }

    /// The doubts that marks stand for.
    pub fn read(marks: &str) -> Doubt {
        Doubt { assumed: marks.contains('~'), weak_price: marks.contains('*') }
    }

    /// What the marks mean; nothing where there are none.
    pub fn legend(self) -> Option<String> {
        let assumed = self.assumed.then_some("~ an assumed input stands behind it.");
        let weak = self.weak_price.then_some("* a price of low confidence stands behind it.");
        let words: Vec<&str> = [assumed, weak].into_iter().flatten().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The marks to print beside a figure.
    pub fn marks(self) -> &'static str {
        match (self.assumed, self.weak_price) {
            (true, true) => "~*",
            (true, false) => "~",
            (false, true) => "*",
            (false, false) => "",
        }
    }
}

/// True where a factor of a charge, or one of that factor's own formula, is of a provenance.
pub fn rests_on(charge: &Charge, provenance: Provenance) -> bool {
    charge.factors.iter().any(|f| is_from(f, provenance))
}

fn is_from(factor: &Factor, provenance: Provenance) -> bool {
    factor.from == Some(provenance) || factor.of.iter().any(|f| is_from(f, provenance))
}

/// How many different inputs of each provenance stand behind a bill.
pub fn count_inputs(bill: &Bill, provenance: Provenance) -> usize {
    let mut seen = std::collections::BTreeSet::new();
    for factor in bill.charges.iter().flat_map(|c| &c.factors).filter(|f| f.from == Some(provenance)) {
        if let Some(at) = factor.at {
            seen.insert(at);
        }
    }
    seen.len()
}

/// What another unit of a charge would cost: the price of the last tier that it reaches.
pub fn marginal_price(charge: &Charge) -> Decimal {
    charge.tiers.last().map_or(Decimal::ZERO, |t| t.price.decimal())
}
