//! `ce-cost actuals pull`: the bill from Cost Explorer.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::progress::during;
use super::pulled::{Ahead, Pulled, Requests, markdown_page, text};
use super::{StoreArgs, import, show, store};
use crate::actuals::Imported;
use crate::actuals::cost_explorer::plan::price;
use crate::actuals::cost_explorer::request::Granularity;
use crate::actuals::cost_explorer::{self, Asking, Cache, Client, Estimate, ForecastRequest, Pull, Refused};
use crate::actuals::summary::By;
use crate::cli::args::{Cli, ViewFormat};
use crate::cli::forecast::json;
use crate::cli::input::Inputs;
use crate::cli::{Exit, Failure, Output, World};
use crate::month::Month;
use crate::scenario::actuals::ENVIRONMENT;
use crate::variance::scope;

/// `actuals pull`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  ce-cost actuals pull                                        the last full month, and what carries which Environment
  ce-cost actuals pull --from 2026-08 --to 2026-10 --granularity daily
  ce-cost actuals pull --month 2026-10 --environment prod     prod by itself, and the rest
  ce-cost actuals pull --month 2026-10 --no-tag               the account as a whole: fewer requests, nothing to compare
  ce-cost actuals pull --month 2026-10 --dry-run              what it would cost

Each request costs 0.01 USD: five for the account, one to find the values of the tag, three for each of them, and more for long
answers and for record types that share a service; often 0.20 to 0.50 USD in all, and without a tag 0.10. Credentials are found
as by the AWS CLI: environment, profile (AWS_PROFILE), SSO, role. Answers are kept for 8 hours, and cost nothing within; those of
a month that goes on only together, since it changes in between.")]
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
    pub granularity: Granularity,
    /// Tell environments apart by this cost allocation tag [default: the one by which the scenarios do, mostly Environment]
    #[arg(long, value_name = "KEY")]
    pub tag: Option<String>,
    /// Tell no environments apart
    #[arg(long, conflicts_with_all = ["tag", "environments"])]
    pub no_tag: bool,
    /// Only these values of the tag; all that were billed if left out
    #[arg(long = "environment", value_name = "VALUE")]
    pub environments: Vec<String>,
    /// AWS's own forecast of so many months, beside ours
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u32).range(1..=18))]
    pub forecast: Option<u32>,
    /// The account, where the credentials do not tell it
    #[arg(long, value_name = "ID", value_parser = super::account)]
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
    /// By what to add up
    #[arg(long, value_name = "BY", default_value = "environment")]
    pub by: By,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// Pulls, keeps and says what came.
///
/// # Errors
/// A message with its exit code: 64 for what can be mended by other arguments, 65 for a bill that the store would lose by it, 69 for
/// AWS and the network.
pub fn run(cli: &Cli, args: &PullArgs, store: &StoreArgs, force: bool, world: &World) -> Result<Output, Failure> {
    let today = cli.as_of.unwrap_or(world.today);
    let wanted = wanted(cli, args, world, Month::of(today));
    wanted.check(today).map_err(|e| Failure::usage(format!("error: {e}")))?;
    let endpoint = cost_explorer::endpoint(args.endpoint_url.as_deref()).map_err(failure)?;
    if let Some(url) = endpoint.as_deref().filter(|url| !is_address(url)) {
        let help = "help: write http:// or https:// and a host, in --endpoint-url or AWS_ENDPOINT_URL";
        return Err(Failure::usage(format!("error: `{}` is no address of an endpoint\n{help}", url.escape_debug())));
    }
    // Another endpoint has a clock of its own.
    if args.forecast.is_some() && today < world.today && endpoint.is_none() {
        let message = "error: AWS forecasts from today on, and --as-of names a day that is past\nhelp: leave one of both out";
        return Err(Failure::usage(message));
    }
    if args.dry_run {
        return dry(args, &wanted, today, endpoint.as_deref());
    }
    let store = store.open()?;
    store.probe().map_err(store::failure)?;
    let connect = || Client::connect(args.endpoint_url.as_deref(), args.account.as_deref());
    let mut client = during("connecting", connect).map_err(failure)?;
    let account = client.account().to_owned();
    if !force {
        import::refuse_poorer(&store, &account, &wanted, today)?;
    }
    let cache = Cache::open(&folder(args)?, &account, client.endpoint(), chrono::Utc::now()).map_err(failure)?;
    let mut asking = Asking::new(Some(&mut client), Some(&cache), args.refresh, args.max_requests);
    let (imported, mut output) = ask(cli, args, world, &account, &wanted, &mut asking)?;
    match import::keep(&store, &imported.statements, force) {
        Ok(kept) => output.notes.push_str(&(kept + &import::twofold(&store, &imported.statements)?)),
        Err(failure) => {
            // It is paid for: what came is shown all the same.
            let _ = crate::cli::write(&output);
            return Err(failure);
        }
    }
    Ok(output)
}

