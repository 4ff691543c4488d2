//! ce-cost writes the bill that AWS will send.
pub mod bill;
pub mod calibrate;
pub mod cli;
pub mod diagnostic;
pub mod forecast;
pub mod money;
pub mod month;
pub mod plan;
pub mod predict;
pub mod pricing;
pub mod quantity;
pub mod rating;
pub mod report;
pub mod scenario;
pub mod services;
pub mod source;
pub mod usage;
