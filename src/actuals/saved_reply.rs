//! Replies of Cost Explorer's `GetCostAndUsage` as the AWS CLI saves them: one page or several, in one file or several.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::io::{BufReader, Read as _};
use std::path::Path;

use chrono::NaiveDate;
use rustc_hash::FxHasher;

use super::cost_explorer::reply::{PeriodResult, Reply, Value, told};
use super::cost_explorer::request::{Grouping, TimePeriod};
use super::exact::{Exact, Read};
use super::pages::Page;
use super::rollup::{Amounts, Entry, Traits};
use super::sink::{Sink, one};
use super::statement::{Origin, item};
use super::table::Text;
use super::{UNKNOWN, table, tags};
use crate::bill::{Frequency, Pricing, Seller};
use crate::diagnostic::{Diagnostic, Problems};
use crate::month::Month;

/// Largest file, in bytes: a page of Cost Explorer has a few megabytes at most.
const LARGEST: u64 = 64 << 20;

fn refused(file: &str, message: &str, help: &str) -> Problems {
    one(Diagnostic::general(format!("{file}{message}")).help(help))
}

const HOW: &str = "save a reply with `aws ce get-cost-and-usage … --output json > FILE`, each page into a file of its own or all into one";

/// Reads every group of every period into the sink.
pub fn read(file: &str, path: &Path, sink: &mut Sink) -> Result<(), Problems> {
    let opened = fs_err::File::open(path).map_err(|e| refused(file, &format!(": {e}"), HOW))?;
    if opened.metadata().is_ok_and(|file| file.len() > LARGEST) {
        return Err(too_large(file));
    }
    let mut text = String::new();
    let read = BufReader::new(opened.take(LARGEST)).read_to_string(&mut text);
    read.map_err(|e| refused(file, &format!(": {e}"), "the file must be text in UTF-8"))?;
    if text.len() as u64 >= LARGEST {
        return Err(too_large(file));
    }
    self::text(file, text.trim_start_matches('\u{feff}'), sink)
}

fn too_large(file: &str) -> Problems {
    refused(file, " is larger than 64 MB", "save fewer days or groups in one file")
}

/// One reply, several one after the other, or lists of them: the first letter tells which.
fn replies(file: &str, text: &str) -> Result<Vec<Reply>, Problems> {
    let read = if text.trim_start().starts_with('[') {
        serde_json::Deserializer::from_str(text).into_iter::<Vec<Reply>>().collect::<Result<Vec<_>, _>>().map(|lists| lists.concat())
    } else {
        serde_json::Deserializer::from_str(text).into_iter::<Reply>().collect()
    };
    read.map_err(|e| refused(file, &format!(" is no reply of Cost Explorer: {e}"), HOW))
}

/// By what the replies are grouped. Answers that are grouped otherwise tell the same dollars again.
fn grouped_by(file: &str, replies: &mut [Reply]) -> Result<Vec<Grouping>, Problems> {
    let mut all: Vec<Vec<Grouping>> = Vec::new();
    for reply in replies {
        let definitions = std::mem::take(&mut reply.group_definitions);
        // Without any it is a total, or a query of the CLI has cut them off.
        let is_total = definitions.is_empty() && reply.results_by_time.iter().any(|period| period.groups.is_empty() && costs(period));
        if (is_total || !definitions.is_empty()) && !all.contains(&definitions) {
            all.push(definitions);
        }
    }
    if all.len() > 1 {
        let help = "give one of them: each tells the same costs, grouped otherwise";
        return Err(refused(file, " holds answers that are grouped differently: its costs would count twice", help));
    }
    Ok(all.pop().unwrap_or_default())
}

/// True where a period's total is of something.
fn costs(period: &PeriodResult) -> bool {
    period.total.values().any(|value| value.amount.bytes().any(|b| matches!(b, b'1'..=b'9')))
}