/// Asks, and says what came and what it cost.
fn ask(
    cli: &Cli,
    args: &PullArgs,
    world: &World,
    account: &str,
    wanted: &Pull,
    asking: &mut Asking<'_>,
) -> Result<(Imported, Output), Failure> {
    let today = cli.as_of.unwrap_or(world.today);
    let request = args.forecast.map(|months| ForecastRequest::after(today, months));
    let pulled = cost_explorer::pull(account, wanted, today, request.as_ref(), asking, &mut |text| eprintln!("{text}"));
    let mut imported = pulled.map_err(|refused| {
        let Failure { exit, message } = failure(refused);
        let spent = asking.spent().map(|spent| format!("\nCost Explorer: {spent}")).unwrap_or_default();
        Failure { exit, message: message + &spent }
    })?;
    let forecast = request.and_then(|request| match ahead(cli, world, &request, args.forecast.unwrap_or(1), asking) {
        Ok(forecast) => Some(forecast),
        // The bill is paid for, and good without it.
        Err(why) => {
            imported.remarks.push(format!("there is no forecast: {why}"));
            None
        }
    });
    let requests = requests(&asking.estimated, asking.made, asking.cached);
    let pulled = Pulled::new(today, args.by, requests, &imported, forecast);
    let mut notes = format!("Cost Explorer: {}\n", asking.count());
    pulled.remarks.iter().for_each(|remark| notes.push_str(&format!("note: {remark}\n")));
    Ok((imported, Output { out: written(args, &pulled, world)?, notes }))
}

fn requests(estimate: &Estimate, made: u64, cached: u64) -> Requests {
    Requests { estimated: estimate.requests, open: estimate.open, made, cached, cost: price(made) }
}

fn written(args: &PullArgs, pulled: &Pulled, world: &World) -> Result<String, Failure> {
    Ok(match args.format {
        ViewFormat::Json => json(pulled)?,
        ViewFormat::Csv => show::rows(&pulled.summary),
        ViewFormat::Md => markdown_page(pulled, args.by),
        ViewFormat::Table => text(pulled, args.by, world),
    })
}

fn wanted(cli: &Cli, args: &PullArgs, world: &World, now: Month) -> Pull {
    let last = now.before().unwrap_or(now);
    let (from, to) = match (args.month, args.from) {
        (Some(month), _) => (month, month),
        (None, Some(from)) => (from, args.to.unwrap_or(now)),
        (None, None) => (last, last),
    };
    let tag = match &args.tag {
        _ if args.no_tag => None,
        Some(tag) => Some(tag.clone()),
        None if !args.environments.is_empty() => Some(ENVIRONMENT.to_owned()),
        None => usual_tag(cli, world),
    };
    Pull { from, to, granularity: args.granularity, tag, environments: args.environments.clone() }
}

/// The tag by which the scenarios find their rows: a bill without it cannot be compared with them. `None` where none of them needs
/// one. Scenarios that cannot be read are no reason not to pull.
fn usual_tag(cli: &Cli, world: &World) -> Option<String> {
    match Inputs::read(cli, world) {
        Ok(inputs) => scope::usual_tag(&inputs.scenarios.all),
        Err(_) => Some(ENVIRONMENT.to_owned()),
    }
}

/// What it would cost. The network is left alone, so the cache is known where the account is named.
/// True for what can be the address of a server.
fn is_address(url: &str) -> bool {
    let rest = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    rest.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && !url.contains(|c: char| c.is_whitespace() || c.is_control()))
}

fn dry(args: &PullArgs, wanted: &Pull, today: NaiveDate, endpoint: Option<&str>) -> Result<Output, Failure> {
    let cache = match &args.account {
        Some(account) => Some(Cache::open(&folder(args)?, account, endpoint, chrono::Utc::now()).map_err(failure)?),
        None => None,
    };
    let mut asking = Asking::new(None, cache.as_ref(), args.refresh, args.max_requests);
    let request = args.forecast.map(|months| ForecastRequest::after(today, months));
    let estimate = asking.estimate(wanted, today, request.as_ref()).map_err(failure)?;
    let out = match args.format {
        ViewFormat::Json => json(&Pulled::new(today, args.by, requests(&estimate, 0, estimate.cached), &Imported::default(), None))?,
        _ => dry_text(&estimate, args.account.is_some()),
    };
    Ok(Output { out, notes: String::new() })
}

fn dry_text(estimate: &Estimate, account: bool) -> String {
    let mut text = format!("Cost Explorer would be asked: {}\n", estimate.text());
    if estimate.open {
        text.push_str("  an answer takes a request for each of its pages, an environment that is found three or more, and each of several record types\n  that share a service one more\n");
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
        Refused::TooMany { .. } | Refused::Cache(_) | Refused::OtherAccount { .. } => Exit::Usage,
        _ => Exit::Unavailable,
    };
    let help = refused.help().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    Failure { exit, message: format!("error: {refused}{help}") }
}

/// AWS's forecast beside ours; in words why there is none.
fn ahead(cli: &Cli, world: &World, request: &ForecastRequest, months: u32, asking: &mut Asking<'_>) -> Result<Vec<Ahead>, String> {
    let today = cli.as_of.unwrap_or(world.today);
    let reply = asking.forecast(request).map_err(|refused| refused.to_string())?;
    let expected = reply.months(today)?;
    // Scenarios that cannot be read leave AWS's as it is.
    let ours = crate::cli::forecast::totals(cli, world, months).unwrap_or_default();
    let with =
        |e: &cost_explorer::Expected| Ahead { month: e.month, mean: e.mean, p10: e.low, p90: e.high, ours: ours.get(&e.month).copied() };
    Ok(expected.iter().map(with).collect())
}
