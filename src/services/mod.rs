//! What can stand in a scenario: one AWS service a file, resource and drivers in, usage records out.
//!
//! No price, no month length, no rounding and no file in here. A new service is a new file, its price rows, and its line in
//! the list below (`docs/adding-a-service.md`).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::diagnostic::{Diagnostic, Problems};
use crate::money::Usd;
use crate::month::{HoursBasis, Month};
use crate::pricing::PriceBook;
use crate::quantity::{Quantity, Rate, Unit};
use crate::scaling::target_tracking::Frozen;
use crate::scenario::driver::Driver;
use crate::scenario::node::Node;
use crate::scenario::read::{self, Defaults};
use crate::simulation::month::Follows;
use crate::source::{FileId, Place, Sources};
use crate::usage::{Factor, KnownCharge, Over, Tags, Tape, UsageRecord};
use crate::workload::Workload;

/// Declares the service files and lists what each can stand for in a scenario.
macro_rules! services {
    ($($(#[$doc:meta])* $module:ident: $($resource:ident),+;)+) => {
        $($(#[$doc])* pub mod $module;)+

        /// Everything that a scenario can hold, in the order of the files.
        pub const KINDS: &[ResourceKind] = &[$($(ResourceKind::of::<$module::$resource>(),)+)+];
    };
}

/// What arrives day by day and grows old: stocks that follow from flows.
pub mod cohort;

/// Snapshots that somebody takes and keeps for a while, beside the automated ones.
pub mod manual_snapshots;

services! {
    application_load_balancer: ApplicationLoadBalancer;
    aurora_postgresql: AuroraPostgresql;
    aws_backup: AwsBackup;
    budgets: Budgets;
    cloudfront: Cloudfront, CloudfrontPlan;
    cloudtrail: Cloudtrail;
    cloudwatch: Cloudwatch;
    config: Config;
    cost_explorer: CostExplorer;
    data_transfer: DataTransfer;
    dynamodb: DynamodbTable;
    ebs: EbsVolume, EbsSnapshots;
    ecr: EcrRepository;
    elasticache: Elasticache, ElasticacheServerless;
    fargate: FargateService, FargateTask;
    fargate_deployments: FargateDeployments;
    firehose: Firehose;
    guardduty: Guardduty;
    kms: KmsKeys;
    known_charge: KnownChargeResource;
    lambda: LambdaFunction;
    nat_gateway: NatGateway;
    public_ipv4: PublicIpv4;
    rds_postgresql: RdsPostgresql;
    route53: Route53;
    s3: S3Bucket;
    secrets_manager: SecretsManager;
    security_hub: SecurityHub;
    ses: Ses;
    sns: SnsTopic;
    ssm: SsmParameters;
    vpc_endpoint: VpcEndpoint;
    waf: Waf;
    xray: Xray;
}

/// Keys that every resource can have beside those of its type.
pub const COMMON_KEYS: &[&str] = &["type", "title", "tags", "region", "schedule"];

/// A resource of a scenario: complete and legal once it is read and checked.
pub trait Service: DeserializeOwned + Serialize + JsonSchema + fmt::Debug + Send + Sync + 'static {
    /// What a scenario writes behind `type:`.
    const TYPE: &'static str;
    /// A resource of this type that uses everything it can: shown in the documentation, and walked by the test that looks
    /// for a price row behind every usage type.
    const EXAMPLE: &'static str;
    /// For what is a part of another resource: the type of the resource that its key `of` names, and the keys that it takes from
    /// there where it does not state them itself.
    const OF: Option<(&'static str, &'static [&'static str])> = None;

    /// CloudWatch metrics that measure its drivers: a part of the driver's path, and the metric with its namespace.
    const METRICS: &'static [(&'static str, &'static str)] = &[];

    /// What AWS meters for it in a month.
    fn usage(&self, at: &mut At<'_>);

    /// How its capacity follows demand; `None` where it does not, or where it is stated wrongly.
    fn follows(&self) -> Option<Follows> {
        None
    }

    /// When deployments of the resource of which this is a part are in progress.
    fn deploys(&self) -> Vec<Frozen> {
        Vec::new()
    }

    /// The name of the distribution that it stands behind.
    fn behind(&self) -> Option<&str> {
        None
    }

    /// Of a distribution, the requests of a month that reach what stands behind it; `None` where that is not stated.
    fn misses(&self, _: &Over) -> Option<Tape> {
        None
    }

    /// Notes combinations that AWS does not offer.
    fn check(&self, _: &mut Check<'_>) {}
}

/// One entry of [`KINDS`]: how to read and describe a type of resource.
#[derive(Clone, Copy, Debug)]
pub struct ResourceKind {
    /// What a scenario writes behind `type:`.
    pub name: &'static str,
    /// The example of its file.
    pub example: &'static str,
    /// What it takes from the resource that its key `of` names.
    pub of: Option<(&'static str, &'static [&'static str])>,
    /// Reads one from a scenario.
    pub read: fn(&Node, &Defaults, &mut Problems) -> Option<Arc<dyn Priced>>,
    /// Its JSON Schema.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// CloudWatch metrics that measure its drivers, by a part of their path.
    pub metrics: &'static [(&'static str, &'static str)],
}

impl ResourceKind {
    const fn of<S: Service>() -> ResourceKind {
        ResourceKind {
            name: S::TYPE,
            example: S::EXAMPLE,
            of: S::OF,
            read: |node, defaults, problems| {
                let read: S = read::read(node, COMMON_KEYS, defaults, problems)?;
                Some(Arc::new(read))
            },
            schema: |generator| S::json_schema(generator),
            metrics: S::METRICS,
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<&'static ResourceKind> {
        KINDS.iter().find(|k| k.name == name)
    }
}

/// A [`Service`] whose type is no longer known: what a resource of a scenario holds.
pub trait Priced: fmt::Debug + Send + Sync {
    /// What AWS meters for it in a month.
    fn usage(&self, at: &mut At<'_>);
    /// How its capacity follows demand.
    fn follows(&self) -> Option<Follows>;
    /// When deployments of the resource of which this is a part are in progress.
    fn deploys(&self) -> Vec<Frozen>;
    /// The name of the distribution that it stands behind.
    fn behind(&self) -> Option<&str>;
    /// Of a distribution, the requests of a month that reach what stands behind it.
    fn misses(&self, over: &Over) -> Option<Tape>;
    /// Notes combinations that AWS does not offer.
    fn check(&self, check: &mut Check<'_>);
    /// Everything it holds, defaults included, for `scenario show --resolved`.
    fn resolved(&self) -> serde_json::Value;
}

impl<S: Service> Priced for S {
    fn usage(&self, at: &mut At<'_>) {
        Service::usage(self, at);
    }
    fn follows(&self) -> Option<Follows> {
        Service::follows(self)
    }
    fn deploys(&self) -> Vec<Frozen> {
        Service::deploys(self)
    }
    fn behind(&self) -> Option<&str> {
        Service::behind(self)
    }
    fn misses(&self, over: &Over) -> Option<Tape> {
        Service::misses(self, over)
    }
    fn check(&self, check: &mut Check<'_>) {
        Service::check(self, check);
    }
    fn resolved(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Where a service notes what is not legal.
pub struct Check<'a> {
    /// Where the resource stands.
    pub resource: Place,
    /// Where to note it.
    pub problems: &'a mut Problems,
}

impl Check<'_> {
    /// Notes an error at a driver, or at the resource where no file states the driver.
    pub fn error(&mut self, at: Option<Place>, message: impl Into<String>, label: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Diagnostic::error(at.unwrap_or(self.resource), message).label(label).help(help));
    }
}

/// Where and when a resource runs; collects what it uses.
pub struct At<'a> {
    /// The price book, for prefixes of usage types only.
    pub book: &'a PriceBook,
    /// The billing period.
    pub month: Month,
    /// Hours of the month on the basis that was asked for, and the requests in it.
    pub over: Over,
    /// Hours of the month in which the resource is switched on.
    pub on_hours: Decimal,
    /// What follows demand in the resource itself (tasks, LCUs, ACUs), on average over the hours of the month.
    pub capacity: Option<Decimal>,
    /// The requests of the month that the distribution before the resource does not answer by itself.
    pub misses: Option<Tape>,
    /// The environment's demand.
    pub workload: Option<&'a Workload>,
    /// How many times as large demand is as the scenario states it: what grows with the workload is that much larger.
    pub growth: Decimal,
    /// The region of the resource.
    pub region: Arc<str>,
    /// The account to which it is billed.
    pub account: Arc<str>,
    /// The environment.
    pub environment: Arc<str>,
    /// The resource.
    pub resource: Arc<str>,
    /// Its tags.
    pub tags: Arc<Tags>,
    /// What was emitted so far.
    pub usage: Vec<UsageRecord>,
    /// Charges that need no price.
    pub known: Vec<KnownCharge>,
    /// What could not be emitted, and why.
    pub failures: Vec<String>,
}

impl At<'_> {
    /// How large a flow was in other months, as a part of this month's: as demand was, where it follows demand.
    pub fn past<T: Quantity>(&self, flow: &Driver<T>) -> impl Fn(Month) -> Decimal + use<'_, T> {
        let follows = flow.grows || flow.value.per_request();
        move |month| match self.workload.filter(|_| follows) {
            Some(workload) => workload.growth_between(self.month, month),
            None => Decimal::ONE,
        }
    }

    /// A tape that starts with the hours in which the resource is on.
    pub fn hours(&self) -> Tape {
        self.times_hours(Tape::new())
    }

    /// × the hours in which the resource is on.
    pub fn times_hours(&self, tape: Tape) -> Tape {
        let name = if self.on_hours == self.over.hours { "hours in the month" } else { "hours switched on" };
        tape.rule(crate::usage::Step::Times, name, self.on_hours)
    }

    /// Emits a record in the resource's own region. `base` is the usage type without the region's prefix.
    /// Nothing is emitted for a quantity of zero.
    pub fn record(&mut self, service: &'static str, base: &str, operation: &'static str, unit: Unit, tape: Tape) {
        let region = self.region.clone();
        self.record_in(&region, service, base, operation, unit, tape);
    }

    /// The same in another region, or `global`.
    pub fn record_in(&mut self, region: &str, service: &'static str, base: &str, operation: &'static str, unit: Unit, tape: Tape) {
        if tape.lacks_demand() {
            self.failures.push(format!("{}: {base} is stated per request, and the workload has no such requests", self.resource));
            return;
        }
        let Some((quantity, factors)) = tape.grown(self.growth).finish() else {
            self.failures.push(format!("{}: the quantity of {base} is too large to be exact", self.resource));
            return;
        };
        if quantity.is_zero() {
            return;
        }
        if quantity.is_sign_negative() {
            self.failures.push(format!("{}: the quantity of {base} is below zero ({quantity})", self.resource));
            return;
        }
        match self.book.usage_type(service, region, base) {
            Ok(usage_type) => self.usage.push(UsageRecord {
                service: Cow::Borrowed(service),
                region: region.into(),
                usage_type: usage_type.into(),
                operation: Cow::Borrowed(operation),
                month: self.month,
                quantity,
                unit,
                hours: self.on_hours,
                account: self.account.clone(),
                environment: self.environment.clone(),
                resource: self.resource.clone(),
                tags: self.tags.clone(),
                factors,
            }),
            Err(why) => self.failures.push(format!("{}: {why}", self.resource)),
        }
    }

    /// Emits what an optional rate adds up to over the month; nothing where it is not there.
    pub fn rate<T: Rate>(
        &mut self,
        service: &'static str,
        base: &str,
        operation: &'static str,
        unit: Unit,
        name: &'static str,
        rate: Option<&Driver<T>>,
    ) {
        if let Some(driver) = rate {
            let tape = Tape::new().times_rate(name, driver, &self.over);
            self.record(service, base, operation, unit, tape);
        }
    }

    /// Emits an optional quantity that a month has as it stands: stored gigabytes, things that are kept.
    pub fn stock<T: Quantity>(
        &mut self,
        service: &'static str,
        base: &str,
        operation: &'static str,
        unit: Unit,
        name: &'static str,
        stock: Option<&Driver<T>>,
    ) {
        if let Some(driver) = stock {
            self.record(service, base, operation, unit, Tape::new().times(name, driver));
        }
    }

    /// Emits a charge whose amount is known beforehand.
    pub fn known_charge(&mut self, service: &str, description: &str, amount: Usd, outside_aws: bool, factors: Vec<Factor>) {
        self.known.push(KnownCharge {
            service: service.into(),
            description: description.into(),
            amount,
            outside_aws,
            month: self.month,
            region: self.region.clone(),
            account: self.account.clone(),
            environment: self.environment.clone(),
            resource: self.resource.clone(),
            tags: self.tags.clone(),
            factors,
        });
    }
}

/// A place in no environment: where a service's example stands.
pub fn alone<'a>(book: &'a PriceBook, region: &str, month: Month) -> At<'a> {
    let hours: Decimal = HoursBasis::Actual.hours(month);
    At {
        book,
        month,
        over: Over { hours, requests: None },
        on_hours: hours,
        capacity: None,
        misses: None,
        workload: None,
        growth: Decimal::ONE,
        region: region.into(),
        account: "example".into(),
        environment: "example".into(),
        resource: "example".into(),
        tags: Arc::default(),
        usage: Vec::new(),
        known: Vec::new(),
        failures: Vec::new(),
    }
}

/// Reads the example of a resource type.
pub fn read_example(kind: &ResourceKind, problems: &mut Problems) -> Option<Arc<dyn Priced>> {
    let mut sources = Sources::default();
    let file: FileId = sources.add(kind.name, kind.example);
    let tree = crate::scenario::node::parse(&sources, file, problems)?;
    let service = (kind.read)(&tree, &Defaults::default(), problems)?;
    service.check(&mut Check { resource: tree.at, problems });
    Some(service)
}

/// What each service emits for its example, by type: the walk of the usage types.
pub fn examples(book: &PriceBook, region: &str, month: Month) -> Result<BTreeMap<&'static str, Vec<UsageRecord>>, Problems> {
    let mut all = BTreeMap::new();
    for kind in KINDS {
        let mut at = alone(book, region, month);
        let mut problems = Problems::default();
        if let Some(resource) = read_example(kind, &mut problems) {
            resource.usage(&mut at);
        }
        for failure in at.failures {
            problems.push(Diagnostic::general(failure));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        all.insert(kind.name, at.usage);
    }
    Ok(all)
}

/// How the tests of the service files read: what a user would write in, what AWS would meter out.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::scenario;
    use crate::source::Sources;

    /// Checks that a resource, written as YAML, emits exactly the records of `expected`, a line each: usage type, quantity,
    /// unit, formula. Spaces do not count.
    #[track_caller]
    pub fn check(yaml: &str, region: &str, month: &str, expected: &str) {
        let squeeze = |text: &str| -> Vec<String> {
            text.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|l| !l.is_empty()).collect()
        };
        let shown: Vec<String> = emitted(yaml, region, month).iter().map(show).collect();
        assert_eq!(squeeze(&shown.join("\n")), squeeze(expected));
    }

    fn show(record: &UsageRecord) -> String {
        let mut formula = String::new();
        for (i, factor) in record.factors.iter().enumerate() {
            let sign = if i == 0 { String::new() } else { format!(" {} ", factor.step.sign()) };
            formula.push_str(&format!("{sign}{} {}", factor.name, factor.shown));
        }
        format!("{} {} {} {formula}", record.usage_type, record.quantity.normalize(), record.unit)
    }

    /// What a resource emits.
    #[track_caller]
    pub fn emitted(yaml: &str, region: &str, month: &str) -> Vec<UsageRecord> {
        let book = PriceBook::embedded().map_err(|e| e.0.render(&e.1, false)).expect("a price book");
        let mut sources = Sources::default();
        let file = sources.add("test.yaml", yaml);
        let mut problems = Problems::default();
        let mut at = alone(&book, region, month.parse().expect("a month"));
        let tree = scenario::node::parse(&sources, file, &mut problems).expect("YAML");
        let kind = ResourceKind::named(tree.get("type").and_then(Node::text).expect("a type")).expect("a known type");
        let service = (kind.read)(&tree, &Defaults::default(), &mut problems);
        if let Some(service) = &service {
            service.check(&mut Check { resource: tree.at, problems: &mut problems });
        }
        assert!(problems.is_empty(), "{}", problems.render(&sources, false));
        service.expect("a resource").usage(&mut at);
        assert!(at.failures.is_empty(), "{:?}", at.failures);
        at.usage
    }
}
