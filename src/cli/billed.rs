//! Real bills in: from the store, or from files. The one place where commands that compare read them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::{Failure, compare};
use crate::bill::Bill;
use crate::scenario::Scenario;
use crate::scenario::actuals::{ENVIRONMENT, Shared};
use crate::variance::calendar::{self, SoFar};
use crate::variance::key::{Cost, Keys};
use crate::variance::scope::{self, Divided, tag_key};

#[cfg(feature = "actuals")]
pub use self::with::Bills;
#[cfg(not(feature = "actuals"))]
pub use self::without::Bills;

/// A month's bill as AWS sent it.
#[derive(Clone, Debug)]
pub struct Billed {
    /// The whole payer's.
    pub bill: Bill,
    /// Where it came from, in words.
    pub source: String,
    /// True once AWS has closed the month.
    pub is_final: bool,
    /// True where the source says of itself that it may still change.
    pub is_estimated: bool,
    /// The cost tags that were asked for, where only those are there; `None` where every row carries all its tags.
    pub tags: Option<Vec<String>>,
    /// What the source cannot tell.
    pub remark: Option<String>,
}

impl Billed {
    /// The bill divided among members, as far as it tells them.
    pub fn divide(&self, members: &[&Scenario], rules: &[Shared], keys: &Keys<'_>, cost: Cost) -> Divided {
        let told: Vec<Cow<'_, Scenario>> = members.iter().map(|member| scope::told_by(member, &|tag| self.asked(tag))).collect();
        let told: Vec<&Scenario> = told.iter().map(AsRef::as_ref).collect();
        scope::divide(&self.bill, &told, rules, keys, cost)
    }

    /// The part of the bill that is one member's.
    ///
    /// # Errors
    /// No row of it is.
    pub fn own(&self, scenario: &Scenario, members: &[&Scenario], rules: &[Shared], keys: &Keys<'_>, cost: Cost) -> Result<Bill, Failure> {
        let divided = self.divide(members, rules, keys, cost);
        let own = divided.member(&scenario.name).map(|m| m.bill(&self.bill)).filter(|own| !own.charges.is_empty());
        own.ok_or_else(|| compare::none_is_its(scenario, &self.bill))
    }

    /// What the user should know of members whose tag was not asked for.
    pub fn mistakable(&self, members: &[&Scenario]) -> Vec<String> {
        let by_name = members.iter().filter(|m| !m.actuals.tag.keys().all(|tag| self.asked(tag)));
        let remark = |m: &&Scenario| {
            let (month, name, how) = (self.bill.month, &m.name, scope::how(m));
            format!(
                "{month}: {name} is told by {how}, for which the bill was not asked: rows with {ENVIRONMENT} = {name} are taken for it, \
                 others count where else they belong"
            )
        };
        by_name.map(remark).collect()
    }

    /// False where nobody asked for a tag: that no row carries it then says nothing.
    pub fn asked(&self, tag: &str) -> bool {
        self.tags.as_ref().is_none_or(|asked| asked.iter().any(|a| tag_key(a) == tag_key(tag)))
    }
}

/// Days after the end of a month in which AWS closes its bill.
const CLOSING: TimeDelta = TimeDelta::days(10);

impl Billed {
    /// How far an open month has been billed: up to the last day of which there is a row of what is billed day by day, or to yesterday
    /// where rows tell no days. `None` where it is there to its last day.
    pub fn so_far(&self, as_of: NaiveDate) -> Option<SoFar> {
        let month = self.bill.month;
        let last = self.last_day();
        let yesterday = || as_of.pred_opt().filter(|day| *day >= month.first_day()).map(|day| day.min(month.end() - TimeDelta::days(1)));
        let so_far = SoFar { days: last.or_else(yesterday)?.day(), of: month.hours() / 24 };
        (!self.is_final && so_far.days < so_far.of).then_some(so_far)
    }

    /// The last day of which there is a row of what is billed day by day; `None` where rows tell no days.
    pub fn last_day(&self) -> Option<NaiveDate> {
        let days: BTreeSet<NaiveDate> = self.bill.charges.iter().filter(|c| calendar::is_daily(c)).filter_map(|c| c.day).collect();
        // Rows that stand for a whole month all begin with it.
        days.last().copied().filter(|_| days.len() > 1)
    }

    /// True where it is the bill of a whole month: AWS has closed it, or, where the format does not tell that, it is there to the last
    /// day, and AWS must have closed it since.
    pub fn is_closed(&self, as_of: NaiveDate) -> bool {
        let is_whole = || self.so_far(as_of).is_none() && as_of >= self.bill.month.end() + CLOSING;
        self.is_final || (!self.is_estimated && is_whole())
    }
}

#[cfg(feature = "actuals")]
mod with {
    use std::collections::BTreeSet;

    use super::{Bill, Billed, Failure, Scenario, scope};
    use crate::actuals::cost_explorer;
    use crate::actuals::demo;
    use crate::actuals::store::Store;
    use crate::actuals::{self, Imported, Statement};
    use crate::cli::World;
    use crate::cli::actuals::failure;
    use crate::cli::args::BilledArgs;
    use crate::cli::input::summary;
    use crate::month::Month;
    use crate::source::Sources;

    /// The bills that the arguments name.
    pub struct Bills {
        from: From,
        remarks: Vec<String>,
        /// Where they were looked for.
        place: String,
    }

