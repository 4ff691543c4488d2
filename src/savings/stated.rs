//! The plan's own arithmetic: what it states of a lever, and how that comes about. Nothing here is a price of AWS.

use rust_decimal::Decimal;

use super::lever::{Basis, Document, Fitted, Stated};
use crate::money::{Usd, cents, dollars, quotient};
use crate::quantity::Share;
use crate::scenario::Scenarios;

/// How a stated amount was reproduced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reproduced {
    /// `document`, `fitted` or `stated-only`.
    pub basis: &'static str,
    /// What the arithmetic gives, to the cent.
    pub amount: Usd,
    /// In words: "30% of 1,800".
    pub how: String,
}

/// Why a stated amount was not reproduced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// In a sentence.
    pub message: String,
    /// What stands there.
    pub label: String,
    /// The way out.
    pub help: String,
}

/// Reproduces a stated amount on its own basis.
///
/// # Errors
/// A basis that is not one of the three, lines that the plan does not have, and arithmetic that misses the stated amount by a dollar.
pub fn reproduce(plan: &Stated, scenarios: &Scenarios) -> Result<Reproduced, Wrong> {
    let lines = |of: &[String]| sum(of, plan, scenarios);
    let Basis { document, fitted, stated_only } = &plan.basis;
    let found = match (document, fitted, stated_only) {
        (Some(document), None, None) => by_document(document, lines(&document.of)?),
        (None, Some(fitted), None) => by_fit(fitted, lines)?,
        (None, None, Some(echo)) => {
            Reproduced { basis: "stated-only", amount: plan.stated, how: format!("stated; it would need {}", echo.needs) }
        }
        _ => {
            return Err(Wrong {
                message: "a stated amount has one basis".into(),
                label: "expected one of `document`, `fitted`, `stated-only`".into(),
                help: "`basis: {document: {rate: 30%, of: [Database]}}`".into(),
            });
        }
    };
    if dollars(found.amount) != dollars(plan.stated) {
        return Err(Wrong {
            message: format!("the plan states {}, its basis gives {}", dollars(plan.stated), cents(found.amount)),
            label: found.how,
            help: "mend the rate, the lines or the fitted input: a stated amount is reproduced to the dollar".into(),
        });
    }
    Ok(found)
}

fn by_document(document: &Document, lines: Usd) -> Reproduced {
    let amount = cent(lines.decimal() * document.rate.0);
    Reproduced { basis: "document", amount, how: format!("{} of {}", document.rate, dollars(lines)) }
}

fn by_fit(fitted: &Fitted, lines: impl Fn(&[String]) -> Result<Usd, Wrong>) -> Result<Reproduced, Wrong> {
    let input = &fitted.input;
    match (fitted.amount, fitted.rate, fitted.utilisation, fitted.target) {
        (Some(amount), Some(rate), None, None) if fitted.of.is_empty() => Ok(Reproduced {
            basis: "fitted",
            amount: cent(amount.decimal() * rate.0),
            how: format!("{rate} of {input}, calibrated to {}", dollars(amount)),
        }),
        (None, None, Some(utilisation), Some(target)) if !fitted.of.is_empty() => {
            let lines = lines(&fitted.of)?;
            let left = quotient(utilisation.0, target.0).unwrap_or(Decimal::ONE);
            let how = format!("{} × (1 − {utilisation} ÷ {target}), {input} calibrated to {utilisation}", dollars(lines));
            Ok(Reproduced { basis: "fitted", amount: cent(lines.decimal() * (Decimal::ONE - left)), how })
        }
        _ => Err(Wrong {
            message: "a fitted basis is not complete".into(),
            label: "expected `amount` with `rate`, or `utilisation` with `target` and `of`".into(),
            help: "`fitted: {input: spot-able compute, amount: 286 USD, rate: 70%}`".into(),
        }),
    }
}

fn cent(amount: Decimal) -> Usd {
    Usd::new(amount.round_dp(2))
}

/// What lines or groups of the plan add up to.
fn sum(of: &[String], stated: &Stated, scenarios: &Scenarios) -> Result<Usd, Wrong> {
    let plan = scenarios.named(stated.counted_in()).and_then(|s| s.plan.as_ref());
    let mut sum = Usd::ZERO;
    for name in of {
        let fits = |line: &&crate::scenario::plan::PlanLine| {
            line.line.group == *name || format!("{} / {}", line.line.group, line.line.line) == *name
        };
        let lines: Vec<Usd> = plan.iter().flat_map(|p| &p.lines).filter(fits).map(|l| l.stated).collect();
        if lines.is_empty() {
            return Err(Wrong {
                message: format!("the plan of {} has no line `{name}`", stated.counted_in()),
                label: "unknown line or group".into(),
                help: "write a group (`Database`) or a line with its group (`Database / Writer`)".into(),
            });
        }
        sum += lines.into_iter().sum();
    }
    Ok(sum)
}

/// A share of a whole as the plan writes it, to four places.
pub fn share_of(part: Usd, whole: Usd) -> Option<Share> {
    part.fraction_of(whole).map(|f| Share(f.round_dp(4)))
}
