//! Budget rules: what they ask of an environment's numbers, what these are, and the verdict.

pub mod aws;
pub mod base;
pub mod document;
pub mod judge;
pub mod landing;
pub mod rule;

pub use self::judge::{Ground, check};
