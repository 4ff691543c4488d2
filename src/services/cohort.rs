//! Cohorts: what arrives evenly, day by day, grows old, and moves on at a stated age. A month's average stock is a sum over the
//! days on which it arrived.
//!
//! Nothing here knows how much arrives. Answers are counted in months of arrivals (or in days, for what is stated per day), so
//! that a service multiplies its driver by them and `explain` shows both: 600 GB a month × 2.03 months of it in Standard-IA.
//!
//! A day's stock is the one of its middle, which is also the mean of its beginning and its end: what arrives on a day arrives
//! evenly over it, so half of it counts on that day, and half on the day on which it leaves. So a stage lasts exactly its days.
//!
//! Not here: what is kept, and for how long (`s3`, `cloudwatch`, `aurora_postgresql`, `elasticache`).

use std::borrow::Cow;

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use super::Check;
use crate::money::quotient;
use crate::month::Month;
use crate::quantity::{Per, Rate, Seconds, grouped};
use crate::scenario::driver::Driver;
use crate::usage::{Over, Step, Tape};

/// The least common multiple of 28, 29, 30 and 31: in it a day's part of any month is a whole number.
const PARTS_OF_A_MONTH: i64 = 377_580;
/// Ages beyond a hundred years are slips of the pen.
const LONGEST: u32 = 36_500;

/// The first day on which something arrives, written as 2026-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Since(pub NaiveDate);

impl<'de> Deserialize<'de> for Since {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Since, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let wrong = || serde::de::Error::custom(format!("`{text}` is no date: write it as 2026-01-01"));
        let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").map_err(|_| wrong())?;
        if text.len() == 10 { Ok(Since(date)) } else { Err(wrong()) }
    }
}

impl JsonSchema for Since {
    fn schema_name() -> Cow<'static, str> {
        "Since".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": "a day, such as `2026-01-01`" })
    }
}

/// How old something is when it moves on, in half days.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Age(i64);

impl Age {
    /// The moment at which it arrives.
    pub const ARRIVAL: Age = Age(0);

    /// Exactly so many days after it arrived.
    pub fn days(days: u32) -> Age {
        Age(2 * i64::from(days))
    }

    /// At the first midnight that is so many days after it arrived: half a day later than [`Age::days`], on average.
    pub fn midnight_after(days: u32) -> Age {
        Age(2 * i64::from(days) + 1)
    }

    /// The age in the middle between two numbers of days.
    pub fn midway(from: u32, to: u32) -> Age {
        Age(i64::from(from) + i64::from(to))
    }

    /// So many days older.
    pub fn plus_days(self, days: u32) -> Age {
        Age(self.0 + 2 * i64::from(days))
    }
}

/// What arrived in one month.
#[derive(Clone, Debug)]
struct Arrivals {
    /// First and last day on which it arrived, as numbers of days.
    days: (i64, i64),
    /// What each day brought.
    each: Decimal,
    /// What had arrived before.
    before: Decimal,
}

/// All that has arrived up to the end of a month, by the day of its arrival.
#[derive(Clone, Debug)]
pub struct Cohorts {
    /// First and last day of the month.
    month: (i64, i64),
    /// The parts in which `each` and `before` count: that many make a month's, or a day's, arrivals.
    parts: i64,
    months: Vec<Arrivals>,
}

impl Cohorts {
    /// What arrives evenly since a day: `/month` over each month's days, everything else alike on every day. `growth` says by
    /// what a month's arrivals are multiplied.
    pub fn of(month: Month, since: NaiveDate, per: Per, growth: impl Fn(Month) -> Decimal) -> Cohorts {
        let parts = if by_month(per) { PARTS_OF_A_MONTH } else { 1 };
        let mut cohorts = Cohorts { month: span(month), parts, months: Vec::new() };
        let (mut arrived, mut of) = (Decimal::ZERO, Month::of(since));
        while of <= month {
            let (first, last) = span(of);
            let part = if by_month(per) { PARTS_OF_A_MONTH / (last - first + 1) } else { 1 };
            let first = first.max(number(since));
            let each = Decimal::from(part) * growth(of);
            cohorts.months.push(Arrivals { days: (first, last), each, before: arrived });
            arrived += each * Decimal::from(last - first + 1);
            of = of.plus(1);
        }
        cohorts
    }

    /// The average over the month of what lies between two ages; without `to` of what is at least as old as `from`.
    pub fn between(&self, from: Age, to: Option<Age>) -> Decimal {
        self.older_than(from) - to.map_or(Decimal::ZERO, |to| self.older_than(to.max(from)))
    }

