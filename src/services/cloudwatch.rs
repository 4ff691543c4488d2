//! CloudWatch: metrics, alarms and dashboards by the month, requests by the piece, logs by the gigabyte (AWS, "Amazon
//! CloudWatch Pricing"). Metrics, alarms and dashboards are prorated by the hour: state the average over the month.
//!
//! Not here: traces (`xray`), Firehose itself (`firehose`), the bucket in which delivered logs lie (`s3-bucket`). The metrics
//! that services send by themselves in basic resolution cost nothing and are not counted.

mod logs;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::logs::{Logs, Vended};
use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Unit};
use crate::scenario::driver::Driver;
use crate::usage::Tape;

const CODE: &str = "AmazonCloudWatch";
/// Where dashboards are billed, wherever they are looked at.
const DASHBOARDS_IN: &str = "us-east-1";

/// What an environment uses of CloudWatch in one region.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Cloudwatch {
    /// Custom and detailed metrics: one for each name and combination of dimensions.
    #[serde(default)]
    pub metrics: Option<Driver<Count>>,
    /// Metrics of Container Insights with enhanced observability for ECS; those of the older kind count as `metrics`.
    #[serde(default)]
    pub container_insights: Option<Driver<Count>>,
    /// Metrics under alarms of standard resolution: an alarm on one metric is one.
    #[serde(default)]
    pub alarms: Option<Driver<Count>>,
    /// Metrics under alarms of high resolution (10 or 30 seconds).
    #[serde(default)]
    pub high_resolution_alarms: Option<Driver<Count>>,
    /// Alarms made of other alarms.
    #[serde(default)]
    pub composite_alarms: Option<Driver<Count>>,
    /// Dashboards, over all regions.
    #[serde(default)]
    pub dashboards: Option<Driver<Count>>,
    /// Requests of the API that are billed by the request: PutMetricData, ListMetrics and the like.
    #[serde(default)]
    pub requests: Option<Driver<CountRate>>,
    /// Metrics asked for with GetMetricData, which is billed by the metric.
    #[serde(default)]
    pub get_metric_data: Option<Driver<CountRate>>,
    /// Updates that metric streams send.
    #[serde(default)]
    pub metric_stream: Option<Driver<CountRate>>,
    /// Runs of Synthetics canaries.
    #[serde(default)]
    pub canary_runs: Option<Driver<CountRate>>,
    /// Logs that applications write.
    #[serde(default)]
    pub logs: Option<Logs>,
    /// Logs that AWS services write: VPC flow logs, Route 53 queries and the like.
    #[serde(default)]
    pub vended: Option<Vended>,
}

impl Service for Cloudwatch {
    const TYPE: &'static str = "cloudwatch";
    const METRICS: &'static [(&'static str, &'static str)] = &[
        (".ingested", "IncomingBytes (AWS/Logs)"),
        (".infrequent", "IncomingBytes (AWS/Logs)"),
        (".to_logs", "IncomingBytes (AWS/Logs)"),
        (".requests", "CallCount (AWS/Usage)"),
    ];
    const EXAMPLE: &'static str = "
type: cloudwatch
metrics: 120
container_insights: 400
alarms: 40
high_resolution_alarms: 2
composite_alarms: 3
dashboards: 5
requests: 2 M requests/month
get_metric_data: 500 k metrics/month
metric_stream: 1 M updates/month
canary_runs: 12/h
logs: {ingested: 200 GB/month, infrequent: 50 GB/month, scanned: 300 GB/month, retention: 90 days, since: 2026-01-01, compression: 15%}
vended: {to_logs: 80 GB/month, to_s3: 40 GB/month, to_firehose: 20 GB/month, retention: 30 days, since: 2026-03-01, compression: 20%}
";

    fn usage(&self, at: &mut At<'_>) {
        self.kept(at);
        self.requested(at);
        if let Some(logs) = &self.logs {
            logs.usage(at);
        }
        if let Some(vended) = &self.vended {
            vended.usage(at);
        }
        self.logs_kept(at);
    }

    fn check(&self, check: &mut Check<'_>) {
        self.check_logs(check);
        let used = [
            self.metrics.is_some(),
            self.container_insights.is_some(),
            self.alarms.is_some(),
            self.high_resolution_alarms.is_some(),
            self.composite_alarms.is_some(),
            self.dashboards.is_some(),
            self.requests.is_some(),
            self.get_metric_data.is_some(),
            self.metric_stream.is_some(),
            self.canary_runs.is_some(),
            self.logs.as_ref().is_some_and(Logs::used),
            self.vended.as_ref().is_some_and(Vended::used),
        ];
        if !used.contains(&true) {
            check.error(None, "this CloudWatch uses nothing", "nothing is stated", "state at least one of `metrics`, `alarms`, `logs` …");
        }
    }
}

