//! What the types of a workload cannot rule out: shares that do not add up, times in the wrong order.

use rust_decimal::Decimal;

use super::shape::Day;
use super::{Event, Relative, Workload};
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::quantity::{Per, grouped};
use crate::scenario::node::{Kind, Node};
use crate::source::Place;

impl Workload {
    /// Notes all that is wrong. `node` is the block as written, for the places.
    pub fn check(&self, node: &Node, problems: &mut Problems) {
        self.check_level(node, problems);
        self.check_routes(node, problems);
        self.check_growth(node, problems);
        self.check_shapes(node, problems);
        let items: &[Node] = match node.get("events").map(|n| &n.kind) {
            Some(Kind::List(items)) => items,
            _ => &[],
        };
        for (event, node) in self.events.iter().zip(items) {
            self.check_event(event, node, problems);
        }
        if let Some(noise) = &self.noise
            && noise.correlation.value.0.is_zero()
        {
            let at = noise.correlation.at.unwrap_or(node.at);
            let help = "noise without memory has a correlation much shorter than a minute, such as `6 s`";
            problems.push(Diagnostic::error(at, "a correlation of no time").label("expected more than 0").help(help));
        }
    }

    fn check_level(&self, node: &Node, problems: &mut Problems) {
        let level = &self.requests.level;
        if level.value.per == Per::Request {
            problems.push(
                Diagnostic::error(level.at.unwrap_or(node.at), "requests per request")
                    .label("expected a rate in time")
                    .help("write how many come in a second or a month, such as `118/s`"),
            );
        }
    }

    fn check_routes(&self, node: &Node, problems: &mut Problems) {
        let Some(routes) = &self.requests.routes else { return };
        let sum = routes.values().map(|s| s.value.0).sum::<Decimal>();
        if sum != Decimal::ONE {
            let at = node.get("requests").and_then(|n| n.get("routes")).map_or(node.at, |n| n.at);
            let sum = grouped(sum * Decimal::ONE_HUNDRED);
            problems.push(
                Diagnostic::error(at, format!("the routes add up to {sum}%"))
                    .label("expected 100%")
                    .help("each request takes one route; leave out `routes` where they do not matter"),
            );
        }
    }

    fn check_growth(&self, node: &Node, problems: &mut Problems) {
        if let (Some(growth), None) = (&self.growth, self.since) {
            problems.push(
                Diagnostic::error(growth.at.unwrap_or(node.at), "growth from when on?")
                    .label("`since` is missing")
                    .help("add `since: 2026-12` to `workload`: the month in which `level` holds"),
            );
        }
    }

    fn check_shapes(&self, node: &Node, problems: &mut Problems) {
        let at = |key: &str| node.get(key).map_or(node.at, |n| n.at);
        let help = "one relative value for each hour from 00 to 23 (UTC)";
        match &self.day {
            Some(Day::Hours(values)) if values.len() != 24 => problems.push(
                Diagnostic::error(at("day"), format!("{} values for the hours of a day", values.len())).label("expected 24").help(help),
            ),
            Some(Day::Hours(values)) if all_zero(values.iter()) => {
                problems.push(Diagnostic::error(at("day"), "a day without any demand").label("all 24 values are 0").help(help));
            }
            Some(Day::Curve(curve)) => {
                if curve.ratio.value.0 < Decimal::ONE {
                    let at = curve.ratio.at.unwrap_or_else(|| at("day"));
                    let help = "the peak is `ratio` times the low; 1 is a flat day";
                    problems.push(Diagnostic::error(at, "the peak would be below the low").label("expected 1 or more").help(help));
                }
                if curve.peak == curve.low {
                    let at = node.get("day").and_then(|n| n.get("low")).map_or_else(|| at("day"), |n| n.at);
                    problems.push(Diagnostic::error(at, "the peak and the low fall together").label("expected another time"));
                }
            }
            _ => {}
        }
        if let Some(week) = &self.week {
            let days = [&week.mon, &week.tue, &week.wed, &week.thu, &week.fri, &week.sat, &week.sun];
            if days.iter().all(|d| d.is_some()) && all_zero(days.into_iter().flatten()) {
                problems.push(Diagnostic::error(at("week"), "a week without any demand").label("all seven days are 0"));
            }
        }
    }

    fn check_event(&self, event: &Event, node: &Node, problems: &mut Problems) {
        let name = &event.name;
        let at = |key: &str| node.get(key).map_or(node.at, |n| n.at);
        match (event.from, event.to) {
            (None, None) if !event.days.is_empty() => {}
            (Some(from), Some(to)) if event.days.is_empty() => {
                if to.end() <= from.start() {
                    problems.push(
                        Diagnostic::error(at("to"), format!("the event `{name}` ends before it begins"))
                            .label(format!("it begins {from}"))
                            .help("a day given as `to` still belongs to the event, a time does not"),
                    );
                }
            }
            _ => {
                problems.push(
                    Diagnostic::error(node.at, format!("when is the event `{name}`?"))
                        .label("expected `from` and `to`, or `days`")
                        .help("`from: 2026-12-24, to: 2027-01-02` or `days: [2026-11-27]`"),
                );
            }
        }
        self.check_event_routes(event, at("routes"), problems);
    }

    fn check_event_routes(&self, event: &Event, at: Place, problems: &mut Problems) {
        let known: Vec<&str> = self.requests.routes.iter().flat_map(|r| r.keys()).map(String::as_str).collect();
        for route in event.routes.iter().filter(|r| !known.contains(&r.as_str())) {
            let near = nearest(route, known.iter().copied());
            let help =
                if known.is_empty() { "routes stand under `requests`".to_owned() } else { format!("known here: {}", known.join(", ")) };
            problems.push(
                Diagnostic::error(at, format!("the event `{}` speaks of `{route}`, which is no route", event.name))
                    .label(near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?")))
                    .help(help),
            );
        }
    }
}

fn all_zero<'a>(mut values: impl Iterator<Item = &'a Relative>) -> bool {
    values.all(|v| v.value.0.is_zero())
}
