//! `prices update` against a server that lays lists out as AWS does: what comes, what is asked again, and that after each fault the
//! folder of prices is byte for byte as it was.
#![cfg(feature = "fetch")]

mod price_site;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use price_site::{Fault, Server, Site, list};
use tempfile::TempDir;

/// The first list: the price that the built-in book has.
fn first() -> Site {
    Site::with("20261010000000", "2026-10-10", "2026-10-01", "0.0404800000")
}

/// The second: dearer from November on.
fn second() -> Site {
    Site::with("20261020000000", "2026-10-20", "2026-11-01", "0.0500000000")
}

const SECOND: &str = "20261020000000";

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(["--color", "never", "--as-of", "2026-11-24"]).args(args).env("COLUMNS", "160").env_remove("CE_COST_PRICE_LISTS");
    command.current_dir(folder).output().expect("it runs")
}

fn update(folder: &Path, base: &str, more: &[&str]) -> Output {
    let args = ["prices", "update", "--service", "AmazonECS", "--region", "us-east-1", "--out", "prices", "--cache", "cache", "--base-url"];
    run(folder, &[&args[..], &[base], more].concat())
}

#[track_caller]
fn says(output: &Output, code: i32) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].map(|t| String::from_utf8_lossy(t).into_owned()).concat();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

/// Every file of the folder of prices.
fn book(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder.join("prices")).into_iter().flatten().map(|e| e.expect("an entry"));
    files.map(|e| (e.file_name().to_string_lossy().into_owned(), fs::read(e.path()).expect("a file"))).collect()
}

/// Where the second list lies in the cache.
fn kept(folder: &Path, server: &Server) -> PathBuf {
    folder.join("cache").join(server.url.trim_start_matches("http://").replace(':', "_")).join(&list(SECOND)[1..])
}

/// A folder whose book is that of the first list, and its server.
fn renewed() -> (TempDir, Server) {
    let (folder, server) = (TempDir::new().expect("a folder"), Server::start(first()));
    says(&update(folder.path(), &server.url, &[]), 0);
    (folder, server)
}

