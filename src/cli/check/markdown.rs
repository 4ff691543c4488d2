//! A check as a comment of a pull request: one green line when all is well, else what broke first, then what changed; the rest folded.

use super::text::{change_lines, headline, rules, skipped};
use super::{loud, word};
use crate::check::document::{Check, Environment, Outcome, Verdict};
use crate::check::rule::Metric;
use crate::money::{Usd, dollars, signed};
use crate::report::markdown::{self, escape};

/// Names the comment, so that the next one takes its place, and that of another check does not.
fn marker(id: Option<&str>) -> String {
    format!("<!-- ce-cost:check{} -->", id.map(|id| format!(":{id}")).unwrap_or_default())
}

/// Longest comment that GitHub takes, in characters.
const LONGEST: usize = 65_536;

/// The comment; `id` tells this check from others of the same pull request.
pub fn page(found: &Check, id: Option<&str>) -> String {
    let mut out = format!("{}\n", marker(id));
    if found.verdict == Verdict::Pass {
        out.push_str(&format!("**ce-cost**: {}{}\n", headline(found), totals(found)));
    } else {
        out.push_str(&format!("### ce-cost: {}\n", headline(found)));
    }
    if loud(found).next().is_some() {
        out.push('\n');
        for outcome in loud(found) {
            let action = action(outcome);
            let action = if action.is_empty() { String::new() } else { format!("<br>{action}") };
            out.push_str(&format!(
                "- **{}** `{}` ({}): {}{action}\n",
                word(outcome.status),
                outcome.id,
                escape(&outcome.environment),
                escape(&outcome.message)
            ));
        }
    }
    let changes: Vec<Vec<String>> = found.environments.iter().map(|e| change_lines(found, e)).filter(|l| l.len() > 1).collect();
    for lines in &changes {
        let (head, rest) = lines.split_first().map_or(("", [].as_slice()), |(head, rest)| (head.as_str(), rest));
        out.push_str(&format!("\n{}\n\n", escape(head)));
        rest.iter().for_each(|line| out.push_str(&format!("- {}\n", escape(line))));
    }
    let skipped = skipped(found).map(|text| format!("\n{}\n", escape(&text))).unwrap_or_default();
    let folded = format!("\n<details><summary>Every rule</summary>\n\n{}{skipped}\n</details>\n", markdown::table(&rules(found)));
    cut(out, &folded)
}

/// What to do and whom to ask. The rule's own link alone is one.
fn action(outcome: &Outcome) -> String {
    let owner = outcome.owner.as_ref().map(|owner| format!("owner: {owner}"));
    let words = [outcome.text.clone(), owner].into_iter().flatten().map(|text| escape(&text));
    let link = outcome.link.as_ref().map(|link| markdown::link(link));
    words.chain(link).collect::<Vec<_>>().join(" · ")
}

/// " · prod 5,702 of 5,800 (+0 by this change)": the value and limit of an environment's own budget rule, where it has one.
fn totals(found: &Check) -> String {
    let one = |environment: &Environment| {
        let month = environment.months.first()?;
        let is_budget = |r: &&Outcome| {
            r.environment == environment.environment && r.scope.is_empty() && matches!(r.metric, Metric::Planned | Metric::Total)
        };
        let amount = |text: &Option<String>| text.as_ref().and_then(|t| t.parse().ok()).map(|amount| dollars(Usd::new(amount)));
        let rule = found.rules.iter().find(is_budget).and_then(|r| Some(format!("{} of {}", amount(&r.value)?, amount(&r.limit)?)));
        let change = environment.change.as_ref().map(|c| format!(" ({} by this change)", signed(c.difference))).unwrap_or_default();
        Some(format!(" · {} {}{change}", escape(&environment.environment), rule.unwrap_or_else(|| dollars(month.total))))
    };
    found.environments.iter().filter_map(one).collect()
}

/// No longer than a comment may be: whole lines, and word of what is left out.
fn cut(out: String, folded: &str) -> String {
    if out.chars().count() + folded.chars().count() <= LONGEST {
        return out + folded;
    }
    let note = "\n… and more: `ce-cost check` lists all of it\n";
    let (room, mut text, mut length) = (LONGEST - note.len(), String::new(), 0);
    for line in out.split_inclusive('\n') {
        length += line.chars().count();
        if length > room {
            return text + note;
        }
        text.push_str(line);
    }
    text + note
}
