//! What holds for any usage: tiers are monotone, continuous and additive under pooling; sums close; a split changes nothing.
//! `PROPTEST_CASES=20000 cargo test --test properties` makes them long (`just soak`).

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use ce_cost::bill::group::{parts, scoped};
use ce_cost::bill::{Bill, Category, Charge};
use ce_cost::failover::Failover;
use ce_cost::forecast::paths::Drawing;
use ce_cost::forecast::{self, Cut};
use ce_cost::money::Usd;
use ce_cost::month::{HoursBasis, Month};
use ce_cost::predict::{self, Basis};
use ce_cost::pricing::PriceBook;
use ce_cost::quantity::{Share, Unit};
use ce_cost::rating::{self, Terms, tiers};
use ce_cost::scenario::accounts::{Credit, Discount};
use ce_cost::scenario::driver::Driver;
use ce_cost::scenario::{self, InputFile, Scenarios};
use ce_cost::usage::UsageRecord;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn book() -> &'static PriceBook {
    static BOOK: OnceLock<PriceBook> = OnceLock::new();
    BOOK.get_or_init(|| PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false))))
}

fn december() -> Month {
    "2026-12".parse().expect("a month")
}

fn terms(free_tier: bool) -> Terms<'static> {
    Terms { book: book(), month: december(), hours: Decimal::from(744), payer: "main".into(), free_tier }
}

/// Usage types with tiers, allowances, and flat prices, over two regions and accounts.
const USAGE: &[(&str, &str, &str, &str, Unit)] = &[
    ("AWSDataTransfer", "us-east-1", "DataTransfer-Out-Bytes", "", Unit::Gb),
    ("AWSDataTransfer", "us-west-2", "USW2-DataTransfer-Out-Bytes", "", Unit::Gb),
    ("AmazonS3", "us-east-1", "TimedStorage-ByteHrs", "", Unit::GbMonths),
    ("AmazonGuardDuty", "us-east-1", "USE1-PaidEventsAnalyzed-Bytes", "", Unit::Gb),
    ("AmazonECS", "us-east-1", "USE1-Fargate-vCPU-Hours:perCPU", "FargateTask", Unit::Hours),
    ("awskms", "us-east-1", "us-east-1-KMS-Requests", "", Unit::Count),
    ("AWSLambda", "us-east-1", "Lambda-GB-Second", "Invoke", Unit::GbSeconds),
];

fn record(usage: usize, quantity: Decimal, account: &str, resource: &str) -> UsageRecord {
    let (service, region, usage_type, operation, unit) = USAGE[usage % USAGE.len()];
    UsageRecord {
        service: Cow::Borrowed(service),
        region: region.into(),
        usage_type: usage_type.into(),
        operation: Cow::Borrowed(operation),
        month: december(),
        quantity,
        unit,
        hours: Decimal::from(744),
        account: account.into(),
        environment: account.into(),
        resource: resource.into(),
        tags: Arc::default(),
        factors: Vec::new(),
    }
}

/// Up to a billion, with up to six decimal places.
fn quantity() -> impl Strategy<Value = Decimal> {
    (1i64..1_000_000_000_000_000, 0u32..=6)
        .prop_map(|(n, scale)| Decimal::new(n / 10i64.pow(6 - scale), scale))
        .prop_filter("something is used", |q| !q.is_zero())
}

fn usage() -> impl Strategy<Value = Vec<UsageRecord>> {
    prop::collection::vec((0usize..USAGE.len(), quantity(), 0usize..3), 1..24).prop_map(|list| {
        list.into_iter()
            .enumerate()
            .map(|(i, (usage, quantity, account))| record(usage, quantity, ["dev", "staging", "prod"][account], &format!("r{i}")))
            .collect()
    })
}

fn rate(records: Vec<UsageRecord>, free_tier: bool) -> Vec<Charge> {
    rating::rate(records, &terms(free_tier)).expect("a price for each")
}

fn total(charges: &[Charge]) -> Usd {
    charges.iter().map(|c| c.billed).sum()
}

