//! CloudFront: bytes and requests by the geography of the viewer (AWS, "Amazon CloudFront Pricing"). The first terabyte and ten
//! million requests of a month are free worldwide. A flat-rate plan is another purchase, for a distribution and a month.
//!
//! Not here: bytes from the origin to CloudFront, which are free, and WAF (`waf`). Requests that the cache does not answer are billed
//! where they go: a bucket that says `behind` reads as often (`s3`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, GbRate, Share, Unit};
use crate::scenario::driver::Driver;
use crate::usage::{Over, Step, Tape};

const CODE: &str = "AmazonCloudFront";

/// Where viewers are, as usage types name it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Geography {
    /// United States, Mexico, Canada.
    Us,
    /// Europe, Israel.
    Eu,
    /// Japan.
    Jp,
    /// Australia, New Zealand.
    Au,
    /// Hong Kong, Singapore, South Korea, Taiwan and others.
    Ap,
    /// India.
    In,
    /// South America.
    Sa,
    /// South Africa, Kenya.
    Za,
    /// Middle East.
    Me,
}

impl Geography {
    fn code(self) -> &'static str {
        match self {
            Geography::Us => "US",
            Geography::Eu => "EU",
            Geography::Jp => "JP",
            Geography::Au => "AU",
            Geography::Ap => "AP",
            Geography::In => "IN",
            Geography::Sa => "SA",
            Geography::Za => "ZA",
            Geography::Me => "ME",
        }
    }
}

/// What viewers of one geography ask for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Edge {
    /// Bytes to viewers.
    #[serde(default)]
    pub out: Option<Driver<GbRate>>,
    /// Bytes of viewers to the origin (uploads, forms).
    #[serde(default)]
    pub to_origin: Option<Driver<GbRate>>,
    /// HTTPS requests.
    #[serde(default)]
    pub https: Option<Driver<CountRate>>,
    /// HTTP requests.
    #[serde(default)]
    pub http: Option<Driver<CountRate>>,
}

/// A CloudFront distribution, paid by use.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Cloudfront {
    /// Viewers by geography.
    pub geographies: BTreeMap<Geography, Edge>,
    /// The part of the viewers' requests that the cache answers; what stands `behind` the distribution gets the others.
    #[serde(default)]
    pub hit_ratio: Option<Driver<Share>>,
    /// Paths that are invalidated.
    #[serde(default)]
    pub invalidations: Option<Driver<CountRate>>,
    /// Runs of CloudFront Functions.
    #[serde(default)]
    pub functions: Option<Driver<CountRate>>,
}

impl Service for Cloudfront {
    const TYPE: &'static str = "cloudfront";
    const METRICS: &'static [(&'static str, &'static str)] = &[
        (".out", "BytesDownloaded (AWS/CloudFront)"),
        (".to_origin", "BytesUploaded (AWS/CloudFront)"),
        (".http", "Requests (AWS/CloudFront)"),
        (".hit_ratio", "CacheHitRate (AWS/CloudFront, additional metrics)"),
    ];
    const EXAMPLE: &'static str = "
type: cloudfront
geographies:
  us: {out: 2 TB/month, to_origin: 20 GB/month, https: 50 M requests/month, http: 1 M requests/month}
  eu: {out: 500 GB/month, to_origin: 5 GB/month, https: 10 M requests/month, http: 1 M requests/month}
  jp: {out: 10 GB/month, to_origin: 1 GB/month, https: 1 M requests/month}
  au: {out: 10 GB/month, to_origin: 1 GB/month, https: 1 M requests/month}
  ap: {out: 10 GB/month, to_origin: 1 GB/month, https: 1 M requests/month}
  in: {out: 10 GB/month, to_origin: 1 GB/month, https: 1 M requests/month}
  sa: {out: 10 GB/month, to_origin: 1 GB/month, https: 1 M requests/month}
  za: {out: 10 GB/month, to_origin: 1 GB/month, https: 1 M requests/month}
  me: {out: 10 GB/month, to_origin: 1 GB/month}
