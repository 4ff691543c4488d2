//! `ce-cost prices update`: from AWS's index over the index of regions to the lists themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::import::Intake;
use super::source::{Fault, Got, Source};
use crate::cli::args::{Cli, UpdatePricesArgs};
use crate::cli::{Failure, Output, World};
use crate::diagnostic::nearest;

/// Where AWS's index stands.
const INDEX: &str = "/offers/v1.0/aws/index.json";

/// AWS's index of offers.
#[derive(Deserialize)]
struct Index {
    offers: BTreeMap<String, Offer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Offer {
    current_version_url: String,
    current_region_index_url: String,
    current_savings_plan_index_url: String,
}

/// The regions of one offer.
#[derive(Deserialize)]
struct Regions {
    regions: BTreeMap<String, InRegion>,
}

/// The regions of savings plans: a list here.
#[derive(Deserialize)]
struct PlanRegions {
    regions: Vec<InRegion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InRegion {
    region_code: String,
    #[serde(alias = "currentVersionUrl")]
    version_url: String,
}

/// Runs the command.
pub fn run(cli: &Cli, args: &UpdatePricesArgs, world: &World) -> Result<Output, Failure> {
    // Of several folders one holds what no list says: none is chosen to be written over.
    let only = match cli.prices.as_slice() {
        [only] => Some(only.as_path()),
        _ => None,
    };
    let Some(folder) = args.take.out.as_deref().or(only) else {
        let help = "help: --out DIR names it; a folder that is not there yet is made";
        return Err(Failure::usage(format!("error: which folder of price files is to be renewed?\n{help}")));
    };
    let intake = Intake::new(cli, &args.take, Some(folder), world)?;
    let source = Source::new(&args.base_url, args.cache.as_deref())?;
    let mut update = Update { source, args, intake: &intake, lists: Vec::new(), fetched: String::new(), missing: Vec::new() };
    update.collect()?;
    let Update { lists, fetched, missing, .. } = update;
    if lists.is_empty() {
        return Err(Failure::missing(format!("error: no list was found\n{}", missing.join("\n"))));
    }
    let lists = intake.lists(&lists, world)?;
    let laid = intake.lay(&lists, args.take.history);
    let mut output = intake.output(&laid, &lists, !args.dry_run, world)?;
    output.out = format!("{fetched}\n{}", output.out);
    if args.dry_run {
        output.notes = "note: a dry run: nothing was changed\n".into();
    }
    output.notes.extend(missing.iter().map(|what| format!("warning: not found: {what}\n")));
    Ok(output)
}

/// Lists that are being collected.
struct Update<'a> {
    source: Source,
    args: &'a UpdatePricesArgs,
    intake: &'a Intake,
    /// Names and files of the lists.
    lists: Vec<(String, PathBuf)>,
    /// What was fetched, in words.
    fetched: String,
    /// What was not found.
    missing: Vec<String>,
}

impl Update<'_> {
    fn collect(&mut self) -> Result<(), Failure> {
        let Some(index) = self.index::<Index>(INDEX)? else {
            return Err(Failure::missing(format!("error: there is no index of lists at {}{INDEX}", self.args.base_url)));
        };
        for service in &self.args.service {
            if !index.offers.contains_key(service) {
                let near = nearest(service, index.offers.keys().map(String::as_str)).map(|n| format!(": did you mean `{n}`?"));
                return Err(Failure::usage(format!("error: AWS's index has no service `{service}`{}", near.unwrap_or_default())));
            }
        }
        let mut plans: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (service, regions) in self.places() {
            let Some(offer) = index.offers.get(&service) else {
                self.missing.push(format!("the service {service}: AWS's index does not have it"));
                continue;
            };
            if !offer.current_savings_plan_index_url.is_empty() {
                plans.entry(&offer.current_savings_plan_index_url).or_default().extend(regions.iter().filter(|r| *r != "global").cloned());
            }
            self.offer(&service, offer, &regions)?;
        }
        for (url, regions) in plans {
            self.plans(url, &regions)?;
        }
        Ok(())
    }

