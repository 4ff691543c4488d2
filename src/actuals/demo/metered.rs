//! The engine's bill of a month as AWS's report would write it: tags as people set them, and commitments as covered use, its
//! negation, and fees.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::line::{Line, Spread};
use super::{Ask, planted};
use crate::bill::{Bill, Charge, CommitmentRef, CommitmentStatus, Frequency, LineItem, Net, Pricing};
use crate::forecast::draw::purpose;
use crate::money::Usd;
use crate::quantity::Unit;
use crate::rating::support;
use crate::usage::Tags;

/// The tag that holds the environment.
pub const ENVIRONMENT: &str = "Environment";
/// Negotiated for CloudFront: what is left of its list price, written row by row.
const NEGOTIATED: Decimal = Decimal::from_parts(9, 0, 0, false, 1);

/// The service of savings plans, and of their rows' usage type, as the engine writes them.
const PLANS: &str = "ComputeSavingsPlans";

/// The lines of a month, `back` months before the last closed one.
pub fn lines(bill: &Bill, ask: &Ask, back: i32) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut bought: BTreeMap<String, Bought> = BTreeMap::new();
    for charge in &bill.charges {
        // Support is one line of the payer's, written with the others of that kind.
        if charge.outside_aws() || charge.service == support::SERVICE {
            continue;
        }
        let plain = plain(charge, ask, back);
        match plain.commitment.as_ref().map(|c| (c.id.clone(), c.status)) {
            None => lines.push(usage(plain)),
            Some((id, Some(CommitmentStatus::Used))) => {
                bought.entry(id).or_default().cover(&plain);
                lines.extend(covered(plain));
            }
            Some((id, status)) => bought.entry(id).or_default().take(plain, status),
        }
    }
    lines.extend(bought.into_values().flat_map(|b| b.lines(bill.hours)));
    lines
}

/// A charge as it stands in the report: nothing behind it but its tiers, which the days of a month use up one after the other, AWS's account numbers, the tags that somebody set.
fn plain(charge: &Charge, ask: &Ask, back: i32) -> Charge {
    let tags = tags(charge, ask, back);
    let account = super::account(&charge.environment);
    let commitment =
        charge.commitment.as_ref().map(|c| CommitmentRef { id: arn(c, &charge.service, &charge.region, &account), ..c.clone() });
    Charge {
        payer: super::PAYER.into(),
        environment: tags.get(ENVIRONMENT).map_or("", String::as_str).into(),
        resource: if charge.unit.is_some() { format!("demo/{}/{}", charge.environment, charge.resource).into() } else { "".into() },
        tags: Arc::new(tags),
        description: Cow::Borrowed(""),
        commitment,
        account,
        factors: Vec::new(),
        price: None,
        ..charge.clone()
    }
}

fn arn(commitment: &CommitmentRef, service: &str, region: &str, account: &str) -> String {
    let id = &commitment.id;
    match (commitment.kind, service) {
        ("SavingsPlan", _) => format!("arn:aws:savingsplans::{account}:savingsplan/demo-{id}"),
        (_, "AmazonElastiCache") => format!("arn:aws:elasticache:{region}:{account}:reserved-instance:demo-{id}"),
        _ => format!("arn:aws:rds:{region}:{account}:ri:demo-{id}"),
    }
}

/// Tags as people set them: some resources of dev and staging have none; prod's have them all since six months, but for some that
/// say no owner.
fn tags(charge: &Charge, ask: &Ask, back: i32) -> Tags {
    let one_in = |n: u64| purpose(&format!("{} {} {}", ask.seed, charge.environment, charge.resource)).is_multiple_of(n);
    let mut tags = (*charge.tags).clone();
    tags.insert(ENVIRONMENT.into(), charge.environment.to_string());
    let bare = match charge.environment.as_ref() {
        "dev" | "staging" => one_in(5),
        planted::ENVIRONMENT => back > planted::BOUGHT && one_in(6),
        _ => false,
    };
    if bare && charge.commitment.is_none() {
        return Tags::new();
    }
    if one_in(7) {
        tags.remove("Owner");
    }
    tags
}

/// On-demand usage, and fees that are known.
fn usage(mut charge: Charge) -> Line {
    if charge.usage_type.as_ref() == "NodeUsage:cache.r6g.large" {
        for amount in [&mut charge.list, &mut charge.billed, &mut charge.effective] {
            *amount = amount.share(planted::RATE);
        }
    }
    if charge.service == "AmazonCloudFront" {
        charge.net = Some(Net { billed: charge.billed.share(NEGOTIATED), effective: charge.effective.share(NEGOTIATED) });
    }
    let spread = match charge.unit {
        None => Spread::Month,
        Some(unit) if follows_demand(&charge.usage_type, unit) => Spread::Demand,
        Some(_) => Spread::Even,
    };
    Line::new(charge, spread)
}