fn scenarios() -> &'static Scenarios {
    static ALL: OnceLock<Scenarios> = OnceLock::new();
    ALL.get_or_init(|| {
        let file = |name: &str, text: &str| InputFile { name: format!("scenarios/{name}.yaml"), text: text.to_owned() };
        let files = [
            file("accounts", include_str!("../scenarios/accounts.yaml")),
            file("dev", include_str!("../scenarios/dev.yaml")),
            file("staging", include_str!("../scenarios/staging.yaml")),
            file("prod", include_str!("../scenarios/prod.yaml")),
            file("dr", include_str!("../scenarios/dr.yaml")),
        ];
        scenario::load(&files, book(), &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
    })
}

fn cost(usage: usize, quantity: Decimal) -> Usd {
    let (service, region, usage_type, operation, _) = USAGE[usage];
    let price = book().price(service, region, usage_type, operation, december().first_day()).expect("a price");
    tiers::walk(quantity, Decimal::ZERO, price.rows).expect("within the tiers").iter().map(|s| s.cost).sum()
}

proptest! {
    #[test]
    fn more_usage_never_costs_less(usage in 0usize..USAGE.len(), a in quantity(), b in quantity()) {
        let (less, more) = if a < b { (a, b) } else { (b, a) };
        prop_assert!(cost(usage, less) <= cost(usage, more));
    }

    /// One more unit costs at most the dearest tier's price: there is no jump where a tier begins.
    #[test]
    fn prices_have_no_jump(usage in 0usize..USAGE.len(), q in quantity()) {
        let (service, region, usage_type, operation, _) = USAGE[usage];
        let price = book().price(service, region, usage_type, operation, december().first_day()).expect("a price");
        let dearest = price.rows.iter().map(|r| r.price).max().expect("a tier");
        let step = cost(usage, q + Decimal::ONE) - cost(usage, q);
        // Each of the tiers may round by half of the last place.
        let rounding = Usd::new(Decimal::new(10, 10));
        prop_assert!(step <= dearest.times(Decimal::ONE) + rounding, "{} steps by {}", q, step);
    }

    /// What a pool costs is what its whole quantity costs, however many share it.
    #[test]
    fn a_pool_costs_what_its_whole_costs(usage in 0usize..USAGE.len(), list in prop::collection::vec(quantity(), 1..12)) {
        let records: Vec<UsageRecord> = list.iter().enumerate().map(|(i, q)| record(usage, *q, "prod", &format!("r{i}"))).collect();
        let whole: Decimal = list.iter().sum();
        prop_assert_eq!(total(&rate(records, false)), cost(usage, whole));
    }

    #[test]
    fn tiers_of_a_charge_add_up_to_it(records in usage(), free in any::<bool>()) {
        for charge in rate(records, free) {
            prop_assert_eq!(charge.tiers.iter().map(|t| t.cost).sum::<Usd>(), charge.billed);
            prop_assert_eq!(charge.tiers.iter().map(|t| t.quantity).sum::<Decimal>(), charge.quantity);
            prop_assert!(charge.billed >= Usd::ZERO);
        }
    }

    #[test]
    fn splitting_a_resource_in_two_changes_nothing_in_total(records in usage(), which in any::<prop::sample::Index>(), share in 1u32..100, free in any::<bool>()) {
        let before = total(&rate(records.clone(), free));
        let mut after = records;
        let index = which.index(after.len());
        let mut half = after[index].clone();
        half.resource = "other half".into();
        half.quantity = (half.quantity * Decimal::from(share) / Decimal::ONE_HUNDRED).round_dp(6);
        after[index].quantity -= half.quantity;
        after.push(half);
        after.retain(|r| !r.quantity.is_zero());
        prop_assert_eq!(total(&rate(after, free)), before);
    }

    #[test]
    fn the_order_of_the_records_does_not_matter(records in usage()) {
        let mut other = records.clone();
        other.reverse();
        prop_assert_eq!(total(&rate(records, true)), total(&rate(other, true)));
    }

    #[test]
    fn allowances_never_make_it_dearer(records in usage()) {
        prop_assert!(total(&rate(records.clone(), true)) <= total(&rate(records, false)));
    }

    #[test]
    fn a_split_amount_adds_up(amount in -1_000_000_000_000i64..1_000_000_000_000, weights in prop::collection::vec(0u32..1_000_000, 1..20)) {
        let amount = Usd::new(Decimal::new(amount, 10));
        let weights: Vec<Decimal> = weights.into_iter().map(Decimal::from).collect();
        prop_assert_eq!(amount.split(&weights).into_iter().sum::<Usd>(), amount);
    }

    /// The bill of a payer is the sum of its environments' parts, in any month, and each part is divided between plan and
    /// outside without remainder.
    #[test]
    fn environments_add_up_to_the_payer(months in 0u32..24, fixed in any::<bool>()) {
        let all = scenarios();
        let basis = Basis { month: december().plus(months), hours: if fixed { HoursBasis::Fixed(730) } else { HoursBasis::Actual }, pooled: true, free_tier: true, failover: None };
        let prod = all.named("prod").expect("prod");
        let bill = predict::bill(all, prod, book(), basis).expect("a bill");
        let mut sum = Usd::ZERO;
        for name in ["dev", "staging", "prod", "dr"] {
            let scenario = all.named(name).expect("an environment");
            let own = predict::bill(all, scenario, book(), basis).expect("a bill").cut(name);
            prop_assert_eq!(&own, &bill.cut(name));
            let divided = scoped(&own, scenario);
            prop_assert_eq!(divided.planned_total + divided.unplanned_total, own.total());
            prop_assert_eq!(parts(&own, scenario.plan.as_ref()).iter().map(|p| p.cost).sum::<Usd>(), own.total());
            sum += own.total();
        }
        prop_assert_eq!(sum, bill.total());
    }

    /// A drill costs something or nothing; with the region lost it costs less. Sums close, and neither is in the plan.
    #[test]
    fn a_failover_adds_to_the_bill_outside_the_plan(quarters in 0i64..2_600, months in 0u32..12) {
        let all = scenarios();
        let prod = all.named("prod").expect("prod");
        let bill = |failover: Option<Failover>| {
            let basis = Basis { month: december().plus(months), hours: HoursBasis::Actual, pooled: true, free_tier: true, failover };
            predict::bill(all, prod, book(), basis).expect("a bill")
        };
        let hours = Decimal::new(quarters * 25, 2);
        let drill = Failover { hours, region_lost: false };
        let (without, with, lost) = (bill(None), bill(Some(drill)), bill(Some(Failover { region_lost: true, ..drill })));
        prop_assert!(without.total() <= with.total());
        prop_assert!(lost.total() <= with.total());
        if hours.is_zero() {
            prop_assert_eq!(&with, &without);
            prop_assert_eq!(&lost, &without);
        }
        let own = with.cut("prod");
        let divided = scoped(&own, prod);
        prop_assert_eq!(divided.planned_total + divided.unplanned_total, own.total());
        prop_assert_eq!(divided.unplanned.iter().any(|s| s.name == drill.title()), !hours.is_zero());
        let environments: Usd = ["dev", "staging", "prod", "dr"].iter().map(|e| with.cut(e).total()).sum();
        prop_assert_eq!(environments, with.total());
    }
}

