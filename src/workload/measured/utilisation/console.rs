//! A table that CloudWatch's console downloads: rows of what each column is (`Full label`, `Label`, `Statistic`, …), then a row for
//! each time. Times are taken as UTC, which the console writes unless somebody chose local time.

use ::csv::{ReaderBuilder, StringRecord, Trim};

use super::super::{Fault, MOST_FAULTS, MOST_ROUTES, MOST_VALUES, minute_of, short, too_many, wrong_number};
use super::{Points, What, of_file, of_label, of_metric};

/// Rows of the head that name the metrics, the better one first.
const NAMES: [&str; 2] = ["full label", "label"];

/// A column: the series that it is.
type Column = (String, What);

/// Tells it from a table with one row for each service.
pub(super) fn is_one(text: &str) -> bool {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default().to_ascii_lowercase();
    let cell = first.split(',').next().unwrap_or_default().trim().trim_matches('"');
    NAMES.contains(&cell)
}

/// Its values. Where a label is the name of a metric alone, the service is in the name of the file.
pub(super) fn read(name: &str, text: &str) -> Result<(Points, Vec<String>), Vec<Fault>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new().trim(Trim::All).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let (mut head, mut columns) = (Vec::new(), Vec::new());
    let (mut points, mut faults, mut count) = (Points::new(), Vec::new(), 0);
    for record in reader.records() {
        match record {
            Err(error) => faults.push(Fault::new(error.to_string())),
            Ok(record) if columns.is_empty() && !is_time(&record) => head.push(record),
            Ok(record) => {
                if columns.is_empty() {
                    columns = columns_of(name, &head)?;
                }
                count += columns.len();
                row(&record, &columns, &mut points, &mut faults);
            }
        }
        if faults.len() >= MOST_FAULTS {
            faults.truncate(MOST_FAULTS);
            faults.push(Fault::new("and perhaps more: reading stopped here"));
            break;
        }
        if count > MOST_VALUES {
            return Err(vec![Fault::new(too_many())]);
        }
    }
    let notes = vec!["times are taken as UTC: choose UTC in CloudWatch's console before the download".to_owned()];
    if faults.is_empty() { Ok((points, notes)) } else { Err(faults) }
}

fn is_time(record: &StringRecord) -> bool {
    record.get(0).is_some_and(|cell| cell.starts_with(|c: char| c.is_ascii_digit()))
}

/// Which series the columns are, from the rows above the first time.
fn columns_of(name: &str, head: &[StringRecord]) -> Result<Vec<Column>, Vec<Fault>> {
    let row = |title: &str| head.iter().find(|r| r.get(0).is_some_and(|cell| cell.eq_ignore_ascii_case(title)));
    let (names, statistics) = (NAMES.map(row), row("statistic"));
    let width = head.iter().map(StringRecord::len).max().unwrap_or(0);
    if width > MOST_ROUTES * 3 + 1 {
        return Err(vec![Fault::new(format!("{width} columns: at most {MOST_ROUTES} services are read")).at(1)]);
    }
    let (mut columns, mut faults) = (Vec::new(), Vec::new());
    for cell in 1..width {
        let labels: Vec<&str> = names.iter().flatten().filter_map(|r| r.get(cell)).collect();
        let own = || Some((of_file(name)?, labels.iter().find_map(|label| of_metric(label))?));
        let shown = labels.first().copied().unwrap_or_default();
        match labels.iter().find_map(|label| of_label(label)).or_else(own) {
            None => {
                let help = "expected a label such as `core CPUUtilization`, or a file that is named after the service";
                faults.push(Fault::new(format!("which service and metric is it? {help}")).at(1).of(shown));
            }
            Some(column) if columns.contains(&column) => faults.push(Fault::new("the same a second time").at(1).of(shown)),
            Some(column) => columns.push(column),
        }
        if let Some(other) = statistics.and_then(|r| r.get(cell)).filter(|s| !s.eq_ignore_ascii_case("average") && !s.is_empty()) {
            faults.push(Fault::new(format!("its statistic is {}: expected Average", short(other))).of(shown));
        }
    }
    faults.truncate(MOST_FAULTS);
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

fn row(record: &StringRecord, columns: &[Column], points: &mut Points, faults: &mut Vec<Fault>) {
    let line = record.position().map_or(0, |p| p.line());
    if record.len() > columns.len() + 1 {
        faults.push(Fault::new(format!("{} cells where the head has {}", record.len(), columns.len() + 1)).at(line));
        return;
    }
    let minute = match minute_of(record.get(0).unwrap_or_default()) {
        Ok(minute) => minute,
        Err(why) => return faults.push(Fault::new(why).at(line)),
    };
    for (column, text) in columns.iter().zip(record.iter().skip(1)).filter(|(_, text)| !text.is_empty()) {
        let wrong = match text.parse::<f64>() {
            Err(_) => Some("is no number"),
            Ok(value) => wrong_number(value).or_else(|| {
                let second = points.entry(column.clone()).or_default().insert(minute, value);
                second.map(|_| "is a second value for this time")
            }),
        };
        if let Some(wrong) = wrong {
            faults.push(Fault::new(format!("`{}` {wrong}", short(text))).at(line).of(&format!("{} {}", column.0, column.1)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Utilisation;
    use super::*;

    const HEAD: &str = "Full label,core CPUUtilization,MemoryUtilization\nLabel,core CPUUtilization,MemoryUtilization\nStatistic,Average,Average\nPeriod,300,300\n";

    #[test]
    fn a_download_of_the_console_is_read() {
        let text = format!("\u{feff}{HEAD}2026/11/02 00:00:00,30,20\n2026/11/02 00:05:00,31,\n");
        let found = Utilisation::read(&[("core.csv", &text)]).expect("a series");
        let core = &found.services["core"];
        assert_eq!((core.cpu.as_slice(), core.memory.as_slice()), ([Some(0.3), Some(0.31)].as_slice(), [Some(0.2), None].as_slice()));
        assert!(found.notes[0].contains("UTC"), "{:?}", found.notes);
    }

    #[test]
    fn faults_name_line_and_column() {
        let why =
            |name: &str, text: &str| read(name, text).expect_err("a fault").iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let at = |row: &str| why("core.csv", &format!("{HEAD}{row}\n"));
        assert_eq!(at("2026/11/02 00:00:00,x,20"), "line 5, column `core cpu`: `x` is no number");
        assert_eq!(at("2026/11/02 00:00:00,1,2,3"), "line 5: 4 cells where the head has 3");
        assert!(at("2026/13/02 00:00:00,1,2").starts_with("line 5: `2026/13/02 00:00:00` is no time"));
        assert!(why("two words.csv", &format!("{HEAD}2026/11/02 00:00:00,1,2\n")).contains("column `MemoryUtilization`: which service"));
        let most = HEAD.replace("Average", "Maximum");
        assert!(why("core.csv", &format!("{most}2026/11/02 00:00:00,1,2\n")).contains("its statistic is Maximum: expected Average"));
    }

    proptest! {
        #[test]
        fn no_text_brings_it_down(text in any::<String>(), rows in "(2026/1[12]/0[1-9] 0[0-9]:[0-5][0-9]:00,[0-9.e-]{1,6},[0-9]{0,3}\n){0,9}") {
            let _ = read("core.csv", &text);
            let _ = read("core.csv", &format!("{HEAD}{rows}"));
        }
    }
}
