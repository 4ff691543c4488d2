//! Savings: what could cost less, always as the difference of two bills.

pub mod dr;
pub mod rightsize;