    /// How much reaches an age within the month.
    pub fn reaching(&self, age: Age) -> Decimal {
        // What arrived on a day has all reached the age by the end of the day that is so many days later.
        let days = (age.0 + 1) / 2;
        let (first, last) = (self.month.0 - days, self.month.1 - days);
        let reached = self.sum(last, last) - self.sum(first - 1, first - 1);
        quotient(reached, Decimal::from(self.parts)).unwrap_or_default()
    }

    /// The average over the month of what is past an age. In the middle of a day, one half of a day's arrivals is past an
    /// exact age; of one that waits for midnight it is all or nothing.
    fn older_than(&self, age: Age) -> Decimal {
        let (least, most) = ((age.0 + 1) / 2, age.0 / 2 + 1);
        let (first, last) = self.month;
        let twice = self.sum(first - least, last - least) + self.sum(first - most, last - most);
        quotient(twice, Decimal::from(2 * (last - first + 1) * self.parts)).unwrap_or_default()
    }

    /// What had arrived by the end of each day from `first` to `last`, added up.
    fn sum(&self, first: i64, last: i64) -> Decimal {
        let begin = self.months.partition_point(|m| m.days.1 < first);
        let overlapping = self.months[begin..].iter().take_while(|m| m.days.0 <= last);
        overlapping
            .map(|Arrivals { days, each, before }| {
                let (from, to) = (first.max(days.0), last.min(days.1));
                let number = to - from + 1;
                // 1 + 2 + 3 … days of arrivals: an arithmetic series.
                let series = number * ((from - days.0 + 1) + (to - days.0 + 1)) / 2;
                Decimal::from(number) * before + Decimal::from(series) * each
            })
            .sum()
    }
}

/// The first and the last day of a month.
fn span(month: Month) -> (i64, i64) {
    (number(month.first_day()), number(month.end()) - 1)
}

fn number(day: NaiveDate) -> i64 {
    i64::from(day.num_days_from_ce())
}

/// Growth of something that does not grow.
pub fn steady(_: Month) -> Decimal {
    Decimal::ONE
}

/// The day since which things arrive. Where none is stated it is so long ago that all which is `oldest` days old has passed.
pub fn since(stated: Option<Since>, month: Month, oldest: u32) -> NaiveDate {
    let first = month.first_day();
    stated.map_or_else(|| first.checked_sub_days(Days::new(u64::from(oldest) + 1)).unwrap_or(first), |since| since.0)
}

/// A tape that starts with a flow, as what comes in a month or in a day: what [`Cohorts`] count in.
pub fn flow<T: Rate>(name: &'static str, driver: &Driver<T>, over: &Over) -> Tape {
    let tape = Tape::new().times(name, driver);
    match driver.value.per() {
        Per::Month | Per::Day => tape,
        Per::Request => tape.requests(driver.of.as_deref(), over),
        per => {
            let in_an_hour = per.in_an_hour().map_or(Decimal::ONE, |(multiplier, _)| multiplier);
            let tape = if in_an_hour == Decimal::ONE { tape } else { tape.rule(Step::Times, "in an hour", in_an_hour) };
            tape.rule_of(Step::Times, "hours in a day", 24)
        }
    }
}

/// What [`Cohorts`] of a rate count in.
pub fn unit(per: Per) -> &'static str {
    if by_month(per) { "months" } else { "days" }
}

/// True where [`Cohorts`] count months: the requests of the workload are those of a month.
fn by_month(per: Per) -> bool {
    matches!(per, Per::Month | Per::Request)
}

/// A length of time in whole days; what is left over is cut off, see [`check_days`].
pub fn days(time: &Driver<Seconds>) -> u32 {
    u32::try_from(time.value.days().trunc()).unwrap_or(LONGEST)
}

