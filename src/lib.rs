//! ce-cost writes the bill that AWS will send.
pub mod diagnostic;
pub mod money;
pub mod month;
pub mod pricing;
pub mod quantity;
pub mod scenario;
pub mod services;
pub mod source;
pub mod usage;
