//! What AWS's services are called: one service has a code in the price list, product codes in a Cost and Usage Report, a name in
//! Cost Explorer and one in FOCUS. `pricing/service_names.csv` maps them all to the price list's code.

use std::collections::HashMap;

/// The table that is built into the program.
const EMBEDDED: &str = include_str!("../../pricing/service_names.csv");
/// Under which all transfer is priced, whichever service it is billed with.
const TRANSFER: &str = "AWSDataTransfer";

/// The names of services.
#[derive(Clone, Debug)]
pub struct Names {
    /// By code: a name for people, and the codes of the price list under which some of its usage types stand.
    services: HashMap<String, (String, Vec<String>)>,
    /// By any name, in lower case.
    codes: HashMap<String, String>,
}

impl Names {
    /// The table that is built into the program.
    pub fn embedded() -> Names {
        Names::read(EMBEDDED)
    }

    /// Reads a table: service code, name, CUR product codes, Cost Explorer's names, FOCUS names, and service codes whose usage
    /// types are billed with it. Lists are parted by `;`. The first row that claims a name keeps it.
    pub fn read(text: &str) -> Names {
        let mut names = Names { services: HashMap::new(), codes: HashMap::new() };
        for row in csv::Reader::from_reader(text.as_bytes()).records().flatten() {
            let list = |column: usize| row.get(column).unwrap_or_default().split(';').map(str::trim).filter(|n| !n.is_empty());
            let code = row.get(0).unwrap_or_default();
            for name in list(0).chain(list(2)).chain(list(3)).chain(list(4)) {
                names.codes.entry(name.to_lowercase()).or_insert_with(|| code.to_owned());
            }
            let holds = list(5).map(str::to_owned).collect();
            names.services.insert(code.to_owned(), (row.get(1).unwrap_or_default().to_owned(), holds));
        }
        names
    }

    /// The price list's code behind any name of a service; `None` for one that the table does not have.
    pub fn code(&self, name: &str) -> Option<&str> {
        self.codes.get(&name.trim().to_lowercase()).map(String::as_str)
    }

    /// What people call a service; the code itself where the table does not have it.
    pub fn title<'a>(&'a self, code: &'a str) -> &'a str {
        self.services.get(code).map_or(code, |(name, _)| name)
    }

    /// Codes of the price list under which a usage type that is billed with a service can stand: its own first.
    pub fn candidates<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a str> {
        let held = self.services.get(code).map(|(_, holds)| holds.as_slice()).unwrap_or_default();
        [code].into_iter().chain(held.iter().map(String::as_str)).chain([TRANSFER])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::PriceBook;

    #[test]
    fn every_name_of_a_service_leads_to_its_code() {
        let names = Names::embedded();
        for name in ["AmazonEC2", "EC2 - Other", "Amazon Elastic Compute Cloud - Compute", "Amazon Elastic Compute Cloud", "amazonec2"] {
            assert_eq!(names.code(name), Some("AmazonEC2"), "{name}");
        }
        assert_eq!(names.code("AWSSupportBusiness"), Some("AWSSupport"));
        assert_eq!(names.code("5f9examplemarketplace"), None);
        assert_eq!(names.title("awskms"), "Key Management Service");
    }

    /// What the engine can emit, and what the price book holds, has a row.
    #[test]
    fn every_service_of_the_price_book_is_there() {
        let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        let names = Names::embedded();
        let missing: Vec<&str> = book.families().iter().map(|f| f.service.as_str()).filter(|s| names.code(s) != Some(s)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        for own in [crate::rating::support::SERVICE, "ComputeSavingsPlans", "DatabaseSavingsPlans", "Tax"] {
            assert_eq!(names.code(own), Some(own));
        }
    }

    /// No name may stand for two services.
    #[test]
    fn a_name_stands_once() {
        let mut seen: HashMap<String, String> = HashMap::new();
        for row in csv::Reader::from_reader(EMBEDDED.as_bytes()).records() {
            let row = row.expect("a row");
            assert_eq!(row.len(), 7, "{row:?}");
            for name in row.iter().take(5).enumerate().filter(|(i, _)| *i != 1).flat_map(|(_, list)| list.split(';')) {
                if let Some(other) = seen.insert(name.to_lowercase(), row[0].to_owned()).filter(|_| !name.is_empty()) {
                    assert_eq!(other, row[0], "{name}");
                }
            }
        }
    }
}