/// Whether more is used where more is asked for: not what stands there by the hour or lies there.
pub fn follows_demand(usage_type: &str, unit: Unit) -> bool {
    let scales = ["Fargate", "LCUUsage"].iter().any(|part| usage_type.contains(part));
    scales || matches!(unit, Unit::Gb | Unit::Count | Unit::GbSeconds)
}

/// Use that a commitment covers. A savings plan's stands at its on-demand price and is taken away again.
fn covered(charge: Charge) -> Vec<Line> {
    if charge.line_item != LineItem::SavingsPlanCoveredUsage {
        return vec![Line::new(charge, Spread::Even)];
    }
    let at_list = Charge { billed: charge.list, ..charge.clone() };
    let negation =
        Charge { line_item: LineItem::SavingsPlanNegation, billed: -charge.list, list: Usd::ZERO, effective: Usd::ZERO, ..charge };
    vec![Line::new(at_list, Spread::Even), Line::new(negation, Spread::Even)]
}

/// What a commitment costs and bears in a month.
#[derive(Default)]
struct Bought {
    /// Amortized, of what it covered.
    used: Usd,
    /// Amortized, of what was lost.
    unused: Usd,
    /// The monthly fee.
    recurring: Usd,
    /// The row of the fee that was paid once.
    once: Option<Charge>,
    /// A row of it, for its names.
    row: Option<Charge>,
}

impl Bought {
    /// Use that it covered. What was paid at once and is used up has no other row: the fee's takes its names from this one.
    fn cover(&mut self, charge: &Charge) {
        self.used += charge.effective;
        self.row.get_or_insert_with(|| {
            let plan = charge.line_item == LineItem::SavingsPlanCoveredUsage;
            let (service, usage_type) =
                if plan { (PLANS.into(), PLANS.into()) } else { (charge.service.clone(), charge.usage_type.clone()) };
            Charge { service, usage_type, operation: "".into(), resource: "".into(), ..charge.clone() }
        });
    }

    fn take(&mut self, charge: Charge, status: Option<CommitmentStatus>) {
        match (status, &charge.line_item) {
            (Some(_), _) => self.unused += charge.effective,
            (None, LineItem::Fee | LineItem::SavingsPlanUpfrontFee) => self.once = Some(charge.clone()),
            _ => self.recurring += charge.billed,
        }
        self.row = Some(charge);
    }

    fn lines(mut self, hours: Decimal) -> Vec<Line> {
        let Some(row) = self.row.take() else { return Vec::new() };
        let plan = row.commitment.as_ref().is_some_and(|c| c.kind == "SavingsPlan");
        if plan && row.environment.as_ref() == planted::ENVIRONMENT {
            let waste = Usd::new(planted::WASTE * hours);
            self.recurring += waste;
            self.unused += waste;
        }
        let fee = Charge {
            line_item: if plan { LineItem::SavingsPlanRecurringFee } else { LineItem::RiFee },
            category: crate::bill::Category::Purchase,
            frequency: Frequency::Recurring,
            pricing: Pricing::Committed,
            quantity: hours,
            unit: None,
            list: Usd::ZERO,
            billed: self.recurring,
            effective: self.unused,
            commitment: row.commitment.clone().map(|c| CommitmentRef { status: Some(CommitmentStatus::Unused), ..c }),
            ..row
        };
        // Used and unused together are what the month bears; what of it is not in the monthly fee was paid once.
        let upfront = self.used + self.unused - self.recurring;
        let fee = Line { upfront, ..Line::new(fee, if plan { Spread::Even } else { Spread::Month }) };
        let once = self.once.map(|c| Line::new(Charge { quantity: Decimal::ONE, list: Usd::ZERO, ..c }, Spread::Once(1)));
        [fee].into_iter().chain(once).collect()
    }
}

/// Makes what commitments bear beforehand add up again where a month is cut off and its parts were rounded: amortized = billed +
/// upfront, for each of them. The difference goes to its first fee.
pub fn settle(rows: &mut [Line]) {
    let mut open: BTreeMap<String, Usd> = BTreeMap::new();
    let once = |c: &Charge| matches!(c.line_item, LineItem::Fee | LineItem::SavingsPlanUpfrontFee);
    for Line { charge, upfront, .. } in rows.iter() {
        if let Some(commitment) = charge.commitment.as_ref().filter(|_| !once(charge)) {
            *open.entry(commitment.id.clone()).or_default() += charge.effective - charge.billed - *upfront;
        }
    }
    for Line { charge, upfront, .. } in rows {
        if matches!(charge.line_item, LineItem::RiFee | LineItem::SavingsPlanRecurringFee) {
            *upfront += charge.commitment.as_ref().and_then(|c| open.remove(&c.id)).unwrap_or_default();
        }
    }
}
