//! The cluster volume and its backups, stated or as they grow (Amazon Aurora User Guide, "Understanding Amazon Aurora backup
//! storage usage").

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AuroraPostgresql, CODE};
use crate::month::Month;
use crate::quantity::{Gb, GbRate, Per, Rate, Seconds, Unit, grouped};
use crate::scenario::driver::Driver;
use crate::services::cohort::{self, Age, Cohorts, Since};
use crate::services::{At, Check};
use crate::usage::{Over, Step, Tape};

/// Automated backups.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Backup {
    /// How far back the cluster can be restored: 1 to 35 days.
    pub retention: Driver<Seconds>,
    /// GB that the backup keeps to restore to any time in the retention, on average over the month. Where neither this nor
    /// `daily_changes` is stated it is the most that AWS bills: the volume of every day of the retention.
    #[serde(default)]
    pub changes: Option<Driver<Gb>>,
    /// GB that change on a day: they pile up over the retention.
    #[serde(default)]
    pub daily_changes: Option<Driver<Gb>>,
    /// The first day that is backed up. Where nothing is stated the retention has passed since.
    #[serde(default)]
    pub since: Option<Since>,
}

impl Backup {
    fn retention_days(&self) -> Decimal {
        self.retention.value.days()
    }

    /// Days that are kept on average over the month: fewer than the retention while it has not passed since the first day.
    fn days_kept(&self, month: Month) -> Decimal {
        let Some(since) = self.since else { return self.retention_days() };
        let age = Age::days(cohort::days(&self.retention));
        Cohorts::of(month, since.0, Per::Day, cohort::steady).between(Age::ARRIVAL, Some(age))
    }
}

/// The growth of a volume is never stated per request.
const NO_DEMAND: Over = Over { hours: Decimal::ZERO, requests: None };

/// The cluster volume of a month.
struct Volume<'a> {
    /// At first.
    storage: &'a Driver<Gb>,
    growth: Option<(&'a Driver<GbRate>, Cohorts)>,
}

impl Volume<'_> {
    /// Its size at a time so long before, on average over the month.
    fn tape(&self, before: Age) -> Tape {
        match &self.growth {
            None => Tape::new().times("GB in the cluster volume", self.storage),
            Some((growth, cohorts)) => cohort::flow("GB by which the volume grows", growth, &NO_DEMAND)
                .rule(Step::Times, format!("{} of growth", cohort::unit(growth.value.per())), cohorts.between(before, None))
                .plus("GB in the cluster volume at first", self.storage),
        }
    }

    /// − the volume, which is free.
    fn less_free(&self, kept: Tape) -> Tape {
        let tape = match &self.growth {
            None => kept.minus("free up to the volume", self.storage),
            Some(_) => kept.with(Step::Minus, "free up to the volume", self.tape(Age::ARRIVAL)),
        };
        tape.rule_of(Step::AtLeast, "nothing", 0)
    }
}

