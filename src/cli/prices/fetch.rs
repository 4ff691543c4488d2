//! Lists over HTTP: only what changed, on from where it was cut off, checked, and kept.
//!
//! AWS publishes no hash beside its lists. Checked is the length that the answer states; a SHA-256 where the answer carries one
//! (S3's `x-amz-checksum-sha256`, RFC 9530's `Repr-Digest`); and, by `If-Range` and the tag of each answer, that a file which is fetched in
//! two parts is the same.

use std::fmt::Write as _;
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use backon::{BlockingRetryable, ExponentialBuilder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fs_err as fs;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use super::source::{Fault, Got};
use crate::cli::{Exit, Failure, out_file};

/// How often a file is tried again.
const RETRIES: usize = 4;
/// The first wait; each later one is twice as long.
const WAIT: Duration = Duration::from_millis(200);
/// How long nothing may come.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes that are taken at once.
const CHUNK: usize = 256 << 10;

/// Fetches files of one server.
pub struct Fetcher {
    agent: Agent,
    base: String,
    /// Where files of this server are kept.
    folder: PathBuf,
}

/// What is known of a file that is kept, or of the part of one.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    etag: Option<String>,
    modified: Option<String>,
    sha256: String,
}

impl Kept {
    /// What names this version of the file beyond doubt: a strong tag, else the day.
    fn validator(&self) -> Option<&str> {
        self.etag.as_deref().filter(|tag| !tag.starts_with("W/")).or(self.modified.as_deref())
    }
}

/// The part of a file that is there already, and what is known of it.
type Begun = Option<(u64, Kept)>;

/// Why a try did not bring the file.
struct Refusal {
    fault: Fault,
    /// True where the next try may do better.
    may_pass: bool,
}

impl Refusal {
    fn passing(why: String) -> Refusal {
        Refusal { fault: Fault::Failed(Failure { exit: Exit::Unavailable, message: format!("error: {why}") }), may_pass: true }
    }

    fn lasting(exit: Exit, why: String) -> Refusal {
        Refusal { fault: Fault::Failed(Failure { exit, message: format!("error: {why}") }), may_pass: false }
    }
}

