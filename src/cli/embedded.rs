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

files!(
    /// The recovery strategies of these scenarios.
    dr_strategies:
    "dr-strategies/prod.yaml",
);
