//! What was fitted as the `workload:` block of a scenario.
#![allow(clippy::float_arithmetic, reason = "demand is no money")]

use std::fmt::Write;

use super::{Fitted, single};

/// Names of the days as scenarios write them.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Fitted {
    /// The block as text: every value says that it was measured, level and growth how sure they are.
    pub fn to_yaml(&self) -> String {
        let mut text = format!(
            "workload:\n  since: {} # what `grows` in the resources is stated as of this month too\n  requests:\n    level: {}\n",
            self.since,
            self.level()
        );
        if !single(&self.routes) {
            text.push_str("    routes:\n");
            for ((name, _), share) in self.routes.iter().zip(hundredths(&self.routes)) {
                line(&mut text, "      ", &format!("\"{name}\":"), &format!("{}.{:02}%", share / 100, share % 100));
            }
        }
        if let (Some(se), Some(trend)) = (self.growth_se, self.trend) {
            let [low, likely, high] = trend.one_in_ten(self.growth.ln_1p(), se).map(|log| percent(log.exp_m1()));
            let why = format!("{} whole months, standard error {}", self.months, percent(se));
            let range = if low == high {
                format!("value: {likely}/month")
            } else {
                format!("low: {low}/month, likely: {likely}/month, high: {high}/month")
            };
            let _ = writeln!(text, "  growth: {{{range}, from: measured, why: \"{why}\"}}");
        }
        text.push_str("  day: # from 00 to 23 h UTC\n");
        for value in self.day {
            line(&mut text, "    ", "-", &format!("{value:.4}"));
        }
        text.push_str("  week:\n");
        for (day, value) in DAYS.iter().zip(self.week) {
            line(&mut text, "    ", &format!("{day}:"), &format!("{value:.4}"));
        }
        if let Some(noise) = self.noise {
            text.push_str("  noise:\n");
            line(&mut text, "    ", "spread:", &percent(noise.spread));
            line(&mut text, "    ", "correlation:", &format!("{} s", digits(noise.correlation)));
        }
        if let (Some(drift), Some(trend)) = (self.drift, self.trend) {
            let _ = writeln!(
                text,
                "  drift: {{spread: {{value: {}, from: measured, why: \"{} around the trend, widened for being known from {} months only\"}}}}",
                percent((drift * trend.widening()).min(1.0)),
                percent(drift),
                self.months
            );
        }
        text
    }

    /// When measuring began and ended, for people.
    pub fn span(&self) -> String {
        let (from, to) = self.measured;
        format!("{} to {}", from.format("%Y-%m-%d %H:%M"), to.format("%Y-%m-%d %H:%M"))
    }

    fn level(&self) -> String {
        let sure = self.level_se.map_or_else(String::new, |se| format!(", standard error {}", percent(se)));
        let span = format!("{}, {} whole months{sure}", self.span(), self.months);
        let range = match (self.level_se, self.trend) {
            (Some(se), Some(trend)) if digits(self.level) != digits(self.level * se.exp()) => {
                // The mean over noise, and over drift as it will be drawn, which is wider than it was measured.
                let wider = (self.drift.unwrap_or(0.0) * trend.widening()).min(1.0);
                let centre = trend.intercept + (wider.powi(2) + self.noise_of_months) / 2.0;
                let [low, likely, high] = trend.one_in_ten(centre, se).map(|log| digits(log.exp()));
                format!("low: {low}/s, likely: {likely}/s, high: {high}/s")
            }
            _ => format!("value: {}/s", digits(self.level)),
        };
        format!("{{{range}, from: measured, why: \"{span}\"}}")
    }
}

fn line(text: &mut String, indent: &str, key: &str, value: &str) {
    let _ = writeln!(text, "{indent}{key} {{value: {value}, from: measured}}");
}

/// Six significant digits, at most twelve of them behind the point.
fn digits(value: f64) -> String {
    let before = if value > 0.0 { value.log10().floor() } else { 0.0 };
    let places = (5.0 - before).clamp(0.0, 12.0) as usize;
    format!("{value:.places$}")
}

/// A share as per cent with three places behind the point.
fn percent(share: f64) -> String {
    let text = format!("{:.3}%", share * 100.0);
    if text == "-0.000%" { "0.000%".to_owned() } else { text }
}

/// Shares in hundredths of a per cent that add up to exactly 100%: what rounding leaves over goes to the largest.
fn hundredths(routes: &[(String, f64)]) -> Vec<u32> {
    let mut parts: Vec<u32> = routes.iter().map(|(_, share)| (share.clamp(0.0, 1.0) * 10_000.0).floor() as u32).collect();
    let rest = 10_000u32.saturating_sub(parts.iter().sum());
    if let Some(largest) = (0..parts.len()).max_by_key(|i| (parts[*i], usize::MAX - i)) {
        parts[largest] += rest;
    }
    parts
}
