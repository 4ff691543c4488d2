//! Files that are damaged, hostile or merely wrong: each gets a message that says where and what, no panic, no memory without end.
#![cfg(feature = "actuals")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ce_cost::actuals;
use ce_cost::source::Sources;
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, ParquetWriter, Series};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const NAMES: &str = "bill_payer_account_id,bill_billing_period_start_date,bill_invoice_id,line_item_usage_account_id,line_item_line_item_type,\
                     line_item_usage_start_date,line_item_product_code,line_item_usage_type,line_item_operation,line_item_usage_amount,\
                     line_item_currency_code,line_item_unblended_cost,resource_tags,identity_line_item_id";

const CELLS: [&str; 14] = [
    "111122223333",
    "2026-10-01T00:00:00Z",
    "INV1",
    "111122223333",
    "Usage",
    "2026-10-02T05:00:00Z",
    "AmazonS3",
    "Requests-Tier1",
    "PutObject",
    "1000",
    "USD",
    "0.005",
    "{}",
    "id-1",
];

/// A good row, but for one cell.
fn with(place: usize, cell: &[u8]) -> Vec<u8> {
    let mut text = format!("{NAMES}\n").into_bytes();
    for (at, good) in CELLS.iter().enumerate() {
        text.extend(if at == 0 { &b""[..] } else { b"," });
        text.extend(if at == place { cell } else { good.as_bytes() });
    }
    text.push(b'\n');
    text
}

fn good() -> Vec<u8> {
    with(99, b"")
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(bytes).expect("packed");
    out.finish().expect("packed")
}

fn zip(name: &str, write: impl FnOnce(&mut dyn std::io::Write)) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    out.start_file(name, zip::write::SimpleFileOptions::default().compression_level(Some(9))).expect("started");
    write(&mut out);
    out.finish().expect("packed").into_inner()
}

/// 600 MB that pack to one or two: one line, or lines that look like rows.
fn bomb(line: &[u8], header: &[u8]) -> Vec<u8> {
    zip("report-1.csv", |out| {
        out.write_all(header).expect("packed");
        let block = line.repeat((1 << 20) / line.len());
        (0..600).for_each(|_| out.write_all(&block).expect("packed"));
    })
}

fn parquet(change: impl FnOnce(&mut Vec<Column>)) -> Vec<u8> {
    let names = NAMES.split(',').collect::<Vec<_>>();
    let mut columns: Vec<Column> = names.iter().zip(CELLS).map(|(name, cell)| text(name, cell)).collect();
    change(&mut columns);
    let mut table = DataFrame::new(1, columns).expect("a table");
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut table).expect("written");
    bytes
}

fn text(name: &str, cell: &str) -> Column {
    Series::new(name.into(), [cell]).into_column()
}

fn double(name: &str, value: f64) -> Column {
    Series::new(name.into(), [value]).into_column()
}

