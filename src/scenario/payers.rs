//! What is checked of payer accounts: whatever would do nothing, or the wrong thing, without a word.

use rust_decimal::Decimal;

use super::accounts::{Accounts, Payer};
use super::actuals::By;
use super::commitment::Plan;
use super::node::{Kind, Node};
use super::{Loader, Scenario};
use crate::diagnostic::{Diagnostic, nearest};

impl Loader<'_> {
    /// A credit on a service that is misspelt would pay nothing, silently.
    fn credits(&mut self, payer: &Payer, node: Option<&Node>) {
        let Some(Kind::List(items)) = node.and_then(|n| n.get("credits")).map(|n| &n.kind) else { return };
        for (n, (credit, item)) in payer.credits.iter().zip(items).enumerate() {
            if let Some(problem) = credit.problem() {
                self.problems.push(Diagnostic::error(item.at, format!("the credit `{}` pays nothing", credit.name)).label(problem));
            }
            if payer.credits[..n].iter().any(|c| c.name == credit.name) {
                self.problems.push(Diagnostic::error(item.at, format!("there are two credits `{}`", credit.name)).label("the second one"));
            }
            self.billed_services(&credit.on, item);
        }
    }

    /// A discount on a service that is misspelt would take nothing off, silently; of two on one charge, it is not known which one is given.
    fn discounts(&mut self, payer: &Payer, node: Option<&Node>) {
        let Some(Kind::List(items)) = node.and_then(|n| n.get("discounts")).map(|n| &n.kind) else { return };
        for (n, (discount, item)) in payer.discounts.iter().zip(items).enumerate() {
            if let Some(problem) = discount.problem() {
                self.problems
                    .push(Diagnostic::error(item.at, format!("the discount `{}` takes nothing off", discount.name)).label(problem));
            }
            if let (Some(_), Some(rate)) = (discount.rate.uncertainty, item.get("rate")) {
                self.problems.push(
                    Diagnostic::error(rate.at, "a discount is what was agreed on, and has no range")
                        .label("expected one rate such as 9%")
                        .help("try others with --what-if, or in a copy of the file"),
                );
            }
            if let Some((other, service)) = payer.discounts[..n].iter().find_map(|other| Some((other, other.meets(discount)?))) {
                self.problems.push(
                    Diagnostic::error(item.at, format!("two discounts on {service} hold on the same day"))
                        .label(format!("`{}` is the other one", other.name))
                        .help("give them days that do not meet (`from`, `expires`), or write the rate that both come to as one"),
                );
            }
            self.billed_services(&discount.on, item);
        }
    }

    /// The services in the key `on` must be such as are billed.
    fn billed_services(&mut self, services: &[String], item: &Node) {
        let plans = [Plan::Compute, Plan::Database].map(Plan::code);
        let known = || self.book.families().iter().map(|f| f.service.as_str()).chain(["AWSSupport"]).chain(plans);
        let Some(Kind::List(nodes)) = item.get("on").map(|n| &n.kind) else { return };
        let wrong: Vec<Diagnostic> = services
            .iter()
            .zip(nodes)
            .filter(|(service, _)| !known().any(|k| k == *service))
            .map(|(service, at)| {
                let near = nearest(service, known());
                Diagnostic::error(at.at, format!("there is no service `{service}`"))
                    .label(near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?")))
            })
            .collect();
        wrong.into_iter().for_each(|d| self.problems.push(d));
    }

    /// A rule that names no member, or gives away more than all, would share wrongly, silently.
    fn shared(&mut self, payer: &Payer, node: Option<&Node>) {
        let Some(Kind::List(items)) = node.and_then(|n| n.get("shared")).map(|n| &n.kind) else { return };
        for (rule, item) in payer.shared.iter().zip(items) {
            let By::Parts(parts) = &rule.by else { continue };
            let at = item.get("by").map_or(item.at, |n| n.at);
            if let Some(unknown) = parts.keys().find(|name| !payer.members.contains(name)) {
                let near = nearest(unknown, payer.members.iter().map(String::as_str));
                self.problems.push(
                    Diagnostic::error(at, format!("`{unknown}` is no member of this payer account"))
                        .label(near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"))),
                );
            }
            if parts.values().map(|p| p.0).sum::<Decimal>() > Decimal::ONE {
                self.problems.push(Diagnostic::error(at, "the parts add up to more than 100%").label("expected 100% at most"));
            }
        }
    }

    /// Members of payer accounts must be environments, each in one account only.
    pub(super) fn members(&mut self, accounts: &Option<(Accounts, Node)>, all: &[Scenario]) {
        let Some((accounts, tree)) = accounts else { return };
        let mut seen: Vec<&str> = Vec::new();
        for (name, payer) in &accounts.payers {
            let node = tree.get("payers").and_then(|n| n.get(name));
            if let Some(support) = &payer.support
                && !self.book.support_plans().contains(&support.plan.as_str())
                && let Some(at) = node.and_then(|n| n.get("support")).and_then(|n| n.get("plan")).map(|n| n.at)
            {
                let plans = self.book.support_plans().join(", ");
                self.problems.push(
                    Diagnostic::error(at, format!("there is no support plan `{}`", support.plan)).label(format!("expected one of {plans}")),
                );
            }
            self.discounts(payer, node);
            self.credits(payer, node);
            self.shared(payer, node);
            let Some(Kind::List(items)) = node.and_then(|n| n.get("members")).map(|n| &n.kind) else { continue };
            for (member, item) in payer.members.iter().zip(items) {
                if seen.contains(&member.as_str()) {
                    self.problems.push(Diagnostic::error(item.at, format!("`{member}` is paid for twice")).label("the second time"));
                }
                seen.push(member);
                if !self.trees.iter().any(|(n, _)| n == member) {
                    let near = nearest(member, all.iter().map(|s| s.name.as_ref()));
                    self.problems.push(
                        Diagnostic::error(item.at, format!("there is no scenario `{member}`"))
                            .label(near.map_or_else(|| "no such file".to_owned(), |n| format!("did you mean `{n}`?")))
                            .help(format!("expected a file `{member}.yaml` beside this one")),
                    );
                }
            }
        }
    }
}
