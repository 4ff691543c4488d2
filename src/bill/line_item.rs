//! What kind of line a charge is on AWS's own bill (Cost and Usage Report, `lineItem/LineItemType`; Cost Explorer, `RECORD_TYPE`).

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Category, Frequency, Pricing};

/// AWS's line item types. A type that is not known here is kept by its name: its amount counts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LineItem {
    /// Use at on-demand price.
    Usage,
    /// Use that a reservation covers: its fee stands elsewhere.
    DiscountedUsage,
    /// Use that a savings plan covers, at its on-demand price.
    SavingsPlanCoveredUsage,
    /// Takes the on-demand price of the covered use away again.
    SavingsPlanNegation,
    /// The hourly commitment of a savings plan.
    SavingsPlanRecurringFee,
    /// What a savings plan costs once.
    SavingsPlanUpfrontFee,
    /// The monthly fee of a reservation.
    RiFee,
    /// A fee: once for a reservation, or of a subscription.
    Fee,
    /// A subscription at a flat rate.
    FlatRateSubscription,
    /// Money back.
    Refund,
    /// A credit.
    Credit,
    /// A tax.
    Tax,
    /// A discount without a name of its own.
    Discount,
    /// The discount of an enterprise agreement.
    EdpDiscount,
    /// The discount of a private rate.
    PrivateRateDiscount,
    /// The discount for services taken together.
    BundledDiscount,
    /// The discount for many reservations.
    RiVolumeDiscount,
    /// The discount of the Solution Provider Program.
    SppDiscount,
    /// A type that AWS has and this program does not.
    Other(Arc<str>),
}

/// Every type that is known, as the Cost and Usage Report spells it.
const KNOWN: &[(&str, LineItem)] = &[
    ("Usage", LineItem::Usage),
    ("DiscountedUsage", LineItem::DiscountedUsage),
    ("SavingsPlanCoveredUsage", LineItem::SavingsPlanCoveredUsage),
    ("SavingsPlanNegation", LineItem::SavingsPlanNegation),
    ("SavingsPlanRecurringFee", LineItem::SavingsPlanRecurringFee),
    ("SavingsPlanUpfrontFee", LineItem::SavingsPlanUpfrontFee),
    ("RIFee", LineItem::RiFee),
    ("Fee", LineItem::Fee),
    ("FlatRateSubscription", LineItem::FlatRateSubscription),
    ("Refund", LineItem::Refund),
    ("Credit", LineItem::Credit),
    ("Tax", LineItem::Tax),
    ("Discount", LineItem::Discount),
    ("EdpDiscount", LineItem::EdpDiscount),
    ("PrivateRateDiscount", LineItem::PrivateRateDiscount),
    ("BundledDiscount", LineItem::BundledDiscount),
    ("RiVolumeDiscount", LineItem::RiVolumeDiscount),
    ("SppDiscount", LineItem::SppDiscount),
];

/// Cost Explorer's own words for some of them, beside those of the report.
const ALSO: &[(&str, LineItem)] = &[
    ("Recurring reservation fee", LineItem::RiFee),
    ("Recurring", LineItem::RiFee),
    ("Upfront reservation fee", LineItem::Fee),
    ("Upfront", LineItem::Fee),
    ("Reservation applied usage", LineItem::DiscountedUsage),
    ("Enterprise Discount Program Discount", LineItem::EdpDiscount),
    ("Solution Provider Program Discount", LineItem::SppDiscount),
    ("Reserved Instance Volume Discount", LineItem::RiVolumeDiscount),
    ("Distributor Discount", LineItem::Discount),
    ("Enterprise Discount", LineItem::EdpDiscount),
    ("Support", LineItem::Fee),
    ("Support fee", LineItem::Fee),
    ("Other out-of-cycle charges", LineItem::Fee),
];

impl LineItem {
    /// The name in the Cost and Usage Report.
    pub fn name(&self) -> &str {
        match self {
            LineItem::Other(name) => name,
            known => KNOWN.iter().find(|(_, item)| item == known).map_or("", |(name, _)| name),
        }
    }

    /// FOCUS `ChargeCategory` of the type. A type that is not known is an adjustment.
    pub fn category(&self) -> Category {
        match self {
            LineItem::Usage | LineItem::DiscountedUsage | LineItem::SavingsPlanCoveredUsage | LineItem::SavingsPlanNegation => {
                Category::Usage
            }
            LineItem::SavingsPlanRecurringFee
            | LineItem::SavingsPlanUpfrontFee
            | LineItem::RiFee
            | LineItem::Fee
            | LineItem::FlatRateSubscription => Category::Purchase,
            LineItem::Tax => Category::Tax,
            LineItem::Credit => Category::Credit,
            _ => Category::Adjustment,
        }
    }

    /// FOCUS `ChargeFrequency` of the type.
    pub fn frequency(&self) -> Frequency {
        match self {
            LineItem::Usage | LineItem::DiscountedUsage | LineItem::SavingsPlanCoveredUsage | LineItem::SavingsPlanNegation => {
                Frequency::UsageBased
            }
            LineItem::SavingsPlanRecurringFee | LineItem::RiFee | LineItem::FlatRateSubscription => Frequency::Recurring,
            _ => Frequency::OneTime,
        }
    }

    /// FOCUS `PricingCategory` of the type.
    pub fn pricing(&self, usage_type: &str) -> Pricing {
        match self {
            LineItem::DiscountedUsage | LineItem::SavingsPlanCoveredUsage => Pricing::Committed,
            LineItem::Usage if usage_type.contains("SpotUsage") => Pricing::Dynamic,
            LineItem::Usage => Pricing::Standard,
            _ => Pricing::Other,
        }
    }

    /// True for what lowers a bill by agreement.
    pub fn is_discount(&self) -> bool {
        matches!(
            self,
            LineItem::Discount
                | LineItem::EdpDiscount
                | LineItem::PrivateRateDiscount
                | LineItem::BundledDiscount
                | LineItem::RiVolumeDiscount
                | LineItem::SppDiscount
        )
    }
}

impl FromStr for LineItem {
    type Err = Infallible;

    /// The report's spelling (`SavingsPlanNegation`), or Cost Explorer's with spaces (`Savings Plan Negation`).
    fn from_str(text: &str) -> Result<LineItem, Infallible> {
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        let wanted = letters(text);
        let found = KNOWN.iter().chain(ALSO).find(|(name, _)| letters(name) == wanted);
        Ok(found.map_or_else(|| LineItem::Other(text.into()), |(_, item)| item.clone()))
    }
}

impl fmt::Display for LineItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &str) -> LineItem {
        text.parse().unwrap_or_else(|never| match never {})
    }

    #[test]
    fn every_type_is_read_as_it_is_written() {
        assert!(KNOWN.iter().all(|(name, known)| item(name) == *known && known.name() == *name));
    }

    #[test]
    fn cost_explorer_writes_some_with_spaces() {
        assert_eq!(item("Savings Plan Negation"), LineItem::SavingsPlanNegation);
        assert_eq!(item("Upfront reservation fee"), LineItem::Fee);
        assert_eq!(item("Support fee"), LineItem::Fee);
    }

    #[test]
    fn a_type_that_nobody_knows_keeps_its_name() {
        let unknown = item("Future Discount");
        assert_eq!((unknown.name(), unknown.category(), unknown.is_discount()), ("Future Discount", Category::Adjustment, false));
    }
}