/// Every file with the message that it earns.
fn files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let two = |other: &[u8]| [good(), other.to_vec()].concat();
    let again = with(99, b"").split(|b| *b == b'\n').nth(1).expect("a row").to_vec();
    let euro = String::from_utf8(again.clone()).expect("text").replace("USD", "EUR").replace("0.005", "12.5").replace("id-1", "id-2");
    let mut damaged = gz(&good().repeat(1));
    let middle = damaged.len() / 2;
    damaged[middle..].fill(0xff);
    let whole = parquet(|_| {});
    vec![
        ("truncated.csv.gz", gz(&good())[..60].to_vec(), "truncated.csv.gz, row 0: "),
        ("damaged.csv.gz", damaged, "the file is damaged or cut off: download it again"),
        ("bomb-of-one-line.csv.zip", bomb(b"0", b""), "a row is longer than 4 MB"),
        ("bomb-of-rows.csv.zip", bomb(&[&again[..], b"\n"].concat(), format!("{NAMES}\n").as_bytes()), "unpacks to more than 200 times its size"),
        ("empty.zip", zip::ZipWriter::new(std::io::Cursor::new(Vec::new())).finish().expect("packed").into_inner(), "holds no file"),
        ("no-zip.zip", b"PK\x03\x04 and nothing behind".to_vec(), "no-zip.zip: "),
        ("empty.csv", Vec::new(), "empty.csv is empty"),
        ("header.csv", format!("{NAMES}\n").into_bytes(), "header.csv has a header and no rows"),
        ("other.csv", b"date,amount\n2026-10-01,5\n".to_vec(), "no bill has these columns: `date`, `amount`"),
        ("noise.csv", (0..=255).cycle().take(100_000).collect(), "no bill has these columns"),
        ("nul.csv", with(6, b"Amazon\0S3"), "nul.csv, row 1 (line 2): a text holds a NUL byte"),
        ("latin1.csv", with(6, b"Amazon\xe9"), "row 1 (line 2): `line_item_product_code` is `Amazon\u{fffd}`"),
        ("cell.csv", with(6, &b"x".repeat(10 << 20)), "row 1: a row is longer than 4 MB: a quote may never be closed"),
        ("cell-of-2-mb.csv", with(6, &b"x".repeat(2 << 20)), "expected text in UTF-8 without NUL bytes, shorter than 1 MB"),
        ("quote.csv", with(6, b"\"never closed"), "row 1 (line 2) has 7 cells, and the header 14"),
        ("cut.csv", two(b"111122223333,2026-10"), "row 2 (line 3) has 2 cells, and the header 14"),
        ("columns.csv", b"line_item_unblended_cost,line_item_usage_typ\n1,x\n".to_vec(), "`line_item_usage_typ` may be meant to be `line_item_usage_type`"),
        ("column-twice.csv", b"line_item_usage_type,line_item_usage_type\n1,x\n".to_vec(), "the column `line_item_usage_type` stands twice"),
        ("date.csv", with(5, b"9999-12-31T00:00:00Z"), "`line_item_usage_start_date` is `9999-12-31T00:00:00Z`"),
        ("zone.csv", with(5, b"2026-10-02T05:00:00+09:00"), "expected a UTC time such as 2026-10-01T00:00:00Z"),
        ("no-date.csv", with(5, b""), "`line_item_usage_start_date` is blank"),
        ("period.csv", with(1, b"2026-10-15T00:00:00Z"), "expected the first day of a month"),
        ("cost.csv", with(11, b"abc"), "cost.csv, row 1 (line 2): `line_item_unblended_cost` is `abc`"),
        ("no-cost.csv", with(11, b""), "`line_item_unblended_cost` is blank"),
        ("nan.csv", with(11, b"NaN"), "`line_item_unblended_cost` is `NaN`"),
        ("infinite.csv", with(9, b"-inf"), "`line_item_usage_amount` is `-inf`"),
        ("huge.csv", with(11, b"1e30"), "expected an amount such as 0.0125 or 1.25E-2, below 10^15"),
        ("tags.csv", with(12, b"user_environment=prod"), "the tags are no map"),
        ("tags-deep.csv", with(12, &[&b"\"{\"\"a\"\":"[..], &b"[".repeat(50_000), b"\""].concat()), "the tags are no map"),
        ("words.csv", words(), "more than 128 MB of different texts"),
        ("twice.csv", two(&again), "1 rows stand twice, the first of them is row 2 of all"),
        ("currencies.csv", two(euro.as_bytes()), "12.5 in 1 rows is in EUR, and not in USD"),
        ("no-currency.csv", with(10, b""), "0.005 in 1 rows is in no currency"),
        ("magic.parquet", [&b"PAR2"[..], &whole[4..]].concat(), "magic.parquet is no Parquet file: it does not begin with PAR1"),
        ("cut.parquet", whole[..whole.len() / 2].to_vec(), "cut.parquet is no readable Parquet file"),
        ("tail.parquet", [&whole[..whole.len() - 20], &[0xff; 20]].concat(), "tail.parquet is no readable Parquet file"),
        ("four.parquet", b"PAR1".to_vec(), "four.parquet is no readable Parquet file"),
        ("beyond.parquet", include_bytes!("fixtures/actuals/chunk-beyond-the-end.parquet").to_vec(), "it names pages beyond its end"),
        ("types.parquet", parquet(|c| c[11] = Series::new("line_item_unblended_cost".into(), [true]).into_column()), "`line_item_unblended_cost` holds values of the type bool"),
        ("single.parquet", parquet(|c| c[11] = Series::new("line_item_unblended_cost".into(), [0.1_f32]).into_column()), "holds values of the type f32"),
        ("nan.parquet", parquet(|c| c[11] = double("line_item_unblended_cost", f64::NAN)), "nan.parquet, row 1: `line_item_unblended_cost` is `NaN`"),
        ("infinite.parquet", parquet(|c| c[9] = double("line_item_usage_amount", f64::INFINITY)), "`line_item_usage_amount` is `inf`"),
        ("column.parquet", parquet(|c| drop(c.remove(4))), "CUR 2.0 lacks the columns `line_item_line_item_type`"),
        ("reply.json", b"{\"ResultsByTime\": 5}".to_vec(), "is no reply of Cost Explorer: invalid type: integer `5`, expected a sequence at line 1"),
        ("list.json", b"[".repeat(1_000_000), "list.json is no reply of Cost Explorer"),
        ("deep.json", [&b"{\"x\":"[..], &b"[".repeat(1_000_000)].concat(), "EOF while parsing a list"),
        ("cut.json", b"{\"ResultsByTime\": [{\"TimePeriod\": {".to_vec(), "EOF while parsing"),
        ("other.json", b"{\"a\": 1}".to_vec(), "missing field `ResultsByTime`"),
        (
            "amount.json",
            br#"{"ResultsByTime":[{"TimePeriod":{"Start":"2026-10-01","End":"2026-10-02"},"Total":{"UnblendedCost":{"Amount":"x","Unit":"USD"}}}]}"#.to_vec(),
            "amount.json, 2026-10-01, Total: UnblendedCost is `x`",
        ),
        (
            "months.json",
            br#"{"ResultsByTime":[{"TimePeriod":{"Start":"2026-10-01","End":"2027-02-02"},"Total":{"UnblendedCost":{"Amount":"1","Unit":"USD"}}}]}"#.to_vec(),
            "the TimePeriod 2026-10-01 to 2027-02-02 is no part of one month",
        ),
        ("parent-Manifest.json", br#"{"assemblyId":"1","reportKeys":["../../etc/passwd"]}"#.to_vec(), "names `../../etc/passwd`, which is no path below the report"),
        ("middle-Manifest.json", br#"{"assemblyId":"1","reportKeys":["a/../../b.csv"]}"#.to_vec(), "names `a/../../b.csv`, which is no path below"),
        ("root-Manifest.json", br#"{"assemblyId":"1","reportKeys":["/etc/passwd"]}"#.to_vec(), "names `/etc/passwd`, which is not there"),
        ("windows-Manifest.json", br#"{"assemblyId":"1","reportKeys":["..\\..\\b.csv"]}"#.to_vec(), "which is no path below the report"),
        ("bucket-Manifest.json", br#"{"executionId":"1","dataFiles":["s3://bucket/../x.csv"]}"#.to_vec(), "which is no path below the report"),
        ("none-Manifest.json", br#"{"assemblyId":"1","reportKeys":[]}"#.to_vec(), "names no files"),
        ("text-Manifest.json", b"hello".to_vec(), "is no manifest"),
    ]
}

/// 160 usage types of 900 kB.
fn words() -> Vec<u8> {
    let mut text = format!("{NAMES}\n").into_bytes();
    for row in 0..160 {
        let own = with(7, format!("{row}{}", "x".repeat(900_000)).as_bytes());
        text.extend(own.split(|b| *b == b'\n').nth(1).expect("a row").strip_suffix(b"id-1").expect("an id"));
        text.extend(format!("id-{row}\n").as_bytes());
    }
    text
}

fn refused(paths: &[PathBuf]) -> String {
    match actuals::read(paths) {
        Ok(found) => panic!("{paths:?} was read: {found:?}"),
        Err(problems) => problems.render(&Sources::default(), false),
    }
}

#[test]
fn every_hostile_file_is_refused_for_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    for (name, bytes, expected) in files() {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        let said = refused(std::slice::from_ref(&path));
        // A message is for a terminal: it is short whatever the file holds, and has no control characters.
        let clean = said.len() < 3_000 && !said.chars().any(|c| c.is_control() && c != '\n');
        if !said.contains(expected) || !said.contains("help: ") || !clean {
            wrong.push(format!("{name}: expected `{expected}` in\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if let Some(peak) = peak_memory() {
        assert!(peak < 700 << 20, "memory grew to {} MB", peak >> 20);
    }
}

/// A file of the fuzzer's seeds with a few bytes of it changed, or its end cut off: read or refused, whatever it is.
#[test]
fn what_is_damaged_at_random_is_read_or_refused() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let folder = tempfile::tempdir().expect("a folder");
    let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
    for importer in ["cur", "focus", "cost_explorer", "parquet", "manifest"] {
        for seed in fs::read_dir(seeds.join(importer)).expect("seeds") {
            let seed = seed.expect("a seed").path();
            let whole = fs::read(&seed).expect("a seed");
            let name = seed.file_name().expect("a name").to_string_lossy().into_owned();
            let path = folder.path().join(if importer == "manifest" { format!("{name}-Manifest.json") } else { name });
            for _ in 0..150 {
                let mut bytes = whole.clone();
                for _ in 0..random.random_range(1..4) {
                    let at = random.random_range(0..bytes.len());
                    bytes[at] = random.random();
                }
                if random.random_range(0..4) == 0 {
                    bytes.truncate(random.random_range(0..bytes.len()));
                }
                fs::write(&path, bytes).expect("written");
                if let Err(problems) = actuals::read(std::slice::from_ref(&path)) {
                    assert!(problems.errors() > 0, "{}", path.display());
                }
            }
        }
    }
}

/// What would steer a terminal is no part of a bill's texts, nor of a message about them.
#[test]
fn control_characters_reach_no_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("escape.csv");
    for place in [3, 6, 7, 8] {
        fs::write(&path, with(place, b"\x1b[31mred\x07")).expect("written");
        let found = actuals::read(std::slice::from_ref(&path)).unwrap_or_else(|e| panic!("{}", e.render(&Sources::default(), false)));
        let charge = format!("{:?}", found.statements[0].bill.charges[0]);
        assert!(
            charge.contains("\u{fffd}[31mred\u{fffd}") && !charge.contains(char::is_control) && !charge.contains("\\u{1b}"),
            "{charge}"
        );
    }
    fs::write(&path, with(12, br#"{"Owner": "\u001b[31mred"}"#)).expect("written");
    let found = actuals::read(&[path]).unwrap_or_else(|e| panic!("{}", e.render(&Sources::default(), false)));
    assert_eq!(found.statements[0].bill.charges[0].tags["Owner"], "\u{fffd}[31mred");
}

/// One bill in two kinds of file is one bill too many, though every row of it is written otherwise.
#[test]
fn the_same_bill_as_csv_and_as_parquet_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (csv, columns) = (folder.path().join("bill.csv"), folder.path().join("bill.parquet"));
    fs::write(&csv, good()).expect("written");
    fs::write(&columns, parquet(|_| {})).expect("written");
    let said = refused(&[csv, columns]);
    assert!(said.contains("as CSV") && said.contains("as Parquet") && said.contains("count twice"), "{said}");
}

/// The most memory that this process ever had, in bytes, where the system tells it.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

#[test]
fn what_is_only_unusual_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let crlf = String::from_utf8(good()).expect("text").replace('\n', "\r\n");
    for (name, bytes) in [
        ("good.csv", good()),
        ("bom-and-crlf.csv", [b"\xef\xbb\xbf", crlf.as_bytes()].concat()),
        ("no-last-line-break.csv", good().trim_ascii_end().to_vec()),
        ("two-streams.csv.gz", [gz(&good()[..40]), gz(&good()[40..])].concat()),
        ("text.parquet", parquet(|_| {})),
        ("whole-numbers.parquet", parquet(|c| c[9] = Series::new("line_item_usage_amount".into(), [1000_i64]).into_column())),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        let found = actuals::read(&[path]).unwrap_or_else(|e| panic!("{name}: {}", e.render(&Sources::default(), false)));
        let charge = &found.statements[0].bill.charges[0];
        assert_eq!(
            (charge.billed.to_string().as_str(), charge.quantity.to_string().as_str(), found.remarks.len()),
            ("0.005", "1000", 0),
            "{name}"
        );
    }
}

#[test]
fn what_would_count_twice_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        path
    };
    let report = write("cur.csv", &good());
    assert!(refused(&[report.clone(), report.clone()]).contains("cur.csv is given twice"));
    let focus = "BillingAccountId,BillingPeriodStart,ChargePeriodStart,ChargeCategory,BilledCost,EffectiveCost,BillingCurrency,ServiceName\n\
                 111122223333,2026-10-01T00:00:00Z,2026-10-01T00:00:00Z,Usage,1,1,USD,Amazon S3\n";
    let focus = write("focus.csv", focus.as_bytes());
    let said = refused(&[report, focus]);
    assert!(said.contains("(CUR 2.0)") && said.contains("(FOCUS 1.0)") && said.contains("would count twice"), "{said}");
}

#[test]
fn folders_and_links_lead_nowhere_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report");
    fs::create_dir(&report).expect("a folder");
    assert!(refused(std::slice::from_ref(&report)).contains("holds no manifest"));
    assert!(refused(&[report.join("gone.csv")]).contains("gone.csv"));
    assert!(refused(&[]).contains("no file was given"));
    fs::write(folder.path().join("secret.csv"), good()).expect("written");
    fs::write(report.join("report-Manifest.json"), br#"{"assemblyId":"1","reportKeys":["report-1.csv"]}"#).expect("written");
    link(&folder.path().join("secret.csv"), &report.join("report-1.csv"));
    if report.join("report-1.csv").exists() {
        assert!(refused(&[report]).contains("leads out of the folder"));
    }
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).expect("a link");
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) {}
