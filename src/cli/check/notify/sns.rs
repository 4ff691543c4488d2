//! Messages through Amazon SNS, which carries them to e-mail and whatever else subscribes.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::Region;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sns::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use tokio::runtime::Builder;

use super::Sent;
use super::secret::Secret;
use crate::check::alert::{Alert, message};

/// How often a message is tried in all.
const ATTEMPTS: u32 = 5;

/// One message with all of them. Credentials as every AWS tool finds them; the region is the topic's.
pub(super) fn publish(alerts: &[Alert], to: &Secret, seconds: u64) -> Sent {
    Sent::whole(alerts.len(), sent(alerts, &to.place, seconds))
}

fn sent(alerts: &[Alert], topic: &str, seconds: u64) -> Result<(), String> {
    let parts: Vec<&str> = topic.split(':').collect();
    let [_, _, "sns", region, _, _] = parts.as_slice() else {
        return Err("CE_COST_SNS_TOPIC is no topic: expected arn:aws:sns:REGION:ACCOUNT:NAME".into());
    };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let (subject, text) = message::sns(alerts);
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(seconds));
    runtime.block_on(async {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new((*region).to_owned()))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(timeouts.build());
        let client = aws_sdk_sns::Client::new(&config.load().await);
        let call = client.publish().topic_arn(topic).subject(subject).message(text);
        call.send().await.map(|_| ()).map_err(|error| reason(&error))
    })
}

/// What AWS says, or why it was not asked.
fn reason<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match error.as_service_error() {
        Some(said) => format!("{}: {}", said.code().unwrap_or("refused"), said.message().unwrap_or("no reason is given")),
        None => DisplayErrorContext(error).to_string().lines().next().unwrap_or_default().chars().take(300).collect(),
    }
}
