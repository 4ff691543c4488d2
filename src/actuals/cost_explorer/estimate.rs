//! What a pull will cost, before it is asked for.

use super::plan::price;
use crate::money::cents;

/// What a pull will take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Estimate {
    /// Requests to be made.
    pub requests: u64,
    /// Answers that the cache has.
    pub cached: u64,
    /// True where it can be more: an answer that was never seen can have several pages, and can lead to further questions.
    pub open: bool,
}

impl Estimate {
    /// For the user.
    pub fn text(&self) -> String {
        let Estimate { requests, cached, open } = *self;
        let least = if open { "at least " } else { "" };
        let pages = if open { "; each further page of an answer is one more" } else { "" };
        let known = if cached > 0 { format!("; {} cached, at no cost", plural(cached, "answer is", "answers are")) } else { String::new() };
        format!("{least}{}, about ${}{pages}{known}", plural(requests, "request", "requests"), cents(price(requests)))
    }
}

/// A number with its word.
pub(super) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
