//! ce-cost writes the bill that AWS will send.
//!
//! A [`scenario`] becomes [`usage`] records that carry AWS's own usage types; the price book ([`pricing`]) [rates](rating) them;
//! the result is a [`bill`] in the columns of a real one. Every view is a query over bills. [`predict`] is that way as one
//! function, and the file to read first.
//!
//! ```
//! use ce_cost::month::HoursBasis;
//! use ce_cost::predict::{self, Basis};
//! use ce_cost::pricing::PriceBook;
//! use ce_cost::scenario::{self, InputFile};
//!
//! let book = PriceBook::embedded().expect("the built-in prices");
//! let text = "
//! environment: shop
//! region: us-east-1
//! resources:
//!   web:
//!     type: fargate-service
//!     task: {cpu: 1 vCPU, memory: 2 GB}
//!     tasks: {min: 1, max: 4, average: 2}
//! ";
//! let files = [InputFile { name: "shop.yaml".into(), text: text.into() }];
//! let scenarios = scenario::load(&files, &book, &[]).expect("a scenario without errors");
//! let shop = scenarios.named("shop").expect("the environment");
//! let basis = Basis { month: "2026-12".parse().expect("a month"), hours: HoursBasis::Fixed(730), pooled: true, free_tier: true, failover: None };
//! let bill = predict::bill(&scenarios, shop, &book, basis).expect("a price for every usage");
//!
//! // 2 tasks × (1 vCPU × 0.04048 + 2 GB × 0.004445) × 730 h
//! assert_eq!(bill.total().to_string(), "72.0802");
//! ```

#[cfg(feature = "actuals")]
pub mod actuals;
pub mod bill;
pub mod calibrate;
pub mod check;
pub mod cli;
pub mod coverage;
pub mod diagnostic;
pub mod failover;
pub mod forecast;
pub mod money;
pub mod month;
pub mod plan;
pub mod predict;
pub mod pricing;
pub mod quantity;
pub mod rating;
pub mod report;
pub mod savings;
pub mod scaling;
pub mod scenario;
pub mod services;
pub mod simulation;
pub mod source;
pub mod statistic;
pub mod usage;
pub mod variance;
pub mod workload;
