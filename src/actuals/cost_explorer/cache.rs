//! Answers of Cost Explorer on disk, so that none is paid for twice. A file for each account and request; no credentials in it.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::refused::Refused;

/// How long an answer is as good as a new one: AWS updates the data about three times a day.
pub const FRESH: TimeDelta = TimeDelta::hours(8);

const SCHEMA: &str = "ce-cost/cost-explorer-answer/1";

/// The answers of one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cache {
    folder: PathBuf,
    account: String,
    endpoint: String,
    now: DateTime<Utc>,
}

/// An answer as the file holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Entry<Q, A> {
    schema: String,
    account: String,
    endpoint: String,
    fetched_at: DateTime<Utc>,
    /// How many requests it took.
    pages: u64,
    request: Q,
    reply: A,
}

/// An answer that was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept<A> {
    /// What was answered.
    pub reply: A,
    /// How many requests it took.
    pub pages: u64,
    /// How long ago.
    pub age: TimeDelta,
}

impl<A> Kept<A> {
    /// True where it is as good as a new one. A clock that was turned back makes it old.
    pub fn is_fresh(&self) -> bool {
        self.age >= TimeDelta::zero() && self.age < FRESH
    }
}

impl Cache {
    /// The cache of an account (its twelve digits) below `folder`, which is made. Answers of another endpoint do not count.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(folder: &Path, account: &str, endpoint: Option<&str>, now: DateTime<Utc>) -> Result<Cache, Refused> {
        let folder = folder.join(account);
        fs_err::create_dir_all(&folder).map_err(|e| Refused::Cache(e.to_string()))?;
        Ok(Cache { folder, account: account.to_owned(), endpoint: endpoint.unwrap_or_default().to_owned(), now })
    }

    fn path<Q: Serialize>(&self, operation: &str, request: &Q) -> Result<PathBuf, Refused> {
        let body = serde_json::to_string(request).map_err(|e| Refused::Cache(e.to_string()))?;
        let hash = Sha256::digest(format!("{}\n{operation}\n{body}", self.endpoint));
        Ok(self.folder.join(format!("{operation}-{hash:x}.json")))
    }

    /// The answer to a request, however old. A file that cannot be read is as none: it is asked for again.
    ///
    /// # Errors
    /// Where the request cannot be written as JSON.
    pub fn look<Q, A>(&self, operation: &str, request: &Q) -> Result<Option<Kept<A>>, Refused>
    where
        Q: Serialize + DeserializeOwned + PartialEq,
        A: DeserializeOwned,
    {
        let text = fs_err::read_to_string(self.path(operation, request)?).unwrap_or_default();
        let entry = serde_json::from_str::<Entry<Q, A>>(&text).ok();
        let entry =
            entry.filter(|e| e.schema == SCHEMA && e.account == self.account && e.endpoint == self.endpoint && e.request == *request);
        Ok(entry.map(|e| Kept { reply: e.reply, pages: e.pages, age: self.now - e.fetched_at }))
    }

    /// Keeps an answer: written beside and renamed, so that a file is whole or not there.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep<Q: Serialize, A: Serialize>(&self, operation: &str, request: &Q, reply: &A, pages: u64) -> Result<(), Refused> {
        let (account, endpoint) = (self.account.clone(), self.endpoint.clone());
        let entry = Entry { schema: SCHEMA.to_owned(), account, endpoint, fetched_at: self.now, pages, request, reply };
        let text = serde_json::to_string(&entry).map_err(|e| Refused::Cache(e.to_string()))?;
        let path = self.path(operation, request)?;
        let written = || {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|e| e.error)
        };
        written().map(|_| ()).map_err(|e| Refused::Cache(format!("{}: {e}", path.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        time.parse().expect("a time")
    }

    fn cache(folder: &Path, endpoint: Option<&str>, now: &str) -> Cache {
        Cache::open(folder, "111122223333", endpoint, at(now)).expect("a cache")
    }

    #[test]
    fn an_answer_is_good_for_eight_hours() {
        let folder = tempfile::tempdir().expect("a folder");
        let request = "a question".to_owned();
        cache(folder.path(), None, "2026-11-02T06:00:00Z").keep("Get", &request, &"an answer", 3).expect("kept");
        let look = |now: &str| cache(folder.path(), None, now).look::<String, String>("Get", &request).expect("looked").expect("kept");
        let kept = look("2026-11-02T13:59:59Z");
        assert_eq!((kept.reply.as_str(), kept.pages, kept.is_fresh()), ("an answer", 3, true));
        assert!(!look("2026-11-02T14:00:00Z").is_fresh());
        assert!(!look("2026-11-02T05:00:00Z").is_fresh());
    }

    #[test]
    fn other_requests_endpoints_and_broken_files_are_not_taken_for_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let now = "2026-11-02T06:00:00Z";
        let own = cache(folder.path(), None, now);
        let request = "a question".to_owned();
        own.keep("Get", &request, &"an answer", 1).expect("kept");
        let none = |cache: &Cache, operation: &str, request: &str| {
            cache.look::<String, String>(operation, &request.to_owned()).expect("looked").is_none()
        };
        assert!(none(&own, "Get", "another") && none(&own, "Other", "a question"));
        assert!(none(&cache(folder.path(), Some("http://127.0.0.1:1"), now), "Get", "a question"));
        let path = own.path("Get", &request).expect("a path");
        fs_err::write(&path, "{\"schema\": ").expect("written");
        assert!(none(&own, "Get", "a question"));
    }
}
