//! `ce-cost actuals pull`: the bill from Cost Explorer.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::pulled::{Ahead, Pulled, Requests, text};
use crate::actuals::Imported;
use crate::actuals::cost_explorer::plan::price;
use crate::actuals::cost_explorer::request::Granularity;
use crate::actuals::cost_explorer::{self, Asking, Cache, Client, Estimate, ForecastRequest, Pull, Refused};
use crate::cli::args::Cli;
use crate::cli::forecast::json;
use crate::cli::{Exit, Failure, Output, World};
use crate::month::Month;

/// `actuals pull`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  ce-cost actuals pull                                        the last full month
  ce-cost actuals pull --from 2026-08 --to 2026-10 --granularity daily
  ce-cost actuals pull --month 2026-10 --tag Environment      every environment that the tag names
  ce-cost actuals pull --month 2026-10 --environment prod     prod by itself, and the rest
  ce-cost actuals pull --month 2026-10 --dry-run              what it would cost

Each request costs 0.01 USD. Credentials are found as by the AWS CLI: environment, profile (AWS_PROFILE), SSO, role.
Answers are kept for 8 hours, and cost nothing within.")]
pub struct PullArgs {
    /// The month (2026-10); the last full one if left out
    #[arg(long, value_name = "MONTH", conflicts_with_all = ["from", "to"])]
    pub month: Option<Month>,
    /// The first month
    #[arg(long, value_name = "MONTH")]
    pub from: Option<Month>,
    /// The last month, included
    #[arg(long, value_name = "MONTH", requires = "from")]
    pub to: Option<Month>,
    /// How fine: monthly or daily
    #[arg(long, value_name = "HOW", default_value = "monthly")]
    pub granularity: GranularityArg,
    /// Tell environments apart by this cost allocation tag [with --environment: Environment]
    #[arg(long, value_name = "KEY")]
    pub tag: Option<String>,
    /// Only these values of the tag; all that were billed if left out
    #[arg(long = "environment", value_name = "VALUE")]
    pub environments: Vec<String>,
    /// AWS's own forecast of so many months, beside ours
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u32).range(1..=18))]
    pub forecast: Option<u32>,
    /// The account, where the credentials do not tell it
    #[arg(long, value_name = "ID", value_parser = account)]
    pub account: Option<String>,
    /// Ask this address instead of AWS
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Make no more requests than this
    #[arg(long, value_name = "N", default_value = "100")]
    pub max_requests: u64,
    /// Ask again what is kept
    #[arg(long)]
    pub refresh: bool,
    /// Say what it would cost, and ask nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Keep answers in this folder
    #[arg(long, value_name = "DIR", env = "CE_COST_CACHE")]
    pub cache: Option<PathBuf>,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: PullFormat,
}

/// How fine the periods are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GranularityArg {
    /// Calendar months.
    Monthly,
    /// Days (UTC).
    Daily,
}

/// How to write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PullFormat {
    /// For people.
    #[value(alias = "table")]
    Text,
    /// For scripts; a contract (docs/schema).
    Json,
}

fn account(text: &str) -> Result<String, String> {
    let fits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err("expected the twelve digits of an account, such as 111122223333".into()) }
}

/// Pulls, and says what came. The caller puts it into the store.
///
/// # Errors
/// A message with its exit code: 64 for what can be mended by other arguments, 69 for AWS and the network.
pub fn pull(cli: &Cli, args: &PullArgs, world: &World) -> Result<(Imported, Output), Failure> {
    let today = cli.as_of.unwrap_or(world.today);
    let wanted = wanted(args, Month::of(today));
    wanted.check(today).map_err(|e| Failure::usage(format!("error: {e}")))?;
    if args.dry_run {
        return dry(args, &wanted, today).map(|out| (Imported::default(), Output { out, notes: String::new() }));
    }
    let mut client = Client::connect(args.endpoint_url.as_deref(), args.account.as_deref()).map_err(failure)?;
    let account = client.account().to_owned();
    let cache = Cache::open(&folder(args)?, &account, client.endpoint(), chrono::Utc::now()).map_err(failure)?;
    let mut asking = Asking::new(Some(&mut client), Some(&cache), args.refresh, args.max_requests);
    let forecast = args.forecast.map(|months| ForecastRequest::after(Month::of(today), months));
    let mut estimated = asking.estimate(&wanted).map_err(failure)?.requests;
    if let Some(request) = &forecast {
        estimated += asking.estimate_forecast(request).map_err(failure)?;
        eprintln!("Cost Explorer: one request for AWS's forecast, unless it is kept, beside those for the bill");
    }
    let imported = cost_explorer::pull(&account, &wanted, today, &mut asking, &mut |text| eprintln!("{text}")).map_err(failure)?;
    let forecast = forecast.map(|request| ahead(cli, world, &request, args.forecast.unwrap_or(1), &mut asking)).transpose()?;
    let requests = Requests { estimated, made: asking.made, cached: asking.cached, cost: price(asking.made) };
    let pulled = Pulled::new(today, requests, &imported, forecast);
    let mut notes = format!("Cost Explorer: {}\n", asking.count());
    pulled.remarks.iter().for_each(|remark| notes.push_str(&format!("note: {remark}\n")));
    let out = match args.format {
        PullFormat::Json => json(&pulled)?,
        PullFormat::Text => text(&pulled, world),
    };
    Ok((imported, Output { out, notes }))
}

