//! Pages of Cost Explorer's answers, over all files of an import: whether each answer is whole, and which days they tell of.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::sink::one;
use super::{Imported, UNKNOWN};
use crate::diagnostic::{Diagnostic, Problems};
use crate::month::Month;

/// One page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The file that holds it.
    pub file: String,
    /// By what its answer is grouped.
    pub by: Vec<String>,
    /// Its periods; the second day of each no longer belongs to it.
    pub spans: Vec<(NaiveDate, NaiveDate)>,
    /// True where it names a next one.
    pub more: bool,
}

/// All of them.
#[derive(Default)]
pub struct Pages {
    all: Vec<Page>,
}

impl Pages {
    /// Notes a page.
    pub fn add(&mut self, page: Page) {
        self.all.push(page);
    }

    /// Refuses answers without their last page, and periods that tell the same days twice.
    ///
    /// # Errors
    /// The file that lacks a page; the periods.
    pub fn check(&self) -> Result<(), Problems> {
        if let Some(page) = self.all.iter().find(|page| page.more && !self.all.iter().any(|other| may_end(page, other))) {
            let message = format!("{} ends before the last page: it names a next one", page.file);
            let help = "ask for it with --next-page-token, and append what comes to the file, or import it with this one";
            return Err(one(Diagnostic::general(message).help(help)));
        }
        // Periods of equal days are pages, or found twice group by group.
        let spans: BTreeSet<(NaiveDate, NaiveDate)> = self.all.iter().flat_map(|page| page.spans.iter().copied()).collect();
        let mut longest: Option<(NaiveDate, NaiveDate)> = None;
        for span in spans {
            if let Some(other) = longest.filter(|other| span.0 < other.1) {
                let message = format!(
                    "{} to {} is told twice: from {} to {}, and from {} to {}",
                    span.0,
                    span.1.min(other.1),
                    other.0,
                    other.1,
                    span.0,
                    span.1
                );
                return Err(one(Diagnostic::general(message).help("give one of the two answers: its costs would count twice")));
            }
            longest = longest.filter(|other| other.1 >= span.1).or(Some(span));
        }
        Ok(())
    }

    /// A month that is told in part is not closed. Replies do not name their account.
    pub fn reopen(&self, imported: &mut Imported) {
        for (month, days) in self.parts() {
            for statement in imported.statements.iter_mut().filter(|s| s.bill.month == month && *s.bill.payer == *UNKNOWN && s.is_final) {
                statement.is_final = false;
                imported.remarks.push(format!("{month}: the replies tell of {days} days, so it is taken as open"));
            }
        }
    }

    /// Months of which not every day is told, with how many are.
    fn parts(&self) -> BTreeMap<Month, usize> {
        let mut days: BTreeMap<Month, BTreeSet<NaiveDate>> = BTreeMap::new();
        for (start, end) in self.all.iter().flat_map(|page| &page.spans) {
            let told = days.entry(Month::of(*start)).or_default();
            told.insert(*start);
            told.extend(start.iter_days().take_while(|day| day < end));
        }
        let told = days.into_iter().map(|(month, told)| (month, told.len()));
        told.filter(|(month, days)| *days < month.first_day().iter_days().take_while(|day| *day < month.end()).count()).collect()
    }
}

/// True where a page can be the last of the answer that another one begins: grouped alike, no earlier, and with no page after it.
fn may_end(page: &Page, other: &Page) -> bool {
    let start = |page: &Page| page.spans.iter().map(|(start, _)| *start).min();
    !other.more && other.by == page.by && start(other).zip(start(page)).is_none_or(|(other, page)| other >= page)
}
