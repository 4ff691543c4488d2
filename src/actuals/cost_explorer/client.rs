//! Cost Explorer over the network, through AWS's SDK. Async inside; callers wait.

use std::error::Error;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_costexplorer::config::ProvideCredentials;
use aws_sdk_costexplorer::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_costexplorer::operation::get_cost_and_usage::GetCostAndUsageOutput;
use aws_sdk_costexplorer::operation::get_cost_forecast::GetCostForecastOutput;
use aws_sdk_costexplorer::types;
use tokio::runtime::{Builder, Runtime};

use super::asking::Service;
use super::forecast::{ForecastReply, ForecastRequest, ForecastResult};
use super::refused::{Refused, reason};
use super::reply::{Grouped, PeriodResult, Reply, Value};
use super::request::{Filter, Granularity, Grouping, Request, TimePeriod};

/// Cost Explorer has one endpoint for all regions.
const REGION: &str = "us-east-1";

/// How often a call is tried: at first, and after throttling or a failed connection, with ever longer waits between.
const ATTEMPTS: u32 = 8;

/// Leads Cost Explorer alone elsewhere, as the SDK reads it.
const OWN_ENDPOINT: &str = "AWS_ENDPOINT_URL_COST_EXPLORER";

/// A connection with credentials.
pub struct Client {
    runtime: Runtime,
    service: aws_sdk_costexplorer::Client,
    account: String,
    endpoint: Option<String>,
}

impl Client {
    /// Finds credentials as every AWS tool does (environment, profile, SSO, role), and their account. [`endpoint`] says where
    /// they are taken to.
    ///
    /// # Errors
    /// Where there are no credentials, their account cannot be told, or is not the one that is named.
    pub fn connect(endpoint: Option<&str>, account: Option<&str>) -> Result<Client, Refused> {
        let (runtime, config) = settings(endpoint)?;
        let account = runtime.block_on(account_of(&config, account))?;
        let endpoint = resolved(endpoint, &config);
        let mut own = aws_sdk_costexplorer::config::Builder::from(&config);
        if endpoint.is_some() {
            own.set_endpoint_url(endpoint.clone());
        }
        Ok(Client { service: aws_sdk_costexplorer::Client::from_conf(own.build()), runtime, account, endpoint })
    }

    /// The account that is asked, by its twelve digits.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Where it is asked; `None` for AWS itself.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }
}

/// Where Cost Explorer is asked; `None` for AWS itself. `--endpoint-url` goes before the variable of the service, that before the
/// one of all services, that before the profile. Nothing is asked for it.
///
/// # Errors
/// Where this machine cannot make a connection at all.
pub fn endpoint(named: Option<&str>) -> Result<Option<String>, Refused> {
    settings(named).map(|(_, config)| resolved(named, &config))
}

fn resolved(named: Option<&str>, config: &SdkConfig) -> Option<String> {
    let ignored = std::env::var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_ok_and(|v| v.eq_ignore_ascii_case("true"));
    let own = || std::env::var(OWN_ENDPOINT).ok().filter(|url| !url.is_empty() && !ignored);
    named.map(str::to_owned).or_else(own).or_else(|| config.endpoint_url().map(str::to_owned))
}

/// What every connection is made with.
fn settings(endpoint: Option<&str>) -> Result<(Runtime, SdkConfig), Refused> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|e| Refused::Network(e.to_string()))?;
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(10)).operation_attempt_timeout(Duration::from_secs(60));
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts.build());
    let loader = match endpoint {
        Some(url) => loader.endpoint_url(url),
        None => loader,
    };
    let config = runtime.block_on(loader.load());
    Ok((runtime, config))
}

/// The account of the credentials: as they say themselves, as named, or as AWS says (`sts:GetCallerIdentity`, at no cost).
async fn account_of(config: &SdkConfig, named: Option<&str>) -> Result<String, Refused> {
    let provider = config.credentials_provider().ok_or_else(|| Refused::NoCredentials("no source of them is set up".into()))?;
    let credentials = provider.provide_credentials().await.map_err(|e| Refused::NoCredentials(chain(&e)))?;
    match (named, credentials.account_id().map(|a| a.as_str())) {
        (Some(named), Some(own)) if named != own => Err(Refused::OtherAccount { named: named.to_owned(), own: own.to_owned() }),
        (Some(account), _) | (None, Some(account)) => Ok(account.to_owned()),
        (None, None) => match aws_sdk_sts::Client::new(config).get_caller_identity().send().await {
            Ok(identity) => identity.account().map(str::to_owned).ok_or_else(|| Refused::Account("AWS does not say it".into())),
            Err(error) => Err(unknown_account(&error)),
        },
    }
}

/// Why the account cannot be told. It is not Cost Explorer that says so.
fn unknown_account<E, R>(error: &SdkError<E, R>) -> Refused
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let Some(service) = error.as_service_error() else {
        return Refused::Account(format!("AWS's Security Token Service cannot be reached: {}", chain(error)));
    };
    match Refused::by_code(service.code(), service.message()) {
        refused @ Refused::Credentials(_) => refused,
        _ => Refused::Account(format!("AWS's Security Token Service says: {}", reason(service.code(), service.message()))),
    }
}

