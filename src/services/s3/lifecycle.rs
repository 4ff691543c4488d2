//! Objects that arrive and age: which class they lie in follows from the rules, month by month (Amazon S3 User Guide,
//! "Managing the lifecycle of objects" and "Transitioning objects using Amazon S3 Lifecycle"; AWS, "Amazon S3 pricing").
//!
//! Assumed: every object has the average size; nothing is overwritten, read back or deleted before its time; what is replaced
//! in a versioned bucket stays in Standard until it is deleted. Early deletion is billed as the class's storage for the rest of
//! its least days, day by day: AWS asks the same for the rest, at once and as `EarlyDelete-…`, of which the book has one row.
//!
//! Not here: Intelligent-Tiering, where what is read decides (`storage: {intelligent: …}`); what lay in the bucket before
//! (`storage`), which stays in its class.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::S3Bucket;
use super::class::{CODE, Class, DEEP_ARCHIVE, GLACIER_FLEXIBLE, GLACIER_INSTANT, ONE_ZONE_IA, STANDARD, STANDARD_IA};
use super::storage::{KB_IN_GB, overhead};
use crate::quantity::{Gb, GbRate, Rate, Seconds, Unit};
use crate::scenario::driver::Driver;
use crate::services::cohort::{self, Age, Cohorts, check_days, days};
use crate::services::{At, Check};
use crate::usage::{Step, Tape};

/// 128 KB in GB, to the places to which sizes are read: below it AWS moves no object by default.
const LEAST_SIZE: Decimal = Decimal::from_parts(122_070_312, 0, 0, false, 12);

/// When objects move, by their age since they were made, and when they are deleted. AWS counts whole days and acts at the
/// midnight (UTC) after them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Lifecycle {
    /// To Standard-IA; not before 30 days.
    #[serde(default)]
    pub standard_ia: Option<Driver<Seconds>>,
    /// To One Zone-IA; not before 30 days.
    #[serde(default)]
    pub one_zone_ia: Option<Driver<Seconds>>,
    /// To Glacier Instant Retrieval.
    #[serde(default)]
    pub glacier_instant: Option<Driver<Seconds>>,
    /// To Glacier Flexible Retrieval.
    #[serde(default)]
    pub glacier_flexible: Option<Driver<Seconds>>,
    /// To Deep Archive.
    #[serde(default)]
    pub deep_archive: Option<Driver<Seconds>>,
    /// Deleted.
    #[serde(default)]
    pub delete: Option<Driver<Seconds>>,
    /// True where the rules have a filter by size that moves objects below 128 KB as well. They are billed as 128 KB in
    /// Standard-IA, One Zone-IA and Glacier Instant Retrieval.
    #[serde(default)]
    pub small_objects: bool,
}

/// Versions that were replaced and are kept for a while, in Standard.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Noncurrent {
    /// Bytes of objects that are overwritten or deleted.
    pub changes: Driver<GbRate>,
    /// How long a replaced version is kept, in whole days.
    pub kept: Driver<Seconds>,
}

/// The time that objects spend in one class.
struct Stage {
    class: &'static Class,
    from: Age,
    /// Until they move on or are deleted; `None` for ever.
    until: Option<Age>,
}

impl Stage {
    /// Until when they are billed: the least days of the class, where they leave it before.
    fn billed_until(&self) -> Option<Age> {
        self.until.map(|until| until.max(self.from.plus_days(self.class.least_days)))
    }
}

impl Lifecycle {
    /// When objects move to each class, in the only order in which AWS moves them.
    fn moves(&self) -> impl Iterator<Item = (&'static Class, &Driver<Seconds>)> {
        let classes = [
            (&STANDARD_IA, &self.standard_ia),
            (&ONE_ZONE_IA, &self.one_zone_ia),
            (&GLACIER_INSTANT, &self.glacier_instant),
            (&GLACIER_FLEXIBLE, &self.glacier_flexible),
            (&DEEP_ARCHIVE, &self.deep_archive),
        ];
        classes.into_iter().filter_map(|(class, after)| after.as_ref().map(|after| (class, after)))
    }

