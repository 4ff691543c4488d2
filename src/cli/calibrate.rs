//! `ce-cost calibrate`.

use std::fmt::Write;

use super::args::{CalibrateArgs, Cli, ViewFormat};
use super::forecast::json;
use super::input::Inputs;
use super::{Failure, Output, World};
use crate::calibrate::{Calibration, Wanted, calibrate};
use crate::forecast::next_month;
use crate::money::cents;
use crate::predict::Basis;
use crate::report::terminal::Tone;
use crate::report::{csv, markdown};

/// Runs the command.
pub fn run(cli: &Cli, args: &CalibrateArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    inputs.environment(&args.environment)?;
    let basis = Basis {
        month: args.month.unwrap_or_else(|| next_month(inputs.as_of)),
        hours: args.hours,
        pooled: true,
        free_tier: true,
        failover: None,
    };
    let as_of = inputs.as_of.to_string();
    let wanted = Wanted { as_of: &as_of, environment: &args.environment, line: &args.line, driver: &args.driver };
    let found = calibrate(&inputs.files, &inputs.book, &wanted, basis).map_err(|e| Failure::usage(format!("error: {}", e.trim_end())))?;
    let out = match args.format {
        ViewFormat::Json => json(&found)?,
        ViewFormat::Csv => csv::write(
            &["environment", "line", "driver", "stated_usd", "before", "modelled_before_usd", "after", "modelled_after_usd"],
            [vec![
                found.environment.clone(),
                found.line.clone(),
                found.driver.clone(),
                found.stated.to_string(),
                found.before.clone(),
                found.modelled_before.to_string(),
                found.after.clone(),
                found.modelled_after.to_string(),
            ]],
        ),
        ViewFormat::Md => format!(
            "`{}` meets {} of {} with\n\n```yaml\n{}\n```\n",
            found.driver,
            cents(found.stated),
            markdown::escape(&found.line),
            found.patch
        ),
        ViewFormat::Table => page(&found, world),
    };
    Ok(Output { out, notes: inputs.warnings(world) })
}

fn page(found: &Calibration, world: &World) -> String {
    let mut out = format!("{} · {} by {}\n\n", found.environment, found.line, found.driver);
    let _ = writeln!(out, "  stated   {}", cents(found.stated));
    let _ = writeln!(out, "  now      {} with {}", cents(found.modelled_before), found.before);
    let _ = writeln!(
        out,
        "  {}    {} with {}\n",
        world.screen.paint(Tone::Strong, "found"),
        cents(found.modelled_after),
        world.screen.paint(Tone::Strong, &found.after)
    );
    let _ = writeln!(out, "  Write into the file of {} at {}:\n\n    {}", found.environment, found.driver, found.patch);
    out
}
