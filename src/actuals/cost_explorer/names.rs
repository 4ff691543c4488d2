//! Services by Cost Explorer's names, as the price list's service codes. The table is `services.csv`.

use std::collections::HashMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("services.csv");

fn table() -> &'static HashMap<&'static str, &'static str> {
    static TABLE_READ: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    TABLE_READ.get_or_init(|| TABLE.lines().skip(1).filter_map(|line| line.rsplit_once(',')).collect())
}

/// The price list's service code of a row; the name itself where the table does not know it (AWS Marketplace's are such).
///
/// Transfer is billed by the service that it leaves and priced as `AWSDataTransfer`, except for CloudFront's.
pub fn code(name: &str, usage_type: &str) -> String {
    let code = table().get(name).copied().unwrap_or(name);
    let transfer = usage_type.split_once("DataTransfer-").is_some_and(|(prefix, _)| prefix.is_empty() || prefix.ends_with('-'))
        || usage_type.ends_with("-AWS-Out-Bytes")
        || usage_type.ends_with("-AWS-In-Bytes");
    let sold_here = !matches!(code, "AmazonCloudFront" | "AWSGlobalAccelerator" | "AmazonLightsail") && table().contains_key(name);
    if transfer && sold_here { "AWSDataTransfer".to_owned() } else { code.to_owned() }
}

/// True where the table knows the name.
pub fn is_known(name: &str) -> bool {
    table().contains_key(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_of_ec2_are_one_service() {
        assert_eq!(code("EC2 - Other", "NatGateway-Hours"), "AmazonEC2");
        assert_eq!(code("Amazon Elastic Compute Cloud - Compute", "BoxUsage:m5.large"), "AmazonEC2");
    }

    #[test]
    fn transfer_is_priced_apart() {
        assert_eq!(code("EC2 - Other", "EUC1-DataTransfer-Out-Bytes"), "AWSDataTransfer");
        assert_eq!(code("Amazon Simple Storage Service", "USE1-EUC1-AWS-Out-Bytes"), "AWSDataTransfer");
        assert_eq!(code("Amazon CloudFront", "US-DataTransfer-Out-Bytes"), "AmazonCloudFront");
    }

    #[test]
    fn a_name_that_nobody_knows_stays() {
        assert_eq!(code("A Vendor's Thing", "Monthly-Subscription"), "A Vendor's Thing");
        assert!(!is_known("A Vendor's Thing") && is_known("AWS WAF"));
    }

    #[test]
    fn no_name_stands_in_the_table_twice() {
        assert_eq!(table().len(), TABLE.lines().count() - 1);
    }
}