#[test]
fn lists_are_found_over_the_indexes_and_asked_for_again_only_when_they_changed() {
    let (folder, server) = (TempDir::new().expect("a folder"), Server::start(first()));
    let told = says(&update(folder.path(), &server.url, &[]), 0);
    insta::with_settings!({filters => vec![("sha256 [0-9a-f]{12}…", "sha256 …")]}, { insta::assert_snapshot!(told, @r"
    index: 495 bytes fetched, length checked (/offers/v1.0/aws/index.json)
    index: 142 bytes fetched, length checked (/offers/v1.0/aws/AmazonECS/current/region_index.json)
    AmazonECS us-east-1: 363 kB fetched, length checked (/offers/v1.0/aws/AmazonECS/20261010000000/us-east-1/index.csv)
    index: 139 bytes fetched, length checked (/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/current/region_index.json)
    AWSComputeSavingsPlan us-east-1: 717 bytes fetched, length checked (/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/20261010000000/us-east-1/index.csv)

    AmazonECS us-east-1: offer CSV AmazonECS 20261010000000, published 2026-10-10
      read     2002 rates
      taken    2 prices: 2 as in the book, 0 new, 0 changed
      skipped  2000 rates that neither price book nor scenarios name (--all takes them)
    AWSComputeSavingsPlan us-east-1: savings plan CSV AmazonComputeSavingsPlan 20261010000000, published 2026-10-10
      read     1 rates
      taken    1 prices: 1 as in the book, 0 new, 0 changed

    written: us-east-1.csv in prices; the book is sound, 1307 rows, sha256 …
    used by: ce-cost --prices prices …
    ") });
    assert_eq!(
        server.log(),
        [
            "200 /offers/v1.0/aws/index.json",
            "200 /offers/v1.0/aws/AmazonECS/current/region_index.json",
            "200 /offers/v1.0/aws/AmazonECS/20261010000000/us-east-1/index.csv",
            "200 /savingsPlan/v1.0/aws/AWSComputeSavingsPlan/current/region_index.json",
            "200 /savingsPlan/v1.0/aws/AWSComputeSavingsPlan/20261010000000/us-east-1/index.csv",
        ]
    );
    let before = book(folder.path());
    let told = says(&update(folder.path(), &server.url, &[]), 0);
    assert!(told.contains("prices holds it already: nothing was written"), "{told}");
    assert!(server.log().iter().all(|line| line.starts_with("304 ")), "everything is as it was kept");
    assert_eq!(book(folder.path()), before);
}

#[test]
fn a_changed_price_stands_beside_the_old_one_from_its_own_day_on() {
    let (folder, server) = renewed();
    server.becomes(second());
    let told = says(&update(folder.path(), &server.url, &[]), 0);
    assert!(told.contains("taken    2 prices: 1 as in the book, 0 new, 1 changed"), "{told}");
    says(&run(folder.path(), &["--prices", "prices", "prices", "check"]), 0);
    let text = String::from_utf8(book(folder.path())["us-east-1.csv"].clone()).expect("text");
    let rows: Vec<&str> = text.lines().filter(|l| l.contains("8CESGAFWKAJ98PME")).collect();
    assert_eq!(rows.len(), 2, "{text}");
    assert!(rows[0].contains(",0.04048,USD,on-demand,,,2026-10-10,"), "{}", rows[0]);
    assert!(rows[1].contains(",0.05,USD,on-demand,,2026-11-01,2026-10-20,"), "{}", rows[1]);
    assert!(rows[1].contains("20261020000000"), "the version of the list is named: {}", rows[1]);
    assert!(!text.contains("USE1-Other"), "what nobody asks for is left");
}

#[test]
fn a_connection_that_is_cut_goes_on_where_it_ended() {
    let (folder, server) = renewed();
    let mut site = second();
    site.faults.insert(list(SECOND), Fault::CutOnce(100_000));
    server.becomes(site);
    let told = says(&update(folder.path(), &server.url, &[]), 0);
    let asked: Vec<String> = server.log().into_iter().filter(|l| l.contains(&list(SECOND))).collect();
    assert_eq!(asked, [format!("200 {}", list(SECOND)), format!("206 {} bytes=100000-", list(SECOND))]);
    assert!(told.contains("resumed after 100 kB, length checked"), "{told}");
    assert_eq!(fs::read(kept(folder.path(), &server)).expect("the kept list"), second().files[&list(SECOND)]);
}

#[test]
fn a_list_that_changes_between_two_parts_is_fetched_anew() {
    let (folder, server) = renewed();
    let mut site = second();
    site.faults.insert(list(SECOND), Fault::CutAlways(100_000));
    server.becomes(site);
    says(&update(folder.path(), &server.url, &[]), 69);
    server.becomes(Site::with(SECOND, "2026-10-21", "2026-11-01", "0.0600000000"));
    let told = says(&update(folder.path(), &server.url, &[]), 0);
    assert!(server.log().contains(&format!("200 {}", list(SECOND))), "the tag is another one: no part is asked for, the whole comes");
    assert!(told.contains("0.06"), "{told}");
}

#[test]
fn a_server_that_sends_ranges_of_its_own_length_is_asked_for_the_rest() {
    let (folder, server) = renewed();
    let mut site = second();
    site.faults.insert(list(SECOND), Fault::ShortRanges(150_000));
    server.becomes(site);
    says(&update(folder.path(), &server.url, &[]), 0);
    let asked: Vec<String> = server.log().into_iter().filter(|l| l.contains(&list(SECOND))).collect();
    let part = |from: u32| format!("206 {} bytes={from}-", list(SECOND));
    assert_eq!(asked, [format!("200 {}", list(SECOND)), part(150_000), part(300_000)]);
    assert_eq!(fs::read(kept(folder.path(), &server)).expect("the kept list"), second().files[&list(SECOND)]);
}

/// A server that knows no `If-Range` sends the rest of another file: its tag tells.
#[test]
fn the_rest_of_another_file_is_not_put_to_a_part() {
    let (folder, server) = renewed();
    let mut site = second();
    site.faults.insert(list(SECOND), Fault::CutAlways(100_000));
    server.becomes(site);
    says(&update(folder.path(), &server.url, &[]), 69);
    let other = || Site::with(SECOND, "2026-10-21", "2026-11-01", "0.0600000000");
    let mut site = other();
    site.faults.insert(list(SECOND), Fault::NoIfRange);
    server.becomes(site);
    server.log();
    says(&update(folder.path(), &server.url, &[]), 0);
    let asked: Vec<String> = server.log().into_iter().filter(|l| l.contains(&list(SECOND))).collect();
    assert_eq!(asked, [format!("206 {} bytes=100000-", list(SECOND)), format!("200 {}", list(SECOND))]);
    assert_eq!(fs::read(kept(folder.path(), &server)).expect("the kept list"), other().files[&list(SECOND)]);
}

/// Prices that AWS does not publish lie in a folder above that of the lists, and no update touches them.
#[test]
fn a_private_rate_stays_above_what_an_update_writes() {
    let (folder, server) = renewed();
    let at = folder.path();
    server.becomes(second());
    says(&update(at, &server.url, &[]), 0);
    let header = String::from_utf8(book(at)["us-east-1.csv"].clone()).expect("text").lines().next().expect("a header").to_owned();
    let row = "AmazonECS,us-east-1,USE1-Fargate-vCPU-Hours:perCPU,,,Fargate,hours,0,Inf,0.03,USD,on-demand,,,2026-09-01,our contract,high,";
    fs::create_dir(at.join("private")).expect("a folder");
    fs::write(at.join("private/own.csv"), format!("{header}\n{row}\n")).expect("a file");
    let before = fs::read(at.join("private/own.csv")).expect("the rates");
    let core = |prices: &[&str]| says(&run(at, &[&["explain", "prod", "core", "--month", "2026-12"][..], prices].concat()), 0);
    let both = ["--prices", "prices", "--prices", "private"];
    assert!(core(&["--prices", "prices"]).contains("× 0.05 ="), "the list's price of November");
    let told = core(&both);
    assert!(told.contains("× 0.03 =") && told.contains("our contract"), "the rate without a day, over a price that began later: {told}");
    server.becomes(Site::with("20261120000000", "2026-11-20", "2026-11-10", "0.0600000000"));
    says(&update(at, &server.url, &both), 0);
    assert!(core(&["--prices", "prices"]).contains("× 0.06 ="), "the list is renewed");
    assert!(core(&both).contains("× 0.03 ="), "and the rate holds");
    assert_eq!(fs::read(at.join("private/own.csv")).expect("the rates"), before);
    assert_eq!(fs::read_dir(at.join("private")).expect("a folder").count(), 1);
    assert!(!String::from_utf8_lossy(&book(at)["us-east-1.csv"]).contains("our contract"));
    // Without --out nobody knows which of the two is meant.
    let told = says(&run(at, &[&both[..], &["prices", "update", "--base-url", server.url.as_str()]].concat()), 64);
    assert!(told.contains("which folder of price files is to be renewed?"), "{told}");
}

/// The list of the same day, corrected: the version says which is the later one.
#[test]
fn a_correction_on_the_same_day_takes_the_place_of_what_it_corrects() {
    let (folder, server) = renewed();
    let list = |version: &str, price: &str| Site::with(version, "2026-11-20", "2026-11-01", price);
    server.becomes(list("20261120160000", "0.0500000000"));
    says(&update(folder.path(), &server.url, &[]), 0);
    server.becomes(list("20261120210000", "0.0600000000"));
    assert!(says(&update(folder.path(), &server.url, &[]), 0).contains("1 changed"));
    server.becomes(list("20261120160000", "0.0500000000"));
    assert!(says(&update(folder.path(), &server.url, &[]), 0).contains("older than the book"));
    let text = String::from_utf8(book(folder.path())["us-east-1.csv"].clone()).expect("text");
    assert!(text.contains(",0.06,USD,on-demand,,2026-11-01,2026-11-20,") && !text.contains(",0.05,USD"), "{text}");
}

/// A newer list with today's price ends the dearer one that was to begin in November.
#[test]
fn a_list_that_confirms_a_price_ends_a_later_one_that_it_no_longer_has() {
    let (folder, server) = renewed();
    server.becomes(second());
    says(&update(folder.path(), &server.url, &[]), 0);
    server.becomes(Site::with("20261120000000", "2026-11-20", "2026-10-01", "0.0404800000"));
    assert!(says(&update(folder.path(), &server.url, &[]), 0).contains("1 changed"));
    let text = String::from_utf8(book(folder.path())["us-east-1.csv"].clone()).expect("text");
    assert!(text.contains(",0.04048,USD,on-demand,,2026-11-01,2026-11-20,") && !text.contains(",0.05,USD"), "{text}");
}

/// The built-in book saw its price before the first list confirmed it: an older list's price ends on that day.
#[test]
fn history_ends_where_todays_price_was_known() {
    let (folder, server) = renewed();
    server.becomes(Site::with("20261120000000", "2026-11-20", "2026-11-01", "0.0404800000"));
    says(&update(folder.path(), &server.url, &[]), 0);
    let seen = |text: &str| text.lines().filter(|l| l.contains("8CESGAFWKAJ98PME")).map(str::to_owned).collect::<Vec<_>>();
    let confirmed = seen(&String::from_utf8_lossy(&book(folder.path())["us-east-1.csv"]));
    assert!(confirmed.len() == 1 && confirmed[0].contains(",2026-11-20,") && confirmed[0].contains("known since "), "{confirmed:?}");
    let day = confirmed[0].split_once("known since ").expect("a day").1.get(..10).expect("a day").to_owned();
    assert!(day.as_str() <= "2026-10-07", "{day}");
    server.becomes(Site::with("20250610000000", "2025-06-10", "2025-06-01", "0.0300000000"));
    says(&update(folder.path(), &server.url, &["--history"]), 0);
    let rows = seen(&String::from_utf8_lossy(&book(folder.path())["us-east-1.csv"]));
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0].contains(",0.03,USD,on-demand,,,2025-06-10,"), "{}", rows[0]);
    assert!(rows[1].contains(&format!(",0.04048,USD,on-demand,,{day},2026-11-20,")), "{}", rows[1]);
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let (folder, server) = renewed();
    let mut site = second();
    site.faults.insert(list(SECOND), Fault::BusyTwice);
    server.becomes(site);
    says(&update(folder.path(), &server.url, &[]), 0);
    let asked: Vec<String> = server.log().into_iter().filter(|l| l.contains(&list(SECOND))).collect();
    assert_eq!(asked.iter().map(|l| &l[..3]).collect::<Vec<_>>(), ["503", "503", "200"]);
}

/// One fault after the other: each is told, none changes the folder, and the first sound list does.
#[test]
fn after_each_fault_the_book_is_as_it_was() {
    let (folder, server) = renewed();
    let before = book(folder.path());
    let index = "/offers/v1.0/aws/index.json".to_owned();
    let spoiled = |from: &str, to: &str| {
        let mut site = second();
        let whole = site.files.get_mut(&list(SECOND)).expect("the list");
        *whole = String::from_utf8(whole.clone()).expect("text").replace(from, to).into_bytes();
        site
    };
    let faulty = |fault: Fault| {
        let mut site = second();
        site.faults.insert(list(SECOND), fault);
        site
    };
    let with = |path: &str, text: &str| {
        let mut site = second();
        site.files.insert(path.to_owned(), text.into());
        site
    };
    let (mut truncated, mut empty) = (second(), second());
    let whole = truncated.files.get_mut(&list(SECOND)).expect("the list");
    whole.truncate(whole.len() - 30);
    empty.files.remove(&index);
    let elsewhere = r#"{"regions": {"us-east-1": {"regionCode": "us-east-1", "currentVersionUrl": "/offers/../../secret.json"}}}"#;
    for (name, code, words, site) in [
        ("cut for good", 69, "was cut off", faulty(Fault::CutAlways(100_000))),
        ("a wrong hash", 69, "is not what the server says it is: SHA-256", faulty(Fault::WrongHash)),
        ("a truncated file", 65, "the file is cut off", truncated),
        ("a price that is none", 65, "the price is no number: `NaN`", spoiled("0.0500000000", "NaN")),
        ("an index that is none", 65, "is no index of AWS's", with(&index, "<html>")),
        ("no index", 66, "there is no index of lists at", empty),
        (
            "a path that leads elsewhere",
            65,
            "no list is fetched from `/offers/../../secret.csv`",
            with("/offers/v1.0/aws/AmazonECS/current/region_index.json", elsewhere),
        ),
    ] {
        server.becomes(site);
        let told = says(&update(folder.path(), &server.url, &[]), code);
        assert!(told.contains(words), "{name}: {told}");
        assert_eq!(book(folder.path()), before, "{name}");
    }
    let told = says(
        &run(
            folder.path(),
            &["prices", "update", "--service", "AmazonEKS", "--out", "prices", "--cache", "cache", "--base-url", &server.url],
        ),
        64,
    );
    assert!(told.contains("AWS's index has no service `AmazonEKS`: did you mean `AmazonECS`?"), "{told}");
    assert_eq!(book(folder.path()), before);
    server.becomes(second());
    says(&update(folder.path(), &server.url, &[]), 0);
    assert_ne!(book(folder.path()), before);
}

#[test]
fn what_is_not_there_is_named_and_the_rest_is_taken() {
    let (folder, server) = renewed();
    let mut site = second();
    site.files.retain(|path, _| !path.ends_with("20261020000000/us-east-1/index.csv") || !path.contains("savingsPlan"));
    server.becomes(site);
    let told = says(&update(folder.path(), &server.url, &["--region", "eu-west-1"]), 0);
    for warning in [
        "warning: not found: AmazonECS in eu-west-1: its index does not have the region",
        "warning: not found: AWSComputeSavingsPlan us-east-1: the index names /savingsPlan/v1.0/aws/AWSComputeSavingsPlan/20261020000000/us-east-1/index.json, and nothing is there",
    ] {
        assert!(told.contains(warning), "{told}");
    }
    assert!(String::from_utf8_lossy(&book(folder.path())["us-east-1.csv"]).contains(",0.05,USD,on-demand,,2026-11-01,"));
}

#[test]
fn a_dry_run_prints_the_difference_and_changes_nothing() {
    let (folder, server) = renewed();
    let before = book(folder.path());
    server.becomes(second());
    let told = says(&update(folder.path(), &server.url, &["--dry-run"]), 0);
    let difference = told.lines().find(|l| l.contains("USE1-Fargate-vCPU-Hours:perCPU")).expect("the difference");
    assert!(difference.contains("0.04048") && difference.contains("0.05") && difference.contains("2026-10-20"), "{difference}");
    assert!(told.contains("note: a dry run: nothing was changed"), "{told}");
    assert_eq!(book(folder.path()), before);
}

#[test]
fn a_folder_laid_out_as_aws_does_gives_the_same_book_as_the_server() {
    let (folder, _server) = renewed();
    let other = TempDir::new().expect("a folder");
    first().mirror(&other.path().join("mirror"));
    says(&update(other.path(), "mirror", &[]), 0);
    let text = |folder: &Path| String::from_utf8(book(folder)["us-east-1.csv"].clone()).expect("text");
    assert_eq!(text(folder.path()), text(other.path()));
}
