//! Rows as CSV, for spreadsheets and machines.

/// CSV of a header and rows. A cell that a spreadsheet would run as a formula is made text by an apostrophe; numbers stay numbers.
pub fn write(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing into memory cannot fail, and every row has the length of the header.
    let _ = writer.write_record(header.iter().map(|cell| harmless(cell)));
    for row in rows {
        let _ = writer.write_record(row.iter().map(|cell| harmless(cell)));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// The text of a cell that no spreadsheet runs.
pub fn harmless(cell: &str) -> String {
    let risky = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let number = cell.parse::<rust_decimal::Decimal>().is_ok();
    if risky && !number { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay_numbers() {
        assert_eq!(harmless("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(harmless("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(harmless("-12.50"), "-12.50");
        assert_eq!(write(&["a", "b"], [vec!["x,y".into(), "+1+2".into()]]), "a,b\n\"x,y\",'+1+2\n");
        // Names of services stand in headers.
        assert_eq!(write(&["=cmd|x"], []), "'=cmd|x\n");
    }
}