/// The same, of a text.
pub fn text(file: &str, text: &str, sink: &mut Sink) -> Result<(), Problems> {
    let mut replies = replies(file, text)?;
    let definitions = grouped_by(file, &mut replies)?;
    let by: Vec<String> = definitions.iter().map(dimension).collect();
    for reply in &replies {
        let spans = reply.results_by_time.iter().map(|period| span(file, period)).collect::<Result<_, _>>()?;
        let more = reply.next_page_token.as_ref().is_some_and(|token| !token.is_empty());
        sink.page(Page { file: file.to_owned(), by: by.clone(), spans, more });
    }
    let periods: Vec<PeriodResult> = replies.into_iter().flat_map(|r| r.results_by_time).collect();
    // A day without any cost has no groups: it tells nothing of the others.
    let told = periods.iter().find(|p| !p.groups.is_empty() || !p.total.is_empty());
    let Some(first) = told else { return Err(refused(file, " holds no costs", HOW)) };
    let dimensions = dimensions(file, &definitions, first, sink);
    let number = sink.begin(origin(file, first, &dimensions)?);
    if !has(first, "AmortizedCost") {
        sink.remark(format!("{file} has no AmortizedCost: amortized costs are taken to be as unblended ones"));
    }
    periods.iter().try_for_each(|period| add(file, period, &dimensions, number, sink))
}

fn has(period: &PeriodResult, metric: &str) -> bool {
    period.total.contains_key(metric) || period.groups.first().is_some_and(|g| g.metrics.contains_key(metric))
}

/// What each key of a group says: `SERVICE`, `USAGE_TYPE`, `TAG Environment`. The CLI leaves them out where a query cuts them off.
fn dimensions(file: &str, definitions: &[Grouping], first: &PeriodResult, sink: &mut Sink) -> Vec<String> {
    let keys = first.groups.first().map_or(0, |g| g.keys.len());
    if definitions.is_empty() && keys > 0 {
        sink.remark(format!("{file} has no GroupDefinitions: the first key of each group is taken for its service"));
        return ["SERVICE", "USAGE_TYPE"].iter().take(keys).map(|d| (*d).to_owned()).collect();
    }
    definitions.iter().map(dimension).collect()
}

fn dimension(definition: &Grouping) -> String {
    if definition.kind == "DIMENSION" { definition.key.clone() } else { format!("{} {}", definition.kind, definition.key) }
}

fn origin(file: &str, first: &PeriodResult, dimensions: &[String]) -> Result<Origin, Problems> {
    if !has(first, "UnblendedCost") {
        return Err(refused(file, " has no UnblendedCost", "ask for --metrics UnblendedCost AmortizedCost UsageQuantity"));
    }
    let (start, end) = span(file, first)?;
    let step = if end.signed_duration_since(start).num_days() > 1 { "monthly" } else { "daily" };
    let by = if dimensions.is_empty() { String::new() } else { format!(" by {}", dimensions.join(", ")) };
    let net = has(first, "NetUnblendedCost") && has(first, "NetAmortizedCost");
    Ok(Origin {
        kind: "JSON",
        name: file.to_owned(),
        format: format!("Cost Explorer, {step}{by}"),
        version: None,
        net,
        tells_final: true,
        true_up: false,
        tags: Some(dimensions.iter().filter_map(|d| d.strip_prefix("TAG ")).map(str::to_owned).collect()),
    })
}

/// The days of a period, the second of which no longer belongs to it.
fn span(file: &str, period: &PeriodResult) -> Result<(NaiveDate, NaiveDate), Problems> {
    let TimePeriod { start, end } = &period.time_period;
    let day = |text: &str| {
        table::day(0, text).map_err(|wrong| {
            refused(file, &format!(": the TimePeriod `{}` is no day", wrong.found), &format!("expected {}", wrong.expected))
        })
    };
    let (start, end) = (day(start)?, day(end)?);
    // An hour ends on the day on which it begins.
    if end < start || end > Month::of(start).end() {
        return Err(refused(file, &format!(": the TimePeriod {start} to {end} is no part of one month"), "expected hours, days or months"));
    }
    Ok((start, end))
}

