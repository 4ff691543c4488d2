//! `ce-cost check --notify`: tells channels what they have not been told yet.

#[cfg(feature = "notify")]
mod http;
#[cfg(feature = "notify")]
mod secret;
#[cfg(feature = "notify")]
mod sns;
#[cfg(feature = "notify")]
mod state;

use crate::check::alert::Standing;
use crate::check::document::Check;
use crate::cli::args::NotifyArgs;
use crate::cli::{Exit, Failure};
use crate::month::Month;

/// What came of it.
#[derive(Debug, Default)]
pub struct Delivered {
    /// For the user.
    pub notes: String,
    /// Where a message did not arrive, or what was told could not be kept: what that makes of a check that passes.
    pub lost: Option<Exit>,
}

/// Tells every channel. What cannot be delivered does not keep the other channels from being told.
///
/// # Errors
/// Channels that are not set up; a file of what was told that cannot be read.
#[cfg(feature = "notify")]
pub fn tell(args: &NotifyArgs, found: &Check, standing: &Standing, month: Month) -> Result<Delivered, Failure> {
    use crate::check::alert::Channel;

    let Some(mut state) = (!args.notify.is_empty()).then(|| state::State::open(args.notify_state.as_deref())).transpose()? else {
        return Ok(Delivered::default());
    };
    // Whoever is not set up is told of before anything is sent.
    let routes = args.notify.iter().map(|route| Ok((route, secret::of(route.channel)?))).collect::<Result<Vec<_>, Failure>>()?;
    let mut delivered = Delivered::default();
    for (route, secret) in routes {
        let name = route.channel.name();
        let alerts = state.told.due(found, standing, month, *route);
        if alerts.is_empty() {
            delivered.notes.push_str(&format!("{name}: nothing new\n"));
            continue;
        }
        let send = http::Sender::new(args.notify_timeout);
        let sent = match route.channel {
            Channel::Slack => send.slack(&alerts, &secret),
            Channel::Webhook => send.webhook(&alerts, &found.as_of, &secret),
            Channel::Pagerduty => send.pagerduty(&alerts, &secret),
            Channel::Sns => sns::publish(&alerts, &secret, args.notify_timeout),
        };
        // What arrived is noted at once, whatever becomes of the rest.
        state.told.note(route.channel, month, &alerts[..sent.count]);
        if let Err(failure) = state.keep() {
            delivered.lost = Some(failure.exit);
            let why = failure.message.trim_start_matches("error: ");
            delivered.notes.push_str(&format!("warning: what was told cannot be kept, and will be told again: {why}\n"));
        }
        if sent.count > 0 {
            delivered.notes.push_str(&format!("{name}: told of {}\n", things(sent.count)));
        }
        if let Some(why) = sent.failure {
            delivered.lost.get_or_insert(Exit::Unavailable);
            delivered.notes.push_str(&format!("warning: {name} was not told of {}: {why}\n", things(alerts.len() - sent.count)));
        }
    }
    Ok(delivered)
}

#[cfg(feature = "notify")]
fn things(n: usize) -> String {
    if n == 1 { "1 rule".into() } else { format!("{n} rules") }
}

/// What arrived: so many alerts of a list, from its start; and why the others did not.
#[cfg(feature = "notify")]
#[derive(Debug)]
struct Sent {
    count: usize,
    failure: Option<String>,
}

#[cfg(feature = "notify")]
impl Sent {
    /// Of a message that holds all of them.
    fn whole(of: usize, result: Result<(), String>) -> Sent {
        match result {
            Ok(()) => Sent { count: of, failure: None },
            Err(why) => Sent { count: 0, failure: Some(why) },
        }
    }
}

/// A build without it.
#[cfg(not(feature = "notify"))]
pub fn tell(args: &NotifyArgs, _: &Check, _: &Standing, _: Month) -> Result<Delivered, Failure> {
    match args.notify.is_empty() {
        true => Ok(Delivered::default()),
        false => Err(Failure::usage("error: this build tells nobody\nhelp: build it with the feature `notify`, which is there by default")),
    }
}

/// The exit code: a message that did not arrive counts where all else is well.
pub fn exit(of_verdict: Exit, delivered: &Delivered) -> Exit {
    delivered.lost.filter(|_| of_verdict == Exit::Ok).unwrap_or(of_verdict)
}
