//! Savings: what could cost less, always as the difference of two bills. Levers as patches, what they are worth alone and together, and
//! the best of them under constraints; sizes of tasks; ways to be ready for the loss of a region.

pub mod analysis;
pub mod before;
pub mod best;
pub mod bought;
pub mod commit;
pub mod document;
pub mod double_count;
pub mod doubt;
pub mod dr;
pub mod game;
pub mod ground;
pub mod hourly;
pub mod lever;
mod report;
pub mod rightsize;
mod sampled;
mod shares;
pub mod stated;
pub mod values;

pub use self::report::{Asked, Depth, savings, together};
