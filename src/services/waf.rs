//! WAF: web ACLs and rules by the month, requests by the piece (AWS, "AWS WAF Pricing"). Web ACLs for CloudFront are billed
//! without a region, those for load balancers in the region of these.
//!
//! Not here: WAF that a flat-rate plan of CloudFront includes (`cloudfront-plan`). Not modelled: web ACLs of more than 1,500
//! capacity units, bodies beyond the standard size, CAPTCHA, and the requests that Bot Control bills beyond its first 10 M.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Unit};
use crate::scenario::driver::Driver;
use crate::usage::Tape;

const CODE: &str = "awswaf";
/// Where web ACLs of CloudFront, and Bot Control of either scope, have their prices.
const GLOBAL: &str = "global";

/// What the web ACLs stand in front of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// CloudFront distributions.
    Cloudfront,
    /// Load balancers and other resources of a region.
    Regional,
}

/// Web ACLs of one scope.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Waf {
    /// What they stand in front of.
    pub scope: Scope,
    /// Web ACLs, on average over the month.
    #[serde(default)]
    pub web_acls: Option<Driver<Count>>,
    /// Rules, rule groups and managed rule groups in all web ACLs together.
    #[serde(default)]
    pub rules: Option<Driver<Count>>,
    /// Requests that are inspected.
    #[serde(default)]
    pub requests: Option<Driver<CountRate>>,
    /// Web ACLs with the managed rule group Bot Control.
    #[serde(default)]
    pub bot_control: Option<Driver<Count>>,
}

impl Service for Waf {
    const TYPE: &'static str = "waf";
    const METRICS: &'static [(&'static str, &'static str)] = &[(".requests", "AllowedRequests and BlockedRequests (AWS/WAFV2)")];
    const EXAMPLE: &'static str = "
type: waf
scope: cloudfront
web_acls: 1
rules: 8
requests: 118/s
bot_control: 1
";

    fn usage(&self, at: &mut At<'_>) {
        let region: Arc<str> = match self.scope {
            Scope::Cloudfront => GLOBAL.into(),
            Scope::Regional => at.region.clone(),
        };
        if let Some(web_acls) = &self.web_acls {
            at.record_in(&region, CODE, "WebACLV2", "", Unit::Months, Tape::new().times("web ACLs", web_acls));
        }
        if let Some(rules) = &self.rules {
            at.record_in(&region, CODE, "RuleV2", "", Unit::Months, Tape::new().times("rules", rules));
        }
        if let Some(requests) = &self.requests {
            let tape = Tape::new().times_rate("requests inspected", requests, &at.over);
            at.record_in(&region, CODE, "RequestV2-Tier1", "", Unit::Count, tape);
        }
        if let Some(bot_control) = &self.bot_control {
            let tape = Tape::new().times("web ACLs with Bot Control", bot_control);
            at.record_in(GLOBAL, CODE, "AMR-BotControl-Entity", "", Unit::Months, tape);
        }
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.web_acls.is_none() && self.rules.is_none() && self.requests.is_none() && self.bot_control.is_none() {
            let help = "state at least one of `web_acls`, `rules`, `requests`, `bot_control`";
            check.error(None, "this WAF uses nothing", "only `scope` is stated", help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 118 × 744 × 3,600 = 316,051,200.
    #[test]
    fn in_front_of_cloudfront_it_is_billed_without_a_region() {
        let yaml = "type: waf\nscope: cloudfront\nweb_acls: 1\nrules: 8\nrequests: 118/s\nbot_control: 1";
        check(
            yaml,
            "us-west-2",
            "2026-12",
            "Global-WebACLV2               1 months web ACLs 1
             Global-RuleV2                 8 months rules 8
             Global-RequestV2-Tier1 316051200 count requests inspected 118/s × hours in the month 744 × in an hour 3,600
             AMR-BotControl-Entity         1 months web ACLs with Bot Control 1",
        );
        assert!(emitted(yaml, "us-west-2", "2026-12").iter().all(|r| r.region.as_ref() == "global"));
    }

    #[test]
    fn in_front_of_a_load_balancer_it_is_billed_in_its_region() {
        check(
            "type: waf\nscope: regional\nweb_acls: 2\nrules: 10\nrequests: 5 M/month",
            "us-east-1",
            "2026-12",
            "USE1-WebACLV2               2 months web ACLs 2
             USE1-RuleV2                10 months rules 10
             USE1-RequestV2-Tier1  5000000 count  requests inspected 5,000,000/month",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn a_scope_alone_is_nothing() {
        emitted("type: waf\nscope: regional", "us-east-1", "2026-12");
    }
}
