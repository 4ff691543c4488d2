//! A table of how busy services were: one row for each service and interval.

use std::collections::BTreeSet;

use ::csv::{ReaderBuilder, StringRecord, Trim};

use super::super::{Fault, MOST_FAULTS, MOST_ROUTES, MOST_VALUES, is_name, minute_of, short, too_many, wrong_number};
use super::{Points, What};

/// Where in a row everything stands.
struct Header {
    time: usize,
    service: usize,
    values: Vec<(usize, What)>,
    cells: usize,
}

pub(super) fn read(text: &str) -> Result<(Points, Vec<String>), Vec<Fault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().trim(Trim::All).flexible(true).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(record) => header(record)?,
        Err(error) => return Err(vec![Fault::new(error.to_string())]),
    };
    let mut table = Table::default();
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => table.row(&record, &header),
            Err(error) => table.faults.push(Fault::new(error.to_string())),
        }
        if table.faults.len() >= MOST_FAULTS {
            table.faults.push(Fault::new("and perhaps more: reading stopped here"));
            break;
        }
        if table.read > MOST_VALUES {
            table.faults.push(Fault::new(too_many()));
            break;
        }
    }
    if table.faults.is_empty() { Ok((table.points, Vec::new())) } else { Err(table.faults) }
}

fn header(record: &StringRecord) -> Result<Header, Vec<Fault>> {
    let (mut time, mut service, mut values, mut faults) = (None, None, Vec::new(), Vec::new());
    for (cell, name) in record.iter().enumerate() {
        let what = match name.to_ascii_lowercase().trim_end_matches('%').trim_end() {
            "time" | "timestamp" if time.is_none() => {
                time = Some(cell);
                continue;
            }
            "service" if service.is_none() => {
                service = Some(cell);
                continue;
            }
            "cpu" => Some(What::Cpu),
            "memory" => Some(What::Memory),
            "tasks" => Some(What::Tasks),
            _ => None,
        };
        match what {
            Some(what) if values.iter().all(|(_, w)| *w != what) => values.push((cell, what)),
            Some(_) => faults.push(Fault::new("the same a second time").at(1).of(name)),
            None => faults.push(Fault::new("expected `time`, `service`, `cpu`, `memory` or `tasks`").at(1).of(name)),
        }
    }
    for (there, name) in [
        (time.is_some(), "time"),
        (service.is_some(), "service"),
        (values.iter().any(|(_, w)| *w == What::Cpu), "cpu"),
        (values.iter().any(|(_, w)| *w == What::Memory), "memory"),
    ] {
        if !there {
            faults.push(Fault::new(format!("the column `{name}` is missing")).at(1));
        }
    }
    faults.truncate(MOST_FAULTS);
    match (time, service) {
        (Some(time), Some(service)) if faults.is_empty() => Ok(Header { time, service, values, cells: record.len() }),
        _ => Err(faults),
    }
}

/// What was read so far.
#[derive(Default)]
struct Table {
    points: Points,
    read: usize,
    services: BTreeSet<String>,
    faults: Vec<Fault>,
}

impl Table {
    fn row(&mut self, record: &StringRecord, header: &Header) {
        let line = record.position().map_or(0, |p| p.line());
        if record.len() != header.cells {
            self.faults.push(Fault::new(format!("{} cells where the header has {}", record.len(), header.cells)).at(line));
            return;
        }
        let service = record.get(header.service).unwrap_or_default();
        if !is_name(service) {
            let message = format!("`{}` is no name of a service: expected letters, digits and _ - . /", short(service));
            self.faults.push(Fault::new(message).at(line).of("service"));
            return;
        }
        if self.services.insert(service.to_owned()) && self.services.len() > MOST_ROUTES {
            self.faults.push(Fault::new(format!("more than {MOST_ROUTES} services")).at(line));
            return;
        }
        match minute_of(record.get(header.time).unwrap_or_default()) {
            Err(why) => self.faults.push(Fault::new(why).at(line).of("time")),
            Ok(minute) => header.values.iter().for_each(|(cell, what)| {
                self.read += 1;
                self.value(service, *what, minute, record.get(*cell).unwrap_or_default(), line);
            }),
        }
    }

    fn value(&mut self, service: &str, what: What, minute: i64, text: &str, line: u64) {
        if text.is_empty() {
            return;
        }
        let wrong = match text.strip_suffix('%').unwrap_or(text).trim_end().parse::<f64>() {
            Err(_) => Some("is no number"),
            Ok(value) => match wrong_number(value) {
                None => {
                    let values = self.points.entry((service.to_owned(), what)).or_default();
                    values.insert(minute, value).map(|_| "is a second value for this service and time")
                }
                wrong => wrong,
            },
        };
        if let Some(wrong) = wrong {
            self.faults.push(Fault::new(format!("`{}` {wrong}", short(text))).at(line).of(&what.to_string()));
        }
    }
}