/// The built-in environments with credits of these balances: on everything, and on containers for half a year.
fn with_credits(any: Usd, containers: Usd) -> Scenarios {
    let mut all = scenarios().clone();
    let credit = |name: &str, balance, on: &[&str], expires: Option<&str>| Credit {
        name: name.into(),
        balance: Driver::default_of(balance, "a test"),
        from: december().first_day(),
        expires: expires.map(|day| day.parse().expect("a day")),
        on: on.iter().map(|s| (*s).to_owned()).collect(),
    };
    let payer = all.accounts.payers.get_mut("main").expect("the payer");
    payer.credits = vec![credit("any", any, &[], None), credit("containers", containers, &["AmazonECS"], Some("2027-02-14"))];
    all
}

fn is_credit(charge: &&Charge) -> bool {
    charge.category == Category::Credit
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Credits pay what they hold and no more, leave every other charge as it is, and no bill is below zero by them.
    #[test]
    fn credits_pay_what_they_hold_and_no_more(any in 1i64..6_000_000, containers in 1i64..2_000_000) {
        let (any, containers) = (Usd::new(Decimal::new(any, 2)), Usd::new(Decimal::new(containers, 2)));
        let all = with_credits(any, containers);
        let prod = all.named("prod").expect("prod");
        let (mut paid_any, mut paid_containers, mut eligible) = (Usd::ZERO, Usd::ZERO, Usd::ZERO);
        for n in 0..6 {
            let basis = Basis { month: december().plus(n), hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
            let bill = predict::bill(&all, prod, book(), basis).expect("a bill");
            let gross = predict::bill(scenarios(), scenarios().named("prod").expect("prod"), book(), basis).expect("a bill");
            let others: Vec<Charge> = bill.charges.iter().filter(|c| !is_credit(c)).cloned().collect();
            prop_assert_eq!(&others, &gross.charges);
            let of = |name: &str| -> Usd { -bill.charges.iter().filter(is_credit).filter(|c| c.usage_type.as_ref() == name).map(|c| c.billed).sum::<Usd>() };
            paid_any += of("any");
            paid_containers += of("containers");
            eligible += gross.charges.iter().filter(|c| c.category == Category::Usage || c.commitment.is_some()).map(|c| c.billed).sum();
            prop_assert!(bill.total() >= Usd::ZERO);
            prop_assert!(bill.charges.iter().filter(is_credit).all(|c| c.billed < Usd::ZERO && c.list.is_zero()));
            for name in ["dev", "staging", "prod", "dr"] {
                let own = bill.cut(name);
                prop_assert!(own.total() >= Usd::ZERO, "{name} {}", own.total());
                let scenario = all.named(name).expect("an environment");
                let (with, without) = (scoped(&own, scenario), scoped(&gross.cut(name), scenario));
                prop_assert_eq!(with.planned_total, without.planned_total);
                prop_assert_eq!(with.planned_total + with.unplanned_total, own.total());
            }
        }
        prop_assert!(paid_any <= any && paid_containers <= containers);
        // What could be paid was paid, or the credit is used up.
        prop_assert!(paid_any == any || paid_any + paid_containers == eligible);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// A discount leaves every charge as it is, and what is billed less it is the same part of each: of a line of the plan, of a service,
    /// of the environment. Support is on charges before discounts.
    #[test]
    fn a_discount_is_the_same_part_of_everything(off in 1i64..100) {
        let rate = Decimal::new(off, 2);
        let mut all = scenarios().clone();
        let rate_of = Driver::default_of(Share(rate), "a test");
        let discount = Discount { name: "across".into(), rate: rate_of, from: None, expires: None, on: Vec::new() };
        all.accounts.payers.get_mut("main").expect("the payer").discounts = vec![discount];
        let basis = Basis { month: december(), hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
        for name in ["dev", "prod", "dr"] {
            let scenario = all.named(name).expect("an environment");
            let with = predict::bill(&all, scenario, book(), basis).expect("a bill").cut(name);
            let without = predict::bill(scenarios(), scenarios().named(name).expect("it"), book(), basis).expect("a bill").cut(name);
            let plain = |c: &Charge| Charge { net: None, ..c.clone() };
            let others: Vec<Charge> = with.charges.iter().filter(|c| !c.line_item.is_discount()).map(plain).collect();
            prop_assert_eq!(&others, &without.charges);
            // Rows are rounded to ten places each.
            let close = |found: Usd, before: Usd| (found - before.share(Decimal::ONE - rate)).abs() < Usd::new(Decimal::new(1, 6));
            let (own, before) = (scoped(&with, scenario), scoped(&without, scenario));
            prop_assert!(close(own.planned_total, before.planned_total));
            for (line, list) in own.planned.iter().zip(&before.planned) {
                prop_assert!(close(line.modelled, list.modelled), "{}", line.line);
            }
            let of = |bill: &Bill, item: fn(&Charge) -> Usd| -> Usd { bill.charges.iter().filter(|c| c.service != "AWSSupport").map(item).sum() };
            prop_assert!(close(of(&with, |c| c.billed), of(&without, |c| c.billed)));
            prop_assert!(close(of(&with, |c| c.effective), of(&without, |c| c.effective)));
            // Known row by row, it is no row of its own.
            prop_assert_eq!(of(&with, |c| c.net().billed), of(&with, |c| c.billed));
        }
    }
}

#[test]
fn a_forecast_closes_from_lines_to_groups_to_the_total() {
    let all = scenarios();
    let cut = Cut { by: Default::default(), planned_only: false, as_of: "2026-11-24".into(), drawing: Drawing { paths: 0, seed: 1 } };
    let basis = Basis { month: december(), hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
    for scenario in &all.all {
        let (forecast, bills) = forecast::forecast(all, scenario, book(), basis, 2, &cut).expect("a forecast");
        for (month, bill) in forecast.months.iter().zip(&bills) {
            for block in [&month.planned, &month.unplanned] {
                for group in &block.groups {
                    assert_eq!(group.lines.iter().map(|l| l.total).sum::<Usd>(), group.total, "{}", group.name);
                }
                assert_eq!(block.groups.iter().map(|g| g.total).sum::<Usd>(), block.total);
            }
            assert_eq!(month.planned.total + month.unplanned.total, month.total);
            assert_eq!(month.total, bill.total());
        }
    }
}

/// The plan of each environment at 730 hours: prod within 1% and its groups within 3%, the others within 2%.
#[test]
fn every_environment_meets_its_plan_at_list_prices() {
    let all = scenarios();
    let basis = Basis { month: december(), hours: HoursBasis::Fixed(730), pooled: true, free_tier: true, failover: None };
    let within = |modelled: Usd, stated: Usd, share: i64| (modelled - stated).abs() <= stated.share(Decimal::new(share, 2));
    for (name, share) in [("dev", 2), ("staging", 2), ("prod", 1), ("dr", 2)] {
        let scenario = all.named(name).expect("an environment");
        let bill = predict::bill(all, scenario, book(), basis).expect("a bill").cut(name);
        let plan = ce_cost::plan::report(&bill, scenario, book(), "2026-11-24").expect("a plan");
        assert!(within(plan.total.modelled, plan.total.stated, share), "{name}: {:?}", plan.total);
        for group in &plan.groups {
            assert!(within(group.modelled, group.stated, 3), "{name} {}: {} of {}", group.name, group.modelled, group.stated);
        }
        for line in plan.groups.iter().filter(|g| g.name == "Compute").flat_map(|g| &g.lines) {
            assert!(within(line.modelled, line.stated, 3), "{name} {}", line.name);
        }
    }
}

/// At most one calibrated driver stands behind a line of a plan.
#[test]
fn no_plan_line_has_two_calibrated_drivers() {
    use ce_cost::scenario::driver::Provenance;
    use ce_cost::scenario::plan::Claim;
    use std::collections::{BTreeMap, BTreeSet};
    let all = scenarios();
    let basis = Basis { month: december(), hours: HoursBasis::Fixed(730), pooled: true, free_tier: true, failover: None };
    for scenario in &all.all {
        let bill = predict::bill(all, scenario, book(), basis).expect("a bill").cut(&scenario.name);
        let mut drivers: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
        for part in parts(&bill, scenario.plan.as_ref()).iter().filter(|p| p.claim != Claim::Unplanned) {
            let of = part.charge.factors.iter().filter(|f| f.from == Some(Provenance::Calibrated));
            drivers.entry(format!("{:?}", part.claim)).or_default().extend(of.filter_map(|f| f.at));
        }
        for (line, places) in drivers {
            assert!(places.len() <= 1, "{} {line}: {places:?}", scenario.name);
        }
    }
}
