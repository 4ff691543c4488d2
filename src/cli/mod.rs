//! The command line: read, call, render. No arithmetic.

mod actuals;
mod anomalies;
mod args;
mod billed;
mod budgets;
mod calibrate;
mod check;
mod commit;
mod compare;
mod dr;
mod embedded;
mod explain;
mod forecast;
mod input;
mod out_file;
mod plan;
mod plot;
mod prices;
mod report;
mod rightsize;
mod savings;
mod scenario;
mod sensitivity;
mod simulate;
mod workload;

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{CommandFactory, Parser};

use self::args::{Cli, ColorWhen, Command};
use crate::report::terminal::Screen;

pub use self::args::Cli as Arguments;

/// Exit codes, as `sysexits.h` numbers them; 1 to 3 are what `check` found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// All went well.
    Ok = 0,
    /// A budget rule is breached.
    Breach = 1,
    /// Only rules that warn are breached.
    Warned = 2,
    /// Data is not good enough to tell.
    Incomplete = 3,
    /// The command line is wrong, or names what is not there.
    Usage = 64,
    /// An input file is wrong.
    Input = 65,
    /// An input is missing.
    Missing = 66,
    /// AWS or the network did not answer as it should.
    Unavailable = 69,
    /// A fault of this program.
    Internal = 70,
}

/// The JSON Schema of every document that goes in or out, by the name of its file in `docs/schema`.
pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    let of = |schema: schemars::Schema| schema.to_value();
    let mut all = vec![
        ("scenario.schema.json", crate::scenario::schema::scenario()),
        ("accounts.schema.json", crate::scenario::schema::accounts()),
        ("lever.schema.json", of(schemars::schema_for!(crate::savings::lever::Lever))),
        ("savings.schema.json", of(schemars::schema_for!(crate::savings::document::Savings))),
        ("savings-all.schema.json", of(schemars::schema_for!(crate::savings::document::Together))),
        ("forecast.schema.json", of(schemars::schema_for!(crate::forecast::Forecast))),
        ("forecast-all.schema.json", of(schemars::schema_for!(crate::forecast::Together))),
        ("prices-coverage.schema.json", of(schemars::schema_for!(prices::Coverage))),
        ("prices-diff.schema.json", of(schemars::schema_for!(prices::PriceDiff))),
        ("plan.schema.json", of(schemars::schema_for!(crate::plan::PlanReport))),
        ("sensitivity.schema.json", of(schemars::schema_for!(sensitivity::Sensitivity))),
        ("simulate.schema.json", of(schemars::schema_for!(simulate::Simulation))),
        ("explain.schema.json", of(schemars::schema_for!(explain::Explanation))),
        ("anomalies.schema.json", of(schemars::schema_for!(anomalies::Document))),
        ("compare.schema.json", of(schemars::schema_for!(crate::variance::document::Document))),
        ("commit.schema.json", of(schemars::schema_for!(crate::savings::commit::document::Commitments))),
        ("report.schema.json", of(schemars::schema_for!(crate::report::monthly::document::Report))),
        ("check.schema.json", of(schemars::schema_for!(crate::check::document::Check))),
        ("budgets.schema.json", of(schemars::schema_for!(crate::check::rule::RuleFile))),
        ("measured.schema.json", of(schemars::schema_for!(crate::variance::measured::Measured))),
        ("calibrate.schema.json", of(schemars::schema_for!(crate::calibrate::Calibration))),
        ("rightsize.schema.json", of(schemars::schema_for!(crate::savings::rightsize::RightSizing))),
        ("dr.schema.json", of(schemars::schema_for!(crate::savings::dr::Frontier))),
        ("dr-strategies.schema.json", of(schemars::schema_for!(crate::savings::dr::strategy::Strategies))),
    ];
    all.extend(actuals::schemas());
    all
}

/// What a command has to say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Output {
    /// For standard output.
    pub out: String,
    /// For standard error, after the output: what the user should know.
    pub notes: String,
}

/// Why a command did not do what was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// The message, for standard error.
    pub message: String,
}

impl Failure {
    fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into() }
    }

    fn input(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Input, message: message.into() }
    }

    fn missing(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Missing, message: message.into() }
    }

    /// What is not there as a reason, in the first line of its message, for those who can do without it. Other failures stay what they are.
    fn unless_missing<T>(result: Result<T, Failure>) -> Result<Result<T, String>, Failure> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(failure) if failure.exit == Exit::Missing => {
                Ok(Err(failure.message.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()))
            }
            Err(failure) => Err(failure),
        }
    }
}

