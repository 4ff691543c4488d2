//! Savings: levers as patches, what they are worth alone and together, and the best of them under constraints.

pub mod analysis;
pub mod best;
pub mod commit;
pub mod document;
pub mod double_count;
pub mod game;
pub mod ground;
pub mod lever;
pub mod purchase;
mod report;
mod sampled;
pub mod stated;
pub mod values;

pub use self::report::{Asked, savings, together};
