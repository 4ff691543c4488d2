//! What right-sizing found, as a document.

use schemars::JsonSchema;
use serde::Serialize;

use crate::money::Usd;

/// What sizes fit what was measured. The JSON of `rightsize --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RightSizing {
    /// Names this layout: `ce-cost/rightsize/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The month in which the saving counts.
    pub month: String,
    /// `list prices`, or `list prices less discounts` where the payer has negotiated some.
    pub prices: String,
    /// When the measurements begin, UTC.
    pub measured_from: String,
    /// When they end, UTC.
    pub measured_to: String,
    /// Minutes of an interval.
    pub interval_minutes: String,
    /// Between which shares of the CPU busy times are to lie.
    pub target: [String; 2],
    /// The environment's bill of the month as its file forecasts it.
    pub forecast: Usd,
    /// The same with as many tasks as ran: what the saving is counted from.
    pub as_measured: Usd,
    /// The same with all proposals, and with as many tasks as the measured load asks for then.
    pub proposed: Usd,
    /// The services that were measured.
    pub services: Vec<Fitted>,
    /// What all proposals save in the month together; below zero where they cost more.
    pub saving: Usd,
    /// Minutes of the month in which services are throttled at the proposed sizes, added up over those that change.
    pub throttled_minutes: String,
    /// The changes, by path.
    pub changes: Vec<Change>,
    /// The same as lines to write into the file.
    pub yaml: String,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// One change to the scenario.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    /// Where, with the file's own names.
    pub path: String,
    /// The new value, as a file writes it.
    pub value: String,
}

/// What to do with a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Another size or range.
    Resize,
    /// It fits, nothing else costs notably less, or no other size suffices.
    Keep,
    /// The measurements do not suffice.
    Unknown,
}

/// A service and the size that fits it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Fitted {
    /// The resource in the scenario.
    pub service: String,
    /// What to do.
    pub verdict: Verdict,
    /// Why.
    pub why: String,
    /// As it is, and as it was measured.
    pub now: Shape,
    /// As it is proposed; nothing where it stays.
    pub proposed: Option<Shape>,
    /// What that saves in the month, by itself.
    pub saving: Usd,
    /// Sizes that were left aside and why.
    pub excluded: Vec<String>,
}

/// A size and a range of tasks.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Shape {
    /// vCPUs of a task: `4 vCPU`.
    pub cpu: String,
    /// Memory of a task: `8 GB`.
    pub memory: String,
    /// The least tasks.
    pub min: String,
    /// The most tasks.
    pub max: String,
    /// Tasks on average.
    pub average: String,
    /// The target of its CPU, a share; nothing where no policy has one.
    pub cpu_target: Option<String>,
    /// The used part of the CPU in busy times (95th percentile); nothing where it was not measured.
    pub cpu_p95: Option<String>,
    /// The used part of the memory in busy times.
    pub memory_p95: Option<String>,
    /// The used part of the memory at most, on average over the tasks.
    pub memory_most: Option<String>,
    /// Minutes of a month in which more is asked for than the working tasks have, simulated on the measured load. As it is, at the
    /// target that is stated; where tasks scale and none is, the measured minutes in which all of the CPU was used.
    pub throttled_minutes: Option<String>,
}
