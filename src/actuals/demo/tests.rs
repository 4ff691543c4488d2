use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;

use super::planted::{ANOMALY_DAYS, ANOMALY_USAGE_TYPE, Cause, ENVIRONMENT, STEP_SERVICE};
use super::*;
use crate::actuals::totals::{self, Sums};

fn files() -> Vec<InputFile> {
    let file = |name: &str, text: &str| InputFile { name: name.into(), text: text.into() };
    vec![
        file("accounts.yaml", include_str!("../../../scenarios/accounts.yaml")),
        file("dev.yaml", include_str!("../../../scenarios/dev.yaml")),
        file("dr.yaml", include_str!("../../../scenarios/dr.yaml")),
        file("prod.yaml", include_str!("../../../scenarios/prod.yaml")),
        file("staging.yaml", include_str!("../../../scenarios/staging.yaml")),
    ]
}

fn made(as_of: &str, seed: u64) -> Demo {
    let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let ask = Ask { as_of: as_of.parse().expect("a day"), months: MONTHS, seed };
    history(&files(), &book, &ask).unwrap_or_else(|e| panic!("{e}"))
}

fn usd(text: &str) -> Usd {
    Usd::new(text.parse().expect("a decimal"))
}

/// The months, oldest first; the open one is the last.
fn charges(demo: &Demo, back: usize) -> Vec<&Charge> {
    let at = demo.periods.len() - 2 - back;
    demo.periods[at].lines.iter().map(|l| &l.charge).collect()
}

#[test]
fn fourteen_months_and_the_open_one() {
    let demo = made("2026-11-24", 1);
    let months: Vec<(String, bool)> = demo.periods.iter().map(|p| (p.month.to_string(), p.is_final)).collect();
    assert_eq!(months.len(), 15);
    assert_eq!((&months[0], &months[13], &months[14]), (&("2025-09".into(), true), &("2026-10".into(), true), &("2026-11".into(), false)));
    assert!(demo.statements().iter().all(is_synthetic));
    let first = made("2026-11-01", 1);
    assert_eq!(first.periods.len(), 14, "on the first nothing of the month is known");
    assert_eq!(first.periods[13].lines.len(), demo.periods[13].lines.len(), "and what is closed lacks nothing");
}

#[test]
fn the_same_seed_gives_the_same_history_and_another_one_another() {
    let demo = made("2026-11-24", 1);
    assert_eq!(demo, made("2026-11-24", 1));
    let other = made("2026-11-24", 2);
    assert_ne!(demo.statements(), other.statements());
    assert_eq!(demo.planted, other.planted, "what is planted is planned, not drawn");
}

#[test]
fn every_line_item_type_occurs() {
    let demo = made("2026-11-24", 1);
    let there: BTreeSet<&str> = demo.periods.iter().flat_map(|p| &p.lines).map(|l| l.charge.line_item.name()).collect();
    let expected = "BundledDiscount Credit Discount DiscountedUsage EdpDiscount Fee FlatRateSubscription FutureDiscount PrivateRateDiscount \
                    RIFee Refund RiVolumeDiscount SavingsPlanCoveredUsage SavingsPlanNegation SavingsPlanRecurringFee SavingsPlanUpfrontFee \
                    SppDiscount Tax Usage";
    assert_eq!(there, expected.split_whitespace().collect());
    let fees = demo.periods.iter().flat_map(|p| &p.lines).filter(|l| l.charge.line_item == LineItem::Fee);
    assert!(
        fees.clone().any(|l| l.charge.commitment.is_some()) && fees.clone().any(|l| l.charge.seller == crate::bill::Seller::Marketplace)
    );
}

/// What amortizing moves is what was paid at once, in the open month too.
#[test]
fn the_identity_closes_to_the_last_place() {
    for as_of in ["2026-11-24", "2027-03-02", "2028-03-01"] {
        for statement in made(as_of, 3).statements() {
            assert_eq!(totals::unclosed(&statement), Some(Usd::ZERO), "{}", statement.bill.month);
        }
    }
}

/// Prod's last closed month is its prediction and the causes, and nothing else. Support is billed to the payer.
#[test]
fn the_five_causes_are_all_that_differs() {
    for as_of in ["2026-11-24", "2027-03-02"] {
        let demo = made(as_of, 1);
        let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        let ask = Ask { as_of: as_of.parse().expect("a day"), months: MONTHS, seed: 1 };
        let last = demo.periods[13].month;
        let world = World::new(&files(), &book, &ask, last).unwrap_or_else(|e| panic!("{e}"));
        let predicted = world.predicted(last, HoursBasis::Actual).unwrap_or_else(|e| panic!("{e}")).cut(ENVIRONMENT);
        let own: Vec<&Charge> = charges(&demo, 0).into_iter().filter(|c| c.environment.as_ref() == ENVIRONMENT).collect();
        let (is, said) = (Sums::of(own), Sums::of(predicted.charges.iter().filter(|c| c.service != "AWSSupport")));
        let causes = |of: fn(&Size) -> Usd| demo.planted.iter().filter(|s| s.cause != Cause::Calendar).map(of).sum::<Usd>();
        assert_eq!(is.unblended - said.unblended, causes(|s| s.billed), "{as_of}");
        assert_eq!(is.amortized - said.amortized, causes(|s| s.effective), "{as_of}");
    }
}