fn wanted(args: &PullArgs, now: Month) -> Pull {
    let last = now.before().unwrap_or(now);
    let (from, to) = match (args.month, args.from) {
        (Some(month), _) => (month, month),
        (None, Some(from)) => (from, args.to.unwrap_or(now)),
        (None, None) => (last, last),
    };
    let named = (!args.environments.is_empty()).then(|| "Environment".to_owned());
    Pull {
        from,
        to,
        granularity: match args.granularity {
            GranularityArg::Monthly => Granularity::Monthly,
            GranularityArg::Daily => Granularity::Daily,
        },
        tag: args.tag.clone().or(named),
        environments: args.environments.clone(),
    }
}

/// What it would cost. The network is left alone, so the cache is known where the account is named.
fn dry(args: &PullArgs, wanted: &Pull, today: NaiveDate) -> Result<String, Failure> {
    let endpoint = args.endpoint_url.clone().or_else(|| std::env::var("AWS_ENDPOINT_URL").ok());
    let cache = match &args.account {
        Some(account) => Some(Cache::open(&folder(args)?, account, endpoint.as_deref(), chrono::Utc::now()).map_err(failure)?),
        None => None,
    };
    let asking = Asking::new(None, cache.as_ref(), args.refresh, args.max_requests);
    let mut estimate = asking.estimate(wanted).map_err(failure)?;
    if let Some(months) = args.forecast {
        estimate.requests += asking.estimate_forecast(&ForecastRequest::after(Month::of(today), months)).map_err(failure)?;
    }
    let requests = Requests { estimated: estimate.requests, made: 0, cached: estimate.cached, cost: price(0) };
    match args.format {
        PullFormat::Json => json(&Pulled::new(today, requests, &Imported::default(), None)),
        PullFormat::Text => Ok(dry_text(&estimate, args.account.is_some())),
    }
}

fn dry_text(estimate: &Estimate, account: bool) -> String {
    let mut text = format!("Cost Explorer would be asked: {}\n", estimate.text());
    if estimate.open {
        text.push_str("  an answer takes a request for each of its pages, and record types that share a service take one more each\n");
    }
    if !account {
        text.push_str("  answers that are kept are not counted: `--account ID` says whose to look for\n");
    }
    text
}

fn folder(args: &PullArgs) -> Result<PathBuf, Failure> {
    let own = || directories::ProjectDirs::from("", "", "ce-cost").map(|dirs| dirs.cache_dir().join("cost-explorer"));
    let none = || Failure::usage("error: there is no home folder to keep answers in\nhelp: name a folder with `--cache DIR`");
    args.cache.clone().or_else(own).ok_or_else(none)
}

fn failure(refused: Refused) -> Failure {
    let exit = match &refused {
        Refused::TooMany { .. } | Refused::Cache(_) => Exit::Usage,
        _ => Exit::Unavailable,
    };
    let help = refused.help().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    Failure { exit, message: format!("error: {refused}{help}") }
}

/// AWS's forecast beside ours.
fn ahead(cli: &Cli, world: &World, request: &ForecastRequest, months: u32, asking: &mut Asking<'_>) -> Result<Vec<Ahead>, Failure> {
    let reply = asking.forecast(request).map_err(failure)?;
    let expected = reply.months().map_err(|e| failure(Refused::Answer(e)))?;
    let ours = crate::cli::forecast::totals(cli, world, months)?;
    let with = |e: &cost_explorer::Expected| Ahead {
        month: e.month,
        mean: e.mean,
        p10: e.low,
        p90: e.high,
        ours: ours.get(&e.month).copied().unwrap_or_default(),
    };
    Ok(expected.iter().map(with).collect())
}
