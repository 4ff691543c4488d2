//! CSV tables with a place for every cell, so that an error can show it.

use std::str::FromStr;

use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::source::{FileId, Place, Sources};

/// Longest price file that is read, in bytes.
const LONGEST: usize = 256 << 20;

/// One row of a table, its cells in the order of the columns that were asked for.
pub struct Row<'a> {
    record: &'a csv::StringRecord,
    order: &'a [usize],
    columns: &'a [&'static str],
    line: Line<'a>,
}

/// A line of the file as it stands there.
#[derive(Clone, Copy)]
struct Line<'a> {
    file: FileId,
    number: u32,
    start: usize,
    text: &'a str,
}

impl Row<'_> {
    /// The text of a column.
    pub fn text(&self, column: usize) -> &str {
        self.record.get(self.order[column]).unwrap_or("").trim()
    }

    /// The line of the row, from 1.
    pub fn line(&self) -> u32 {
        self.line.number
    }

    /// The value of a column; an error is noted where it cannot be read.
    pub fn read<T: FromStr>(&self, column: usize, expected: &str, problems: &mut Problems) -> Option<T> {
        let text = self.text(column);
        match text.parse() {
            Ok(value) => Some(value),
            Err(_) => {
                self.problem(column, format!("`{text}` is no {}", self.columns[column]), format!("expected {expected}"), problems);
                None
            }
        }
    }

    /// Notes an error at a column.
    pub fn problem(&self, column: usize, message: impl Into<String>, label: impl Into<String>, problems: &mut Problems) {
        problems.push(Diagnostic::error(self.place(column), message).label(label));
    }

    /// Where a column's cell stands.
    pub fn place(&self, column: usize) -> Place {
        let (from, to) = cell(self.line.text, self.order[column]);
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let before = self.line.text[..from].chars().count();
        Place {
            file: self.line.file,
            line: self.line.number,
            column: small(before + 1),
            start: small(self.line.start + from),
            end: small(self.line.start + to),
        }
    }
}

/// The byte range of the nth cell of a line.
fn cell(line: &str, n: usize) -> (usize, usize) {
    let (mut index, mut start, mut quoted) = (0, 0, false);
    for (i, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted && index == n => return (start, i),
            ',' if !quoted => {
                index += 1;
                start = i + 1;
            }
            _ => {}
        }
    }
    if index == n { (start, line.trim_end().len().max(start)) } else { (0, line.trim_end().len()) }
}

/// Reads a table of `columns` (others are refused, `optional` ones may be absent) and hands every row to `each`.
pub fn read(
    sources: &Sources,
    file: FileId,
    columns: &[&'static str],
    optional: &[&str],
    problems: &mut Problems,
    mut each: impl FnMut(&Row<'_>, &mut Problems),
) {
    let Some(source) = sources.get(file) else { return };
    let text = source.text.clone();
    let body = text.trim_start_matches('\u{feff}');
    let mark = text.len() - body.len();
    let line = |number: u64, start: u64| line_at(&text, file, number, mark.saturating_add(usize::try_from(start).unwrap_or(usize::MAX)));
    if text.len() > LONGEST {
        problems.push(Diagnostic::general(format!("{}: longer than {LONGEST} bytes", source.name)));
        return;
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(true).flexible(true).from_reader(body.as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            problems.push(Diagnostic::general(format!("{}: {error}", source.name)));
            return;
        }
    };
    if headers.is_empty() {
        let place = Place { file, line: 1, column: 1, start: 0, end: 0 };
        problems.push(Diagnostic::error(place, "the file is empty").label(format!("columns: {}", columns.join(","))));
        return;
    }
    let header = Row { record: &headers, order: &(0..headers.len()).collect::<Vec<_>>(), columns: &[], line: line(1, 0) };
    let Some(order) = order(&header, columns, optional, problems) else { return };
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return,
            Ok(true) => {}
            Err(error) => {
                let line = error.position().map_or_else(|| line(1, 0), |p| line(p.line(), p.byte()));
                let row = Row { record: &headers, order: &order, columns, line };
                row.problem(0, "this line cannot be read", error.to_string(), problems);
                return;
            }
        }
        let line = record.position().map_or_else(|| line(1, 0), |p| line(p.line(), p.byte()));
        let row = Row { record: &record, order: &order, columns, line };
        if record.len() != headers.len() {
            row.problem(0, format!("{} cells under {} columns", record.len(), headers.len()), "is a comma missing, or a quote?", problems);
            continue;
        }
        each(&row, problems);
    }
}

/// The line of a record that the reader found at `start`. Empty lines before it are passed over: the reader counts them in.
fn line_at(text: &str, file: FileId, number: u64, start: usize) -> Line<'_> {
    let rest = text.get(start..).unwrap_or("");
    let line = rest.trim_start_matches(['\r', '\n']);
    let empty = rest[..rest.len() - line.len()].matches('\n').count();
    Line {
        file,
        number: u32::try_from(number).unwrap_or(u32::MAX).saturating_add(u32::try_from(empty).unwrap_or(u32::MAX)),
        start: text.len() - line.len(),
        text: line.lines().next().unwrap_or(""),
    }
}

/// Where each wanted column stands; an absent optional one points behind the last cell.
fn order(header: &Row<'_>, columns: &[&'static str], optional: &[&str], problems: &mut Problems) -> Option<Vec<usize>> {
    let names: Vec<&str> = header.record.iter().map(str::trim).collect();
    let mut right = true;
    for (i, name) in names.iter().enumerate() {
        if !columns.contains(name) {
            let guess = nearest(name, columns.iter().copied()).map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"));
            header.problem(i, format!("there is no column `{name}`"), guess, problems);
            right = false;
        } else if names[..i].contains(name) {
            header.problem(i, format!("the column `{name}` is there twice"), "the second time", problems);
            right = false;
        }
    }
    let mut order = Vec::new();
    for column in columns {
        match names.iter().position(|n| n == column) {
            Some(i) => order.push(i),
            None if optional.contains(column) => order.push(names.len()),
            None => {
                problems.push(
                    Diagnostic::error(header.place(0), format!("the column `{column}` is missing"))
                        .label(format!("columns: {}", columns.join(","))),
                );
                right = false;
            }
        }
    }
    right.then_some(order)
}

/// A table as text, in the form that [`read`] takes.
pub fn write(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing into memory cannot fail, and every row has the length of the header.
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}
