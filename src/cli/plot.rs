//! `ce-cost plot`: a chart of the monthly report by itself.

use super::args::{Cli, PlotArgs, PlotChart};
use super::input::Inputs;
use super::{Exit, Failure, Output, World, out_file, report};
use crate::report::monthly::document::{Chart, Report};
use crate::report::plot::{self, WIDE};

/// Runs the command.
pub fn run(cli: &Cli, args: &PlotArgs, world: &World) -> Result<Output, Failure> {
    let ending = args.out.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    if !["svg", "png"].contains(&ending.as_str()) {
        return Err(Failure::usage(format!("error: {} is no picture\nhelp: its name ends with .svg or .png", args.out.display())));
    }
    let inputs = Inputs::read(cli, world)?;
    let document = report::document(cli, &args.subject, None, &inputs, world)?;
    let chart = chart(args, &document)?;
    let internal = |why: String| Failure { exit: Exit::Internal, message: format!("error: {why}") };
    let bytes = match ending.as_str() {
        "svg" => plot::svg(chart, WIDE).map_err(internal)?.into_bytes(),
        _ => plot::png(chart, WIDE).map_err(internal)?,
    };
    out_file::write(&args.out, &bytes)?;
    Ok(Output { out: format!("{}\n", args.out.display()), notes: inputs.warnings(world) })
}

/// The chart that is asked for, out of the first chapter; why there is none.
fn chart<'a>(args: &PlotArgs, document: &'a Report) -> Result<&'a Chart, Failure> {
    let id = match (args.chart, args.subject.all) {
        (PlotChart::Forecast, false) => "outlook",
        (PlotChart::Bridge, false) => "bridge",
        (PlotChart::Waterfall, false) => "savings",
        (PlotChart::History, false) => "history",
        (PlotChart::History, true) => "environments",
        (_, true) => return Err(Failure::usage("error: all environments together have a history only; this chart is of one environment")),
    };
    let section = document.chapters.first().and_then(|c| c.sections.iter().find(|s| s.id == id));
    let why = || section.map_or_else(String::new, |s| s.answer.clone());
    section.and_then(|s| s.chart.as_ref()).ok_or_else(|| Failure::missing(format!("error: there is nothing to draw\nhelp: {}", why())))
}
