//! Cost Explorer: AWS's own view of the bill, asked over the network for 0.01 USD a request.
//!
//! ```text
//! plan ─► asking (cache, client) ─► compose ─► statement
//! ```
//!
//! It groups by two keys at once and knows no rows: the plan asks from several sides, and `compose` makes one bill of them.

mod asking;
mod cache;
mod client;
mod compose;
mod estimate;
mod forecast;
pub mod plan;
mod refused;
pub mod reply;
pub mod request;
mod side;
pub mod statement;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

pub use self::asking::{Asking, Service};
pub use self::cache::{Cache, FRESH};
pub use self::client::{Client, endpoint};
pub use self::compose::{Composed, compose};
pub use self::estimate::Estimate;
pub use self::forecast::{Expected, ForecastReply, ForecastRequest};
pub use self::plan::Pull;
pub use self::refused::Refused;
use super::statement::unknown_types;
use super::{Imported, Source, Statement};

/// How the format of every bill begins that comes from Cost Explorer, pulled or saved.
pub const FORMAT: &str = "Cost Explorer";

/// What is said of every bill that is pulled.
pub const ABSENT: &str = "Cost Explorer tells neither resources, linked accounts, list prices nor the commitment behind a row: a Cost \
                          and Usage Report does";

/// Pulls the bill of an account, and leaves as many requests as a forecast takes. `say` is told what it will cost before it is asked.
///
/// # Errors
/// Why there is no answer, what would cost more than is allowed, or where answers contradict each other.
pub fn pull(
    account: &str,
    pull: &Pull,
    today: NaiveDate,
    ahead: Option<&ForecastRequest>,
    asking: &mut Asking<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<Imported, Refused> {
    let answers = asking.pull(pull, today, ahead, say)?;
    let composed = compose(pull, &answers).map_err(Refused::Answer)?;
    let source = Source {
        format: FORMAT.into(),
        from: vec![format!("GetCostAndUsage {} to {}, {}", pull.from, pull.to, pull.granularity)],
        version: String::new(),
        tags: Some(pull.tag.iter().cloned().collect()),
    };
    let mut remarks = composed.remarks;
    remarks.push(ABSENT.into());
    if pull.tag.is_none() {
        remarks.push("no environments were asked for: `--tag Environment` tells them apart, and `compare` needs that".into());
    }
    let mut statements = statement::statements(account, composed.cells, &source, today);
    for statement in &mut statements {
        statement.source.version = version(statement);
    }
    remarks.extend(unknown_types(&statements));
    Ok(Imported { statements, remarks })
}

/// A hash of the charges: the same bill, the same version.
fn version(statement: &Statement) -> String {
    let hash = Sha256::digest(format!("{} {:?}", statement.is_final, statement.bill.charges));
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
