//! Asks Cost Explorer page by page, and counts what it costs. What the cache knows is not asked.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::cache::{Cache, Kept};
use super::forecast::{ForecastReply, ForecastRequest};
use super::plan::{Answers, Pull, price};
use super::refused::Refused;
use super::reply::{Group, Reply};
use super::request::Request;
use crate::money::cents;

/// How often an answer is begun anew when its pages do not belong together.
const RESTARTS: u32 = 3;

const USAGE: &str = "GetCostAndUsage";
const FORECAST: &str = "GetCostForecast";

/// Who answers: AWS, or a test.
pub trait Service {
    /// One page of an answer. The request stays the same from page to page.
    ///
    /// # Errors
    /// Why there is none.
    fn page(&mut self, request: &Request, token: Option<&str>) -> Result<Reply, Refused>;

    /// A forecast.
    ///
    /// # Errors
    /// Why there is none.
    fn forecast(&mut self, request: &ForecastRequest) -> Result<ForecastReply, Refused>;
}

/// What a pull will take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Estimate {
    /// Requests to be made.
    pub requests: u64,
    /// Answers that the cache has.
    pub cached: u64,
    /// True where it can be more: an answer that was never seen can have several pages, and can lead to further questions.
    pub open: bool,
}

impl Estimate {
    /// For the user.
    pub fn text(&self) -> String {
        let Estimate { requests, cached, open } = *self;
        let least = if open { "at least " } else { "" };
        let known = if cached > 0 { format!("; {} cached, at no cost", plural(cached, "answer is", "answers are")) } else { String::new() };
        format!("{least}{}, about ${}{known}", plural(requests, "request", "requests"), cents(price(requests)))
    }
}

fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The groups of an answer. A period without any comes with a total of nothing, which is no group.
fn grouped(reply: &Reply) -> Result<Vec<Group>, Refused> {
    let mut groups = reply.groups().map_err(Refused::Answer)?;
    groups.retain(|group| !group.keys.is_empty());
    Ok(groups)
}

/// Asks, and counts.
pub struct Asking<'a> {
    service: Option<&'a mut dyn Service>,
    cache: Option<&'a Cache>,
    refresh: bool,
    most: u64,
    /// Requests that were answered: what AWS bills.
    pub made: u64,
    /// Answers that the cache had.
    pub cached: u64,
    /// The age of the oldest of these.
    pub oldest: TimeDelta,
}