fn add(file: &str, period: &PeriodResult, dimensions: &[String], number: usize, sink: &mut Sink) -> Result<(), Problems> {
    let (start, end) = span(file, period)?;
    let day = (end.signed_duration_since(start).num_days() <= 1).then_some(start);
    let no_keys = Vec::new();
    let groups = period.groups.iter().map(|g| (&g.keys, &g.metrics));
    let total = period.groups.is_empty().then_some((&no_keys, &period.total)).filter(|(_, metrics)| !metrics.is_empty());
    for (keys, metrics) in groups.chain(total) {
        let at = format!("{file}, {start}, {}", if keys.is_empty() { "Total".to_owned() } else { table::shortened(&keys.join(", ")) });
        if keys.len() != dimensions.len() && !keys.is_empty() {
            return Err(refused(&at, &format!(": {} keys, and {} group definitions", keys.len(), dimensions.len()), HOW));
        }
        let (amounts, currency) = amounts(&at, metrics)?;
        sink.once(telling(period, dimensions, keys), number);
        let mut room = String::new();
        let mut entry = blank(Month::of(start), day, &currency, !period.estimated);
        fill(&mut entry, dimensions, keys, &mut room);
        let added = sink.add_entry(&entry, amounts, number);
        added.map_err(|stop| refused(&at, &format!(": {stop:?}"), "the file is damaged: save it again"))?;
    }
    Ok(())
}

fn telling(period: &PeriodResult, dimensions: &[String], keys: &[String]) -> u64 {
    let mut hash = FxHasher::default();
    (&period.time_period.start, &period.time_period.end, dimensions, keys).hash(&mut hash);
    hash.finish()
}

fn amounts(at: &str, metrics: &BTreeMap<String, Value>) -> Result<(Amounts, String), Problems> {
    let amount = |name: &str| match metrics.get(name).map(|m| (Exact::from_text(&m.amount), &m.amount)) {
        None => Ok(None),
        Some((Read::Whole(amount) | Read::Rounded(amount), _)) => Ok(Some(amount)),
        Some((Read::Not, text)) => {
            Err(refused(at, &format!(": {name} is `{}`", table::shortened(text)), "expected an amount such as \"0.0125\""))
        }
    };
    let Some(billed) = amount("UnblendedCost")? else {
        return Err(refused(at, ": no UnblendedCost", "ask for --metrics UnblendedCost AmortizedCost UsageQuantity"));
    };
    let effective = amount("AmortizedCost")?.unwrap_or(billed);
    let net = (amount("NetUnblendedCost")?.unwrap_or(billed), amount("NetAmortizedCost")?.unwrap_or(effective));
    let quantity = amount("UsageQuantity")?.unwrap_or_default();
    let currency = metrics.get("UnblendedCost").and_then(|m| m.unit.clone()).unwrap_or_default();
    Ok((Amounts { quantity, billed, effective, net, list: billed, true_up: Exact::ZERO }, currency))
}

fn blank(month: Month, day: Option<NaiveDate>, currency: &str, invoiced: bool) -> Entry<'_> {
    Entry {
        month,
        day,
        payer: UNKNOWN.into(),
        account: Text::default(),
        line_item: "Usage".into(),
        service: Text::default(),
        region: Text::default(),
        usage_type: Text::default(),
        operation: Text::default(),
        unit: Text::default(),
        description: Text::default(),
        commitment: Text::default(),
        tags: "",
        currency: currency.into(),
        traits: Traits {
            frequency: Frequency::UsageBased,
            pricing: Pricing::Other,
            status: None,
            savings_plan: false,
            seller: Seller::Aws,
        },
        invoiced,
    }
}

/// Puts each key where it belongs.
fn fill<'a>(entry: &mut Entry<'a>, dimensions: &[String], keys: &'a [String], room: &'a mut String) {
    for (dimension, key) in dimensions.iter().zip(keys) {
        let text = Text::from(told(key));
        match dimension.as_str() {
            "SERVICE" => entry.service = text,
            "USAGE_TYPE" => entry.usage_type = text,
            "OPERATION" => entry.operation = text,
            "REGION" => entry.region = text,
            "LINKED_ACCOUNT" => entry.account = text,
            "RECORD_TYPE" => entry.line_item = text,
            // The key comes as `Environment$prod`.
            tag if tag.starts_with("TAG ") => {
                let (name, value) = key.split_once('$').unwrap_or((&tag[4..], key));
                tags::push(room, name, value);
            }
            _ => entry.description = text,
        }
    }
    if entry.service.text == "Tax" && entry.line_item.text == "Usage" {
        entry.line_item = "Tax".into();
    }
    // A support plan without its service is known by its record type only.
    if entry.service.text.is_empty() && entry.line_item.text.starts_with("Support") {
        entry.service = "AWS Support".into();
    }
    let item = item(&entry.line_item);
    (entry.traits.frequency, entry.traits.pricing) = (item.frequency(), item.pricing(&entry.usage_type));
    entry.tags = room;
}