impl Cloudwatch {
    /// What is billed by the month (AWS, "Amazon CloudWatch Pricing", Metrics, Dashboards and Alarms).
    fn kept(&self, at: &mut At<'_>) {
        at.stock(CODE, "CW:MetricMonitorUsage", "MetricStorage", Unit::Months, "custom and detailed metrics", self.metrics.as_ref());
        at.stock(
            CODE,
            "(container-insights-ecs-enhanced)",
            "",
            Unit::Months,
            "metrics of Container Insights",
            self.container_insights.as_ref(),
        );
        at.stock(CODE, "CW:AlarmMonitorUsage", "", Unit::Months, "metrics under alarms", self.alarms.as_ref());
        let high_resolution = self.high_resolution_alarms.as_ref();
        at.stock(CODE, "CW:HighResAlarmMonitorUsage", "", Unit::Months, "metrics under high-resolution alarms", high_resolution);
        at.stock(CODE, "CW:CompositeAlarmMonitorUsage", "", Unit::Months, "composite alarms", self.composite_alarms.as_ref());
        if let Some(dashboards) = &self.dashboards {
            let tape = Tape::new().times("dashboards", dashboards);
            at.record_in(DASHBOARDS_IN, CODE, "DashboardsUsageHour", "DashboardHour", Unit::Months, tape);
        }
    }

    /// What is billed by the piece (AWS, "Amazon CloudWatch Pricing", APIs, Metric Streams and Synthetics).
    fn requested(&self, at: &mut At<'_>) {
        at.rate(CODE, "CW:Requests", "", Unit::Count, "requests of the API", self.requests.as_ref());
        // The price list's unit of these is the metric, as of those that are kept.
        at.rate(CODE, "CW:GMD-Metrics", "GetMetricData", Unit::Months, "metrics asked for", self.get_metric_data.as_ref());
        at.rate(CODE, "CW:MetricStreamUsage", "", Unit::Count, "updates of metric streams", self.metric_stream.as_ref());
        at.rate(CODE, "CW:Canary-runs", "", Unit::Count, "runs of canaries", self.canary_runs.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    #[test]
    fn metrics_and_alarms_are_kept_by_the_month() {
        check(
            "type: cloudwatch\nmetrics: 120\ncontainer_insights: 400\nalarms: 40\nhigh_resolution_alarms: 2\ncomposite_alarms: 3",
            "us-east-1",
            "2026-12",
            "CW:MetricMonitorUsage             120 months custom and detailed metrics 120
             (container-insights-ecs-enhanced) 400 months metrics of Container Insights 400
             CW:AlarmMonitorUsage               40 months metrics under alarms 40
             CW:HighResAlarmMonitorUsage         2 months metrics under high-resolution alarms 2
             CW:CompositeAlarmMonitorUsage       3 months composite alarms 3",
        );
    }

    /// 12 canary runs an hour × 720 hours of November = 8,640.
    #[test]
    fn requests_are_counted_over_the_hours_of_november() {
        check(
            "type: cloudwatch\nrequests: 2 M/month\nget_metric_data: 500 k/month\nmetric_stream: 1 M/month\ncanary_runs: 12/h",
            "us-west-2",
            "2026-11",
            "USW2-CW:Requests          2000000 count requests of the API 2,000,000/month
             USW2-CW:GMD-Metrics        500000 months metrics asked for 500,000/month
             USW2-CW:MetricStreamUsage 1000000 count updates of metric streams 1,000,000/month
             USW2-CW:Canary-runs          8640 count runs of canaries 12/h × hours in the month 720",
        );
    }

    #[test]
    fn dashboards_are_billed_in_virginia_from_everywhere() {
        let records = emitted("type: cloudwatch\ndashboards: 5", "us-west-2", "2026-12");
        let shown: Vec<(&str, &str)> = records.iter().map(|r| (r.region.as_ref(), r.usage_type.as_ref())).collect();
        assert_eq!(shown, [("us-east-1", "DashboardsUsageHour")]);
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn empty_logs_are_nothing() {
        emitted("type: cloudwatch\nlogs: {}", "us-east-1", "2026-12");
    }
}
