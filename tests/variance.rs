//! Predicted against billed: planted causes are found, sums close to the last digit, and no order of rows changes anything.

mod built_in;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use ce_cost::bill::{Bill, Category, Charge, CommitmentStatus, Frequency, LineItem, Pricing, Seller};
use ce_cost::money::Usd;
use ce_cost::month::{HoursBasis, Month};
use ce_cost::predict::{self, Basis};
use ce_cost::pricing::PriceBook;
use ce_cost::quantity::Unit;
use ce_cost::scenario::{self, InputFile, Scenario, Scenarios};
use ce_cost::usage::Tags;
use ce_cost::variance::bridge::Cause;
use ce_cost::variance::key::{Cost, Keys};
use ce_cost::variance::measured::{Wanted, measure};
use ce_cost::variance::names::Names;
use ce_cost::variance::{Comparison, Cut, Question, calendar, compare, scope};
use proptest::prelude::*;
use rust_decimal::Decimal;

/// What prod buys in these tests: a plan that covers a part of its tasks.
const PLAN: &str = "
commitments:
  - {id: plan-1, term: savings-plan-1yr-no-upfront, start: 2026-06-01, hourly: 0.8 USD}
";

fn book() -> &'static PriceBook {
    static BOOK: OnceLock<PriceBook> = OnceLock::new();
    BOOK.get_or_init(|| PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false))))
}

fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(Names::embedded)
}

fn keys() -> Keys<'static> {
    Keys { names: names(), book: book() }
}

fn files() -> &'static [InputFile] {
    static FILES: OnceLock<Vec<InputFile>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = built_in::files();
        let prod = files.iter_mut().find(|f| f.name == "prod.yaml").expect("prod");
        prod.text.push_str(PLAN);
        files
    })
}

fn scenarios() -> &'static Scenarios {
    static ALL: OnceLock<Scenarios> = OnceLock::new();
    ALL.get_or_init(|| scenario::load(files(), book(), &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false))))
}

fn prod() -> &'static Scenario {
    scenarios().named("prod").expect("prod")
}

fn month(text: &str) -> Month {
    text.parse().expect("a month")
}

fn d(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn usd(text: &str) -> Usd {
    Usd::new(d(text))
}

fn predicted_from(scenarios: &Scenarios, when: &str, hours: HoursBasis) -> Cut {
    let basis = Basis { month: month(when), hours, pooled: true, free_tier: true, failover: None };
    let prod = scenarios.named("prod").expect("prod");
    let payer = predict::bill(scenarios, prod, book(), basis).expect("a bill");
    Cut { own: payer.cut("prod"), payer }
}

fn predicted(when: &str, hours: HoursBasis) -> Cut {
    predicted_from(scenarios(), when, hours)
}

/// A charge as a report tells it: no formula, no tiers.
fn as_billed(charge: &Charge) -> Charge {
    let resource =
        if charge.unit.is_some() { format!("arn:aws:any:us-east-1:111122223333:thing/{}", charge.resource) } else { String::new() };
    Charge { resource: resource.into(), tiers: Vec::new(), factors: Vec::new(), price: None, ..charge.clone() }
}

fn billed(bill: &Bill) -> Bill {
    Bill { charges: bill.charges.iter().map(as_billed).collect(), ..bill.clone() }
}

fn cut(payer: Bill) -> Cut {
    Cut { own: payer.cut("prod"), payer }
}

fn question<'a>(base: &'a Cut, calendar: &'a Cut, billed: &'a Cut) -> Question<'a> {
    Question {
        base,
        calendar,
        billed,
        untagged: (&[], &[]),
        others: &[],
        so_far: None,
        cost: Cost::Amortized,
        keys: keys(),
        free_tier: true,
        scenario: prod(),
        sources: &scenarios().sources,
        before: "predicted",
        resources: true,
    }
}

fn amount(found: &Comparison, cause: Cause) -> Usd {
    found.bridge.iter().filter(|s| s.cause == cause).map(|s| s.amount).sum()
}