impl AuroraPostgresql {
    fn volume_of(&self, month: Month) -> Option<Volume<'_>> {
        let growth = self.storage_growth.as_ref().zip(self.since);
        let growth = growth.map(|(growth, since)| (growth, Cohorts::of(month, since.0, growth.value.per(), cohort::steady)));
        self.storage.as_ref().map(|storage| Volume { storage, growth })
    }

    /// The cluster volume on average over the month.
    pub(super) fn volume(&self, month: Month) -> Option<Tape> {
        self.volume_of(month).map(|volume| volume.tape(Age::ARRIVAL))
    }

    /// Backup storage that is billed: what the automated backup keeps, at most the volumes of all days of the retention, less the
    /// volume itself; with it manual snapshots past the retention. Automated backups kept for one day cost nothing.
    pub(super) fn backups(&self, at: &mut At<'_>) {
        let volume = self.volume_of(at.month);
        let automated = match (&self.backup, &volume) {
            (Some(backup), Some(volume)) if backup.retention_days() > Decimal::ONE => Some(above_the_volume(backup, volume, at.month)),
            _ => None,
        };
        let stated = match (automated, &self.snapshots) {
            (Some(automated), Some(snapshots)) => Some(automated.plus("manual snapshots past the retention", snapshots)),
            (None, Some(snapshots)) => Some(Tape::new().times("manual snapshots past the retention", snapshots)),
            (automated, None) => automated,
        };
        let taken = self.manual_snapshots.as_ref().zip(volume.as_ref()).map(|(snapshots, volume)| {
            // A cluster keeps automated backups for a day at least.
            let retention = self.backup.as_ref().map_or(1, |backup| cohort::days(&backup.retention));
            let midway = Age::midway(retention, cohort::days(&snapshots.kept).max(retention));
            snapshots.older_than(retention, at.month, volume.tape(midway))
        });
        for tape in [stated, taken].into_iter().flatten() {
            at.record(CODE, "Aurora:BackupUsage", "", Unit::GbMonths, tape);
        }
    }

    /// Notes backups that Aurora does not keep, and what says the same thing twice.
    pub(super) fn check_backup(&self, check: &mut Check<'_>) {
        if let Some(backup) = &self.backup {
            check_retention(backup, check);
            let derived = backup.daily_changes.is_some() || backup.since.is_some();
            if let Some(changes) = backup.changes.as_ref().filter(|_| derived) {
                check.error(
                    changes.at,
                    "what the backup keeps is stated, and follows from `daily_changes` and `since`",
                    "said twice",
                    "leave `changes` out, or the other two",
                );
            }
        }
        if let (Some(stated), Some(_)) = (&self.snapshots, &self.manual_snapshots) {
            check.error(stated.at, "snapshots are stated, and follow from `manual_snapshots`", "said twice", "leave one of the two out");
        }
        if let Some(snapshots) = &self.manual_snapshots {
            snapshots.check(check);
        }
        self.check_growth(check);
    }

    fn check_growth(&self, check: &mut Check<'_>) {
        match (&self.storage, &self.storage_growth, self.since) {
            (_, Some(growth), _) if growth.value.per() == Per::Request => check.error(
                growth.at,
                "the growth of a volume is not computed from requests",
                "expected a flow per day or month",
                "write what a month adds, such as `20 GB/month`",
            ),
            (_, Some(growth), None) => check.error(
                growth.at,
                "it is not said since when the volume grows",
                "`since` is missing",
                "write the first day, such as `since: 2026-01-01`; `storage` is the volume on it",
            ),
            (None, Some(growth), _) => {
                check.error(growth.at, "a volume grows that is not stated", "`storage` is missing", "write `storage: 500 GB`");
            }
            (_, None, Some(_)) => check.error(
                None,
                "`since` says when the volume begins to grow, and it does not",
                "`storage_growth` is missing",
                "such as `storage_growth: 20 GB/month`; backups and snapshots have a `since` of their own",
            ),
            (None, None, None) => {
                if let Some(snapshots) = &self.manual_snapshots {
                    check.error(
                        snapshots.every.at,
                        "snapshots of a volume that is not stated",
                        "`storage` is missing",
                        "write `storage: 500 GB`",
                    );
                }
            }
            _ => {}
        }
    }
}

fn check_retention(backup: &Backup, check: &mut Check<'_>) {
    let days = backup.retention_days();
    if days < Decimal::ONE || days > Decimal::from(35) || !days.is_integer() {
        check.error(
            backup.retention.at,
            format!("Aurora cannot keep automated backups for {} days", grouped(days)),
            "expected 1 to 35 whole days",
            "older states belong in `manual_snapshots`, or in AWS Backup",
        );
    }
}

