//! The scenario files that are built into the program.

use crate::scenario::InputFile;

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        /// Name and text of each file of `scenarios/`.
        pub fn scenarios() -> Vec<InputFile> {
            vec![$(InputFile {
                name: concat!("scenarios/", $name).to_owned(),
                text: include_str!(concat!("../../scenarios/", $name)).to_owned(),
            }),+]
        }
    };
}

files!(
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
