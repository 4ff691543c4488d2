//! Config: configuration items recorded and rules evaluated (AWS, "AWS Config pricing"). Tiers count in each account and region.
//!
//! Not here: the bucket in which snapshots lie (`s3-bucket`). Not modelled: conformance packs, which have tiers of their own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{CountRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AWSConfig";

/// Config in one account and region.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Config {
    /// Configuration items recorded continuously: one for each change of a resource. Each task that starts or stops is a change.
    #[serde(default)]
    pub items: Option<Driver<CountRate>>,
    /// Configuration items recorded once a day: one for each resource on a day on which it changed.
    #[serde(default)]
    pub daily_items: Option<Driver<CountRate>>,
    /// Configuration items of resources that AWS does not know by itself.
    #[serde(default)]
    pub custom_items: Option<Driver<CountRate>>,
    /// Evaluations: one for each rule and resource each time it is looked at.
    #[serde(default)]
    pub rule_evaluations: Option<Driver<CountRate>>,
}

impl Service for Config {
    const TYPE: &'static str = "config";
    const EXAMPLE: &'static str = "
type: config
items: 6 k items/month
daily_items: 200/day
custom_items: 100 items/month
rule_evaluations: 20 k evaluations/month
";

    fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "ConfigurationItemRecorded", "", Unit::Count, "configuration items", self.items.as_ref());
        at.rate(CODE, "ConfigurationItemRecordedDaily", "", Unit::Count, "daily configuration items", self.daily_items.as_ref());
        at.rate(CODE, "CustomConfigItemRecorded", "", Unit::Count, "custom configuration items", self.custom_items.as_ref());
        at.rate(CODE, "ConfigRuleEvaluations", "", Unit::Count, "evaluations of rules", self.rule_evaluations.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.items.is_none() && self.daily_items.is_none() && self.custom_items.is_none() && self.rule_evaluations.is_none() {
            let help = "state at least one of `items`, `daily_items`, `custom_items`, `rule_evaluations`";
            check.error(None, "this Config uses nothing", "nothing is stated", help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 200 items a day × 720 hours ÷ 24 = 6,000, which is 200 × 30.
    #[test]
    fn items_and_evaluations_are_counted_apart() {
        check(
            "type: config\nitems: 6 k/month\ndaily_items: 200/day\ncustom_items: 100/month\nrule_evaluations: 20 k/month",
            "us-east-1",
            "2026-11",
            "USE1-ConfigurationItemRecorded      6000 count configuration items 6,000/month
             USE1-ConfigurationItemRecordedDaily 6000 count daily configuration items 200/day × hours in the month 720 ÷ hours in a day 24
             USE1-CustomConfigItemRecorded        100 count custom configuration items 100/month
             USE1-ConfigRuleEvaluations         20000 count evaluations of rules 20,000/month",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: config", "us-east-1", "2026-12");
    }
}