    /// The classes through which an object of this size goes. By default none below 128 KB moves (Amazon S3 User Guide,
    /// "Transitioning objects using Amazon S3 Lifecycle", constraints).
    fn stages(&self, size: Option<Gb>) -> Vec<Stage> {
        let stays = !self.small_objects && size.is_some_and(|size| size.0 < LEAST_SIZE);
        let moves = self.moves().filter(|_| !stays).map(|(class, after)| (class, Age::midnight_after(days(after))));
        let mut stages = vec![Stage { class: &STANDARD, from: Age::ARRIVAL, until: None }];
        for (class, from) in moves {
            if let Some(before) = stages.last_mut() {
                before.until = Some(from);
            }
            stages.push(Stage { class, from, until: None });
        }
        if let Some(last) = stages.last_mut() {
            last.until = self.delete.as_ref().map(|after| Age::midnight_after(days(after)));
        }
        stages
    }
}

impl S3Bucket {
    /// What has arrived since the first day, by the classes in which it lies.
    pub(super) fn aged(&self, at: &mut At<'_>) {
        let (Some(arrivals), Some(since)) = (&self.arrivals, self.since) else { return };
        let cohorts = Cohorts::of(at.month, since.0, arrivals.value.per(), at.past(arrivals));
        let flow = cohort::flow("GB that arrive", arrivals, &at.over);
        let unit = cohort::unit(arrivals.value.per());
        let none = Lifecycle::default();
        let rules = self.lifecycle.as_ref().unwrap_or(&none);
        for stage in rules.stages(self.object_size.as_ref().map(|size| size.value)) {
            let class = stage.class;
            let least = if stage.billed_until() == stage.until { String::new() } else { format!(", {} at least", class.least_days) };
            let lain = cohorts.between(stage.from, stage.billed_until());
            let stored = flow.clone().rule(Step::Times, format!("{unit} of it in {}{least}", class.name), lain);
            let Some(size) = self.object_size.as_ref().filter(|_| stage.from > Age::ARRIVAL) else {
                at.record(class.code, class.stored, class.operation, Unit::GbMonths, stored);
                continue;
            };
            let objects = |gb: &Tape| gb.clone().driver(Step::Over, "GB in an object", size);
            let billed = if class.least_size && size.value.0 < LEAST_SIZE {
                objects(&stored).rule_of(Step::Times, "KB billed for each, at least", 128).rule_of(Step::Over, "KB in a GB", KB_IN_GB)
            } else {
                stored.clone()
            };
            at.record(class.code, class.stored, class.operation, Unit::GbMonths, billed);
            if class.archive {
                overhead(class, &objects(&stored), at);
            }
            let moving = flow.clone().rule(Step::Times, format!("{unit} of it that move to {}", class.name), cohorts.reaching(stage.from));
            at.record(CODE, class.moved, class.move_operation, Unit::Count, objects(&moving));
        }
    }

    /// Every object that arrives is a PUT, where the size of objects is stated and their writes are not.
    pub(super) fn put(&self, at: &mut At<'_>) {
        let (Some(arrivals), Some(since), Some(size)) = (&self.arrivals, self.since, &self.object_size) else { return };
        if self.requests.standard.writes.is_some() || since.0 >= at.month.end() {
            return;
        }
        let mut tape = Tape::new().times_rate("GB that arrive", arrivals, &at.over);
        if since.0 > at.month.first_day() {
            // The month in which it begins: only its other days bring something.
            let days = at.month.days().filter(|day| *day >= since.0).count();
            tape = tape.rule(Step::Times, "days on which it arrives", Decimal::from(days)).rule(
                Step::Over,
                "days of the month",
                Decimal::from(at.month.days().count()),
            );
        }
        at.record(CODE, "Requests-Tier1", "PutObject", Unit::Count, tape.driver(Step::Over, "GB in an object", size));
    }

