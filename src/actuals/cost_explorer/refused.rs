//! Why Cost Explorer gave no answer, and what the user can do about it.

use thiserror::Error;

use super::plan::price;
use crate::money::cents;

/// No answer.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Refused {
    /// They are expired or unknown.
    #[error("AWS does not accept the credentials: {0}")]
    Credentials(String),
    /// None were found that can be used.
    #[error("no usable AWS credentials were found: {0}")]
    NoCredentials(String),
    /// The credentials do not allow it.
    #[error("these credentials may not ask Cost Explorer: {0}")]
    Denied(String),
    /// The credentials are of another account than the one that is named.
    #[error("the credentials are of account {own}, and `--account` says {named}")]
    OtherAccount {
        /// The account that is named.
        named: String,
        /// That of the credentials.
        own: String,
    },
    /// The account cannot be told.
    #[error("the account of these credentials cannot be told: {0}")]
    Account(String),
    /// Too many calls in a short time, also after waiting.
    #[error("Cost Explorer is asked too often, and waiting did not help: {0}")]
    Throttled(String),
    /// There is no data.
    #[error("Cost Explorer has no such data: {0}")]
    Unavailable(String),
    /// The pages of an answer do not belong together.
    #[error("Cost Explorer lost the thread of a long answer: {0}")]
    Paging(String),
    /// It cannot be reached.
    #[error("Cost Explorer cannot be reached: {0}")]
    Network(String),
    /// Any other error of the service.
    #[error("Cost Explorer refused: {0}")]
    Service(String),
    /// More requests than were allowed.
    #[error("{needed} requests (about ${}) would be needed, and {most} are allowed; {made} were made", cents(price(*.needed)))]
    TooMany {
        /// So many were made before.
        made: u64,
        /// So many would be made in all.
        needed: u64,
        /// So many are allowed.
        most: u64,
    },
    /// What was answered makes no sense.
    #[error("{0}")]
    Answer(String),
    /// The cache cannot be used.
    #[error("the cache cannot be used: {0}")]
    Cache(String),
}

impl Refused {
    /// The way out.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Refused::Credentials(_) | Refused::NoCredentials(_) => Some(
                "sign in again (`aws sso login`, or fresh keys in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN), or name \
                 a profile with AWS_PROFILE",
            ),
            Refused::Denied(_) => Some(
                "the user or role needs ce:GetCostAndUsage (and ce:GetCostForecast for `--forecast`), and IAM access to billing must be on",
            ),
            Refused::Account(_) => Some("name it with `--account 111122223333`"),
            Refused::OtherAccount { .. } => Some("name a profile of that account with AWS_PROFILE, or leave `--account` out"),
            Refused::Throttled(_) => Some("wait a minute and run it again"),
            Refused::Unavailable(_) => Some(
                "a new account has data a day after Cost Explorer is opened for the first time; the API keeps 14 months, and forecasts \
                 need some weeks of history",
            ),
            Refused::Paging(_) => Some("the bill is being updated: run it again in some minutes"),
            Refused::Network(_) => Some("check the network, a proxy, and AWS_ENDPOINT_URL or `--endpoint-url` where one is set"),
            Refused::TooMany { .. } => Some("allow more with `--max-requests`"),
            Refused::Cache(_) => Some("name another folder with `--cache DIR`"),
            Refused::Service(_) | Refused::Answer(_) => None,
        }
    }

    /// By the service's error code.
    pub(super) fn by_code(code: Option<&str>, message: Option<&str>) -> Refused {
        let text = reason(code, message);
        let code = code.unwrap_or_default();
        match code {
            "ExpiredToken"
            | "ExpiredTokenException"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "RequestExpired" => Refused::Credentials(text),
            "AccessDenied" | "AccessDeniedException" | "OptInRequired" => Refused::Denied(text),
            "LimitExceededException" | "Throttling" | "ThrottlingException" | "TooManyRequestsException" => Refused::Throttled(text),
            "DataUnavailableException" | "BillExpirationException" | "BillingViewHealthStatusException" => Refused::Unavailable(text),
            "InvalidNextTokenException" | "RequestChangedException" => Refused::Paging(text),
            _ => Refused::Service(text),
        }
    }
}

/// A service's words, with its error code.
pub(super) fn reason(code: Option<&str>, message: Option<&str>) -> String {
    let code = code.unwrap_or("an error without a code");
    match message {
        Some(message) if !message.is_empty() => format!("{message} ({code})"),
        _ => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_to_do() {
        let help = |code: &str| Refused::by_code(Some(code), Some("so it is")).help().unwrap_or_default();
        assert!(help("ExpiredTokenException").contains("sign in again"));
        assert!(help("AccessDeniedException").contains("ce:GetCostAndUsage"));
        assert!(help("LimitExceededException").contains("wait"));
        assert!(help("DataUnavailableException").contains("14 months"));
        assert_eq!(
            Refused::by_code(Some("ValidationException"), Some("no")).to_string(),
            "Cost Explorer refused: no (ValidationException)"
        );
        assert_eq!(Refused::by_code(None, None).to_string(), "Cost Explorer refused: an error without a code");
    }

    #[test]
    fn a_limit_says_what_it_would_cost() {
        let refused = Refused::TooMany { made: 2, needed: 12, most: 10 };
        assert_eq!(refused.to_string(), "12 requests (about $0.12) would be needed, and 10 are allowed; 2 were made");
    }
}
