//! The price files that are built into the program.

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        /// Name and text of each file of `pricing/`.
        pub fn files() -> [(&'static str, &'static str); [$($name),+].len()] {
            [$((concat!("pricing/", $name), include_str!(concat!("../../pricing/", $name)))),+]
        }
    };
}

files!(
    "regions.csv",
    "families.csv",
    "free_tier.csv",
    "support.csv",
    "ap-northeast-1.csv",
    "ap-northeast-2.csv",
    "ap-south-1.csv",
    "ap-south-2.csv",
    "ap-southeast-1.csv",
    "ap-southeast-2.csv",
    "ca-central-1.csv",
    "eu-central-1.csv",
    "eu-north-1.csv",
    "eu-west-1.csv",
    "eu-west-2.csv",
    "eu-west-3.csv",
    "global.csv",
    "sa-east-1.csv",
    "us-east-1.csv",
    "us-east-2.csv",
    "us-west-1.csv",
    "us-west-2.csv",
);