#[track_caller]
fn closes(found: &Comparison) {
    assert_eq!(found.bridge.iter().map(|s| s.amount).sum::<Usd>(), found.billed - found.predicted, "the bridge adds up");
    assert_eq!(found.details.iter().map(|r| r.billed).sum::<Usd>(), found.billed, "the rows add up to the bill");
    for step in &found.bridge {
        let reasons = step.reasons.iter().map(|r| r.amount).sum::<Usd>();
        assert!(step.reasons.is_empty() || reasons == step.amount, "the reasons of {:?} add up", step.cause);
    }
}

#[track_caller]
fn within_one_per_cent(found: Usd, planted: Usd, what: &str) {
    let off = (found - planted).abs();
    assert!(off <= planted.abs().share(Decimal::new(1, 2)), "{what}: planted {planted}, found {found}");
}

/// Five causes of known size: 14 hours more than the calculator's month, a fifth more I/O, a tenth more for each public address, a
/// resource in no scenario, a savings plan that has ended.
#[test]
fn planted_causes_are_found() {
    let base = predicted("2026-12", HoursBasis::Fixed(730));
    let actual = predicted("2026-12", HoursBasis::Actual);
    let mut payer = billed(&actual.payer);
    let cost = |c: &Charge| Cost::Amortized.of(c);
    let of = |payer: &Bill, usage_type: &str| -> Usd {
        payer.charges.iter().filter(|c| &*c.environment == "prod" && &*c.usage_type == usage_type).map(cost).sum()
    };
    let (io, addresses) = (of(&payer, "Aurora:StorageIOUsage"), of(&payer, "USE1-PublicIPv4:InUseAddress"));
    assert!(io > usd("1000") && addresses > usd("10"));
    let grow = |usd: &mut Usd, by: &str| *usd = usd.share(d(by));
    let mut lost = Usd::ZERO;
    for c in payer.charges.iter_mut().filter(|c| &*c.environment == "prod") {
        match &*c.usage_type {
            "Aurora:StorageIOUsage" => {
                c.quantity *= d("1.2");
                [&mut c.billed, &mut c.effective, &mut c.list].into_iter().for_each(|u| grow(u, "1.2"));
            }
            "USE1-PublicIPv4:InUseAddress" => [&mut c.billed, &mut c.effective].into_iter().for_each(|u| grow(u, "1.1")),
            _ => {}
        }
        if c.line_item == LineItem::SavingsPlanCoveredUsage {
            lost += c.list - c.effective;
            *c = Charge {
                line_item: LineItem::Usage,
                pricing: Pricing::Standard,
                commitment: None,
                billed: c.list,
                effective: c.list,
                ..c.clone()
            };
        }
    }
    lost = lost - payer.charges.iter().filter(|c| c.commitment.as_ref().is_some_and(|m| m.id == "plan-1")).map(cost).sum();
    payer.charges.retain(|c| c.commitment.as_ref().is_none_or(|m| m.id != "plan-1"));
    assert!(lost > usd("50"), "the plan saved something: {lost}");
    let exports = Charge {
        service: Cow::Borrowed("AmazonEFS"),
        usage_type: "TimedStorage-ByteHrs".into(),
        quantity: d("160"),
        unit: Some(Unit::GbMonths),
        tags: Arc::new(Tags::from([("Environment".into(), "prod".into()), ("Service".into(), "exports".into())])),
        ..usage("AmazonEFS", "TimedStorage-ByteHrs", "160", "48")
    };
    payer.charges.push(exports);
    let found = compare(&question(&base, &actual, &cut(payer)));
    closes(&found);
    let total = |bill: &Bill| bill.charges.iter().map(cost).sum::<Usd>();
    within_one_per_cent(amount(&found, Cause::Calendar), total(&actual.own) - total(&base.own), "calendar");
    within_one_per_cent(amount(&found, Cause::Volume), io.share(d("0.2")), "volume");
    within_one_per_cent(amount(&found, Cause::Price), addresses.share(d("0.1")), "price");
    within_one_per_cent(amount(&found, Cause::New), usd("48"), "new");
    within_one_per_cent(amount(&found, Cause::Commitment), lost, "commitment");
    assert!(found.unexplained.abs() <= found.billed.share(Decimal::new(5, 3)), "{}", found.unexplained);
    let known = [Cause::Calendar, Cause::Volume, Cause::Price, Cause::New, Cause::Commitment, Cause::Unexplained];
    for step in found.bridge.iter().filter(|s| !known.contains(&s.cause)) {
        assert!(step.amount.abs() < usd("0.01"), "{step:?}");
    }
    let volume = found.bridge.iter().find(|s| s.cause == Cause::Volume).expect("volume");
    assert!(volume.why.contains("7.802 B/month against 6.502 B/month predicted"), "{}", volume.why);
    assert!(volume.why.contains("prod.yaml:"), "{}", volume.why);
}