    /// Services and the regions of each: those that were named, else those that the scenarios use.
    fn places(&self) -> BTreeMap<String, BTreeSet<String>> {
        let (services, regions) = (&self.args.service, &self.args.region);
        let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (service, region) in self.intake.wanted.services_and_regions() {
            let is_near = match regions.is_empty() {
                true => self.intake.regions.contains(region),
                false => region == "global" || regions.iter().any(|r| r == region),
            };
            if is_near && (services.is_empty() || services.iter().any(|s| s == service)) {
                places.entry(service.to_owned()).or_default().insert(region.to_owned());
            }
        }
        // What is named is asked for, whether anybody uses it or not.
        for service in services {
            let asked = places.entry(service.clone()).or_default();
            asked.extend(regions.iter().cloned());
            if asked.is_empty() {
                asked.extend(self.intake.regions.iter().cloned());
            }
        }
        places
    }

    fn offer(&mut self, service: &str, offer: &Offer, regions: &BTreeSet<String>) -> Result<(), Failure> {
        let Some(index) = self.index::<Regions>(&offer.current_region_index_url)? else {
            self.missing.push(format!("the regions of {service}"));
            return Ok(());
        };
        for region in regions {
            // Services without a region stand in the list of all regions, where they have none of their own.
            let url = match index.regions.get(if region == "global" { "aws-global" } else { region }) {
                Some(there) => there.version_url.clone(),
                None if region == "global" => offer.current_version_url.clone(),
                None => {
                    self.missing.push(format!("{service} in {region}: its index does not have the region"));
                    continue;
                }
            };
            self.list(&format!("{service} {region}"), &url)?;
        }
        Ok(())
    }

    fn plans(&mut self, url: &str, regions: &BTreeSet<String>) -> Result<(), Failure> {
        let name = url.split('/').rfind(|part| part.contains("SavingsPlan") && !part.starts_with("savingsPlan")).unwrap_or("Savings Plans");
        let Some(index) = self.index::<PlanRegions>(url)? else {
            self.missing.push(format!("the regions of {name}"));
            return Ok(());
        };
        for region in regions {
            match index.regions.iter().find(|r| r.region_code == *region) {
                Some(there) => self.list(&format!("{name} {region}"), &there.version_url)?,
                None => self.missing.push(format!("{name} in {region}: its index does not have the region")),
            }
        }
        Ok(())
    }

    /// A list, as CSV where there is one: it is a third of the JSON's size.
    fn list(&mut self, name: &str, url: &str) -> Result<(), Failure> {
        let csv = url.strip_suffix(".json").map(|stem| format!("{stem}.csv"));
        for url in csv.iter().map(String::as_str).chain([url]) {
            if let Some(got) = self.get(name, url)? {
                self.lists.push((name.to_owned(), got.path));
                return Ok(());
            }
        }
        self.missing.push(format!("{name}: the index names {url}, and nothing is there"));
        Ok(())
    }

    fn index<T: DeserializeOwned>(&mut self, url: &str) -> Result<Option<T>, Failure> {
        let Some(got) = self.get("index", url)? else { return Ok(None) };
        let text = fs_err::read(&got.path).map_err(|e| Failure::missing(format!("error: {e}")))?;
        let index = serde_json::from_slice(&text);
        index
            .map(Some)
            .map_err(|e| Failure::input(format!("error: {url} is no index of AWS's: {e}\nhelp: the price files are as they were")))
    }

    /// A file; `None` where it is not there.
    fn get(&mut self, name: &str, url: &str) -> Result<Option<Got>, Failure> {
        match self.source.get(url) {
            Ok(got) => {
                let _ = writeln!(self.fetched, "{name}: {} ({url})", got.how);
                Ok(Some(got))
            }
            Err(Fault::NotFound(_)) => Ok(None),
            Err(Fault::Failed(failure)) => {
                Err(Failure { message: format!("{}\nhelp: the price files are as they were", failure.message), ..failure })
            }
        }
    }
}