/// Notes a length of time that AWS does not take: ages are whole days.
pub fn check_days(time: &Driver<Seconds>, check: &mut Check<'_>) {
    let days = time.value.days();
    if !days.is_integer() || days > Decimal::from(LONGEST) {
        check.error(
            time.at,
            format!("{} days are no age at which AWS moves or deletes", grouped(days)),
            "expected whole days, up to a hundred years",
            "such as `30 days` or `7 years`; a year is 365 days",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn d(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn cohorts(month: &str, since: &str, per: Per) -> Cohorts {
        Cohorts::of(month.parse().expect("a month"), day(since), per, steady)
    }

    /// 100 GB a month since 1 January; Standard-IA at 30 days, gone at 90.
    #[track_caller]
    fn hundred_a_month(month: &str, standard: &str, infrequent: &str) {
        let cohorts = cohorts(month, "2026-01-01", Per::Month);
        let gb = |from, to| (cohorts.between(from, Some(to)) * Decimal::ONE_HUNDRED).normalize();
        assert_eq!(
            (gb(Age::ARRIVAL, Age::days(30)), gb(Age::days(30), Age::days(90))),
            (d(standard), d(infrequent)),
            "in Standard and in Standard-IA in {month}"
        );
    }

    /// Each day brings 100 ÷ 31. In the middle of day n there are n − ½ of them up to day 30: 450 day-stocks; on day 31 there are
    /// 30, and the half that is past 30 days. (450 + 30) ÷ 31 ÷ 31 = 0.4995 of the month, ½ ÷ 31 ÷ 31 = 0.0005 of it.
    #[test]
    fn in_the_first_month_half_of_it_has_arrived_on_average() {
        hundred_a_month("2026-01", "49.9479708637", "0.0520291363");
    }

    /// On day n of February n − ½ of its own days (÷ 28) and 30½ − n of January's (÷ 31) lie in Standard: 392 ÷ 28 + 448 ÷ 31,
    /// over 28 days. The other n + ½ of January's lie in Standard-IA: 420 ÷ 31 ÷ 28.
    #[test]
    fn in_the_second_month_january_moves_on_day_by_day() {
        hundred_a_month("2026-02", "101.6129032258", "48.3870967742");
    }

    /// 350 have arrived on average. On day n of April n − ½ of January's days are past 90: 450 ÷ 31 ÷ 30 = 0.4839 of a month is
    /// gone. In Standard lie n − ½ of April's (÷ 30) and 30½ − n of March's (÷ 31): (450 ÷ 30 + 450 ÷ 31) ÷ 30 = 0.9839.
    #[test]
    fn in_the_fourth_month_what_is_older_than_90_days_is_gone() {
        hundred_a_month("2026-04", "98.3870967742", "203.2258064516");
    }

    /// What comes by the day and stays 30 days makes 30 days of it in every month.
    #[test]
    fn a_steady_state_is_the_arrivals_of_as_many_days_as_it_stays() {
        for month in ["2026-08", "2027-02", "2028-02", "2026-11"] {
            let cohorts = cohorts(month, "2026-01-01", Per::Day);
            assert_eq!(cohorts.between(Age::ARRIVAL, Some(Age::days(30))), d("30"), "{month}");
            assert_eq!(cohorts.between(Age::days(30), Some(Age::days(90))), d("60"), "{month}");
        }
    }

    /// A rule that waits for midnight acts half a day later on average: 30½ days, then 60.
    #[test]
    fn what_waits_for_midnight_stays_half_a_day_longer() {
        let cohorts = cohorts("2026-08", "2026-01-01", Per::Day);
        let (first, second) = (Age::midnight_after(30), Age::midnight_after(90));
        assert_eq!(cohorts.between(Age::ARRIVAL, Some(first)), d("30.5"));
        assert_eq!(cohorts.between(first, Some(second)), d("60"));
    }

    /// What arrived on 1 January is 30 days old on the 31st; at the midnight after it, it is February, which moves what arrived
    /// from 1 to 28 January.
    #[test]
    fn what_moves_within_a_month_arrived_so_many_days_before() {
        let moved = |month, age| cohorts(month, "2026-01-01", Per::Day).reaching(age);
        assert_eq!(moved("2026-01", Age::days(30)), d("1"));
        assert_eq!(moved("2026-01", Age::midnight_after(30)), d("0"));
        assert_eq!(moved("2026-02", Age::midnight_after(30)), d("28"));
        assert_eq!(cohorts("2026-03", "2026-01-01", Per::Month).reaching(Age::ARRIVAL), d("1"));
    }

    /// 17 of January's 31 days are left on the 15th, and nothing comes before it.
    #[test]
    fn a_month_that_has_begun_brings_its_other_days() {
        let within = cohorts("2026-01", "2026-01-15", Per::Month);
        assert_eq!(within.reaching(Age::ARRIVAL), quotient(d("17"), d("31")).expect("a quotient"));
        assert_eq!(cohorts("2025-12", "2026-01-15", Per::Month).between(Age::ARRIVAL, None), d("0"));
    }

    /// February brings twice as much as January: 1 + 2 months' worth by March, with half of March's own.
    #[test]
    fn a_month_can_bring_more_than_another() {
        let february: Month = "2026-02".parse().expect("a month");
        let growth = |m: Month| if m == february { Decimal::TWO } else { Decimal::ONE };
        let cohorts = Cohorts::of(february.plus(1), day("2026-01-01"), Per::Month, growth);
        assert_eq!(cohorts.between(Age::ARRIVAL, None), d("3.5"));
    }

    #[test]
    fn since_ever_is_long_enough_for_all_that_is_kept() {
        let month: Month = "2026-11".parse().expect("a month");
        let cohorts = Cohorts::of(month, since(None, month, 90), Per::Day, steady);
        assert_eq!(cohorts.between(Age::ARRIVAL, Some(Age::days(90))), d("90"));
        assert_eq!(cohorts.between(Age::days(35), Some(Age::days(90))), d("55"));
    }

    /// 2 GB an hour are 48 a day, 3 a minute 3 × 60 × 24 = 4,320; what is stated by the day or the month stays as it is.
    #[test]
    fn a_flow_is_what_comes_in_a_month_or_a_day() {
        let over = Over { hours: Decimal::from(744), requests: None };
        let of = |rate: &str| flow("GB", &Driver::default_of(rate.parse::<crate::quantity::GbRate>().expect("a rate"), ""), &over).value();
        assert_eq!(["2 GB/h", "3 GB/min", "4 GB/day", "5 GB/month"].map(of), ["48", "4320", "4", "5"].map(d));
    }

    /// The definition, day by day: the share of each day's arrivals that is past an age in the middle of each day.
    fn by_hand(month: Month, since: NaiveDate, per: Per, from: Age, to: Option<Age>) -> Decimal {
        let past = |age: Age, days: i64| Decimal::from((2 * days + 1 - age.0).clamp(0, 2)) / Decimal::TWO;
        let mut total = Decimal::ZERO;
        for today in month.days() {
            for arrival in since.iter_days().take_while(|a| *a <= today) {
                let days = (today - arrival).num_days();
                let share = past(from, days) - to.map_or(Decimal::ZERO, |to| past(to, days));
                let of = if per == Per::Month { Month::of(arrival).hours() / 24 } else { 1 };
                total += share / Decimal::from(of);
            }
        }
        total / Decimal::from(month.hours() / 24)
    }

    fn any_month() -> impl Strategy<Value = Month> {
        (0u32..40).prop_map(|n| "2026-01".parse::<Month>().expect("a month").plus(n))
    }

    fn any_per() -> impl Strategy<Value = Per> {
        prop_oneof![Just(Per::Month), Just(Per::Day)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_closed_form_is_the_sum_over_days(month in any_month(), late in 0u64..800, per in any_per(), from in 0i64..500, more in 0i64..500) {
            let since = day("2026-01-01") + Days::new(late);
            let (from, to) = (Age(from), Some(Age(from + more)));
            let cohorts = Cohorts::of(month, since, per, steady);
            for to in [to, None] {
                let off = (cohorts.between(from, to) - by_hand(month, since, per, from, to)).abs();
                prop_assert!(off < d("0.00000000001"), "{off}");
            }
        }

        #[test]
        fn stages_add_up_to_all_that_arrived_and_is_not_deleted(month in any_month(), per in any_per(), mut edges in prop::collection::vec(0i64..3000, 1..6)) {
            edges.sort_unstable();
            let cohorts = Cohorts::of(month, day("2026-01-01"), per, steady);
            let mut ages = vec![Age::ARRIVAL];
            ages.extend(edges.iter().map(|e| Age(*e)));
            let stages: Decimal = ages.windows(2).map(|pair| cohorts.between(pair[0], Some(pair[1]))).sum();
            let deleted = cohorts.between(ages[ages.len() - 1], None);
            prop_assert_eq!(stages + deleted, cohorts.between(Age::ARRIVAL, None));
            prop_assert!(ages.windows(2).all(|pair| !cohorts.between(pair[0], Some(pair[1])).is_sign_negative()));
        }

        #[test]
        fn a_stock_never_shrinks_while_things_arrive_and_nothing_is_deleted(month in any_month(), per in any_per(), from in 0i64..3000) {
            let of = |month| Cohorts::of(month, day("2026-01-01"), per, steady).between(Age(from), None);
            prop_assert!(of(month.plus(1)) >= of(month));
        }

        #[test]
        fn every_day_reaches_every_age_once(months in 1u32..40, age in 0i64..3000) {
            let first: Month = "2026-01".parse().expect("a month");
            let since = first.first_day();
            let reached: Decimal = (0..months).map(|n| Cohorts::of(first.plus(n), since, Per::Day, steady).reaching(Age(age))).sum();
            let days = (first.plus(months).first_day() - since).num_days() - (age + 1) / 2;
            prop_assert_eq!(reached, Decimal::from(days.max(0)));
        }
    }
}
