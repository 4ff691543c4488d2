//! What a changed scenario saves on every path: the same draws of the same inputs with and without the change, so that the band is that
//! of the difference and not of two bills.
#![allow(clippy::float_arithmetic, reason = "paths are statistics")]

use super::Band;
use super::demand::Demands;
use super::inputs::Inputs;
use super::paths::{Drawing, band, run};
use super::surface::Surface;
use crate::bill::{Bill, Charge};
use crate::money::Usd;
use crate::predict::{Metered, NoBill};
use crate::rating::credit;
use crate::statistic::float;

/// The band of what an environment costs less. `spread` is what the month's fees, spread over their terms, come to beyond what the bill
/// afterwards says: it is the same on every path. Nothing where nothing is uncertain.
///
/// # Errors
/// As [`crate::predict::bill`].
pub fn difference(
    (before, bill_before): (&Metered<'_>, &Bill),
    (after, bill_after): (&Metered<'_>, &Bill),
    spread: Usd,
    drawing: Drawing,
) -> Result<Band, NoBill> {
    if drawing.paths == 0 {
        return Ok(Band::default());
    }
    let (Some(before), Some(after)) = (totals(before, bill_before, drawing)?, totals(after, bill_after, drawing)?) else {
        return Ok(Band::default());
    };
    let spread = float(spread.decimal());
    Ok(band(before.iter().zip(&after).map(|(b, a)| b - a - spread).collect(), None))
}

/// What the environment in question costs on every path, credits left aside; nothing where nothing moves.
fn totals(metered: &Metered<'_>, bill: &Bill, drawing: Drawing) -> Result<Option<Vec<f64>>, NoBill> {
    let mut inputs = Inputs::default();
    let place_of = |charge: &Charge| if credit::is_of_payer(charge) { Vec::new() } else { vec![(0, 1.0)] };
    let surface = Surface::new(metered, bill, &mut inputs, &place_of, 1)?;
    let demands = Demands::new(&metered.members, metered.terms.month, 1, &mut inputs);
    let moves = !inputs.list.is_empty() || demands.moves();
    let outcomes = run(&[surface], &inputs, &demands, drawing);
    Ok(outcomes.first().filter(|_| moves).map(|o| o.sum(|_| true)))
}
