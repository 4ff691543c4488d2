use super::*;
use crate::variance::key::Kind;

fn dollars(n: i64) -> Usd {
    Usd::new(Decimal::from(n))
}

fn key(service: &str, usage_type: &str) -> Key {
    let (region, operation) = ("us-east-1".to_owned(), String::new());
    Key { kind: Kind::Usage, service: service.into(), region, usage_type: usage_type.into(), operation }
}

/// Ninety days from January at ten dollars a day, those of `odd` at another price.
fn history(keys: &[(&str, &str, std::ops::Range<usize>, i64)]) -> History {
    let costs = |odd: &std::ops::Range<usize>, cost: i64| (0..90).map(|d| dollars(if odd.contains(&d) { cost } else { 10 })).collect();
    let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
    let costs = keys.iter().map(|(service, usage_type, odd, cost)| (key(service, usage_type), costs(odd, *cost))).collect();
    History { first, days: 90, costs }
}

/// A service whose sum does not move at all: thirty more of one usage type, and thirty less of two others.
#[test]
fn a_rise_does_not_hide_a_fall() {
    let history = history(&[("AmazonS3", "Requests", 60..63, 20), ("AmazonS3", "Bytes", 60..63, 5), ("AmazonS3", "Storage", 60..63, 5)]);
    let found = find(&history, dollars(1));
    let seen: Vec<_> = found.anomalies.iter().map(|a| (a.first.as_str(), a.last.as_str(), a.size, a.causes.len())).collect();
    let (first, last) = ("2026-03-02", "2026-03-04");
    assert_eq!(seen, [(first, last, dollars(30), 1), (first, last, dollars(-30), 2)]);
    assert_eq!((found.anomalies[0].cost, found.anomalies[0].expected), (dollars(60), dollars(30)));
    assert_eq!(found.levels, []);
}

#[test]
fn what_stays_is_told_by_the_day() {
    let found = find(&history(&[("AmazonEC2", "BoxUsage", 45..90, 16)]), dollars(1));
    assert_eq!(found.anomalies, []);
    assert!(matches!(&found.levels[..], [l] if l.since == "2026-02-15" && l.before == dollars(10) && l.after == dollars(16)));
    assert_eq!(found.levels[0].by_month(), dollars(180));
}

#[test]
fn what_is_small_is_left_out() {
    let of = |least| find(&history(&[("AmazonS3", "Requests", 60..63, 20)]), dollars(least)).anomalies.len();
    assert_eq!((of(30), of(31)), (1, 0));
}

/// Days of two services are two anomalies, days that touch are one.
#[test]
fn services_stay_apart_and_days_that_touch_come_together() {
    let history =
        history(&[("AmazonS3", "Requests", 60..62, 40), ("AmazonS3", "Bytes", 62..64, 30), ("AWSLambda", "Requests", 60..62, 40)]);
    let found = find(&history, dollars(1));
    let seen: Vec<_> = found.anomalies.iter().map(|a| (a.service.as_str(), a.first.as_str(), a.last.as_str(), a.size)).collect();
    assert_eq!(seen, [("AmazonS3", "2026-03-02", "2026-03-05", dollars(100)), ("AWSLambda", "2026-03-02", "2026-03-03", dollars(60))]);
    assert_eq!(found.anomalies[0].causes[0].usage_type, "Requests");
}
