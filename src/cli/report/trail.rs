//! From what a report is made: the program, prices, files with their hashes, bills.

use sha2::{Digest, Sha256};

use super::super::input::Inputs;
use super::COST;
use super::gathering::Gathering;
use crate::money::Usd;

impl Gathering<'_> {
    /// From what the report is made.
    pub fn trail(&self) -> Vec<(String, String)> {
        let mut trail = vec![
            ("program".to_owned(), format!("ce-cost {}", env!("CARGO_PKG_VERSION"))),
            ("computed as of".to_owned(), self.inputs.as_of.to_string()),
            ("amounts".to_owned(), format!("{} US dollars: fees spread over their terms", COST.word())),
            ("paths behind bands".to_owned(), format!("{}, seed {}", self.drawing.paths, self.drawing.seed)),
            ("prices".to_owned(), format!("{} rows, newest seen {}", self.inputs.book.rows().len(), newest(self.inputs))),
        ];
        trail.extend(self.inputs.files.iter().map(|f| (f.name.clone(), format!("SHA-256 {}", hash(f.text.as_bytes())))));
        for ((month, payer), bill) in self.bills.told() {
            let sum: Usd = bill.bill.charges.iter().map(|c| COST.of(c)).sum();
            let closed = if bill.is_final { "final" } else { "not closed" };
            trail.push((
                format!("bill of {month}, {payer}"),
                format!("{}, {closed}, {} rows, {sum} USD", bill.source, bill.bill.charges.len()),
            ));
        }
        if !self.bills.remarks.is_empty() {
            trail.push(("bills".to_owned(), self.bills.remarks.clone()));
        }
        trail
    }
}

/// The newest day on which a price of the book was seen.
fn newest(inputs: &Inputs) -> &str {
    inputs.book.rows().iter().map(|r| r.seen.as_str()).filter(|s| s.len() == 10).max().unwrap_or_default()
}

fn hash(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
