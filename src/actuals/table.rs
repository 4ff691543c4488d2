//! What a billing table is, whatever file holds it: named columns, and rows whose cells are text, amounts, days or maps.

use std::borrow::Cow;
use std::ops::Deref;

use chrono::{Datelike, NaiveDate};

use super::exact::{Exact, Read};

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Words.
    Text,
    /// An amount.
    Number,
    /// A moment, of which the day (UTC) counts.
    Day,
    /// Keys and values.
    Map,
}

/// A column that a format has, by its place in the list of them.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name, as [`plain_name`] gives it.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// True where the format is nothing without it.
    pub required: bool,
}

/// Declares the columns of a format: constants that are their places, and the list of them.
macro_rules! columns {
    ($($constant:ident $name:literal $kind:ident $need:ident;)*) => {
        #[derive(Clone, Copy)]
        #[allow(clippy::upper_case_acronyms, non_camel_case_types, reason = "places in the list below")]
        enum Place { $($constant),* }
        $(const $constant: usize = Place::$constant as usize;)*
        /// The columns that are read of this format.
        pub const COLUMNS: &[$crate::actuals::table::Column] = &[$($crate::actuals::table::Column {
            name: $name,
            kind: $crate::actuals::table::Kind::$kind,
            required: columns!(@ $need),
        }),*];
    };
    (@ required) => { true };
    (@ optional) => { false };
}
pub(super) use columns;

/// What is wrong with one cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// The column, by its place in the format's list.
    pub column: usize,
    /// What stands there.
    pub found: String,
    /// What was expected.
    pub expected: &'static str,
}

impl Wrong {
    /// A cell whose text is not what its column holds.
    pub fn new(column: usize, found: &str, expected: &'static str) -> Wrong {
        Wrong { column, found: shortened(found), expected }
    }
}

/// The words of a cell. A file that repeats them by number (of a column, within a batch of rows) gives the number as well, so that
/// nobody needs to compare them letter by letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Text<'a> {
    /// The words.
    pub text: &'a str,
    /// Column and number.
    pub number: Option<(usize, u32)>,
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Text<'a> {
        Text { text, number: None }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.text
    }
}

/// One row of a table. A column that the file does not have is blank in every row.
pub trait Row {
    /// True where the column is read.
    fn has(&self, column: usize) -> bool;

    /// The words of a cell; "" for a blank one.
    fn text(&self, column: usize) -> Result<&str, Wrong>;

    /// The words of a cell, with their number where they have one.
    fn numbered(&self, column: usize) -> Result<Text<'_>, Wrong> {
        self.text(column).map(Text::from)
    }

    /// True where a cell of words or of an amount holds nothing.
    fn is_blank(&self, column: usize) -> Result<bool, Wrong> {
        Ok(self.text(column)?.is_empty())
    }

    /// The amount in a cell; `None` for a blank one.
    fn number(&self, column: usize) -> Result<Option<Exact>, Wrong>;

    /// The day in a cell; `None` for a blank one.
    fn day(&self, column: usize) -> Result<Option<NaiveDate>, Wrong>;

    /// The map in a cell as text that [`super::tags::parse`] reads.
    fn map<'a>(&'a self, column: usize, room: &'a mut String) -> Result<&'a str, Wrong>;

    /// The day in a cell that must have one.
    fn sure_day(&self, column: usize) -> Result<NaiveDate, Wrong> {
        self.day(column)?.ok_or_else(|| Wrong::new(column, "", A_DAY))
    }

    /// The words of a cell that must have some.
    fn sure_text(&self, column: usize) -> Result<Text<'_>, Wrong> {
        Some(self.numbered(column)?)
            .filter(|t| !t.is_empty())
            .ok_or_else(|| Wrong::new(column, "", "a value: the row means nothing without it"))
    }

    /// The amount in a cell that must have one.
    fn sure_number(&self, column: usize) -> Result<Exact, Wrong> {
        self.number(column)?.ok_or_else(|| Wrong::new(column, "", AN_AMOUNT))
    }

    /// The amount in a cell; nothing for a blank one.
    fn number_or_zero(&self, column: usize) -> Result<Exact, Wrong> {
        Ok(self.number(column)?.unwrap_or(Exact::ZERO))
    }
}

/// Expected of an amount.
pub const AN_AMOUNT: &str = "an amount such as 0.0125 or 1.25E-2, below 10^15";
/// Expected of a day.
pub const A_DAY: &str = "a UTC time such as 2026-10-01T00:00:00Z, in the years 2000 to 2099";
/// Expected of words.
pub const WORDS: &str = "text in UTF-8 without NUL bytes, shorter than 1 MB";

/// Longest text of a cell, in bytes.
pub const LONGEST_CELL: usize = 1 << 20;

/// Reads an amount; `true` beside it where it had more than 18 decimal places.
pub fn number(column: usize, read: Read, found: impl FnOnce() -> String) -> Result<(Exact, bool), Wrong> {
    match read {
        Read::Whole(amount) => Ok((amount, false)),
        Read::Rounded(amount) => Ok((amount, true)),
        Read::Not => Err(Wrong::new(column, &found(), AN_AMOUNT)),
    }
}