/// What the world tells a command: the day, and where its output goes.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// Today, unless `--as-of` says another day.
    pub today: NaiveDate,
    /// Standard output.
    pub screen: Screen,
    /// Whether errors are coloured.
    pub colour_errors: bool,
}

/// Runs the program on the real world.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            let _ = error.print();
            return ExitCode::from(code as u8);
        }
    };
    let world = world(&cli);
    match answer(&cli, &world) {
        Ok((output, exit)) => match write(&output) {
            Ok(()) => ExitCode::from(exit as u8),
            // Whoever reads has seen enough: `ce-cost … | head`.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::from(exit as u8),
            Err(error) => {
                eprintln!("error: the output cannot be written: {error}");
                ExitCode::from(Exit::Internal as u8)
            }
        },
        Err(failure) => {
            eprintln!("{}", failure.message.trim_end());
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// Writes what a command has to say.
fn write(output: &Output) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(output.out.as_bytes())?;
    out.flush()?;
    std::io::stderr().lock().write_all(output.notes.as_bytes())
}

fn world(cli: &Cli) -> World {
    let terminal = std::io::stdout().is_terminal();
    let choice = |stream: anstream::ColorChoice| match cli.color {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => stream != anstream::ColorChoice::Never,
    };
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let width = columns.or_else(|| terminal_size::terminal_size().map(|(w, _)| usize::from(w.0))).unwrap_or(120);
    World {
        today: chrono::Utc::now().date_naive(),
        screen: Screen {
            width: width.max(40),
            colour: choice(anstream::AutoStream::choice(&std::io::stdout())),
            bars: terminal || cli.color == ColorWhen::Always,
        },
        colour_errors: choice(anstream::AutoStream::choice(&std::io::stderr())),
    }
}

/// Runs a command, with the exit code of what it found.
fn answer(cli: &Cli, world: &World) -> Result<(Output, Exit), Failure> {
    match &cli.command {
        Command::Check(args) => check::run(cli, args, world),
        _ => run(cli, world).map(|output| (output, Exit::Ok)),
    }
}

/// Runs a command. Reads files, and writes none but pictures (`plot`, `simulate --plot`) and reports: [`main`] prints what comes back.
///
/// # Errors
/// A message for the user with its exit code.
pub fn run(cli: &Cli, world: &World) -> Result<Output, Failure> {
    match &cli.command {
        Command::Forecast(args) => forecast::run(cli, args, world),
        Command::Plan(args) => plan::run(cli, args, world),
        Command::Sensitivity(args) => sensitivity::run(cli, args, world),
        Command::Simulate(args) => simulate::run(cli, args, world),
        Command::Savings(args) => savings::run(cli, args, world),
        Command::Explain(args) => explain::run(cli, args, world),
        Command::Calibrate(args) => calibrate::run(cli, args, world),
        Command::Compare(args) => compare::run(cli, args, world),
        Command::Anomalies(args) => anomalies::run(cli, args, world),
        Command::Rightsize(args) => rightsize::run(cli, args, world),
        Command::Dr(args) => dr::run(cli, args, world),
        Command::Commit(args) => commit::run(cli, args, world),
        Command::Report(args) => report::run(cli, args, world),
        Command::Plot(args) => plot::run(cli, args, world),
        Command::Check(args) => check::run(cli, args, world).map(|(output, _)| output),
        Command::Budgets(args) => budgets::run(cli, args, world),
        Command::Prices(args) => prices::run(cli, args, world),
        Command::Scenario(args) => scenario::run(cli, args, world),
        Command::Workload(args) => workload::run(args),
        Command::Actuals(args) => actuals::run(cli, args, world),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "ce-cost", &mut out);
            Ok(Output { out: String::from_utf8_lossy(&out).into_owned(), notes: String::new() })
        }
        Command::Man => {
            let mut out = Vec::new();
            let page = clap_mangen::Man::new(Cli::command());
            page.render(&mut out).map_err(|e| Failure { exit: Exit::Internal, message: format!("error: {e}") })?;
            Ok(Output { out: String::from_utf8_lossy(&out).into_owned(), notes: String::new() })
        }
    }
}
