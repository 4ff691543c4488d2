//! What rows are called for people: shortly, and longer only where two rows would get one name.

use std::collections::{BTreeMap, BTreeSet};

use super::join::Row;
use super::key::Key;

/// Short names, each with the rows that would get it.
#[derive(Clone, Debug, Default)]
pub struct Called(BTreeMap<String, BTreeSet<Key>>);

impl Called {
    /// The names of rows and of their parts.
    pub fn of(rows: &[Row<'_>]) -> Called {
        let mut names = Called::default();
        for row in rows {
            for label in row.parts.iter().map(|p| p.label.as_str()).chain([""]) {
                names.0.entry(short(&row.key, label)).or_default().insert(row.key.clone());
            }
        }
        names
    }

    /// A usage type and whose it is; with its operation, and its region, where that tells it from another one.
    pub fn name(&self, key: &Key, label: &str) -> String {
        let mut name = short(key, label);
        let Some(same) = self.0.get(&name).filter(|keys| keys.len() > 1) else { return name };
        if !label.is_empty() && !key.operation.is_empty() {
            name = format!("{name} {}", key.operation);
        }
        if same.iter().filter(|k| k.operation == key.operation).count() > 1 {
            name = format!("{name} {}", key.region);
        }
        name
    }
}

fn short(key: &Key, label: &str) -> String {
    if label.is_empty() { key.to_string() } else { format!("{label} {}", key.usage_type) }
}
