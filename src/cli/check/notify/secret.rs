//! Where messages go, and what opens the door: out of the environment only, and in no message.

use crate::check::alert::Channel;
use crate::cli::Failure;

/// PagerDuty's address in the United States; `CE_COST_PAGERDUTY_URL` names another, such as Europe's.
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

/// An address, and what is shown there.
pub(super) struct Secret {
    /// The address of a web hook, or a topic's name.
    pub place: String,
    /// A token or key; empty where there is none.
    pub key: String,
}

/// What a channel needs.
///
/// # Errors
/// A variable that is not set, or an address over which a secret would travel for everybody to read.
pub(super) fn of(channel: Channel) -> Result<Secret, Failure> {
    let secret = match channel {
        Channel::Slack => Secret { place: needed(channel, "CE_COST_SLACK_URL", "the address of an incoming webhook")?, key: String::new() },
        Channel::Webhook => Secret {
            place: needed(channel, "CE_COST_WEBHOOK_URL", "an address that takes JSON")?,
            key: variable("CE_COST_WEBHOOK_TOKEN").unwrap_or_default(),
        },
        Channel::Pagerduty => Secret {
            place: variable("CE_COST_PAGERDUTY_URL").unwrap_or_else(|| PAGERDUTY.into()),
            key: needed(channel, "CE_COST_PAGERDUTY_KEY", "the integration key of a service (Events API v2)")?,
        },
        Channel::Sns => return Ok(Secret { place: needed(channel, "CE_COST_SNS_TOPIC", "the ARN of a topic")?, key: String::new() }),
    };
    if is_private(&secret.place) {
        return Ok(secret);
    }
    let help = "help: it must begin with https://, or lead to this machine: else anybody on the way reads the secret";
    Err(Failure::usage(format!("error: the address for {} is not one that keeps a secret\n{help}", channel.name())))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn needed(channel: Channel, name: &str, what: &str) -> Result<String, Failure> {
    let none = || Failure::usage(format!("error: {} is not set up\nhelp: set {name} to {what}", channel.name()));
    variable(name).ok_or_else(none)
}

/// True for https, and for this machine.
fn is_private(address: &str) -> bool {
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let is_here = |host: &str| {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        ["127.0.0.1", "localhost", "[::1]"].contains(&name)
    };
    match address.split_once("://") {
        Some(("https", rest)) => !host(rest).is_empty(),
        Some(("http", rest)) => is_here(&host(rest)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_travel_closed_or_not_at_all() {
        for fine in ["https://hooks.slack.com/services/x", "http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:1/"] {
            assert!(is_private(fine), "{fine}");
        }
        for open in
            ["http://hooks.slack.com/x", "http://127.0.0.1.example.com/", "http://localhost@example.com/", "ftp://x", "x", "https://"]
        {
            assert!(!is_private(open), "{open}");
        }
    }
}
