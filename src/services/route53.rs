//! Route 53: hosted zones and health checks by the month, queries by the piece (AWS, "Amazon Route 53 pricing"). All of it is
//! billed without a region. A hosted zone is billed whole when it is created and on the first day of each month.
//!
//! Not here: domains, which cost a known amount a year (`known-charge`), and query logs (`cloudwatch`). Resolver endpoints and
//! the DNS Firewall are not modelled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Unit};
use crate::scenario::driver::Driver;
use crate::usage::Tape;

const CODE: &str = "AmazonRoute53";

/// Zones, queries and health checks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Route53 {
    /// Hosted zones, public and private.
    #[serde(default)]
    pub hosted_zones: Option<Driver<Count>>,
    /// Standard queries: those of simple, weighted and failover records.
    #[serde(default)]
    pub queries: Option<Driver<CountRate>>,
    /// Queries of records with latency-based routing.
    #[serde(default)]
    pub latency_queries: Option<Driver<CountRate>>,
    /// Queries of records with geolocation or geoproximity routing.
    #[serde(default)]
    pub geo_queries: Option<Driver<CountRate>>,
    /// Queries of alias records that point at resources of AWS: on the bill at no charge.
    #[serde(default)]
    pub alias_queries: Option<Driver<CountRate>>,
    /// Health checks of endpoints inside AWS.
    #[serde(default)]
    pub health_checks: Option<Driver<Count>>,
    /// Options of these, all together: HTTPS, string matching, a fast interval and latency measurement are one each.
    #[serde(default)]
    pub health_check_options: Option<Driver<Count>>,
    /// Health checks of endpoints outside AWS.
    #[serde(default)]
    pub external_health_checks: Option<Driver<Count>>,
    /// Options of those, all together.
    #[serde(default)]
    pub external_health_check_options: Option<Driver<Count>>,
}

impl Service for Route53 {
    const TYPE: &'static str = "route53";
    const EXAMPLE: &'static str = "
type: route53
hosted_zones: 2
queries: 30 M queries/month
latency_queries: 5 M queries/month
geo_queries: 1 M queries/month
alias_queries: 60 M queries/month
health_checks: 2
health_check_options: 4
external_health_checks: 1
external_health_check_options: 1
";

    fn usage(&self, at: &mut At<'_>) {
        kept(at, "HostedZone", "hosted zones", self.hosted_zones.as_ref());
        asked(at, "DNS-Queries", "standard queries", self.queries.as_ref());
        asked(at, "LBR-Queries", "latency-based queries", self.latency_queries.as_ref());
        asked(at, "Geo-Queries", "geographic queries", self.geo_queries.as_ref());
        asked(at, "Intra-AWS-DNS-Queries", "queries of aliases", self.alias_queries.as_ref());
        kept(at, "Health-Check-AWS", "health checks inside AWS", self.health_checks.as_ref());
        kept(at, "Health-Check-Option-AWS", "options of health checks inside AWS", self.health_check_options.as_ref());
        kept(at, "Health-Check-Non-AWS", "health checks outside AWS", self.external_health_checks.as_ref());
        let external_options = self.external_health_check_options.as_ref();
        kept(at, "Health-Check-Option-Non-AWS", "options of health checks outside AWS", external_options);
    }

    fn check(&self, check: &mut Check<'_>) {
        let used = [
            self.hosted_zones.is_some(),
            self.queries.is_some(),
            self.latency_queries.is_some(),
            self.geo_queries.is_some(),
            self.alias_queries.is_some(),
            self.health_checks.is_some(),
            self.health_check_options.is_some(),
            self.external_health_checks.is_some(),
            self.external_health_check_options.is_some(),
        ];
        if !used.contains(&true) {
            let help = "state at least one of `hosted_zones`, `queries`, `health_checks` …";
            check.error(None, "this Route 53 uses nothing", "nothing is stated", help);
        }
    }
}

/// What is billed by the month (AWS, "Amazon Route 53 pricing", Hosted Zones and Health Checks).
fn kept(at: &mut At<'_>, base: &str, name: &'static str, count: Option<&Driver<Count>>) {
    if let Some(count) = count {
        at.record_in("global", CODE, base, "", Unit::Months, Tape::new().times(name, count));
    }
}

/// What is billed by the query (AWS, "Amazon Route 53 pricing", Queries).
fn asked(at: &mut At<'_>, base: &str, name: &'static str, queries: Option<&Driver<CountRate>>) {
    if let Some(queries) = queries {
        let tape = Tape::new().times_rate(name, queries, &at.over);
        at.record_in("global", CODE, base, "", Unit::Count, tape);
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 10 queries a second × 3,600 × 720 hours = 25,920,000.
    #[test]
    fn zones_and_queries_have_no_region() {
        check(
            "type: route53\nhosted_zones: 2\nqueries: 10/s\nlatency_queries: 5 M/month\ngeo_queries: 1 M/month\nalias_queries: 60 M/month",
            "us-west-2",
            "2026-11",
            "HostedZone                   2 months hosted zones 2
             DNS-Queries           25920000 count  standard queries 10/s × hours in the month 720 × in an hour 3,600
             LBR-Queries            5000000 count  latency-based queries 5,000,000/month
             Geo-Queries            1000000 count  geographic queries 1,000,000/month
             Intra-AWS-DNS-Queries 60000000 count  queries of aliases 60,000,000/month",
        );
    }

    #[test]
    fn health_checks_differ_by_where_they_look() {
        check(
            "type: route53\nhealth_checks: 2\nhealth_check_options: 4\nexternal_health_checks: 1\nexternal_health_check_options: 3",
            "us-east-1",
            "2026-12",
            "Health-Check-AWS            2 months health checks inside AWS 2
             Health-Check-Option-AWS     4 months options of health checks inside AWS 4
             Health-Check-Non-AWS        1 months health checks outside AWS 1
             Health-Check-Option-Non-AWS 3 months options of health checks outside AWS 3",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: route53", "us-east-1", "2026-12");
    }
}