    /// Files are read at once, the store month by month.
    enum From {
        Files(Vec<Statement>),
        Store(Store),
    }

    impl Bills {
        /// Reads the files, or opens the store.
        ///
        /// # Errors
        /// Files that cannot be read, or are no bills; no folder for a store.
        pub fn open(args: &BilledArgs, world: &World) -> Result<Bills, Failure> {
            if args.actuals.is_empty() {
                let store = args.store.open()?;
                let place = format!("the store {}", store.folder().display());
                return Ok(Bills { from: From::Store(store), remarks: Vec::new(), place });
            }
            let Imported { statements, remarks } = actuals::read(&args.actuals)
                .map_err(|e| Failure::input(summary(&e.render(&Sources::default(), world.colour_errors), e.errors())))?;
            let names: Vec<String> = args.actuals.iter().map(|f| f.display().to_string()).collect();
            Ok(Bills { from: From::Files(statements), remarks, place: names.join(", ") })
        }

        /// What the user should know of them.
        pub fn remarks(&self) -> &[String] {
            &self.remarks
        }

        fn statements(&self, month: Month) -> Result<Vec<Statement>, Failure> {
            match &self.from {
                From::Files(all) => Ok(all.iter().filter(|s| s.bill.month == month).cloned().collect()),
                From::Store(store) => store.statements(|_, m| m == month).map_err(failure),
            }
        }

        /// The bill of a month. Of several payers it is the one that has rows of these members.
        ///
        /// # Errors
        /// No bill of that month, or several that are meant.
        pub fn month(&self, month: Month, members: &[&Scenario]) -> Result<Billed, Failure> {
            let wanted = |bill: &Bill| bill.charges.iter().any(|c| members.iter().any(|m| scope::is_own(m, c)));
            let found = self.statements(month)?;
            let (meant, others): (Vec<Statement>, Vec<Statement>) = found.into_iter().partition(|s| wanted(&s.bill));
            let mut found = if meant.is_empty() { others } else { meant };
            match (found.pop(), found.as_slice()) {
                (None, _) => Err(self.nothing(month)),
                (Some(only), []) => Ok(told(only)),
                (Some(last), others) => {
                    let payers: Vec<&str> = others.iter().chain([&last]).map(|s| s.bill.payer.as_ref()).collect();
                    Err(Failure::usage(format!(
                        "error: {} holds bills of several payers for {month}: {}\nhelp: `actuals: {{account: …}}` in the scenario says whose rows are meant",
                        self.place,
                        payers.join(", ")
                    )))
                }
            }
        }

        /// The months of which there are bills.
        ///
        /// # Errors
        /// A store that cannot be read.
        pub fn months(&self) -> Result<BTreeSet<Month>, Failure> {
            Ok(match &self.from {
                From::Files(all) => all.iter().map(|s| s.bill.month).collect(),
                From::Store(store) => store.list().map_err(failure)?.iter().map(|l| l.month).collect(),
            })
        }

        fn nothing(&self, month: Month) -> Failure {
            let months: Vec<String> = self.months().unwrap_or_default().iter().map(Month::to_string).collect();
            let help = match (months.is_empty(), &self.from) {
                (false, _) => format!("it holds bills of {}", months.join(", ")),
                (true, From::Files(_)) => "it holds no bill at all".into(),
                (true, From::Store(_)) => {
                    "`ce-cost actuals import FILE` brings bills in, `ce-cost actuals demo` writes a synthetic history".into()
                }
            };
            Failure::missing(format!("error: there is no bill of {month} in {}\nhelp: {help}", self.place))
        }
    }

    fn told(statement: Statement) -> Billed {
        let source = match demo::is_synthetic(&statement) && !statement.source.format.contains("synthetic") {
            true => format!("{} (synthetic)", statement.source.format),
            false => statement.source.format.clone(),
        };
        let from_explorer = statement.source.format.starts_with(cost_explorer::FORMAT);
        let remark = from_explorer.then(|| format!("{}: {}", statement.bill.month, cost_explorer::ABSENT));
        // Cost Explorer says of every answer whether it is estimated; reports only lack an invoice, which some never carry.
        let is_estimated = from_explorer && !statement.is_final;
        Billed { bill: statement.bill, source, is_final: statement.is_final, is_estimated, tags: statement.source.tags, remark }
    }
}

/// A build without readers of bills.
#[cfg(not(feature = "actuals"))]
mod without {
    use super::{Billed, Failure, Scenario};
    use crate::cli::World;
    use crate::cli::args::BilledArgs;
    use crate::month::Month;

    /// Nothing.
    pub struct Bills {}

    impl Bills {
        /// Says what is missing.
        ///
        /// # Errors
        /// Always.
        pub fn open(_: &BilledArgs, _: &World) -> Result<Bills, Failure> {
            Err(missing())
        }

        /// What the user should know of them.
        pub fn remarks(&self) -> &[String] {
            &[]
        }

        /// None.
        ///
        /// # Errors
        /// Always.
        pub fn months(&self) -> Result<std::collections::BTreeSet<Month>, Failure> {
            Err(missing())
        }

        /// None.
        ///
        /// # Errors
        /// Always.
        pub fn month(&self, _: Month, _: &[&Scenario]) -> Result<Billed, Failure> {
            Err(missing())
        }
    }

    fn missing() -> Failure {
        Failure::missing(
            "error: this build reads no bills (feature `actuals`)\nhelp: build it with that feature, which is there by default",
        )
    }
}
