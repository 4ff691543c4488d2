//! Where the lines of a plan cannot all be true. Each rule reads two lines against each other.

use rust_decimal::Decimal;

use super::level_per_second;
use crate::bill::{Bill, Charge};
use crate::money::{Usd, quotient};
use crate::money::{cents, dollars};
use crate::pricing::PriceBook;
use crate::quantity::{about, bytes};
use crate::scenario::Scenario;

/// Every contradiction that a rule finds.
pub fn find(bill: &Bill, scenario: &Scenario, book: &PriceBook) -> Vec<String> {
    // A total without lines has nothing to contradict.
    if scenario.plan.as_ref().is_none_or(|p| p.lines.is_empty()) {
        return Vec::new();
    }
    let facts = Facts { bill, scenario, book };
    let rules: [fn(&Facts<'_>) -> Option<String>; 5] =
        [load_against_egress, gateway_against_egress, traces_against_requests, nodes_against_lines, io_against_requests];
    rules.iter().filter_map(|rule| rule(&facts)).collect()
}

struct Facts<'a> {
    bill: &'a Bill,
    scenario: &'a Scenario,
    book: &'a PriceBook,
}

impl<'a> Facts<'a> {
    /// Charges whose usage type ends so, planned or not.
    fn charges(&self, ending: &str) -> Vec<&'a Charge> {
        self.bill.charges.iter().filter(|c| c.usage_type.ends_with(ending)).collect()
    }

    fn quantity(&self, ending: &str) -> Decimal {
        self.charges(ending).iter().map(|c| c.quantity).sum()
    }

    /// What the plan states for the lines that speak of these charges.
    fn stated(&self, ending: &str) -> Usd {
        let Some(plan) = &self.scenario.plan else { return Usd::ZERO };
        let charges = self.charges(ending);
        let speaks = |l: &&crate::scenario::plan::PlanLine| charges.iter().any(|c| l.matches.fits(&c.resource, &c.service, &c.usage_type));
        plan.lines.iter().filter(speaks).map(|l| l.stated).sum()
    }
}

/// An LCU carries a gigabyte an hour (AWS, "Elastic Load Balancing pricing"). What comes through the load balancer leaves by
/// CloudFront or the internet.
fn load_against_egress(facts: &Facts<'_>) -> Option<String> {
    let lcu_hours = facts.quantity("LCUUsage");
    let out = facts.quantity("DataTransfer-Out-Bytes");
    if out.is_zero() || lcu_hours <= out * Decimal::TWO {
        return None;
    }
    let average = quotient(lcu_hours, facts.bill.hours)?;
    let stated = facts.charges("DataTransfer-Out-Bytes").iter().map(|c| c.billed).sum::<Usd>();
    Some(format!(
        "{} LCU as bytes are {} through the load balancer; what leaves by the internet and CloudFront is {} ({}). The load \
         balancer's amount must stand for new connections instead, or is too high.",
        about(average),
        bytes(lcu_hours),
        bytes(out),
        dollars(stated),
    ))
}

/// What a task in a private subnet sends to the internet passes a NAT gateway first.
fn gateway_against_egress(facts: &Facts<'_>) -> Option<String> {
    let nat = facts.quantity("NatGateway-Bytes");
    let out: Decimal = facts.charges("DataTransfer-Out-Bytes").iter().filter(|c| c.service == "AWSDataTransfer").map(|c| c.quantity).sum();
    if nat.is_zero() || out <= nat * Decimal::TWO {
        return None;
    }
    let cost: Usd = facts.charges("NatGateway-Bytes").iter().map(|c| c.billed).sum();
    let amount: Usd = facts.charges("DataTransfer-Out-Bytes").iter().filter(|c| c.service == "AWSDataTransfer").map(|c| c.billed).sum();
    Some(format!(
        "What is left of the NAT gateways' amount ({}) moves {}; {} of transfer out are {}. Private tasks reach the internet \
         through NAT only, so at least {} must be answers that bypass CloudFront.",
        cents(cost),
        bytes(nat),
        dollars(amount),
        bytes(out),
        bytes(out - nat),
    ))
}

/// Traces are requests times the sampling rate.
fn traces_against_requests(facts: &Facts<'_>) -> Option<String> {
    let charge = facts.charges("XRay-TracesStored").into_iter().next()?;
    let sampling = charge.factors.iter().find(|f| f.shown.ends_with('%'))?;
    let seconds = facts.bill.hours * Decimal::from(3_600);
    let requests = quotient(charge.quantity, sampling.value)?;
    let rate = quotient(requests, seconds)?;
    let at_door = level_per_second(facts.scenario)?;
    let wanted = at_door * seconds * sampling.value;
    let ratio = quotient(at_door, rate)?;
    if ratio < Decimal::new(12, 1) && ratio > Decimal::new(8, 1) {
        return None;
    }
    let price = charge.price.and_then(|i| facts.book.rows().get(i))?.price;
    Some(format!(
        "{} of X-Ray at {} sampling are {} requests a month, {} a second; {} a second at the door would record {} traces, about {}.",
        dollars(facts.stated("XRay-TracesStored").max(charge.billed)),
        sampling.shown,
        about(requests),
        about(rate),
        about(at_door),
        about(wanted),
        dollars(price.times(wanted)),
    ))
}

/// Two lines of the plan name one node each; the architecture says how many there are.
fn nodes_against_lines(facts: &Facts<'_>) -> Option<String> {
    let charge = facts.bill.charges.iter().find(|c| c.usage_type.contains("NodeUsage:"))?;
    let nodes = quotient(charge.quantity, facts.bill.hours)?;
    let plan = facts.scenario.plan.as_ref()?;
    let lines: Vec<_> = plan.lines.iter().filter(|l| l.matches.fits(&charge.resource, &charge.service, &charge.usage_type)).collect();
    let named = Decimal::from(lines.len());
    if lines.is_empty() || nodes <= named {
        return None;
    }
    let each = Usd::new(quotient(charge.billed.decimal(), nodes)?);
    let stated: Usd = lines.iter().map(|l| l.stated).sum();
    Some(format!(
        "The cache's lines name {} nodes for {}; the architecture has {}, at {} each. The {} together are {}.",
        lines.len(),
        dollars(stated),
        about(nodes),
        cents(each),
        about(nodes),
        cents(charge.billed),
    ))
}

/// I/O requests against requests of users.
fn io_against_requests(facts: &Facts<'_>) -> Option<String> {
    let charges = facts.charges("Aurora:StorageIOUsage");
    let io: Decimal = charges.iter().map(|c| c.quantity).sum();
    let rate = quotient(io, facts.bill.hours * Decimal::from(3_600))?;
    let at_door = level_per_second(facts.scenario)?;
    let each = quotient(rate, at_door)?;
    if each <= Decimal::TEN {
        return None;
    }
    let same = |c: &&Charge| charges.iter().any(|io| io.resource == c.resource);
    let instances: Vec<&Charge> = facts.bill.charges.iter().filter(same).filter(|c| c.usage_type.contains("InstanceUsage:")).collect();
    let instance_cost: Usd = instances.iter().map(|c| c.billed).sum();
    Some(format!(
        "The database's amount is instances by its words and I/O by list price: instances are {} of {}, and what is left are {} \
         I/O requests a month, {} for each request at the door.",
        cents(instance_cost),
        dollars(facts.stated("Aurora:StorageIOUsage")),
        about(io),
        about(each),
    ))
}