    /// Versions that were replaced within the time for which they are kept.
    pub(super) fn replaced(&self, at: &mut At<'_>) {
        let Some(Noncurrent { changes, kept }) = &self.noncurrent else { return };
        let per = changes.value.per();
        let since = cohort::since(self.since, at.month, days(kept));
        let lain = Cohorts::of(at.month, since, per, at.past(changes)).between(Age::ARRIVAL, Some(Age::midnight_after(days(kept))));
        let tape = cohort::flow("GB replaced", changes, &at.over).rule(Step::Times, format!("{} of it kept", cohort::unit(per)), lain);
        at.record(STANDARD.code, STANDARD.stored, STANDARD.operation, Unit::GbMonths, tape);
    }

    /// Notes rules that AWS does not take, and what says the same thing twice.
    pub(super) fn check_lifecycle(&self, check: &mut Check<'_>) {
        self.check_arrivals(check);
        if let Some(Noncurrent { kept, .. }) = &self.noncurrent {
            check_days(kept, check);
        }
        let Some(rules) = &self.lifecycle else { return };
        check_order(rules, check);
        if let (Some(_), Some(instant)) = (&rules.one_zone_ia, &rules.glacier_instant) {
            check.error(
                instant.at,
                "S3 moves nothing from One Zone-IA to Glacier Instant Retrieval",
                "no such transition",
                "leave one of the two out, or take `standard_ia` for `one_zone_ia`",
            );
        }
        for (class, _) in rules.moves() {
            if let Some(stated) = self.transitions.to(class) {
                check.error(
                    stated.at,
                    format!("transitions to {} are stated, and follow from `lifecycle`", class.name),
                    "counted twice",
                    "leave one of the two out",
                );
            }
        }
    }

    fn check_arrivals(&self, check: &mut Check<'_>) {
        let moves = self.lifecycle.as_ref().and_then(|rules| rules.moves().next());
        match (&self.arrivals, self.since, &self.object_size) {
            (Some(arrivals), None, _) => check.error(
                arrivals.at,
                "it is not said since when objects arrive",
                "`since` is missing",
                "write the first day, such as `since: 2026-01-01`; what lay there before it is `storage`",
            ),
            (Some(_), _, Some(size)) if size.value.0.is_zero() => {
                check.error(size.at, "objects of no size", "expected an average size", "such as `object_size: 2 MB`");
            }
            (Some(_), _, None) => {
                if let Some((class, after)) = moves {
                    check.error(
                        after.at,
                        format!("objects that move to {} are requests, and cannot be counted", class.name),
                        "`object_size` is missing",
                        "write the average size, such as `object_size: 2 MB`",
                    );
                }
            }
            (None, since, size) if self.lifecycle.is_some() || size.is_some() || (since.is_some() && self.noncurrent.is_none()) => {
                let place = size.as_ref().and_then(|size| size.at).or(moves.and_then(|(_, after)| after.at));
                check.error(
                    place,
                    "nothing arrives that could age",
                    "`arrivals` is missing",
                    "write `arrivals: 600 GB/month`, or state what lies in each class under `storage`",
                );
            }
            _ => {}
        }
    }
}

