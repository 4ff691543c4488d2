//! Asks Cost Explorer page by page, and counts what it costs. What the cache knows is not asked.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use super::cache::{Cache, Kept};
use super::estimate::{Estimate, plural};
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
    /// True where nothing of the bill that is kept may stand.
    anew: bool,
    /// True where AWS has not closed all of the bill.
    open: bool,
    /// Requests that are held back for a forecast.
    ahead: u64,
    /// What the pull was estimated to take.
    pub estimated: Estimate,
    /// Requests that were answered: what AWS bills.
    pub made: u64,
    /// Answers that the cache had.
    pub cached: u64,
    /// The age of the oldest of these.
    pub oldest: TimeDelta,
}

/// What is kept of a plan, request by request.
type Walk = Vec<(Request, Option<Kept<Reply>>)>;

impl<'a> Asking<'a> {
    /// Asks `service` at most `most` times. With `refresh` nothing is taken from the cache; answers are kept in it all the same.
    pub fn new(service: Option<&'a mut dyn Service>, cache: Option<&'a Cache>, refresh: bool, most: u64) -> Asking<'a> {
        let (estimated, made, cached, oldest) = (Estimate::default(), 0, 0, TimeDelta::zero());
        Asking { service, cache, refresh, most, anew: refresh, open: false, ahead: 0, estimated, made, cached, oldest }
    }

    /// What a pull on a day takes, as far as earlier answers tell, and a forecast beside it.
    ///
    /// # Errors
    /// Where the cache cannot be used.
    pub fn estimate(&mut self, pull: &Pull, today: NaiveDate, ahead: Option<&ForecastRequest>) -> Result<Estimate, Refused> {
        let walk = self.walk(pull)?;
        self.open = pull.to.end() > today || walk.iter().any(|(_, kept)| kept.as_ref().is_some_and(|k| k.reply.is_estimated()));
        self.anew = self.refresh || (self.open && !is_of_one_age(&walk));
        let mut estimate = Estimate::default();
        for (_, kept) in &walk {
            match kept {
                Some(kept) if kept.is_fresh() && !self.anew => estimate.cached += 1,
                Some(kept) => estimate.requests += kept.pages,
                None => (estimate.requests, estimate.open) = (estimate.requests + 1, true),
            }
        }
        if let Some(request) = ahead {
            let known = self.known::<ForecastRequest, ForecastReply>(FORECAST, request, self.refresh)?.is_some();
            self.ahead = u64::from(!known);
            estimate.cached += u64::from(known);
            estimate.requests += self.ahead;
        }
        self.estimated = estimate;
        Ok(estimate)
    }

    /// The requests of a plan as far as what is kept leads, old answers too.
    fn walk(&self, pull: &Pull) -> Result<Walk, Refused> {
        let (mut walk, mut answers, mut met) = (Walk::new(), Answers::new(), BTreeSet::new());
        loop {
            let missing: Vec<Request> = pull.missing(&answers).into_iter().filter(|r| !met.contains(r)).collect();
            if missing.is_empty() {
                return Ok(walk);
            }
            for request in missing {
                met.insert(request.clone());
                let kept = self.kept::<Request, Reply>(USAGE, &request)?;
                let read = kept.and_then(|kept| Some((grouped(&kept.reply).ok()?, kept)));
                let kept = read.map(|(groups, kept)| {
                    answers.insert(request.clone(), groups);
                    kept
                });
                walk.push((request, kept));
            }
        }
    }

    /// Asks all that a bill needs, and leaves as many requests as a forecast takes. `say` is told what it will cost before it is asked.
    ///
    /// # Errors
    /// Why there is no answer, or what would cost more than is allowed.
    pub fn pull(
        &mut self,
        pull: &Pull,
        today: NaiveDate,
        ahead: Option<&ForecastRequest>,
        say: &mut dyn FnMut(&str),
    ) -> Result<Answers, Refused> {
        let estimate = self.estimate(pull, today, ahead)?;
        say(&format!("Cost Explorer: {}", estimate.text()));
        self.allow(estimate.requests)?;
        let (mut answers, mut announced) = (Answers::new(), estimate.requests);
        loop {
            let missing = pull.missing(&answers);
            if missing.is_empty() {
                return Ok(answers);
            }
            let more = self.unknown(&missing)?;
            self.allow(more + self.ahead)?;
            if more > 0 && self.made + more + self.ahead > announced {
                announced = self.made + more + self.ahead;
                let cost = cents(price(more));
                say(&format!("Cost Explorer: at least {more} more, about ${cost}, to tell record types and environments apart"));
            }
            for request in missing {
                let groups = self.answer(&request)?;
                answers.insert(request, groups);
            }
        }
    }

    /// How many of these the cache does not answer.
    fn unknown(&self, requests: &[Request]) -> Result<u64, Refused> {
        let mut unknown = 0;
        for request in requests {
            unknown += u64::from(self.known::<Request, Reply>(USAGE, request, self.anew)?.is_none());
        }
        Ok(unknown)
    }

    fn allow(&self, more: u64) -> Result<(), Refused> {
        let needed = self.made + more;
        if needed > self.most { Err(Refused::TooMany { made: self.made, needed, most: self.most }) } else { Ok(()) }
    }

    /// The groups of an answer, all its pages together.
    fn answer(&mut self, request: &Request) -> Result<Vec<Group>, Refused> {
        if let Some(kept) = self.known::<Request, Reply>(USAGE, request, self.anew)? {
            return grouped(&self.taken(kept));
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
            self.allow(1 + self.ahead)?;
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
        self.ahead = 0;
        if let Some(kept) = self.known::<ForecastRequest, ForecastReply>(FORECAST, request, self.refresh)? {
            return Ok(self.taken(kept));
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

    /// What is kept, where it may stand.
    fn known<Q, A>(&self, operation: &str, request: &Q, anew: bool) -> Result<Option<Kept<A>>, Refused>
    where
        Q: serde::Serialize + serde::de::DeserializeOwned + PartialEq,
        A: serde::de::DeserializeOwned,
    {
        if anew { Ok(None) } else { Ok(self.kept::<Q, A>(operation, request)?.filter(Kept::is_fresh)) }
    }

    /// Counts an answer of the cache.
    fn taken<A>(&mut self, kept: Kept<A>) -> A {
        self.cached += 1;
        self.oldest = self.oldest.max(kept.age);
        kept.reply
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
    /// For the user, where it came to nothing: what was paid, and how it is not paid again. `None` where nothing was.
    pub fn spent(&self) -> Option<String> {
        let kept = match () {
            () if self.made == 0 => return None,
            () if self.open => "the month is open, so its answers must be of one age: the next run asks for all of them again",
            () if self.refresh => "what was answered is kept: run it again without `--refresh`, or it is paid for twice",
            () => "what was answered is kept, and is not paid for twice",
        };
        Some(format!("{}; {kept}", self.count()))
    }
}

/// True where every answer is there, as good as a new one, and of one pull: a bill that is not closed changes in between.
fn is_of_one_age(walk: &Walk) -> bool {
    let mut ages = walk.iter().map(|(_, kept)| kept.as_ref().filter(|kept| kept.is_fresh()).map(|kept| kept.age));
    let first = ages.next().flatten();
    first.is_some() && ages.all(|age| age == first)
}