impl Fetcher {
    /// Asks the server at `base`; keeps files in `cache`, by default in the user's.
    pub fn new(base: &str, cache: Option<&Path>) -> Result<Fetcher, Failure> {
        let cache = match cache {
            Some(cache) => cache.to_owned(),
            None => directories::ProjectDirs::from("", "", "ce-cost")
                .map(|dirs| dirs.cache_dir().join("price-lists"))
                .ok_or_else(|| Failure::usage("error: there is no home for a cache\nhelp: --cache DIR names a folder"))?,
        };
        let base = base.trim_end_matches('/').to_owned();
        let host = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest);
        let folder =
            cache.join(host.chars().map(|c| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '_' }).collect::<String>());
        let config = Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .http_status_as_error(false)
            .user_agent(concat!("ce-cost/", env!("CARGO_PKG_VERSION")));
        Ok(Fetcher { agent: config.build().into(), base, folder })
    }

    /// The file at a path.
    pub fn get(&self, path: &str) -> Result<Got, Fault> {
        let file = self.folder.join(path.trim_start_matches('/'));
        let wrong = |e: std::io::Error| Fault::Failed(Failure::missing(format!("error: {e}")));
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(wrong)?;
        }
        // Two processes that append to one part would spoil it for both. The lock ends with the process, however that ends.
        let lock = fs::OpenOptions::new().create(true).append(true).open(self.folder.join("lock")).map_err(wrong)?;
        fs4::FileExt::lock(lock.file()).map_err(wrong)?;
        let waits = ExponentialBuilder::new().with_min_delay(WAIT).with_max_times(RETRIES).with_jitter();
        let mut resumed = 0;
        let once = || self.once(path, &file, &mut resumed);
        once.retry(waits).when(|refusal: &Refusal| refusal.may_pass).call().map_err(|refusal| refusal.fault)
    }

    /// One try. What came is kept for the next one.
    fn once(&self, path: &str, file: &Path, resumed: &mut u64) -> Result<Got, Refusal> {
        let url = format!("{}{path}", self.base);
        let (part, note) = (beside(file, "part"), beside(file, "json"));
        let held: Option<Kept> = file.exists().then(|| kept(&note)).flatten();
        let begun: Begun = kept(&beside(&part, "json")).and_then(|k| Some((fs::metadata(&part).ok()?.len(), k)));
        let begun = begun.filter(|(length, k)| *length > 0 && k.validator().is_some());
        let mut request = self.agent.get(&url).header("Accept-Encoding", "identity");
        if let Some((length, k)) = &begun {
            request = request.header("Range", format!("bytes={length}-")).header("If-Range", k.validator().unwrap_or_default());
        } else if let Some(k) = &held {
            request = match (&k.etag, &k.modified) {
                (Some(tag), _) => request.header("If-None-Match", tag),
                (None, Some(day)) => request.header("If-Modified-Since", day),
                (None, None) => request,
            };
        }
        let response = request.call().map_err(|e| Refusal::passing(format!("{url}: {e}")))?;
        match (response.status().as_u16(), held) {
            (304, Some(k)) => as_kept(file, &k),
            (200, _) => self.take(response, file, &part, None, resumed),
            (206, _) => {
                if let Some(why) = not_the_rest(response.headers(), begun.as_ref()) {
                    forget(&part);
                    return Err(Refusal::passing(format!("{url}: {why}")));
                }
                *resumed = begun.as_ref().map_or(0, |(length, _)| *length);
                self.take(response, file, &part, begun, resumed)
            }
            (416, _) => {
                forget(&part);
                Err(Refusal::passing(format!("{url}: what was fetched before does not belong to it")))
            }
            // S3 answers 403 for what is not there.
            (403 | 404 | 410, _) => Err(Refusal { fault: Fault::NotFound(url), may_pass: false }),
            (status @ (408 | 425 | 429 | 500..=599), _) => {
                Err(Refusal::passing(format!("{url}: the answer was {status}, {RETRIES} tries later still")))
            }
            (status, _) => Err(Refusal::lasting(Exit::Unavailable, format!("{url}: the answer was {status}"))),
        }
    }

    /// Takes a body into the part, checks the whole, and puts it in its place.
    fn take(&self, response: Response<Body>, file: &Path, part: &Path, begun: Begun, resumed: &mut u64) -> Result<Got, Refusal> {
        let name = file.strip_prefix(&self.folder).unwrap_or(file).display().to_string();
        let disk = |e: std::io::Error| Refusal::lasting(Exit::Missing, e.to_string());
        let headers = response.headers().clone();
        let rest: Option<u64> = header(&headers, "content-length").and_then(|l| l.parse().ok());
        let (from, before) = begun.unwrap_or_default();
        let whole = if from == 0 { rest } else { range(&headers).and_then(|r| r.whole) };
        let mut note = Kept {
            etag: header(&headers, "etag").or(before.etag),
            modified: header(&headers, "last-modified").or(before.modified),
            sha256: String::new(),
        };
        let json = |note: &Kept| serde_json::to_vec(note).unwrap_or_default();
        if from == 0 {
            forget(part);
        }
        out_file::write(&beside(part, "json"), &json(&note)).map_err(|f| Refusal::lasting(f.exit, f.message))?;
        let mut out = fs::OpenOptions::new().create(true).append(true).open(part).map_err(disk)?;
        let copied = copy(response.into_body().into_reader(), &mut out, &name, from, rest);
        drop(out);
        let copied = copied.map_err(|e| match e.kind() {
            ErrorKind::StorageFull | ErrorKind::PermissionDenied => disk(e),
            _ => Refusal::passing(format!("{name} was cut off, {RETRIES} tries later still: {e}")),
        })?;
        if rest.is_some_and(|rest| rest != copied) {
            return Err(Refusal::passing(format!(
                "{name} was cut off, {RETRIES} tries later still: {copied} of {} bytes came",
                rest.unwrap_or(0)
            )));
        }
        // An answer may be whole and the file not: a range that ends early.
        let length = fs::metadata(part).map_err(disk)?.len();
        if let Some(whole) = whole.filter(|whole| *whole != length) {
            if length > whole {
                forget(part);
            }
            let why = format!("{name} was cut off, {RETRIES} tries later still: {length} of {whole} bytes are there");
            return Err(Refusal::passing(why));
        }
        let sum = digest(part).map_err(disk)?;
        if let Some(published) = published_hash(&headers).filter(|p| *p != sum) {
            forget(part);
            let why = format!(
                "{name} is not what the server says it is: SHA-256 {sum}, published {published}\nhelp: try again, or ask who runs the server"
            );
            return Err(Refusal::lasting(Exit::Unavailable, why));
        }
        note.sha256.clone_from(&sum);
        fs::rename(part, file).map_err(disk)?;
        forget(part);
        out_file::write(&beside(file, "json"), &json(&note)).map_err(|f| Refusal::lasting(f.exit, f.message))?;
        let mut how = format!("{} fetched", size(copied));
        if *resumed > 0 {
            let _ = write!(how, ", resumed after {}", size(*resumed));
        }
        let checked = match (whole.is_some(), published_hash(&headers).is_some()) {
            (_, true) => "SHA-256 checked",
            (true, false) => "length checked",
            (false, false) => "neither length nor hash stated",
        };
        Ok(Got { path: file.to_owned(), how: format!("{how}, {checked}") })
    }
}