/// Words that are no cell of a hostile file.
pub fn short(column: usize, text: &str) -> Result<&str, Wrong> {
    if text.len() < LONGEST_CELL { Ok(text) } else { Err(Wrong::new(column, text, WORDS)) }
}

/// Words, checked.
pub fn words(column: usize, bytes: &[u8]) -> Result<&str, Wrong> {
    match std::str::from_utf8(bytes) {
        Ok(text) => short(column, text),
        Err(_) => Err(Wrong::new(column, &String::from_utf8_lossy(&bytes[..bytes.len().min(200)]), WORDS)),
    }
}

/// Reads the day of "2026-10-01", "2026-10-01T05:00:00Z", "2026-10-01 05:00:00.000", "2026-10-01T05:00:00+00:00".
pub fn day(column: usize, text: &str) -> Result<NaiveDate, Wrong> {
    let wrong = || Wrong::new(column, text, A_DAY);
    let (date, rest) = text.split_at_checked(10).ok_or_else(wrong)?;
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u32>().ok()).flatten();
    let part = |from: usize, to: usize| date.get(from..to).and_then(number);
    let dashes = date.as_bytes()[4] == b'-' && date.as_bytes()[7] == b'-';
    let found = part(0, 4).zip(part(5, 7)).zip(part(8, 10)).filter(|_| dashes && utc_time(rest));
    let ((year, month), day) = found.ok_or_else(wrong)?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).unwrap_or(0), month, day).ok_or_else(wrong)?;
    sure(date).ok_or_else(wrong)
}

/// The day, where it is one that a bill can have.
pub fn sure(day: NaiveDate) -> Option<NaiveDate> {
    (2000..2100).contains(&day.year()).then_some(day)
}

/// True for nothing, or for a time of day in UTC.
fn utc_time(text: &str) -> bool {
    let Some(time) = text.strip_prefix(['T', ' ']) else { return text.is_empty() };
    let time = time.trim_end_matches(" UTC").trim_end_matches("+00:00").trim_end_matches("+0000").trim_end_matches('Z');
    time.len() >= 5 && time.bytes().all(|b| b.is_ascii_digit() || b == b':' || b == b'.')
}

/// The name of a column as CUR 2.0 writes it: `lineItem/UnblendedCost` and `line_item_unblended_cost` are the same column.
/// Names without a slash stay as they are.
pub fn plain_name(name: &str) -> Cow<'_, str> {
    if !name.contains('/') {
        return Cow::Borrowed(name);
    }
    let mut plain = String::with_capacity(name.len() + 8);
    for c in name.chars() {
        match c {
            '/' => plain.push('_'),
            c if c.is_ascii_uppercase() => {
                if !plain.is_empty() && !plain.ends_with('_') {
                    plain.push('_');
                }
                plain.push(c.to_ascii_lowercase());
            }
            c => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// A text without what would steer a terminal that shows it: control characters become the sign for what cannot be shown.
pub fn harmless(text: &str) -> Cow<'_, str> {
    match text.contains(char::is_control) {
        true => Cow::Owned(text.replace(char::is_control, "\u{fffd}")),
        false => Cow::Borrowed(text),
    }
}

/// A text as a message shows it.
pub fn shortened(text: &str) -> String {
    let short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_old_report_become_those_of_the_new() {
        for (old, new) in [
            ("lineItem/UnblendedCost", "line_item_unblended_cost"),
            ("reservation/ReservationARN", "reservation_reservation_a_r_n"),
            ("savingsPlan/SavingsPlanARN", "savings_plan_savings_plan_a_r_n"),
            ("savingsPlan/TotalCommitmentToDate", "savings_plan_total_commitment_to_date"),
            ("pricing/publicOnDemandCost", "pricing_public_on_demand_cost"),
            ("product/servicecode", "product_servicecode"),
            ("product/ProductName", "product_product_name"),
            ("bill/BillingPeriodStartDate", "bill_billing_period_start_date"),
            ("line_item_unblended_cost", "line_item_unblended_cost"),
            ("BilledCost", "BilledCost"),
        ] {
            assert_eq!(plain_name(old), new);
        }
    }

    #[test]
    fn days_are_utc_and_of_this_century() {
        let read = |text: &str| day(0, text).ok().map(|d| d.to_string());
        for good in ["2026-10-01", "2026-10-01T05:00:00Z", "2026-10-01T05:00:00.000Z", "2026-10-01 05:00:00", "2026-10-01T05:00:00+00:00"] {
            assert_eq!(read(good).as_deref(), Some("2026-10-01"), "{good}");
        }
        for bad in [
            "",
            "10/01/2026",
            "2026-13-01",
            "2026-02-30",
            "1999-12-31",
            "2100-01-01",
            "2026-10-01T05:00:00+02:00",
            "2026-10-01Tmorning",
            "+026-10-01",
            "2026é10-0",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
