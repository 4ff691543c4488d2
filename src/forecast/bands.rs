//! The bands of a forecast: its months as functions of what is not certain, and what share of the paths ends where.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::demand::Demands;
use super::inputs::Inputs;
use super::paths::{self, Outcomes};
use super::sensitivity::{self, Swing};
use super::surface::{Places, Surface};
use super::{Band, Cut, MonthForecast, group_name, split_resources};
use crate::bill::group::{By, Part, claims, parts};
use crate::bill::{Bill, Charge};
use crate::month::Month;
use crate::predict::{Metered, NoBill};
use crate::scenario::Scenario;
use crate::scenario::plan::Claim;
use crate::statistic::float;

/// The months as functions of what is not certain about them.
pub(super) struct Simulated<'a> {
    scenario: &'a Scenario,
    cut: &'a Cut,
    inputs: Inputs,
    surfaces: Vec<Surface>,
    places: Vec<(bool, String)>,
    demands: Option<(Vec<&'a Scenario>, Month)>,
}

impl<'a> Simulated<'a> {
    pub(super) fn new(scenario: &'a Scenario, cut: &'a Cut) -> Simulated<'a> {
        Simulated { scenario, cut, inputs: Inputs::default(), surfaces: Vec::new(), places: Vec::new(), demands: None }
    }

    /// Compiles a month.
    pub(super) fn month(&mut self, metered: &Metered<'a>, whole: &Bill) -> Result<(), NoBill> {
        if self.cut.drawing.paths == 0 {
            return Ok(());
        }
        self.demands.get_or_insert_with(|| (metered.members.clone(), metered.terms.month));
        let own = whole.cut(&self.scenario.name);
        let split = split_resources(&own, self.scenario);
        let (scenario, by) = (self.scenario, &self.cut.by);
        let known = |part: &Part<'_>| group_of(by, part.charge, part.claim, scenario, &split);
        for part in parts(&own, scenario.plan.as_ref()) {
            let place = known(&part);
            if !self.places.contains(&place) {
                self.places.push(place);
            }
        }
        let places = &self.places;
        let place_of = |charge: &Charge| -> Places {
            let place = |claim| places.iter().position(|p| *p == group_of(by, charge, claim, scenario, &split));
            let claims = claims(scenario.plan.as_ref(), charge).into_iter();
            claims.filter_map(|(claim, share)| Some((place(claim)?, float(share)))).collect()
        };
        self.surfaces.push(Surface::new(metered, whole, &mut self.inputs, &place_of, places.len())?);
        Ok(())
    }

    /// Runs the paths and writes the bands into the months. Gives what makes the first month's band wide, the widest first;
    /// nothing where nothing is uncertain.
    pub(super) fn run(mut self, months: &mut [MonthForecast]) -> Option<Vec<Swing>> {
        let (members, first) = self.demands.take()?;
        let count = u32::try_from(self.surfaces.len()).unwrap_or(u32::MAX);
        let demands = Demands::new(&members, first, count, &mut self.inputs);
        if self.inputs.list.is_empty() && !demands.moves() {
            return None;
        }
        let outcomes = paths::run(&self.surfaces, &self.inputs, &demands, self.cut.drawing);
        for (month, outcome) in months.iter_mut().zip(&outcomes) {
            self.bands(month, outcome);
        }
        let counted = |place: usize| !self.cut.planned_only || self.places[place].0;
        let own = members.iter().find(|m| m.name == self.scenario.name).copied();
        Some(sensitivity::swings(self.surfaces.first()?, &self.inputs, &demands, own.unwrap_or(self.scenario), self.cut.drawing, &counted))
    }

    fn bands(&self, month: &mut MonthForecast, outcome: &Outcomes) {
        let planned = |place: usize| self.places[place].0;
        let whole = self.cut.planned_only;
        month.planned.band = paths::band(outcome.sum(planned), month.budget);
        month.unplanned.band = if whole { Band::default() } else { paths::band(outcome.sum(|p| !planned(p)), None) };
        month.band =
            Band { over_budget: month.planned.band.over_budget.clone(), ..paths::band(outcome.sum(|p| !whole || planned(p)), None) };
        for (is_planned, block) in [(true, &mut month.planned), (false, &mut month.unplanned)] {
            for group in &mut block.groups {
                group.band = paths::band(outcome.sum(|p| planned(p) == is_planned && self.places[p].1 == group.name), None);
            }
        }
    }
}

/// Where a part of a charge is added up: inside the plan or outside, and the group's name.
fn group_of(by: &By, charge: &Charge, claim: Claim, scenario: &Scenario, split: &BTreeSet<Arc<str>>) -> (bool, String) {
    let line = |i: usize| scenario.plan.as_ref().and_then(|p| p.lines.get(i)).map(|l| l.line.group.clone());
    match claim {
        Claim::Line(i) if *by == By::Group => (true, line(i).unwrap_or_default()),
        Claim::Unplanned => (false, group_name(by, charge, claim, scenario, split).0),
        _ => (true, group_name(by, charge, claim, scenario, split).0),
    }
}
