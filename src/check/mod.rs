//! Budget rules: what they ask of an environment's numbers, what these are, and the verdict.

pub mod alert;
pub mod anomaly;
pub mod aws;
pub mod base;
pub mod commitments;
pub mod document;
pub mod judge;
pub mod landing;
mod moved;
pub mod on_bill;
mod reading;
pub mod rule;
mod value;
pub mod words;

pub use self::judge::{Ground, check};