#[test]
fn what_is_planted_is_large_enough_to_be_found() {
    let demo = made("2026-11-24", 1);
    let sizes: BTreeMap<String, Usd> = demo.planted.iter().map(|s| (format!("{:?}", s.cause), s.effective)).collect();
    // 15% of 6.502 B requests × 0.98 (the scenario's growth of two months) at 0.20 USD a million, and 20% of 31.434 LCU × 744 h × 0.008.
    assert!(sizes["Volume"] > usd("220") && sizes["Volume"] < usd("240"), "{sizes:?}");
    // 4% of four nodes for 744 hours at 0.206 USD.
    assert_eq!(sizes["Price"], usd("24.52224"));
    // Two instances at 0.096 USD, and 200 GB at 0.08 USD.
    assert_eq!(sizes["New"], usd("158.848"));
    assert!(sizes["Commitment"] < usd("-100") && sizes["Calendar"] > usd("50"), "{sizes:?}");
}

#[test]
fn a_service_doubles_and_a_usage_type_runs_away() {
    let demo = made("2026-11-24", 1);
    let service = |back| charges(&demo, back).into_iter().filter(|c| c.service == STEP_SERVICE).map(|c| c.billed).sum::<Usd>();
    let (before, after) = (service(6), service(5));
    assert!(after > usd("1.8").share(before.decimal()) && after < usd("2.2").share(before.decimal()), "{before} {after}");
    let mut days: BTreeMap<u32, Usd> = BTreeMap::new();
    for charge in
        charges(&demo, 4).into_iter().filter(|c| c.usage_type.as_ref() == ANOMALY_USAGE_TYPE && c.environment.as_ref() == ENVIRONMENT)
    {
        *days.entry(charge.day.expect("a day").day()).or_default() += charge.billed;
    }
    let most_elsewhere = days.iter().filter(|(d, _)| !(ANOMALY_DAYS.0..ANOMALY_DAYS.1).contains(d)).map(|(_, c)| *c).max().expect("days");
    assert!((ANOMALY_DAYS.0..ANOMALY_DAYS.1).all(|d| days[&d] > most_elsewhere.share(Decimal::TWO)), "{days:?}");
}

#[test]
fn the_last_days_of_the_open_month_lack_rows() {
    let demo = made("2026-11-24", 1);
    let rows = |day: u32| demo.periods[14].lines.iter().filter(|l| l.charge.day.is_some_and(|d| d.day() == day)).count();
    assert!(rows(23) * 10 < rows(20) * 8 && rows(22) < rows(20) && rows(24) == 0, "{} {} {}", rows(20), rows(22), rows(23));
}

#[test]
fn some_of_it_has_no_tags() {
    let demo = made("2026-11-24", 1);
    let share = |back, account: &str| {
        let own = charges(&demo, back).into_iter().filter(|c| c.account.as_ref() == account);
        let (with, without): (Vec<&Charge>, Vec<&Charge>) = own.partition(|c| !c.environment.is_empty());
        let sum = |of: Vec<&Charge>| of.into_iter().map(|c| c.billed).sum::<Usd>();
        let (with, without) = (sum(with), sum(without));
        without.fraction_of(with + without).expect("charges")
    };
    let per_cent = |n: i64| Decimal::new(n, 2);
    assert_eq!(share(0, "000000000003"), Decimal::ZERO, "prod is tagged today");
    assert!(share(8, "000000000003") > per_cent(1), "and was not always");
    assert!(share(0, "000000000001") > per_cent(1) && share(0, SHARED) == Decimal::ONE);
}

#[test]
fn the_report_has_the_same_totals() {
    let demo = made("2026-11-24", 1);
    let at = |name: &str| cur::COLUMNS.iter().position(|c| *c == name).expect("a column");
    let (cost, rows) = (at("line_item_unblended_cost"), demo.rows().collect::<Vec<_>>());
    let all = demo.statements();
    assert_eq!(rows.iter().map(|r| usd(&r[cost])).sum::<Usd>(), all.iter().map(|s| s.bill.total()).sum());
    assert_eq!(rows.len() as u64, all.iter().map(|s| s.rows).sum::<u64>());
    assert!(cur::COLUMNS.is_sorted(), "in the order of the alphabet");
}
