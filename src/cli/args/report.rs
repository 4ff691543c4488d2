//! Arguments of `report` and `plot`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{BilledArgs, DrawingArgs};
use crate::month::Month;

/// Of what a report is, and a chart of one.
#[derive(Debug, Args)]
pub struct SubjectArgs {
    /// The environment
    #[arg(value_name = "ENV", required_unless_present = "all", conflicts_with = "all")]
    pub environment: Option<String>,
    /// Every environment that is paid for, and all of them together; of charts only a history has them
    #[arg(long)]
    pub all: bool,
    /// The month of the report (2026-10); the last whole one if left out
    #[arg(long, value_name = "MONTH")]
    pub month: Option<Month>,
    #[command(flatten)]
    pub billed: BilledArgs,
    #[command(flatten)]
    pub drawing: DrawingArgs,
}

/// `report`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost report prod --month 2026-10                              on the terminal
  ce-cost report prod --month 2026-10 --format html --out reports  reports/prod-2026-10.html
  ce-cost report --all --format html,md,csv,xlsx,json --out reports
  ce-cost report prod --format md --template my-templates          with my-templates/report.md
  ce-cost report prod --forecasts kept                             with kept/*.json, of ce-cost forecast prod --format json

Bills come from the store (`ce-cost actuals pull`) or from --actuals; without one the report says what is predicted, and what it
cannot answer. All formats are written from one document: their numbers agree.")]
pub struct ReportArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// Write files into this folder instead of standard output
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// A folder with the JSON of earlier `ce-cost forecast --format json`, to be held against the invoices that came
    #[arg(long, value_name = "DIR")]
    pub forecasts: Option<PathBuf>,
    /// A folder with a report.html or report.md in the place of the built-in one
    #[arg(long, value_name = "DIR")]
    pub template: Option<PathBuf>,
    /// How to write it; several need --out
    #[arg(long, value_name = "FORMATS", value_delimiter = ',', default_value = "table")]
    pub format: Vec<ReportFormat>,
}

/// How to write a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For a terminal.
    Table,
    /// A page that needs nothing else; print it for a PDF.
    Html,
    /// For a wiki or a pull request.
    #[value(alias = "markdown")]
    Md,
    /// One file for each table.
    Csv,
    /// A workbook.
    Xlsx,
    /// For scripts; a contract (docs/schema).
    Json,
}

/// `plot`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost plot forecast prod --out forecast.svg
  ce-cost plot bridge prod --month 2026-10 --out bridge.png
  ce-cost plot waterfall prod --out savings.svg
  ce-cost plot history --all --out history.png

A PNG has its font in it and is the same everywhere; an SVG is set in the reader's sans-serif.")]
pub struct PlotArgs {
    /// What to draw
    #[arg(value_name = "CHART")]
    pub chart: PlotChart,
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// The file: .svg or .png
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// What `plot` draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlotChart {
    /// Planned charges of the next twelve months, their band and the budget.
    Forecast,
    /// From predicted to billed.
    Bridge,
    /// From what it costs to what it would cost with the recommended levers.
    Waterfall,
    /// What each service, or environment, has cost.
    History,
}