impl<'a> Asking<'a> {
    /// Asks `service` at most `most` times. With `refresh` nothing is taken from the cache; answers are kept in it all the same.
    pub fn new(service: Option<&'a mut dyn Service>, cache: Option<&'a Cache>, refresh: bool, most: u64) -> Asking<'a> {
        Asking { service, cache, refresh, most, made: 0, cached: 0, oldest: TimeDelta::zero() }
    }

    /// What a pull takes, as far as earlier answers tell.
    ///
    /// # Errors
    /// Where the cache cannot be used.
    pub fn estimate(&self, pull: &Pull) -> Result<Estimate, Refused> {
        let (mut estimate, mut answers, mut counted) = (Estimate::default(), Answers::new(), BTreeSet::new());
        loop {
            let missing: Vec<Request> = pull.missing(&answers).into_iter().filter(|r| !counted.contains(r)).collect();
            if missing.is_empty() {
                return Ok(estimate);
            }
            for request in missing {
                let kept = self.kept::<Request, Reply>(USAGE, &request)?;
                let known = kept.and_then(|kept| Some((kept.is_fresh() && !self.refresh, kept.pages, grouped(&kept.reply).ok()?)));
                match known {
                    Some((true, ..)) => estimate.cached += 1,
                    Some((false, pages, _)) => estimate.requests += pages,
                    None => (estimate.requests, estimate.open) = (estimate.requests + 1, true),
                }
                counted.insert(request.clone());
                if let Some((.., groups)) = known {
                    answers.insert(request, groups);
                }
            }
        }
    }

    /// Asks all that a pull needs. `say` is told what it will cost before it is asked.
    ///
    /// # Errors
    /// Why there is no answer, or what would cost more than is allowed.
    pub fn pull(&mut self, pull: &Pull, say: &mut dyn FnMut(&str)) -> Result<Answers, Refused> {
        let estimate = self.estimate(pull)?;
        say(&format!("Cost Explorer: {}", estimate.text()));
        self.allow(estimate.requests)?;
        let (mut answers, mut round) = (Answers::new(), 0);
        loop {
            let missing = pull.missing(&answers);
            if missing.is_empty() {
                return Ok(answers);
            }
            if round > 0 && estimate.open {
                let more = self.unknown(&missing)?;
                say(&format!(
                    "Cost Explorer: at least {more} more, about ${}, to tell record types and environments apart",
                    cents(price(more))
                ));
            }
            for request in missing {
                let groups = self.answer(&request)?;
                answers.insert(request, groups);
            }
            round += 1;
        }
    }

    /// How many of these the cache does not answer.
    fn unknown(&self, requests: &[Request]) -> Result<u64, Refused> {
        let mut unknown = 0;
        for request in requests {
            let known = self.kept::<Request, Reply>(USAGE, request)?.is_some_and(|kept| kept.is_fresh());
            unknown += u64::from(self.refresh || !known);
        }
        Ok(unknown)
    }

    /// Requests that a forecast takes: one, or none where it is kept.
    ///
    /// # Errors
    /// Where the cache cannot be used.
    pub fn estimate_forecast(&self, request: &ForecastRequest) -> Result<u64, Refused> {
        let known = self.kept::<ForecastRequest, ForecastReply>(FORECAST, request)?.is_some_and(|kept| kept.is_fresh());
        Ok(u64::from(self.refresh || !known))
    }

    fn allow(&self, more: u64) -> Result<(), Refused> {
        let needed = self.made + more;
        if needed > self.most { Err(Refused::TooMany { made: self.made, needed, most: self.most }) } else { Ok(()) }
    }

    /// The groups of an answer, all its pages together.
    fn answer(&mut self, request: &Request) -> Result<Vec<Group>, Refused> {
        if let Some(reply) = self.known::<Request, Reply>(USAGE, request)? {
            return grouped(&reply);
        }
        let mut begun = 1;
        let (groups, reply, pages) = loop {
            match self.pages(request) {
                Err(Refused::Paging(_)) if begun < RESTARTS => begun += 1,
                done => break done?,
            }
        };
        self.keep(USAGE, request, &reply, pages)?;
        Ok(groups)
    }

    fn pages(&mut self, request: &Request) -> Result<(Vec<Group>, Reply, u64), Refused> {
        let (mut whole, mut token, mut seen, mut pages) = (Reply::default(), None, BTreeSet::new(), 0);
        loop {
            self.allow(1)?;
            let page = self.service()?.page(request, token.as_deref())?;
            self.made += 1;
            pages += 1;
            whole.group_definitions = page.group_definitions;
            whole.results_by_time.extend(page.results_by_time);
            token = page.next_page_token.filter(|token| !token.is_empty());
            match &token {
                None => break,
                Some(next) if !seen.insert(next.clone()) => return Err(Refused::Paging("a page leads back to an earlier one".into())),
                Some(_) => {}
            }
        }
        let groups = grouped(&whole)?;
        let mut seen = BTreeSet::new();
        match groups.iter().find(|g| !seen.insert((g.period, &g.keys))) {
            Some(twice) => Err(Refused::Paging(format!("it gave {} from {} twice", twice.keys.join(", "), twice.period.start))),
            None => Ok((groups, whole, pages)),
        }
    }

    /// A forecast of AWS's own.
    ///
    /// # Errors
    /// Why there is none.
    pub fn forecast(&mut self, request: &ForecastRequest) -> Result<ForecastReply, Refused> {
        if let Some(reply) = self.known::<ForecastRequest, ForecastReply>(FORECAST, request)? {
            return Ok(reply);
        }
        self.allow(1)?;
        let reply = self.service()?.forecast(request)?;
        self.made += 1;
        self.keep(FORECAST, request, &reply, 1)?;
        Ok(reply)
    }

    fn service(&mut self) -> Result<&mut (dyn Service + 'a), Refused> {
        self.service.as_deref_mut().ok_or_else(|| Refused::Network("nobody is there to be asked".into()))
    }

    fn kept<Q, A>(&self, operation: &str, request: &Q) -> Result<Option<Kept<A>>, Refused>
    where
        Q: serde::Serialize + serde::de::DeserializeOwned + PartialEq,
        A: serde::de::DeserializeOwned,
    {
        Ok(self.cache.map(|cache| cache.look(operation, request)).transpose()?.flatten())
    }

    fn known<Q, A>(&mut self, operation: &str, request: &Q) -> Result<Option<A>, Refused>
    where
        Q: serde::Serialize + serde::de::DeserializeOwned + PartialEq,
        A: serde::de::DeserializeOwned,
    {
        let kept = self.kept::<Q, A>(operation, request)?.filter(|kept| kept.is_fresh() && !self.refresh);
        if let Some(kept) = &kept {
            self.cached += 1;
            self.oldest = self.oldest.max(kept.age);
        }
        Ok(kept.map(|kept| kept.reply))
    }

    fn keep<Q: serde::Serialize, A: serde::Serialize>(&self, operation: &str, request: &Q, reply: &A, pages: u64) -> Result<(), Refused> {
        self.cache.map_or(Ok(()), |cache| cache.keep(operation, request, reply, pages))
    }

    /// For the user, afterwards.
    pub fn count(&self) -> String {
        let billed = format!("{} billed, ${}", plural(self.made, "request", "requests"), cents(price(self.made)));
        match (self.cached, self.oldest.num_minutes()) {
            (0, _) => billed,
            (n, minutes) => {
                let answers = plural(n, "answer", "answers");
                format!(
                    "{billed}; {answers} from the cache, up to {} h {} min old, at no cost (`--refresh` asks again)",
                    minutes / 60,
                    minutes % 60
                )
            }
        }
    }
}
