//! The scenario files that are built into the program.

use crate::scenario::InputFile;

macro_rules! files {
    ($(#[$doc:meta])* $function:ident: $($name:literal),+ $(,)?) => {
        $(#[$doc])*
        pub fn $function() -> Vec<InputFile> {
            vec![$(InputFile {
                name: concat!("scenarios/", $name).to_owned(),
                text: include_str!(concat!("../../scenarios/", $name)).to_owned(),
            }),+]
        }
    };
}

files!(
    /// Name and text of each file of `scenarios/`.
    scenarios:
    "accounts.yaml",
    "dev-driven.yaml",
    "dev.yaml",
    "dr-driven.yaml",
    "dr.yaml",
    "prod-driven.yaml",
    "prod.yaml",
    "staging-driven.yaml",
    "staging.yaml",
);

/// The example of budget rules, about these scenarios.
pub fn budgets() -> InputFile {
    InputFile { name: "scenarios/budgets.yaml".into(), text: include_str!("../../scenarios/budgets.yaml").into() }
}

files!(
    /// The recovery strategies of these scenarios.
    dr_strategies:
    "dr-strategies/prod.yaml",
);

files!(
    /// Name and text of each file of `scenarios/levers/`.
    levers:
    "levers/aurora-generation-8.yaml",
    "levers/aurora-io-optimized.yaml",
    "levers/aurora-reserved-all-upfront.yaml",
    "levers/aurora-reserved.yaml",
    "levers/aurora-serverless.yaml",
    "levers/cache-generation-7.yaml",
    "levers/cache-reserved-all-upfront.yaml",
    "levers/cache-reserved.yaml",
    "levers/cloudfront-plan.yaml",
    "levers/compute-savings-plan-3yr.yaml",
    "levers/compute-savings-plan-all-upfront.yaml",
    "levers/compute-savings-plan.yaml",
    "levers/database-off-hours.yaml",
    "levers/database-savings-plan.yaml",
    "levers/endpoints-through-nat.yaml",
    "levers/gateway-endpoint.yaml",
    "levers/graviton.yaml",
    "levers/idle-ipv4.yaml",
    "levers/lambda-batch.yaml",
    "levers/log-class.yaml",
    "levers/log-retention.yaml",
    "levers/multi-cloud.yaml",
    "levers/nat-endpoints.yaml",
    "levers/off-hours.yaml",
    "levers/right-sizing.yaml",
    "levers/s3-intelligent-tiering.yaml",
    "levers/s3-lifecycle.yaml",
    "levers/single-nat.yaml",
    "levers/spot-background.yaml",
    "levers/spot-development.yaml",
    "levers/trace-sampling.yaml",
    "levers/valkey.yaml",
    "levers/weekly-copies.yaml",
);