hit_ratio: 85%
invalidations: 2 k/month
functions: 3 M/month
";

    fn usage(&self, at: &mut At<'_>) {
        // An edge belongs to no region of the scenario: the viewer's geography stands in the usage type.
        let region = std::mem::replace(&mut at.region, "global".into());
        for (geography, edge) in &self.geographies {
            let name = |what: &str| format!("{}-{what}", geography.code());
            at.rate(CODE, &name("DataTransfer-Out-Bytes"), "", Unit::Gb, "bytes to viewers", edge.out.as_ref());
            at.rate(CODE, &name("DataTransfer-Out-OBytes"), "", Unit::Gb, "bytes to the origin", edge.to_origin.as_ref());
            at.rate(CODE, &name("Requests-Tier2-HTTPS"), "", Unit::Count, "HTTPS requests", edge.https.as_ref());
            at.rate(CODE, &name("Requests-Tier1"), "", Unit::Count, "HTTP requests", edge.http.as_ref());
        }
        at.rate(CODE, "Invalidations", "", Unit::Count, "paths invalidated", self.invalidations.as_ref());
        at.rate(CODE, "Executions-CloudFrontFunctions", "", Unit::Count, "runs of functions", self.functions.as_ref());
        at.region = region;
    }

    fn misses(&self, over: &Over) -> Option<Tape> {
        let hits = self.hit_ratio.as_ref()?;
        let missed = Tape::new().rule_of(Step::Plus, "all of them", 1).minus("hit ratio", hits);
        Some(self.requests(over)?.with(Step::Times, "part that the cache does not answer", missed).from_driver(hits))
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.geographies.is_empty() {
            check.error(None, "this distribution has no viewers", "state a geography", "`geographies: {us: {out: 100 GB/month}}`");
        }
    }
}

impl Cloudfront {
    /// The viewers' requests of a month; `None` where none are stated.
    fn requests(&self, over: &Over) -> Option<Tape> {
        let edges = self.geographies.iter().flat_map(|(geography, edge)| {
            [("HTTPS", &edge.https), ("HTTP", &edge.http)].map(|(protocol, driver)| (protocol, geography.code(), driver.as_ref()))
        });
        let each: Vec<(String, Tape)> = edges
            .filter_map(|(protocol, code, driver)| {
                Some((format!("{protocol} requests, {code}"), Tape::new().times_rate("viewers' requests", driver?, over)))
            })
            .collect();
        match each.as_slice() {
            [] => None,
            [(_, only)] => Some(only.clone()),
            _ => Some(each.into_iter().fold(Tape::new(), |sum, (name, tape)| sum.with(Step::Plus, name, tape))),
        }
    }
}

/// The flat-rate plans.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FlatRate {
    /// 1 million requests, 100 GB.
    Free,
    /// 10 million requests, 50 TB.
    Pro,
    /// 125 million requests, 50 TB.
    Business,
    /// 500 million requests, 50 TB.
    Premium,
}

/// CloudFront distributions on a flat-rate plan: beyond the plan's allowance they are slowed down, not billed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CloudfrontPlan {
    /// The plan.
    pub plan: FlatRate,
    /// Distributions on it.
    pub distributions: Driver<Count>,
}

impl Service for CloudfrontPlan {
    const TYPE: &'static str = "cloudfront-plan";
    const EXAMPLE: &'static str = "
type: cloudfront-plan
plan: business
distributions: 1
";

    fn usage(&self, at: &mut At<'_>) {
        let base = match self.plan {
            FlatRate::Free => "(flat-rate-plan-Free)",
            FlatRate::Pro => "(flat-rate-plan-Pro)",
            FlatRate::Business => "(flat-rate-plan-Business)",
            FlatRate::Premium => "(flat-rate-plan-Premium)",
        };
        let tape = Tape::new().times("distributions", &self.distributions);
        at.record_in("global", "CloudFrontPlans", base, "", Unit::Months, tape);
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    #[test]
    fn geographies_are_billed_apart_and_in_no_region() {
        check(
            "type: cloudfront\ngeographies: {eu: {out: 1 TB/month}, us: {out: 2 TB/month, https: 5 M requests/month}}",
            "us-east-1",
            "2026-12",
            "US-DataTransfer-Out-Bytes 2048 GB bytes to viewers 2,048 GB/month
             US-Requests-Tier2-HTTPS 5000000 count HTTPS requests 5,000,000/month
             EU-DataTransfer-Out-Bytes 1024 GB bytes to viewers 1,024 GB/month",
        );
    }

    #[test]
    fn a_flat_rate_plan_is_billed_by_the_month() {
        check(
            "type: cloudfront-plan\nplan: pro\ndistributions: 2",
            "us-east-1",
            "2026-12",
            "(flat-rate-plan-Pro) 2 months distributions 2",
        );
    }
}