/// The automated backup above the free part.
fn above_the_volume(backup: &Backup, volume: &Volume<'_>, month: Month) -> Tape {
    let days = backup.days_kept(month);
    let most = volume.tape(Age::ARRIVAL).rule(Step::Times, "days kept", days);
    let kept = match (&backup.changes, &backup.daily_changes) {
        (Some(changes), _) => Tape::new().times("GB that the backup keeps", changes),
        (None, Some(daily)) => Tape::new().times("GB that change on a day", daily).rule(Step::Times, "days kept", days),
        (None, None) => return volume.less_free(volume.tape(Age::ARRIVAL).rule(Step::Times, "days kept", days)),
    };
    volume.less_free(kept.with(Step::AtMost, "volumes of all days kept", most))
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// (2 days × 100 GB − 100 GB) + 100 GB = 200 GB, the example of the user guide.
    #[test]
    fn a_snapshot_past_two_days_of_retention_is_billed_with_what_exceeds_the_volume() {
        check(
            "type: aurora-postgresql
instances: [{role: writer, class: db.r6g.large}]
storage: 100 GB
backup: {retention: 2 days}
snapshots: 100 GB",
            "us-east-1",
            "2026-12",
            "InstanceUsage:db.r6g.large 744 hours    hours in the month 744 × writers 1
             Aurora:StorageUsage       100 GB-months GB in the cluster volume 100 GB
             Aurora:BackupUsage        200 GB-months GB in the cluster volume 100 GB × days kept 2 − free up to the volume 100 GB at least nothing 0 + manual snapshots past the retention 100 GB",
        );
    }

    /// 250 GB kept are billed as at most 2 × 100 GB, of which 100 GB are free; 80 GB kept are within the free part.
    #[test]
    fn backups_are_billed_between_the_volume_and_the_volumes_of_all_days() {
        let cluster = "type: aurora-postgresql\ninstances: [{role: writer, class: db.r6g.large}]\nstorage: 100 GB\n";
        let without = "USW2-InstanceUsage:db.r6g.large 720 hours     hours in the month 720 × writers 1
                       USW2-Aurora:StorageUsage        100 GB-months GB in the cluster volume 100 GB\n";
        let most = "USW2-Aurora:BackupUsage 100 GB-months GB that the backup keeps 250 GB at most volumes of all days kept 200 − free up to the volume 100 GB at least nothing 0";
        check(&format!("{cluster}backup: {{retention: 2 days, changes: 250 GB}}"), "us-west-2", "2026-11", &format!("{without}{most}"));
        check(&format!("{cluster}backup: {{retention: 7 days, changes: 80 GB}}"), "us-west-2", "2026-11", without);
        check(&format!("{cluster}backup: {{retention: 1 day, changes: 250 GB}}"), "us-west-2", "2026-11", without);
    }

    /// What was billed of a usage type, record by record.
    fn billed(yaml: &str, month: &str, usage_type: &str) -> Vec<String> {
        let cluster = format!("type: aurora-postgresql\ninstances: [{{role: writer, class: db.r6g.large}}]\n{yaml}");
        let records = emitted(&cluster, "us-east-1", month);
        records.into_iter().filter(|r| &*r.usage_type == usage_type).map(|r| r.quantity.normalize().to_string()).collect()
    }

    /// 35 days × 24 GB = 840 GB, of which 100 GB are free.
    #[test]
    fn changes_pile_up_over_the_retention() {
        check(
            "type: aurora-postgresql
instances: [{role: writer, class: db.r6g.large}]
storage: 100 GB
backup: {retention: 35 days, daily_changes: 24 GB, since: 2026-01-01}",
            "us-east-1",
            "2026-12",
            "InstanceUsage:db.r6g.large 744 hours    hours in the month 744 × writers 1
             Aurora:StorageUsage       100 GB-months GB in the cluster volume 100 GB
             Aurora:BackupUsage        740 GB-months GB that change on a day 24 GB × days kept 35 at most volumes of all days kept 3,500 − free up to the volume 100 GB at least nothing 0",
        );
    }

    /// In January 15.5 days lie there on average: 15.5 × 24 − 100 = 272. In March it is 35 days, as it is without `since` from
    /// the beginning.
    #[test]
    fn the_first_months_of_a_backup_are_smaller() {
        let of = |since: &str, month| {
            billed(&format!("storage: 100 GB\nbackup: {{retention: 35 days, daily_changes: 24 GB{since}}}"), month, "Aurora:BackupUsage")
        };
        assert_eq!(of(", since: 2026-01-01", "2026-01"), ["272"]);
        assert_eq!(of(", since: 2026-01-01", "2026-03"), ["740"]);
        assert_eq!(of("", "2026-01"), ["740"]);
        assert!(of(", since: 2026-02-01", "2026-01").is_empty());
    }

    /// One snapshot a day, past 35 days and up to 90: 55 snapshots of 100 GB; the automated backup stays within the free part.
    #[test]
    fn snapshots_are_billed_past_the_retention_at_full_size() {
        check(
            "type: aurora-postgresql
instances: [{role: writer, class: db.r6g.large}]
storage: 100 GB
backup: {retention: 35 days, daily_changes: 2 GB}
manual_snapshots: {every: day, kept: 90 days}",
            "us-east-1",
            "2026-12",
            "InstanceUsage:db.r6g.large 744 hours    hours in the month 744 × writers 1
             Aurora:StorageUsage       100 GB-months GB in the cluster volume 100 GB
             Aurora:BackupUsage       5500 GB-months GB in the cluster volume 100 GB × snapshots taken 1/day × days of them kept past 35 days 55",
        );
    }

    /// The example of the user guide again: what is billed beside the snapshot and the snapshot, 100 + 100 = 200. A snapshot a
    /// day, kept for one day past two days of retention, is one snapshot.
    #[test]
    fn the_example_of_the_user_guide_holds_with_a_pace_too() {
        let yaml = "storage: 100 GB\nbackup: {retention: 2 days}\nmanual_snapshots: {every: day, kept: 3 days}";
        assert_eq!(billed(yaml, "2026-12", "Aurora:BackupUsage"), ["100", "100"]);
    }

    /// 500 GB and 20 a month since January: half a month's in January, 11.5 in December.
    #[test]
    fn a_volume_grows_from_its_first_day() {
        let yaml = "storage: 500 GB\nstorage_growth: 20 GB/month\nsince: 2026-01-01";
        assert_eq!(billed(yaml, "2025-12", "Aurora:StorageUsage"), ["500"]);
        assert_eq!(billed(yaml, "2026-01", "Aurora:StorageUsage"), ["510"]);
        assert_eq!(billed(yaml, "2026-12", "Aurora:StorageUsage"), ["730"]);
    }

    /// 500 GB and 1 a day: 349.5 more in the middle of December, so 849.5; the backup keeps 2 × that, one of them is free. Of the
    /// snapshots of 2 to 4 days there are two, of the volume as it was three days before: 846.5.
    #[test]
    fn backups_and_snapshots_follow_the_volume() {
        check(
            "type: aurora-postgresql
instances: [{role: writer, class: db.r6g.large}]
storage: 500 GB
storage_growth: 1 GB/day
since: 2026-01-01
backup: {retention: 2 days}
manual_snapshots: {every: day, kept: 4 days}",
            "us-east-1",
            "2026-12",
            "InstanceUsage:db.r6g.large 744 hours       hours in the month 744 × writers 1
             Aurora:StorageUsage        849.5 GB-months GB by which the volume grows 1 GB/day × days of growth 349.5 + GB in the cluster volume at first 500 GB
             Aurora:BackupUsage         849.5 GB-months GB by which the volume grows 1 GB/day × days of growth 349.5 + GB in the cluster volume at first 500 GB × days kept 2 − free up to the volume 849.5 at least nothing 0
             Aurora:BackupUsage          1693 GB-months GB by which the volume grows 1 GB/day × days of growth 346.5 + GB in the cluster volume at first 500 GB × snapshots taken 1/day × days of them kept past 2 days 2",
        );
    }

    #[test]
    #[should_panic(expected = "what the backup keeps is stated, and follows from")]
    fn changes_are_not_stated_and_derived() {
        billed("storage: 10 GB\nbackup: {retention: 7 days, changes: 80 GB, daily_changes: 2 GB}", "2026-12", "");
    }

    #[test]
    #[should_panic(expected = "not said since when the volume grows")]
    fn growth_has_a_first_day() {
        billed("storage: 10 GB\nstorage_growth: 1 GB/day", "2026-12", "");
    }
}
