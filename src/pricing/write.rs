//! Price rows as the files of the book hold them.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{self, COLUMNS, GroupKey, group_key};
use super::{PriceRow, Region};
use crate::diagnostic::Problems;
use crate::quantity::exact;
use crate::source::Sources;

/// A row as the price files write it.
pub fn cells(row: &PriceRow) -> Vec<String> {
    vec![
        row.service.clone(),
        row.region.clone(),
        row.usage_type.clone(),
        row.operation.clone(),
        row.sku.clone(),
        row.description.clone(),
        row.unit_text.clone(),
        exact(row.tier_begin),
        row.tier_end.map_or_else(|| "Inf".to_owned(), exact),
        row.price.to_string(),
        "USD".into(),
        row.term.to_string(),
        row.upfront.map(exact).unwrap_or_default(),
        row.effective_from.map(|d| d.to_string()).unwrap_or_default(),
        row.seen.clone(),
        row.source.clone(),
        row.confidence.to_string(),
        row.note.clone(),
    ]
}

/// The files of a folder, by name, that change when rows are put into it: a price goes into the file that holds it already (the last
/// one, where several do), else into that of its region. Files that are not named stay as they are.
///
/// # Errors
/// What is wrong with the files that are there.
pub fn into_files(files: &[(String, String)], rows: Vec<PriceRow>) -> Result<BTreeMap<String, String>, Box<(Problems, Sources)>> {
    let mut held: BTreeMap<String, BTreeMap<GroupKey, Vec<PriceRow>>> = BTreeMap::new();
    for (name, text) in files.iter().filter(|(name, _)| read::holds_prices(name)) {
        let groups = held.entry(name.clone()).or_default();
        for row in read::price_rows(name, text)? {
            groups.entry(group_key(&row)).or_default().push(row);
        }
    }
    let mut new: BTreeMap<GroupKey, Vec<PriceRow>> = BTreeMap::new();
    for row in rows {
        new.entry(group_key(&row)).or_default().push(row);
    }
    let mut changed = BTreeSet::new();
    for (key, rows) in new {
        let holder = held.iter().rev().find(|(_, groups)| groups.contains_key(&key)).map(|(name, _)| name.clone());
        let name = holder.unwrap_or_else(|| format!("{}.csv", key.1));
        held.entry(name.clone()).or_default().insert(key, rows);
        changed.insert(name);
    }
    Ok(changed.into_iter().map(|name| (name.clone(), text(held.get(&name).into_iter().flat_map(BTreeMap::values).flatten()))).collect())
}

/// A price file.
fn text<'a>(rows: impl Iterator<Item = &'a PriceRow>) -> String {
    crate::pricing::table::write(COLUMNS, rows.map(cells))
}

/// A table of regions, for [`read::ADDED_REGIONS`].
pub fn regions(regions: &[Region]) -> String {
    let cells = regions.iter().map(|r| vec![r.region.clone(), r.code.clone(), r.name.clone()]);
    crate::pricing::table::write(&["region", "code", "name"], cells)
}

/// A table of families, for [`read::ADDED_FAMILIES`]: of services of which nothing is known but their codes. That their usage types
/// always carry the region, and that tiers count over the payer's accounts in each region, is assumed; no service of a scenario uses them.
pub fn families<'a>(services: impl IntoIterator<Item = &'a str>) -> String {
    let cells = services.into_iter().map(|s| [s, "*", "always", "payer", "region"].map(str::to_owned).to_vec());
    crate::pricing::table::write(&["service_code", "usage_type", "prefix", "pool_scope", "pool_area"], cells)
}