/// The file as it is kept, if it still is.
fn as_kept(file: &Path, note: &Kept) -> Result<Got, Refusal> {
    match digest(file) {
        Ok(sum) if sum == note.sha256 => Ok(Got { path: file.to_owned(), how: "not changed, as kept".into() }),
        _ => {
            // Somebody changed it: without its note it is fetched anew.
            let _ = fs::remove_file(beside(file, "json"));
            Err(Refusal::passing(format!("{} is not what was kept", file.display())))
        }
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn kept(note: &Path) -> Option<Kept> {
    serde_json::from_slice(&fs::read(note).ok()?).ok()
}

/// Takes a part and its note away.
fn forget(part: &Path) {
    let _ = fs::remove_file(part);
    let _ = fs::remove_file(beside(part, "json"));
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Which part of a file an answer is.
#[derive(Debug, PartialEq, Eq)]
struct Stretch {
    /// Its first byte.
    start: u64,
    /// The length of the whole file; `None` where the answer does not say.
    whole: Option<u64>,
}

/// What an answer says of its part: `bytes 500-999/1000`, or `/*`.
fn range(headers: &HeaderMap) -> Option<Stretch> {
    let text = header(headers, "content-range")?;
    let (stretch, whole) = text.strip_prefix("bytes ")?.split_once('/')?;
    Some(Stretch { start: stretch.split('-').next()?.parse().ok()?, whole: whole.trim().parse().ok() })
}

/// Why an answer is not the rest of the part that is there. A server that does not know `If-Range` sends the rest of whatever it has.
fn not_the_rest(headers: &HeaderMap, begun: Option<&(u64, Kept)>) -> Option<&'static str> {
    let Some((length, part)) = begun else { return Some("the answer is a part, and the whole was asked for") };
    if range(headers).map(|r| r.start) != Some(*length) {
        return Some("the answer is another part than was asked for");
    }
    let differs = |held: &Option<String>, name: &str| held.is_some() && header(headers, name).is_some_and(|now| Some(now) != *held);
    let is_other = if part.etag.is_some() { differs(&part.etag, "etag") } else { differs(&part.modified, "last-modified") };
    is_other.then_some("the file changed between two parts of it")
}

/// The SHA-256 that an answer carries, as hexadecimal digits. A hash of parts (S3, `…-2`) says nothing of the whole.
fn published_hash(headers: &HeaderMap) -> Option<String> {
    let of_s3 = header(headers, "x-amz-checksum-sha256").filter(|h| !h.contains('-'));
    let of_digest = header(headers, "repr-digest")
        .and_then(|h| Some(h.split(',').find_map(|d| d.trim().strip_prefix("sha-256=:"))?.trim_end_matches(':').to_owned()));
    let bytes = STANDARD.decode(of_s3.or(of_digest)?).ok()?;
    Some(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

fn digest(file: &Path) -> std::io::Result<String> {
    let mut digest = Sha256::new();
    std::io::copy(&mut fs::File::open(file)?, &mut digest)?;
    Ok(format!("{:x}", digest.finalize()))
}

/// Copies a body; on a terminal says how far it is.
fn copy(mut input: impl Read, out: &mut impl Write, name: &str, from: u64, rest: Option<u64>) -> std::io::Result<u64> {
    let is_watched = std::io::stderr().is_terminal();
    let (since, mut told) = (Instant::now(), Instant::now());
    let mut buffer = vec![0; CHUNK];
    let mut copied = 0;
    let result = loop {
        match input.read(&mut buffer) {
            Ok(0) => break Ok(copied),
            Ok(n) => {
                out.write_all(&buffer[..n])?;
                copied += n as u64;
            }
            Err(error) => break Err(error),
        }
        if is_watched && told.elapsed() > Duration::from_millis(500) {
            told = Instant::now();
            let whole = rest.map_or(String::new(), |rest| format!(" of {}", size(from + rest)));
            let _ = write!(std::io::stderr(), "\r\x1b[K{name}: {}{whole}, {} s", size(from + copied), since.elapsed().as_secs());
        }
    };
    if is_watched {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
    result
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