/// Rules take effect one after the other, and none before its time.
fn check_order(rules: &Lifecycle, check: &mut Check<'_>) {
    let moves = rules.moves().map(|(class, after)| (class.name, format!("moves nothing to {}", class.name), class.earliest, after));
    let deletion = rules.delete.iter().map(|after| ("deletion", "deletes nothing".to_owned(), 1, after));
    let mut before = None;
    for (name, nothing, earliest, after) in moves.chain(deletion) {
        check_days(after, check);
        let age = days(after);
        if age < earliest {
            check.error(
                after.at,
                format!("S3 {nothing} after {age} days"),
                format!("expected {earliest} days or more"),
                "until then objects stay where they are",
            );
        } else if let Some((stage, last)) = before.filter(|(_, last)| age <= *last) {
            check.error(
                after.at,
                format!("{name} after {age} days does not come after {stage} after {last} days"),
                format!("expected more than {last} days"),
                "objects go down: Standard-IA, One Zone-IA, Glacier Instant, Glacier Flexible, Deep Archive, deletion",
            );
        }
        before = Some((name, age));
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    const UPLOADS: &str = "type: s3-bucket
arrivals: 10 GB/day
since: 2026-01-01
object_size: 2 MB
lifecycle: {standard_ia: 30 days, glacier_flexible: 90 days, deep_archive: 365 days, delete: 7 years}
";

    /// A rule acts at the midnight after its days: 30½ days of 10 GB lie in Standard, 60 in Standard-IA; in Glacier the
    /// rest of what has come since January, 212 days before August and 15½ on average within it: 227½ − 90½ = 137.
    #[test]
    fn objects_age_through_the_classes() {
        check(
            UPLOADS,
            "us-east-1",
            "2026-08",
            "TimedStorage-ByteHrs 305 GB-months GB that arrive 10 GB/day × days of it in Standard 30.5
             TimedStorage-SIA-ByteHrs 600 GB-months GB that arrive 10 GB/day × days of it in Standard-IA 60
             Requests-Tier4 158720 count GB that arrive 10 GB/day × days of it that move to Standard-IA 31 ÷ GB in an object 0.001953125 GB
             TimedStorage-GlacierByteHrs 1370 GB-months GB that arrive 10 GB/day × days of it in Glacier Flexible Retrieval 137
             TimedStorage-ByteHrs 5.3515625 GB-months GB that arrive 10 GB/day × days of it in Glacier Flexible Retrieval 137 ÷ GB in an object 0.001953125 GB × KB of overhead each 8 ÷ KB in a GB 1,048,576
             TimedStorage-GlacierByteHrs 21.40625 GB-months GB that arrive 10 GB/day × days of it in Glacier Flexible Retrieval 137 ÷ GB in an object 0.001953125 GB × KB of overhead each 32 ÷ KB in a GB 1,048,576
             Requests-Tier3 158720 count GB that arrive 10 GB/day × days of it that move to Glacier Flexible Retrieval 31 ÷ GB in an object 0.001953125 GB
             Requests-Tier1 158720 count GB that arrive 10 GB/day × hours in the month 744 ÷ hours in a day 24 ÷ GB in an object 0.001953125 GB",
        );
    }

    /// What lay there before stays where it is, and the stated writes are the writes.
    #[test]
    fn before_the_first_day_the_bucket_holds_what_is_stated() {
        let bucket = format!("{UPLOADS}storage: {{standard: 1 TB}}\nrequests: {{standard: {{writes: 5 k/month}}}}");
        check(
            &bucket,
            "us-east-1",
            "2025-12",
            "TimedStorage-ByteHrs 1024 GB-months GB stored 1,024 GB
             Requests-Tier1 5000 count writes and lists 5,000/month",
        );
    }

    /// Glacier Flexible Retrieval bills 90 days although all is deleted after 30 in it; Standard 10½, as midnight comes later.
    #[test]
    fn what_leaves_too_early_pays_the_least_days_of_its_class() {
        check(
            "type: s3-bucket\narrivals: 1 GB/day\nsince: 2026-01-01\nobject_size: 1 GB\nlifecycle: {glacier_instant: 10 days, delete: 40 days}\nrequests: {standard: {writes: 1/month}}",
            "us-east-1",
            "2026-11",
            "TimedStorage-ByteHrs 10.5 GB-months GB that arrive 1 GB/day × days of it in Standard 10.5
             TimedStorage-GIR-ByteHrs 90 GB-months GB that arrive 1 GB/day × days of it in Glacier Instant Retrieval, 90 at least 90
             Requests-Tier4 30 count GB that arrive 1 GB/day × days of it that move to Glacier Instant Retrieval 30 ÷ GB in an object 1 GB
             Requests-Tier1 1 count writes and lists 1/month",
        );
    }

    /// Of 0.05 MB (51.2 KB) none moves; where the rules say so, each is billed as 128 KB: 60 days × 2.5.
    #[test]
    fn small_objects_stay_in_standard_unless_the_rules_name_them() {
        let of = |more: &str| {
            format!(
                "type: s3-bucket\narrivals: 1 GB/day\nsince: 2026-01-01\nobject_size: 0.05 MB\nlifecycle: {{standard_ia: 30 days, delete: 90 days{more}}}\nrequests: {{standard: {{writes: 1/month}}}}"
            )
        };
        check(
            &of(""),
            "us-east-1",
            "2026-11",
            "TimedStorage-ByteHrs 90.5 GB-months GB that arrive 1 GB/day × days of it in Standard 90.5
             Requests-Tier1 1 count writes and lists 1/month",
        );
        check(
            &of(", small_objects: true"),
            "us-east-1",
            "2026-11",
            "TimedStorage-ByteHrs 30.5 GB-months GB that arrive 1 GB/day × days of it in Standard 30.5
             TimedStorage-SIA-ByteHrs 150 GB-months GB that arrive 1 GB/day × days of it in Standard-IA 60 ÷ GB in an object 0.000048828125 GB × KB billed for each, at least 128 ÷ KB in a GB 1,048,576
             Requests-Tier4 614400 count GB that arrive 1 GB/day × days of it that move to Standard-IA 30 ÷ GB in an object 0.000048828125 GB
             Requests-Tier1 1 count writes and lists 1/month",
        );
    }

    #[test]
    fn an_object_of_128_kb_moves() {
        let bucket = "type: s3-bucket\narrivals: 1 GB/day\nsince: 2026-01-01\nobject_size: 128 KB\nlifecycle: {standard_ia: 30 days}";
        assert!(emitted(bucket, "us-east-1", "2026-11").iter().any(|r| &*r.usage_type == "TimedStorage-SIA-ByteHrs"));
    }

    /// 31 GB a month from the 16th: 16 of January's 31 days bring 16 GB, in 16 objects; on average (½ + 1½ … + 15½) ÷ 31 = 128 ÷ 31.
    #[test]
    fn the_first_month_begins_on_its_day() {
        check(
            "type: s3-bucket\narrivals: 31 GB/month\nsince: 2026-01-16\nobject_size: 1 GB",
            "us-east-1",
            "2026-01",
            "TimedStorage-ByteHrs 4.12903225807 GB-months GB that arrive 31 GB/month × months of it in Standard 0.13319458897
             Requests-Tier1 16 count GB that arrive 31 GB/month × days on which it arrives 16 ÷ days of the month 31 ÷ GB in an object 1 GB",
        );
    }

    /// What is replaced is kept for 30 days and until the midnight after them.
    #[test]
    fn replaced_versions_are_kept_for_their_days() {
        check(
            "type: s3-bucket\nnoncurrent: {changes: 1 GB/day, kept: 30 days}",
            "us-east-1",
            "2026-11",
            "TimedStorage-ByteHrs 30.5 GB-months GB replaced 1 GB/day × days of it kept 30.5",
        );
    }

    #[test]
    #[should_panic(expected = "Standard-IA after 20 days")]
    fn standard_ia_before_30_days_is_refused() {
        emitted(
            "type: s3-bucket\narrivals: 1 GB/day\nsince: 2026-01-01\nobject_size: 1 MB\nlifecycle: {standard_ia: 20 days}",
            "us-east-1",
            "2026-12",
        );
    }

    #[test]
    #[should_panic(expected = "does not come after Glacier Flexible Retrieval after 90 days")]
    fn stages_out_of_order_are_refused() {
        emitted(
            "type: s3-bucket\narrivals: 1 GB/day\nsince: 2026-01-01\nobject_size: 1 MB\nlifecycle: {glacier_flexible: 90 days, deep_archive: 60 days}",
            "us-east-1",
            "2026-12",
        );
    }

    #[test]
    #[should_panic(expected = "nothing arrives that could age")]
    fn rules_for_a_stated_stock_are_refused() {
        emitted("type: s3-bucket\nstorage: {standard: 1 TB}\nlifecycle: {standard_ia: 30 days}", "us-east-1", "2026-12");
    }
}
