//! `ce-cost actuals` on a store, as its users run it.

use std::path::Path;
use std::process::{Command, Output};

fn run(args: &[&str], store: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(["actuals"]).args(args).args(["--as-of", "2026-11-24"]).env("CE_COST_STORE", store);
    command.env("NO_COLOR", "1").env("COLUMNS", "120").current_dir(env!("CARGO_MANIFEST_DIR"));
    command.output().expect("it runs")
}

#[cfg(not(feature = "actuals"))]
#[test]
fn a_build_without_actuals_says_how_to_get_them() {
    for args in [&["list"][..], &["show"], &["verify"], &["forget", "--all"], &["demo"]] {
        let output = run(args, Path::new("nowhere"));
        assert_eq!(output.status.code(), Some(64), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("cargo install"), "{args:?}");
    }
}

#[cfg(feature = "actuals")]
mod with {
    use super::*;
    use ce_cost::money::Usd;
    use serde_json::Value;

    #[track_caller]
    fn out(args: &[&str], store: &Path) -> (String, String) {
        let output = run(args, store);
        let notes = String::from_utf8(output.stderr).expect("text");
        assert!(output.status.success(), "{args:?}: {notes}");
        (String::from_utf8(output.stdout).expect("text"), notes)
    }

    #[track_caller]
    fn fails(args: &[&str], store: &Path, code: i32) -> String {
        let output = run(args, store);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.is_empty(), "nothing goes to standard output on error");
        String::from_utf8(output.stderr).expect("text")
    }

    fn usd(value: &Value) -> Usd {
        Usd::new(value.as_str().expect("text").parse().expect("a decimal"))
    }

    fn shown(args: &[&str], store: &Path) -> Value {
        let args = [&["show", "--format", "json"], args].concat();
        serde_json::from_str(&out(&args, store).0).expect("JSON")
    }

    #[test]
    fn a_file_of_cost_explorer_gets_its_payer_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (json, csv, store) = (path("reply.json"), path("cur.csv"), folder.path().join("bills"));
        let reply = r#"{"ResultsByTime":[{"TimePeriod":{"Start":"2026-10-01","End":"2026-11-01"},"Estimated":false,"Groups":[],
            "Total":{"UnblendedCost":{"Amount":"1.25","Unit":"USD"},"AmortizedCost":{"Amount":"1","Unit":"USD"}}}]}"#;
        std::fs::write(&json, reply).expect("written");
        assert!(out(&["import", &json, "--account", "111122223333"], &store).0.starts_with("111122223333 2026-10"));
        let (_, notes) = out(&["import", &json], &store);
        assert!(notes.contains("of 111122223333 and of an unknown account") && notes.contains("--account 111122223333"), "{notes}");
        assert!(fails(&["import", &json, "--account", "1111"], &store, 64).contains("twelve digits"));

        out(&["demo", "--months", "2", "--cur", &csv], &store);
        assert!(out(&["import", &csv], &store).0.contains("000000000000 2026-10"));
        let refused = fails(&["import", &json, "--account", "000000000000"], &store, 65);
        assert!(refused.contains("Cost Explorer tells less") && refused.contains("--force"), "{refused}");
        assert!(out(&["import", &json, "--account", "000000000000", "--force"], &store).0.contains("in the place of"));
        assert!(fails(&["import", &csv, "--account", "000000000000"], &store, 64).contains("leave it out"));
    }

    #[test]
    fn a_demo_is_written_listed_shown_verified_and_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = folder.path();
        let (text, notes) = out(&["demo"], store);
        assert!(text.contains("15 new, 0 replaced") && notes.contains("synthetic"), "{text}{notes}");
        assert!(out(&["demo"], store).0.contains("0 new, 0 replaced, 15 as they were"));
        let (list, _) = out(&["list"], store);
        assert_eq!(list.matches("000000000000").count(), 15);
        assert_eq!(list.matches(" open ").count(), 1);
        assert!(out(&["verify"], store).0.contains("closes in 15 of them"));
        let whole = shown(&[], store);
        let periods = whole["periods"].as_array().expect("periods");
        for view in ["unblended", "amortized", "net", "net_amortized"] {
            let total = usd(&whole["total"][view]);
            assert_eq!(periods.iter().map(|p| usd(&p[view])).sum::<Usd>(), total, "{view}");
            for parts in ["by_type", "by_kind", "by"] {
                let parts = whole["total"][parts].as_array().expect("parts").iter();
                assert_eq!(parts.map(|p| usd(&p[view])).sum::<Usd>(), total, "{view}");
            }
            for period in periods {
                let parts = period["by_type"].as_array().expect("types").iter();
                assert_eq!(parts.map(|p| usd(&p[view])).sum::<Usd>(), usd(&period[view]), "{view}");
            }
        }
        assert_eq!((&periods[14]["month"], &periods[14]["final"]), (&Value::from("2026-11"), &Value::from(false)));
        assert!(out(&["forget", "--month", "2026-11"], store).0.contains("removed 000000000000 2026-11"));
        assert_eq!(shown(&["--from", "2026-09"], store)["periods"].as_array().expect("periods").len(), 2);
        out(&["forget", "--all"], store);
        assert!(fails(&["show"], store, 66).contains("holds no bills"));
    }

    #[test]
    fn every_form_and_every_cut_has_the_same_total() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = folder.path();
        out(&["demo", "--months", "2"], store);
        let total = shown(&["--month", "2026-10"], store)["total"]["unblended"].clone();
        for by in ["type", "service", "day", "environment"] {
            let json = shown(&["--month", "2026-10", "--by", by], store);
            assert_eq!((&json["total"]["unblended"], &json["by"]), (&total, &Value::from(by)));
            let (text, _) = out(&["show", "--month", "2026-10", "--by", by, "--format", "csv"], store);
            let mut rows = csv::Reader::from_reader(text.as_bytes());
            let sum: Usd = rows.records().map(|r| Usd::new(r.expect("a row")[4].parse().expect("a decimal"))).sum();
            assert_eq!(sum, usd(&total), "{by}");
            for format in ["text", "md"] {
                assert!(out(&["show", "--month", "2026-10", "--by", by, "--format", format], store).0.contains("000000000000"));
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = folder.path();
        assert!(fails(&["list"], store, 66).contains("ce-cost actuals demo"));
        assert!(fails(&["forget"], store, 64).contains("--all"));
        assert!(fails(&["show", "--month", "2026-13"], store, 64).contains("between 01 and 12"));
        out(&["demo", "--months", "1"], store);
        assert!(fails(&["show", "--month", "2020-01"], store, 66).contains("no such bills"));
        let file = store.join("payer=000000000000/2026-10.parquet");
        let bytes = std::fs::read(&file).expect("a file");
        std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("written");
        assert!(fails(&["show"], store, 65).contains("cut off"));
        assert!(fails(&["verify"], store, 65).contains("1 error"));
        assert!(out(&["list"], store).0.contains("damaged"));
        out(&["demo", "--months", "1"], store);
        assert!(out(&["verify"], store).0.contains("The store is sound"));
    }

    /// The demo as a report of AWS's form, read again: the same bill, to the last place.
    #[test]
    fn a_report_of_the_demo_imports_to_the_same_totals() {
        let folder = tempfile::tempdir().expect("a folder");
        let [made, store, file] = ["made", "store", "cur.csv"].map(|name| folder.path().join(name));
        out(&["demo", "--months", "8"], &made);
        report(&["--months", "8"], &file);
        let path = file.to_str().expect("a path");
        let (text, notes) = out(&["import", path], &store);
        assert_eq!(text.matches(" · new").count(), 9, "{text}");
        assert!(notes.contains("`FutureDiscount` is not known") && notes.contains("synthetic"), "{notes}");
        assert!(out(&["import", path], &store).0.lines().all(|l| l.ends_with("· as it was")));
        assert!(out(&["verify"], &store).0.contains("closes in 9 of them"));
        for by in ["type", "service", "day", "environment"] {
            let (mut made, mut read) = (shown(&["--by", by], &made), shown(&["--by", by], &store));
            for document in [&mut made, &mut read] {
                for period in document["periods"].as_array_mut().expect("periods") {
                    for key in ["format", "version"] {
                        period[key] = Value::Null;
                    }
                }
            }
            assert_eq!(made, read, "{by}");
        }
    }

    #[test]
    fn what_is_final_is_not_replaced_by_what_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let [store, open, closed] = ["store", "open.csv", "closed.csv"].map(|name| folder.path().join(name));
        report(&["--months", "1"], &closed);
        let text = std::fs::read_to_string(&closed).expect("a file");
        std::fs::write(&open, text.replace(",DEMO2026-10,", ",,")).expect("written");
        let [open, closed] = [&open, &closed].map(|path| path.to_str().expect("a path"));
        out(&["import", closed], &store);
        let before = shown(&[], &store);
        assert!(fails(&["import", open], &store, 65).contains("nothing was imported; --force"));
        assert_eq!(shown(&[], &store), before);
        assert!(out(&["import", open, "--force"], &store).0.contains("· in the place of 13,"));
        assert!(out(&["import", closed], &store).0.contains("2026-10 · final"), "and what is closed takes its place again");
    }

    #[test]
    fn what_cannot_be_read_is_not_imported() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(fails(&["import", "no/such/file.csv"], folder.path(), 65).contains("no/such/file.csv"));
        assert!(fails(&["import"], folder.path(), 64).contains("FILE"));
        assert!(fails(&["list"], folder.path(), 66).contains("holds no bills"));
    }

    #[track_caller]
    fn report(args: &[&str], file: &Path) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
        let output = command.args(["actuals", "demo", "--as-of", "2026-11-24", "--cur"]).arg(file).args(args).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