impl Service for Client {
    fn page(&mut self, request: &Request, token: Option<&str>) -> Result<Reply, Refused> {
        let call = self
            .service
            .get_cost_and_usage()
            .time_period(interval(&request.time_period)?)
            .granularity(granularity(request.granularity))
            .set_metrics(Some(request.metrics.clone()))
            .set_group_by(Some(request.group_by.iter().map(grouping).collect()))
            .set_filter(request.filter.as_ref().map(expression))
            .set_next_page_token(token.map(str::to_owned));
        self.runtime.block_on(call.send()).map_err(refused).and_then(page)
    }

    fn forecast(&mut self, request: &ForecastRequest) -> Result<ForecastReply, Refused> {
        let call = self
            .service
            .get_cost_forecast()
            .time_period(interval(&request.time_period)?)
            .metric(types::Metric::from(request.metric.as_str()))
            .granularity(granularity(request.granularity))
            .prediction_interval_level(request.prediction_interval_level);
        self.runtime.block_on(call.send()).map_err(refused).and_then(forecast)
    }
}

fn interval(period: &TimePeriod) -> Result<types::DateInterval, Refused> {
    types::DateInterval::builder().start(&period.start).end(&period.end).build().map_err(|e| Refused::Answer(e.to_string()))
}

fn granularity(granularity: Granularity) -> types::Granularity {
    match granularity {
        Granularity::Monthly => types::Granularity::Monthly,
        Granularity::Daily => types::Granularity::Daily,
    }
}

fn grouping(grouping: &Grouping) -> types::GroupDefinition {
    types::GroupDefinition::builder().r#type(grouping.kind.as_str().into()).key(&grouping.key).build()
}

fn expression(filter: &Filter) -> types::Expression {
    let builder = types::Expression::builder();
    match filter {
        Filter::And(all) => builder.set_and(Some(all.iter().map(expression).collect())).build(),
        Filter::Dimensions(v) => {
            let values = types::DimensionValues::builder().key(v.key.as_str().into()).set_values(Some(v.values.clone()));
            builder.dimensions(values.build()).build()
        }
        Filter::Tags(v) => builder.tags(types::TagValues::builder().key(&v.key).set_values(Some(v.values.clone())).build()).build(),
    }
}

fn page(output: GetCostAndUsageOutput) -> Result<Reply, Refused> {
    let definitions = output.group_definitions().iter().map(|d| Grouping {
        kind: d.r#type().map(|t| t.as_str().to_owned()).unwrap_or_default(),
        key: d.key().unwrap_or_default().to_owned(),
    });
    Ok(Reply {
        group_definitions: definitions.collect(),
        next_page_token: output.next_page_token().map(str::to_owned),
        results_by_time: output.results_by_time().iter().map(result).collect::<Result<_, _>>()?,
    })
}

fn result(result: &types::ResultByTime) -> Result<PeriodResult, Refused> {
    let values = |metrics: Option<&std::collections::HashMap<String, types::MetricValue>>| {
        metrics.into_iter().flatten().map(|(name, v)| (name.clone(), value(v))).collect()
    };
    Ok(PeriodResult {
        time_period: time_period(result.time_period())?,
        total: values(result.total()),
        groups: result.groups().iter().map(|g| Grouped { keys: g.keys().to_vec(), metrics: values(g.metrics()) }).collect(),
        estimated: result.estimated(),
    })
}

fn value(value: &types::MetricValue) -> Value {
    Value { amount: value.amount().unwrap_or_default().to_owned(), unit: value.unit().map(str::to_owned) }
}

fn time_period(period: Option<&types::DateInterval>) -> Result<TimePeriod, Refused> {
    let period = period.ok_or_else(|| Refused::Answer("Cost Explorer answered without a time period".into()))?;
    Ok(TimePeriod { start: period.start().to_owned(), end: period.end().to_owned() })
}

fn forecast(output: GetCostForecastOutput) -> Result<ForecastReply, Refused> {
    let result = |r: &types::ForecastResult| {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Ok(ForecastResult {
            time_period: time_period(r.time_period())?,
            mean_value: text(r.mean_value()),
            prediction_interval_lower_bound: text(r.prediction_interval_lower_bound()),
            prediction_interval_upper_bound: text(r.prediction_interval_upper_bound()),
        })
    };
    let results = output.forecast_results_by_time().iter().map(result).collect::<Result<_, Refused>>()?;
    let total = output.total().map(value).ok_or_else(|| Refused::Answer("Cost Explorer answered a forecast without a total".into()))?;
    Ok(ForecastReply { total, forecast_results_by_time: results })
}

/// Why a call failed, once the SDK has stopped trying.
fn refused<E, R>(error: SdkError<E, R>) -> Refused
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match error.as_service_error() {
        Some(service) => Refused::by_code(service.code(), service.message()),
        None => Refused::Network(chain(&error)),
    }
}

/// An error with what is behind it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(cause) = behind {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        behind = cause.source();
    }
    text
}
