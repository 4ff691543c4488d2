//! Everything that is not certain behind a forecast: which drivers, how demand moves, and what is drawn for both.
#![allow(clippy::float_arithmetic, reason = "draws are floats")]

use std::collections::HashMap;
use std::sync::Arc;

use super::draw::{Drawn, purpose, stream};
use super::surface::Draw;
use crate::scenario::Scenario;
use crate::scenario::driver::{Provenance, Uncertainty};
use crate::source::Place;
use crate::usage::{Factor, Measure};

/// One input that is not certain.
#[derive(Clone, Debug)]
pub struct Input {
    /// The environment in whose file it stands, or the first that uses it.
    pub environment: Arc<str>,
    /// Its path in the file: `database.io`.
    pub path: String,
    /// The likely value, as a reader would write it.
    pub shown: String,
    /// Where it came from.
    pub from: Option<Provenance>,
    /// Why it has this value.
    pub why: Option<String>,
    /// Where it stands.
    pub place: Option<Place>,
    /// The resource that first uses it; empty for the workload's.
    pub resource: String,
    /// What is drawn for it.
    pub drawn: Drawn,
}

/// Something of demand that moves quantities.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DemandOf {
    /// The environment.
    pub environment: Arc<str>,
    /// The resource, for its own capacity.
    pub resource: Option<Arc<str>>,
    /// What of it.
    pub measure: Measure,
}

/// All inputs of a forecast. A driver that several environments inherit is one input.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// In the order in which they were met.
    pub list: Vec<Input>,
    /// What of demand moves something, in the order in which it was met.
    pub demands: Vec<DemandOf>,
    by_place: HashMap<Place, usize>,
    /// The stream of random numbers of each input, named by its environment and path.
    streams: Vec<u64>,
    certain: bool,
}

impl Inputs {
    /// The index of the input behind a factor; `None` where no file states it.
    /// Its path is that in the environment in question, `own`, where that one uses it.
    pub fn of(&mut self, factor: &Factor, uncertainty: &Uncertainty, resource: &str, own: &str, members: &[&Scenario]) -> Option<usize> {
        let place = factor.at?;
        if let Some(index) = self.by_place.get(&place) {
            return Some(*index);
        }
        let own_first = members.iter().filter(|m| *m.name == *own).chain(members);
        let found = own_first.filter_map(|m| Some((m.name.clone(), m.tree.path_of(place)?))).next();
        let (environment, path) = found.unwrap_or_else(|| (Arc::from(""), factor.name.to_string()));
        Some(self.add(Input {
            environment,
            path: path.strip_prefix("resources.").unwrap_or(&path).to_owned(),
            // As it is stated, not as it has grown.
            shown: factor.shown.split(" grown ×").next().unwrap_or_default().to_owned(),
            from: factor.from,
            why: factor.why.clone(),
            place: Some(place),
            resource: resource.to_owned(),
            drawn: Drawn::of(uncertainty),
        }))
    }

    /// The input that stands at a place.
    pub fn known(&self, place: Option<Place>) -> Option<usize> {
        place.and_then(|p| self.by_place.get(&p).copied())
    }

    /// Adds an input.
    pub fn add(&mut self, input: Input) -> usize {
        if let Some(place) = input.place {
            self.by_place.insert(place, self.list.len());
        }
        self.streams.push(purpose(&format!("{} {}", input.environment, input.path)));
        self.list.push(input);
        self.list.len() - 1
    }

    /// The index of a measure of demand.
    pub fn demand(&mut self, measure: &Measure, environment: &Arc<str>, resource: &Arc<str>) -> usize {
        let resource = (*measure == Measure::Capacity).then(|| resource.clone());
        let wanted = DemandOf { environment: environment.clone(), resource, measure: measure.clone() };
        self.demands.iter().position(|d| *d == wanted).unwrap_or_else(|| {
            self.demands.push(wanted);
            self.demands.len() - 1
        })
    }

    /// Everything at its likely value.
    pub fn likely(&self) -> Draw {
        Draw { inputs: vec![1.0; self.list.len()], demands: vec![1.0; self.demands.len()] }
    }

    /// The same with every input certain: what is left is chance.
    pub fn certain(&self) -> Inputs {
        Inputs { certain: true, ..self.clone() }
    }

    /// What is drawn for every input on a path.
    pub fn draw(&self, seed: u64, path: u64) -> Vec<f64> {
        if self.certain {
            return self.likely().inputs;
        }
        self.list.iter().zip(&self.streams).map(|(input, name)| input.drawn.draw(&mut stream(seed, path, *name))).collect()
    }
}
