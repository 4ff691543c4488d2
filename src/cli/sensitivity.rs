//! `ce-cost sensitivity`.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use super::args::{Cli, ScopeArg, SensitivityArgs, ViewFormat};
use super::forecast::{json, swings};
use super::input::Inputs;
use super::{Failure, Output, World};
use crate::forecast::sensitivity::Swing;
use crate::forecast::{self, Band, Cut, Forecast};
use crate::money::dollars;
use crate::report::terminal::Tone;
use crate::report::{csv, markdown};

/// What makes a month's band wide. The JSON of `sensitivity --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sensitivity {
    /// Names this layout: `ce-cost/sensitivity/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The month.
    pub month: String,
    /// The total with everything at its likely value.
    pub total: crate::money::Usd,
    /// Where the total ends on all paths.
    pub band: Band,
    /// The inputs, the widest swing first.
    pub inputs: Vec<Swing>,
}

/// Runs the command.
pub fn run(cli: &Cli, args: &SensitivityArgs, world: &World) -> Result<Output, Failure> {
    let environments = [args.environment.clone()];
    let inputs = Inputs::changed(cli, world, &args.changes, &environments)?;
    let scenario = inputs.environment(&args.environment)?;
    let cut = Cut {
        by: Default::default(),
        planned_only: args.scope == ScopeArg::Planned,
        as_of: inputs.as_of.to_string(),
        drawing: args.drawing.drawing(),
    };
    let result = forecast::forecast(&inputs.scenarios, scenario, &inputs.book, inputs.basis(&args.basis), 1, &cut);
    let (forecast, _) = result.map_err(|e| Failure::input(format!("error: {e}")))?;
    let out = match args.format {
        ViewFormat::Table => page(&forecast, world),
        ViewFormat::Json => json(&document(forecast))?,
        ViewFormat::Csv => rows(&forecast),
        ViewFormat::Md => {
            forecast.months.first().map_or_else(String::new, |m| markdown::table(&swings(forecast.moves.iter(), &forecast.environment, m)))
        }
    };
    Ok(Output { out, notes: inputs.warnings(world) })
}

fn document(forecast: Forecast) -> Sensitivity {
    let first = forecast.months.into_iter().next();
    Sensitivity {
        schema: "ce-cost/sensitivity/1".into(),
        environment: forecast.environment,
        currency: forecast.currency,
        as_of: forecast.as_of,
        month: first.as_ref().map(|m| m.month.clone()).unwrap_or_default(),
        total: first.as_ref().map(|m| m.total).unwrap_or_default(),
        band: first.map(|m| m.band).unwrap_or_default(),
        inputs: forecast.moves,
    }
}

fn rows(forecast: &Forecast) -> String {
    let of = |s: &Swing| {
        let [low, high] = s.range.clone().unwrap_or_default();
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        vec![
            s.environment.clone(),
            s.input.clone(),
            s.value.clone(),
            low,
            high,
            text(&s.provenance),
            s.low.to_string(),
            s.high.to_string(),
            s.swing.to_string(),
            text(&s.metric),
        ]
    };
    let columns = [
        "environment",
        "input",
        "likely",
        "low_times",
        "high_times",
        "provenance",
        "total_low_usd",
        "total_high_usd",
        "swing_usd",
        "metric",
    ];
    csv::write(&columns, forecast.moves.iter().map(of))
}

fn page(forecast: &Forecast, world: &World) -> String {
    let screen = &world.screen;
    let Some(month) = forecast.months.first() else { return String::new() };
    let mut out = screen.fill(&format!("{} · {} · what makes the band wide", forecast.environment, month.month), "");
    let Some(((p10, p50), p90)) = month.band.p10.zip(month.band.p50).zip(month.band.p90) else {
        let help = "Nothing in it is uncertain: give inputs a range, such as {low: 2, likely: 3, high: 5}, or a spread.";
        out.push_str(&screen.fill(help, "  "));
        return out;
    };
    let _ = writeln!(
        out,
        "\n  {}    {} – {} in 8 of 10 cases, {} wide\n",
        screen.paint(Tone::Strong, &format!("${}", dollars(p50))),
        dollars(p10),
        dollars(p90),
        dollars(p90 - p10)
    );
    out.push_str(&screen.fill("Each input alone at its low and its high value (one case in ten on either side), all others likely:", "  "));
    out.push_str(&screen.table(&swings(forecast.moves.iter(), &forecast.environment, month)));
    let metrics: Vec<&Swing> = forecast.moves.iter().filter(|s| s.metric.is_some()).take(NARROWED).collect();
    if !metrics.is_empty() {
        out.push_str("\n  What to measure first\n");
        let widest = metrics.iter().map(|s| s.input.len()).max().unwrap_or(0);
        for swing in metrics {
            let _ = writeln!(out, "    {:widest$}  {}", swing.input, swing.metric.as_deref().unwrap_or_default());
        }
    }
    if let Some(first) = forecast.moves.iter().find(|s| !s.value.is_empty()) {
        let command = format!("ce-cost sensitivity {} --what-if \"{}={}\"", forecast.environment, first.input, first.value);
        out.push('\n');
        out.push_str(&screen.hint(&command, "shows what is left once it is known"));
    }
    out
}

/// Inputs whose metric is named.
const NARROWED: usize = 6;
