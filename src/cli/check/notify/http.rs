//! Messages over HTTP: tried again where that can help, with ever longer waits.

use std::time::Duration;

use backon::{BlockingRetryable, ExponentialBuilder};
use serde_json::Value;
use ureq::Agent;

use super::Sent;
use super::secret::Secret;
use crate::check::alert::Alert;
use crate::check::alert::message;

/// How often a message is tried again.
const RETRIES: usize = 4;
/// The first wait; each later one is twice as long.
const WAIT: Duration = Duration::from_millis(250);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// Sends.
pub(super) struct Sender {
    agent: Agent,
}

/// Why a message did not arrive.
struct Refusal {
    why: String,
    /// True where the next try may do better.
    may_pass: bool,
    /// How long to wait before it, where the answer says so (RFC 9110, "Retry-After", in seconds).
    after: Option<Duration>,
}

impl Sender {
    /// `seconds` is how long one try may take.
    pub fn new(seconds: u64) -> Sender {
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(seconds)))
            .http_status_as_error(false)
            // A secret goes to the address that was named, and nowhere else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("ce-cost/", env!("CARGO_PKG_VERSION")));
        Sender { agent: config.build().into() }
    }

    /// One message with all of them.
    pub fn slack(&self, alerts: &[Alert], to: &Secret) -> Sent {
        Sent::whole(alerts.len(), self.post(to, &message::slack(alerts)))
    }

    /// One message with all of them.
    pub fn webhook(&self, alerts: &[Alert], as_of: &str, to: &Secret) -> Sent {
        Sent::whole(alerts.len(), self.post(to, &message::webhook(alerts, as_of)))
    }

    /// An event for each of them.
    pub fn pagerduty(&self, alerts: &[Alert], to: &Secret) -> Sent {
        let place = Secret { place: to.place.clone(), key: String::new() };
        for (count, alert) in alerts.iter().enumerate() {
            if let Err(why) = self.post(&place, &message::pagerduty(alert, &to.key)) {
                return Sent { count, failure: Some(why) };
            }
        }
        Sent { count: alerts.len(), failure: None }
    }

    fn post(&self, to: &Secret, body: &Value) -> Result<(), String> {
        let waits = ExponentialBuilder::new().with_min_delay(WAIT).with_max_delay(LONGEST).with_max_times(RETRIES).with_jitter();
        let once = || self.once(to, body);
        // Who asks for more patience than this is told at the next run.
        let may_pass = |refusal: &Refusal| refusal.may_pass && refusal.after.is_none_or(|wait| wait <= LONGEST);
        // Called before each wait: what is asked for beyond it is waited here.
        let asked = |refusal: &Refusal, wait: Duration| {
            if let Some(more) = refusal.after.and_then(|asked| asked.checked_sub(wait)) {
                std::thread::sleep(more);
            }
        };
        once.retry(waits).when(may_pass).notify(asked).call().map_err(|refusal| refusal.why)
    }

    fn once(&self, to: &Secret, body: &Value) -> Result<(), Refusal> {
        let mut request = self.agent.post(&to.place);
        if !to.key.is_empty() {
            request = request.header("Authorization", format!("Bearer {}", to.key));
        }
        let answer = request.send_json(body).map_err(failed)?;
        let status = answer.status().as_u16();
        let after = answer.headers().get("Retry-After").and_then(|text| text.to_str().ok()?.trim().parse().ok().map(Duration::from_secs));
        match (status, after) {
            (200..=299, _) => Ok(()),
            (408 | 425 | 429 | 500..=599, Some(wait)) if wait > LONGEST => {
                let why = format!("the answer was {status}, and to wait {} s", wait.as_secs());
                Err(Refusal { why, may_pass: true, after })
            }
            (408 | 425 | 429 | 500..=599, _) => {
                Err(Refusal { why: format!("the answer was {status}, {RETRIES} tries later still"), may_pass: true, after })
            }
            _ => Err(Refusal { why: format!("the answer was {status}: is the address or key still good?"), may_pass: false, after }),
        }
    }
}

/// In words that hold neither address nor key.
fn failed(error: ureq::Error) -> Refusal {
    let (why, may_pass) = match error {
        ureq::Error::Timeout(_) => ("no answer in time".to_owned(), true),
        ureq::Error::HostNotFound => ("its host is not known".into(), true),
        ureq::Error::ConnectionFailed => ("it cannot be reached".into(), true),
        ureq::Error::Io(error) => (format!("the connection failed: {}", error.kind()), true),
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => ("it does not prove who it is (TLS)".into(), false),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => ("its address is none".into(), false),
        _ => ("it does not answer as HTTP does".into(), true),
    };
    Refusal { why, may_pass, after: None }
}