/// One row of on-demand use.
fn usage(service: &'static str, usage_type: &str, quantity: &str, cost: &str) -> Charge {
    Charge {
        month: month("2026-12"),
        day: None,
        line_item: LineItem::Usage,
        payer: "main".into(),
        account: "prod".into(),
        environment: "prod".into(),
        resource: "".into(),
        tags: Arc::new(Tags::from([("Environment".into(), "prod".into())])),
        service: Cow::Borrowed(service),
        region: "us-east-1".into(),
        usage_type: usage_type.into(),
        operation: Cow::Borrowed(""),
        description: Cow::Borrowed(""),
        quantity: d(quantity),
        unit: Some(Unit::Hours),
        category: Category::Usage,
        frequency: Frequency::UsageBased,
        pricing: Pricing::Standard,
        commitment: None,
        seller: Seller::Aws,
        list: usd(cost),
        billed: usd(cost),
        effective: usd(cost),
        net: None,
        tiers: Vec::new(),
        factors: Vec::new(),
        price: None,
    }
}

fn bill(charges: Vec<Charge>) -> Cut {
    cut(Bill { month: month("2026-12"), hours: d("744"), payer: "main".into(), charges })
}

/// The worked example of the method: +135.10 = rate -20.40 + volume 15.71 + mix 128.29 + new 11.50.
#[test]
fn price_volume_and_mix_are_those_of_the_worked_example() {
    let base = bill(vec![usage("AmazonEC2", "BoxUsage:m5.large", "1000", "96"), usage("AmazonEC2", "BoxUsage:m5.4xlarge", "100", "76.8")]);
    let actual = bill(vec![
        usage("AmazonEC2", "BoxUsage:m5.large", "900", "86.4"),
        usage("AmazonEC2", "BoxUsage:m5.4xlarge", "300", "210"),
        usage("AmazonS3", "TimedStorage-ByteHrs", "500", "11.5"),
    ]);
    let found = compare(&question(&base, &base, &actual));
    closes(&found);
    assert_eq!(found.difference, usd("135.1"));
    assert_eq!(amount(&found, Cause::Price), usd("-20.4"));
    assert_eq!(amount(&found, Cause::Volume), usd("15.7090909091"));
    assert_eq!(amount(&found, Cause::Mix), usd("128.2909090909"));
    assert_eq!(amount(&found, Cause::New), usd("11.5"));
    assert_eq!(found.unexplained, Usd::ZERO);
    assert_eq!((found.rows.matched, found.rows.only_predicted, found.rows.only_billed), (2, 0, 1));
}

/// What a plan covers stands on the bill at its on-demand price, and a row beside it takes that away again.
#[test]
fn covered_use_and_its_negation_come_to_nothing_on_the_invoice() {
    let covered = |item: LineItem, billed: &str, effective: &str| Charge {
        line_item: item,
        billed: usd(billed),
        effective: usd(effective),
        ..usage("AmazonECS", "USE1-Fargate-vCPU-Hours:perCPU", "20", billed)
    };
    let rows =
        vec![covered(LineItem::SavingsPlanCoveredUsage, "0.8096", "0.64768"), covered(LineItem::SavingsPlanNegation, "-0.8096", "0")];
    let base = bill(vec![usage("AmazonECS", "USE1-Fargate-vCPU-Hours:perCPU", "20", "0.8096")]);
    let actual = bill(rows);
    let unblended = compare(&Question { cost: Cost::Unblended, ..question(&base, &base, &actual) });
    assert_eq!((unblended.billed, amount(&unblended, Cause::Commitment)), (Usd::ZERO, usd("-0.8096")));
    let amortized = compare(&question(&base, &base, &actual));
    closes(&amortized);
    assert_eq!((amortized.billed, amount(&amortized, Cause::Commitment)), (usd("0.64768"), usd("-0.16192")));
    // The quantity counts once.
    assert_eq!(amortized.details[0].billed_quantity, "20");
}

/// Unblended = amortized + true-up + upfront fees, where the true-up takes the month's share of upfront fees out.
#[test]
fn unblended_is_amortized_with_true_up_and_upfront_fees() {
    let text = "
environment: shop
region: us-east-1
resources:
  database:
    type: aurora-postgresql
    instances: [{role: writer, class: db.r6g.large}]
    storage: 100 GB
    io: 1 M requests/month
commitments:
  - {id: ri-1, term: reserved-1yr-partial-upfront, start: 2026-12-01, service: AmazonRDS, usage_type: \"InstanceUsage:db.r6g.large\", operation: \"CreateDBInstance:0021\", count: 2}
";
    let files = [InputFile { name: "shop.yaml".into(), text: text.into() }];
    let scenarios = scenario::load(&files, book(), &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let shop = scenarios.named("shop").expect("shop");
    let basis = Basis { month: month("2026-12"), hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
    let bill = predict::bill(&scenarios, shop, book(), basis).expect("a bill");
    let sum = |f: fn(&Charge) -> Usd| bill.charges.iter().map(f).sum::<Usd>();
    let upfront: Usd = bill.charges.iter().filter(|c| c.line_item == LineItem::Fee && c.commitment.is_some()).map(|c| c.billed).sum();
    assert!(upfront > usd("500"));
    let true_up = -upfront.share(Decimal::from(744) / Decimal::from(8_760));
    let off = sum(|c| c.billed) - sum(|c| c.effective) - true_up - upfront;
    assert!(off.abs() < usd("0.000001"), "{off}");
    // One of two reservations is lost, and stands on the bill as such.
    assert!(
        bill.charges
            .iter()
            .any(|c| c.commitment.as_ref().is_some_and(|m| m.status == Some(CommitmentStatus::Unused)) && c.effective > Usd::ZERO)
    );
}

/// Volume beyond an allowance costs more than the average: that is tier, not price.
#[test]
fn an_allowance_that_is_used_up_is_no_change_of_price() {
    let bytes = |gb: &str, cost: &str| Charge { unit: Some(Unit::Gb), ..usage("AWSDataTransfer", "DataTransfer-Out-Bytes", gb, cost) };
    // 100 GB are free, then 0.09.
    let (base, actual) = (bill(vec![bytes("200", "9")]), bill(vec![bytes("400", "27")]));
    let found = compare(&question(&base, &base, &actual));
    closes(&found);
    assert_eq!((amount(&found, Cause::Volume), amount(&found, Cause::Tier)), (usd("9"), usd("9")));
    assert!(amount(&found, Cause::Price).abs() < usd("0.0001"), "{found:?}");
}

/// Cost Explorer's names, a bill without regions and operations, and transfer billed with its service join all the same.
#[test]
fn names_of_every_source_join() {
    let base = predicted("2026-12", HoursBasis::Actual);
    let explorer = |code: &str, usage_type: &str| match code {
        "AmazonEC2" if usage_type.contains("NatGateway") => "EC2 - Other",
        "AWSDataTransfer" => "EC2 - Other",
        "AmazonECS" => "Amazon Elastic Container Service",
        "AmazonRDS" => "Amazon Relational Database Service",
        "AmazonS3GlacierDeepArchive" => "Amazon Simple Storage Service",
        _ => "",
    };
    let mut payer = billed(&base.payer);
    for c in &mut payer.charges {
        let name = explorer(&c.service, &c.usage_type);
        if !name.is_empty() {
            c.service = Cow::Owned(name.to_owned());
        }
        c.region = "".into();
        c.operation = Cow::Borrowed("");
    }
    let found = compare(&question(&base, &base, &cut(payer)));
    closes(&found);
    let one_sided: Vec<_> = found.details.iter().filter(|r| r.predicted != r.billed).collect();
    assert!(one_sided.is_empty(), "{one_sided:#?}");
    assert_eq!((found.rows.only_predicted, found.rows.only_billed, found.matched_share.as_str()), (0, 0, "1"));
}

/// Between two billed months the calendar comes first: February has 672 hours, March 744.
#[test]
fn a_month_is_compared_with_the_one_before_at_equal_days() {
    let (february, march) = (predicted("2027-02", HoursBasis::Actual), predicted("2027-03", HoursBasis::Actual));
    let (before, after) = (cut(billed(&february.payer)), cut(billed(&march.payer)));
    let at = |b: &Bill| calendar::at(b, month("2027-03"), &keys()).expect("exact");
    let scaled = Cut { own: at(&before.own), payer: before.payer.clone() };
    let found = compare(&Question { before: "in February 2027", ..question(&before, &scaled, &after) });
    closes(&found);
    let tasks: Usd = february.own.charges.iter().filter(|c| c.unit == Some(Unit::Hours)).map(|c| c.effective).sum();
    assert!(amount(&found, Cause::Calendar) > tasks.share(d("0.1")));
    assert_eq!(found.unexplained, Usd::ZERO);
    // One price book: no price changed.
    assert!(amount(&found, Cause::Price).abs() < usd("0.01"), "{:#?}", found.bridge);
    let tier = found.bridge.iter().find(|s| s.cause == Cause::Tier);
    let flat = ["Fargate", "NatGateway", "InstanceUsage", "NodeUsage"];
    assert!(tier.is_none_or(|s| s.reasons.iter().all(|r| !flat.iter().any(|f| r.name.contains(f)))), "{tier:#?}");
}

/// What falls short on one side and stands there among rows that belong to nobody was not used less: a cause of its own, and the
/// bridge adds up on both sides.
#[test]
fn what_is_untagged_is_no_change_of_volume() {
    let base = bill(vec![usage("AmazonEC2", "BoxUsage:m5.large", "1000", "96")]);
    let actual = bill(vec![usage("AmazonEC2", "BoxUsage:m5.large", "300", "28.8")]);
    let nobodys = [usage("AmazonEC2", "BoxUsage:m5.large", "600", "57.6")];
    let found = compare(&Question { untagged: (&[], &nobodys), ..question(&base, &base, &actual) });
    closes(&found);
    assert_eq!((amount(&found, Cause::Untagged), amount(&found, Cause::Volume)), (usd("-57.6"), usd("-9.6")));
    let found = compare(&Question { untagged: (&nobodys, &[]), ..question(&actual, &actual, &base) });
    closes(&found);
    assert_eq!((amount(&found, Cause::Untagged), amount(&found, Cause::Volume)), (usd("57.6"), usd("9.6")));
    // What was without a tag before is no reason for a change: only what it grew by is.
    let before = [usage("AmazonEC2", "BoxUsage:m5.large", "500", "48")];
    let found = compare(&Question { untagged: (&before, &nobodys), ..question(&base, &base, &actual) });
    closes(&found);
    assert_eq!((amount(&found, Cause::Untagged), amount(&found, Cause::Volume)), (usd("-9.6"), usd("-57.6")));
    // Another environment lacks as much: each has half of it.
    let other = [(vec![usage("AmazonEC2", "BoxUsage:m5.large", "700", "67.2")], Vec::new())];
    let found = compare(&Question { untagged: (&[], &nobodys), others: &other, ..question(&base, &base, &actual) });
    closes(&found);
    assert_eq!((amount(&found, Cause::Untagged), amount(&found, Cause::Volume)), (usd("-28.8"), usd("-38.4")));
    // More than it lacks is not taken, and of what is not on the bill at all no more than there is.
    let found = compare(&Question { untagged: (&[], &nobodys), ..question(&base, &base, &bill(Vec::new())) });
    closes(&found);
    assert_eq!((amount(&found, Cause::Untagged), amount(&found, Cause::Gone)), (usd("-57.6"), Usd::ZERO));
    let most = [usage("AmazonEC2", "BoxUsage:m5.large", "9000", "864")];
    let found = compare(&Question { untagged: (&[], &most), ..question(&base, &base, &actual) });
    closes(&found);
    assert_eq!((amount(&found, Cause::Untagged), amount(&found, Cause::Volume)), (usd("-67.2"), Usd::ZERO));
}

/// Half of a service's tasks without their name, which are not gone, and no new resource.
#[test]
fn a_service_that_is_named_in_part_has_not_shrunk() {
    let base = predicted("2026-12", HoursBasis::Actual);
    let half = |charge: &Charge| {
        let usd = |u: Usd| Usd::new(u.decimal() / d("2"));
        let (quantity, list) = (charge.quantity / d("2"), usd(charge.list));
        Charge { quantity, list, billed: usd(charge.billed), effective: usd(charge.effective), ..charge.clone() }
    };
    let of_core = |c: &Charge| *c.resource == *"core" && c.usage_type.contains("Fargate");
    let untagged = |c: &Charge| Arc::new(c.tags.iter().filter(|(k, _)| *k != "Service").map(|(k, v)| (k.clone(), v.clone())).collect());
    let task: Arc<str> = "arn:aws:ecs:us-east-1:111122223333:task/main/0f3a".into();
    let nameless = |c: &Charge| Charge { tags: untagged(c), resource: task.clone(), ..half(c) };
    let halves = |c: &Charge| if of_core(c) { vec![as_billed(&half(c)), nameless(c)] } else { vec![as_billed(c)] };
    let charges: Vec<Charge> = base.payer.charges.iter().flat_map(halves).collect();
    assert!(charges.len() > base.payer.charges.len(), "core has tasks");
    let found = compare(&question(&base, &base, &cut(Bill { charges, ..base.payer.clone() })));
    closes(&found);
    // Halves round in the last place.
    assert!(found.bridge.iter().flat_map(|step| &step.reasons).all(|r| r.amount.decimal().abs() < d("0.000001")), "{:?}", found.bridge);
}

/// A bill by service alone joins by service, and says that it cannot be split.
#[test]
fn a_bill_without_usage_types_joins_by_service() {
    let base = bill(vec![usage("AmazonEC2", "BoxUsage:m5.large", "1000", "96"), usage("AmazonEC2", "EBS:VolumeUsage.gp3", "100", "8")]);
    let actual = bill(vec![usage("AmazonEC2", "", "0", "120")]);
    let found = compare(&question(&base, &base, &actual));
    closes(&found);
    assert_eq!(amount(&found, Cause::Unexplained), usd("16"));
    assert_eq!((found.rows.matched, found.rows.only_predicted, found.rows.only_billed), (1, 0, 0));
    let step = found.bridge.iter().find(|s| s.cause == Cause::Unexplained).expect("a step");
    assert!(step.why.contains("without usage types"), "{}", step.why);
}

/// A prediction without allowances against a bill that has them: that is the allowance, no other price.
#[test]
fn an_allowance_that_was_not_reckoned_with_is_no_price() {
    let bytes = |gb: &str, cost: &str| Charge { unit: Some(Unit::Gb), ..usage("AWSDataTransfer", "DataTransfer-Out-Bytes", gb, cost) };
    let (base, actual) = (bill(vec![bytes("200", "18")]), bill(vec![bytes("200", "9")]));
    let found = compare(&Question { free_tier: false, ..question(&base, &base, &actual) });
    closes(&found);
    assert_eq!((amount(&found, Cause::Price), amount(&found, Cause::Tier)), (Usd::ZERO, usd("-9")));
}

/// Every row ends with one member, in shares, or unallocated: nothing is lost, and nothing is shared without a rule.
#[test]
fn what_belongs_to_none_is_shared_by_rule_or_shown() {
    let (_, payer, members) = scenarios().payer(prod());
    let base = predicted("2026-12", HoursBasis::Actual);
    let mut whole = billed(&base.payer);
    for c in whole.charges.iter_mut().filter(|c| c.service == "AWSSupport" || &*c.usage_type == "NatGateway-Hours") {
        c.tags = Arc::default();
    }
    let divided = scope::divide(&whole, &members, &payer.shared, &keys(), Cost::Amortized);
    let sum = |charges: &[Charge]| charges.iter().map(|c| c.effective).sum::<Usd>();
    let all: Usd = divided.members.iter().map(|m| sum(&m.own) + sum(&m.shared)).sum::<Usd>() + sum(&divided.unallocated);
    assert_eq!(all, sum(&whole.charges));
    // What was bought carries no tags either.
    assert!(divided.unallocated.iter().all(|c| &*c.usage_type == "NatGateway-Hours" || c.commitment.is_some()));
    assert!(divided.unallocated.iter().any(|c| &*c.usage_type == "NatGateway-Hours"));
    let shared: Usd = divided.members.iter().map(|m| sum(&m.shared)).sum();
    assert_eq!(shared, whole.charges.iter().filter(|c| c.service == "AWSSupport").map(|c| c.effective).sum::<Usd>());
    let coverage = scope::coverage(&whole.charges, &["environment"], &keys(), Cost::Amortized);
    assert!(coverage[0].untagged.iter().any(|(service, _)| service == "Support") && coverage[0].share < Decimal::ONE);
}

/// Bills of a scenario whose drivers are others lead back to them.
#[test]
fn drivers_are_measured_from_bills() {
    let patches: Vec<_> = [
        ("core.tasks.average", "{value: 9.1, grows: true}"),
        ("database.io", "{value: 8 B requests/month, grows: true}"),
        ("nat.processed", "+30%"),
    ]
    .map(|(path, value)| scenario::patch::Patch { environment: "prod".into(), path: path.into(), value: value.into() })
    .to_vec();
    let real = scenario::load(files(), book(), &patches).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let bill_of = |when: &str| cut(billed(&predicted_from(&real, when, HoursBasis::Actual).payer));
    let bills = ["2026-12", "2027-01", "2027-02"].map(bill_of);
    let unused = bill_of("2027-03");
    let wanted = Wanted {
        files: files(),
        scenarios: scenarios(),
        book: book(),
        environment: "prod",
        billed: &bills,
        try_on: Some(&unused),
        cost: Cost::Unblended,
        keys: keys(),
        as_of: "2027-04-02",
    };
    let found = measure(&wanted).expect("measured");
    let after = |path: &str| found.drivers.iter().find(|d| d.path == path).map(|d| d.after.clone());
    assert_eq!(after("database.io").as_deref(), Some("8 B requests/month"), "{found:#?}");
    assert_eq!(after("nat.processed").as_deref(), Some("495.44 GB/month"), "{found:#?}");
    assert_eq!(after("core.tasks.average").as_deref(), Some("9.1"), "{found:#?}");
    let trial = found.trial.clone().expect("a trial");
    assert!(d(&trial.after.wape) < d(&trial.before.wape), "{trial:?}");
    assert!(found.yaml.contains("  database:\n    io: {value: 8 B requests/month, grows: true, from: measured"), "{}", found.yaml);
}

/// Bills in which quantities, costs and rows differ at random.
fn changes() -> impl Strategy<Value = Vec<(u32, u32, bool)>> {
    let count = predicted("2026-12", HoursBasis::Actual).payer.charges.len();
    prop::collection::vec((500u32..1_500, 500u32..1_500, prop::bool::weighted(0.9)), count)
}

fn changed(changes: &[(u32, u32, bool)]) -> Vec<Charge> {
    let base = predicted("2026-12", HoursBasis::Actual);
    let one = |(c, (quantity, cost, keep)): (&Charge, &(u32, u32, bool))| {
        let cost = |u: Usd| u.share(Decimal::new(i64::from(*cost), 3));
        let quantity = (c.quantity * Decimal::new(i64::from(*quantity), 3)).round_dp(12);
        keep.then(|| Charge { quantity, billed: cost(c.billed), effective: cost(c.effective), ..as_billed(c) })
    };
    base.payer.charges.iter().zip(changes).filter_map(one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_bridge_closes_and_no_order_changes_it(changes in changes(), seed in any::<u64>()) {
        let base = predicted("2026-12", HoursBasis::Actual);
        let charges = changed(&changes);
        let mut mixed = charges.clone();
        // A shuffle of its own: any permutation will do.
        let mut state = seed | 1;
        for i in (1..mixed.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            mixed.swap(i, (state >> 33) as usize % (i + 1));
        }
        let (one, other) = (bill(charges), bill(mixed));
        let found = compare(&question(&base, &base, &one));
        closes(&found);
        prop_assert_eq!(found.unexplained, Usd::ZERO);
        let reversed = Cut { own: Bill { charges: base.own.charges.iter().rev().cloned().collect(), ..base.own.clone() }, payer: base.payer.clone() };
        prop_assert_eq!(&found, &compare(&question(&base, &base, &other)));
        prop_assert_eq!(found, compare(&question(&reversed, &reversed, &one)));
    }
}
