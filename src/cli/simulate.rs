//! `ce-cost simulate`.

use std::fmt::Write;

use std::path::Path;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::args::{Cli, SimulateArgs, ViewFormat};
use super::forecast::json;
use super::input::Inputs;
use super::{Failure, Output, World, out_file};
use crate::diagnostic::nearest;
use crate::forecast::draw::{purpose, stream};
use crate::month::Month;
use crate::quantity::{exact, grouped, per_cent};
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::Tone;
use crate::report::{chart, csv, markdown};
use crate::scenario::Scenario;
use crate::scenario::driver::{DRIVER, Provenance};
use crate::simulation::day::{Day, MINUTES, Minute, Span};
use crate::simulation::month::{Follows, MonthOf};
use crate::statistic::{quantity, share};
use crate::workload::{Step, Workload};

/// A service on one day. The JSON of `simulate --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Simulation {
    /// Names this layout: `ce-cost/simulate/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// The service.
    pub service: String,
    /// The day, UTC.
    pub day: String,
    /// What the random numbers began with; nothing where demand has no noise.
    pub seed: Option<String>,
    /// What the day comes to.
    pub summary: SummaryOf,
    /// Its minutes from midnight on.
    pub minutes: Vec<MinuteOf>,
}

/// What a day comes to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SummaryOf {
    /// Tasks on average.
    pub tasks_mean: String,
    /// The fewest tasks of a minute.
    pub tasks_min: String,
    /// The most tasks of a minute.
    pub tasks_max: String,
    /// Task-hours that are billed.
    pub task_hours: String,
    /// Minutes that run more tasks than the one before.
    pub scale_outs: String,
    /// Minutes that run fewer.
    pub scale_ins: String,
    /// The target of the CPU, a share; nothing without a policy on it.
    pub cpu_target: Option<String>,
    /// Minutes with the CPU above it.
    pub minutes_above_cpu_target: Option<String>,
    /// The target of the queue, requests in each task; nothing without a policy on it.
    pub queue_target: Option<String>,
    /// Minutes with the queue above it.
    pub minutes_above_queue_target: Option<String>,
    /// Minutes with as many tasks as may run.
    pub minutes_at_max: String,
}

/// A minute of a service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MinuteOf {
    /// When it begins, UTC: `17:05`.
    pub time: String,
    /// Requests per second.
    pub requests_per_second: String,
    /// The part of the CPU that is used; nothing where no task takes load.
    pub cpu: Option<String>,
    /// Requests in each task; nothing where the scenario does not say how long one is in it.
    pub queue_depth: Option<String>,
    /// Tasks that are billed.
    pub tasks: String,
    /// Tasks that take load.
    pub working: String,
    /// The least that may run.
    pub min: String,
    /// The most that may run.
    pub max: String,
}

/// The forms of a picture.
#[derive(Clone, Copy)]
enum Picture {
    Svg,
    Png,
}

/// Runs the command.
pub fn run(cli: &Cli, args: &SimulateArgs, world: &World) -> Result<Output, Failure> {
    let picture = args.plot.as_deref().map(|path| Ok((path, picture(path)?))).transpose()?;
    let inputs = Inputs::read(cli, world)?;
    let scenario = inputs.environment(&args.environment)?;
    let day = args.day.or(inputs.as_of.succ_opt()).unwrap_or(inputs.as_of);
    let (workload, month) = month(scenario, &inputs.scenarios.all, &args.service, day)?;
    let noisy = month.is_noisy() && !args.no_noise;
    let month = if noisy { month } else { month.quiet() };
    let name = |route: usize| purpose(&format!("{} noise {} {route}", scenario.name, Month::of(day)));
    let day = Day::of(workload, &month, &args.service, day, |route| stream(args.seed, 0, name(route)))
        .ok_or_else(|| Failure::input(format!("error: {day} cannot be simulated")))?;
    let seed = noisy.then_some(args.seed);
    if let Some((path, picture)) = picture {
        let title = format!("{} of {} on {}", args.service, scenario.name, long(day.day));
        draw(path, picture, &day, &title, &answer(&day))?;
    }
    let out = match args.format {
        ViewFormat::Table => page(&day, scenario, args, seed, world),
        ViewFormat::Json => json(&document(&day, scenario, args, seed))?,
        ViewFormat::Csv => rows(&day),
        ViewFormat::Md => markdown::table(&hours(&day, &Assumed::of(scenario, &args.service, noisy))),
    };
    Ok(Output { out, notes: inputs.warnings(world) })
}

/// The month of the day with the one service that follows its demand, or what can be simulated instead.
fn month<'a>(scenario: &'a Scenario, all: &[Scenario], service: &str, day: NaiveDate) -> Result<(&'a Workload, MonthOf), Failure> {
    let environment = &scenario.name;
    let able = services(scenario);
    let help = match able.is_empty() {
        false => format!("help: {} can be simulated", able.join(", ")),
        true => {
            let others = all.iter().filter(|s| !services(s).is_empty()).map(|s| format!("{} of {}", services(s).join(", "), s.name));
            let others: Vec<String> = others.collect();
            format!(
                "help: tasks follow demand where a scenario has `workload`, and the service `demand` and `scaling`{}",
                if others.is_empty() { String::new() } else { format!(": {} can be simulated", others.join("; ")) }
            )
        }
    };
    let refused = |why: String| Failure::usage(format!("error: {why}\n{help}"));
    let names = scenario.resources.iter().map(|r| r.name.as_ref());
    if scenario.resource(service).is_none() {
        let near = nearest(service, names).map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
        return Err(refused(format!("there is no service `{service}` in {environment}{near}")));
    }
    let Some(workload) = &scenario.workload else {
        return Err(refused(format!("{environment} has no workload: there is no demand to follow")));
    };
    let follows: Vec<_> = scenario.follows().into_iter().filter(|(name, f)| name.as_ref() == service && tasks(f)).collect();
    if follows.is_empty() {
        return Err(refused(format!("`{service}` of {environment} has no tasks that follow demand")));
    }
    Ok((workload, MonthOf::new(workload, Month::of(day), Step::Minute, follows)))
}

fn tasks(follows: &Follows) -> bool {
    matches!(follows, Follows::Requests(scaled) if scaled.measured.is_some())
}

/// Services that can be simulated.
fn services(scenario: &Scenario) -> Vec<String> {
    let named = |(name, follows): (std::sync::Arc<str>, Follows)| tasks(&follows).then(|| name.to_string());
    if scenario.workload.is_none() { Vec::new() } else { scenario.follows().into_iter().filter_map(named).collect() }
}

// ── the picture ────────────────────────────────────────────────────────────────────────────────────────────────────────

fn picture(path: &Path) -> Result<Picture, Failure> {
    match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => Ok(Picture::Svg),
        Some("png") => Ok(Picture::Png),
        _ => Err(Failure::usage(format!(
            "error: {} is no picture that can be drawn\nhelp: its name must end in .svg or .png",
            path.display()
        ))),
    }
}

/// Writes the picture.
fn draw(path: &Path, picture: Picture, day: &Day, title: &str, subtitle: &str) -> Result<(), Failure> {
    let bytes = match picture {
        Picture::Svg => chart::svg(day, title, subtitle).map(String::into_bytes),
        Picture::Png => chart::png(day, title, subtitle),
    };
    let bytes = bytes.map_err(|e| Failure { exit: super::Exit::Internal, message: format!("error: the picture cannot be drawn: {e}") })?;
    out_file::write(path, &bytes)
}

// ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────────────

fn long(day: NaiveDate) -> String {
    day.format("%A, %-d %B %Y").to_string()
}

fn page(day: &Day, scenario: &Scenario, args: &SimulateArgs, seed: Option<u64>, world: &World) -> String {
    let screen = &world.screen;
    let assumed = Assumed::of(scenario, &args.service, seed.is_some());
    let basis = seed.map_or_else(|| "without noise".to_owned(), |seed| format!("seed {seed}"));
    let head = format!("{} · {} · {} · {} · minute by minute, UTC · {basis}", scenario.name, args.service, long(day.day), scenario.region);
    let mut out = screen.fill(&head, "");
    out.push('\n');
    for line in screen.fill(&answer(day), "  ").lines() {
        let _ = writeln!(out, "{}", screen.paint(Tone::Strong, line));
    }
    out.push('\n');
    out.push_str(&screen.table(&hours(day, &assumed)));
    out.push('\n');
    out.push_str(&screen.fill(&assumed.foot(), "  "));
    let (environment, service) = (&scenario.name, &args.service);
    out.push_str(&match &args.plot {
        None => {
            screen.hint(&format!("ce-cost simulate {environment} --service {service} --day {} --plot {service}.svg", day.day), "draws it")
        }
        Some(_) => screen.hint(&format!("ce-cost forecast {environment} --month {}", Month::of(day.day)), "says what its month costs"),
    });
    out
}

/// The day in one line.
fn answer(day: &Day) -> String {
    let summary = &day.summary;
    let all = &summary.all;
    let mut parts = vec![
        format!("{} tasks on average, {}", tenths(quantity(all.tasks)), between(all)),
        format!("{} task-hours", quantity(summary.task_hours).map(|hours| grouped(hours.round_dp(0))).unwrap_or_default()),
        format!("{} out, {} in", times(summary.outs), times(summary.ins)),
    ];
    let of = |minutes: usize| format!("{} of {} minutes", grouped(minutes.into()), grouped(MINUTES.into()));
    let above = |what: &str, target: Option<String>, minutes: usize| match minutes {
        0 => format!("{what} never above {}", target.unwrap_or_default()),
        _ => format!("{what} above {} in {}", target.unwrap_or_default(), of(minutes)),
    };
    parts.extend(summary.cpu.map(|goal| above("CPU", share(goal.target).map(per_cent), goal.above)));
    parts.extend(summary.queue.map(|goal| above("queue", quantity(goal.target).map(grouped), goal.above)));
    if summary.at_max > 0 {
        parts.push(format!("at max in {}", of(summary.at_max)));
    }
    parts.join(" · ")
}

fn times(count: usize) -> String {
    match count {
        0 => "never".into(),
        1 => "once".into(),
        _ => format!("{count} times"),
    }
}

fn between(span: &Span) -> String {
    if span.least == span.most { format!("always {}", span.most) } else { format!("{} to {}", span.least, span.most) }
}

fn tenths(value: Option<Decimal>) -> String {
    value.map_or_else(|| "–".into(), |v| grouped(v.round_dp(1)))
}

/// What nobody knows behind a day: each input by its path, with its value.
struct Assumed {
    demand: Vec<String>,
    service: Vec<String>,
}

impl Assumed {
    fn of(scenario: &Scenario, service: &str, noisy: bool) -> Assumed {
        let (mut demand, mut of_service) = (Vec::new(), Vec::new());
        let workload = serde_json::to_value(&scenario.workload).unwrap_or_default();
        // Drift is no part of a day, and an event has its say on few.
        for key in ["requests", "growth", "day", "week", "noise"].into_iter().filter(|key| noisy || *key != "noise") {
            assumed_below(&workload[key], &format!("workload.{key}"), &mut demand);
        }
        let resource = scenario.resource(service).map(|r| r.service.resolved()).unwrap_or_default();
        for key in ["demand", "scaling"] {
            assumed_below(&resource[key], &format!("{service}.{key}"), &mut of_service);
        }
        for (of, key) in [("task", "cpu"), ("tasks", "min"), ("tasks", "max")] {
            assumed_below(&resource[of][key], &format!("{service}.{of}.{key}"), &mut of_service);
        }
        Assumed { demand, service: of_service }
    }

    fn any(&self) -> bool {
        !self.demand.is_empty() || !self.service.is_empty()
    }

    /// What the marks mean, by the two inputs that weigh most; and what the simulation takes for granted.
    fn foot(&self) -> String {
        let weighty = [".requests.level ", ".per_request.cpu "];
        let all: Vec<&str> = self.demand.iter().chain(&self.service).map(String::as_str).collect();
        let named: Vec<&str> = all.iter().copied().filter(|input| weighty.iter().any(|w| input.contains(w))).collect();
        let first = match (all.as_slice(), named.is_empty()) {
            ([], _) => String::new(),
            ([only], _) => format!("~ rests on an assumed input: {only}. "),
            (many, true) => format!("~ rests on {} assumed inputs. ", many.len()),
            (many, false) => format!("~ rests on {} assumed inputs, among them {}. ", many.len(), named.join(" and ")),
        };
        format!(
            "{first}A new task takes load a minute after it is first billed, and at most a tenth of the tasks leave at a time: AWS states neither."
        )
    }
}

/// Every assumed driver at or below a value, as its path and what it says.
fn assumed_below(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
    let text = |value: Option<&serde_json::Value>| value.and_then(serde_json::Value::as_str).map(str::to_owned);
    match value {
        serde_json::Value::Object(map) => match text(map.get(DRIVER)) {
            Some(says) if text(map.get("from")).as_deref() == Some(Provenance::Assumed.word()) => found.push(format!("{path} {says}")),
            Some(_) => {}
            None => map.iter().for_each(|(key, value)| assumed_below(value, &format!("{path}.{key}"), found)),
        },
        serde_json::Value::Array(items) => items.iter().for_each(|item| assumed_below(item, path, found)),
        _ => {}
    }
}

/// A row for each hour.
fn hours(day: &Day, assumed: &Assumed) -> Table {
    let with_queue = day.summary.queue.is_some();
    let mark = |assumed, plain, marked| if assumed { marked } else { plain };
    let (demand, tasks) = (!assumed.demand.is_empty(), assumed.any());
    let mut columns = vec![
        Column::words("UTC", "hour"),
        Column::number(mark(demand, "requests/s", "requests/s ~"), "requests_per_second"),
        Column::number(mark(tasks, "CPU", "CPU ~"), "cpu"),
        Column::number(mark(tasks, "highest", "highest ~"), "cpu_max"),
    ];
    if with_queue {
        columns.push(Column::number(mark(tasks, "queue", "queue ~"), "queue_depth"));
    }
    columns.extend([Column::number(mark(tasks, "tasks", "tasks ~"), "tasks"), Column::words("", "bar").droppable(1)]);
    let mut table = Table::new(&columns);
    let cpu = |value: Option<_>| Cell::text(value.and_then(share).map_or_else(|| "–".into(), per_cent));
    for (hour, (span, part)) in day.hours().iter().zip(day.parts()).enumerate() {
        let mut cells =
            vec![Cell::text(format!("{hour:02}:00")), Cell::text(tenths_always(quantity(span.requests))), cpu(span.cpu), cpu(span.cpu_max)];
        if with_queue {
            cells.push(Cell::text(tenths_always(span.queue.and_then(quantity))));
        }
        let tasks = if span.least == span.most { span.most.to_string() } else { format!("{}–{}", span.least, span.most) };
        cells.extend([Cell::text(tasks), Cell::Bar(share(part).unwrap_or_default())]);
        table.row(Kind::Line, 0, cells);
    }
    table
}

/// With one place, so that a column of them stands in line.
fn tenths_always(value: Option<Decimal>) -> String {
    value.map_or_else(|| "–".into(), |v| format!("{:.1}", v.round_dp(1)))
}

// ── for machines ───────────────────────────────────────────────────────────────────────────────────────────────────────

fn rows(day: &Day) -> String {
    let columns = ["day", "time", "requests_per_second", "cpu", "queue_depth", "tasks", "working", "min", "max"];
    let row = |m: MinuteOf| {
        let [cpu, queue] = [m.cpu, m.queue_depth].map(Option::unwrap_or_default);
        vec![day.day.to_string(), m.time, m.requests_per_second, cpu, queue, m.tasks, m.working, m.min, m.max]
    };
    csv::write(&columns, day.minutes.iter().enumerate().map(|(at, m)| row(minute(at, m))))
}

fn document(day: &Day, scenario: &Scenario, args: &SimulateArgs, seed: Option<u64>) -> Simulation {
    let summary = &day.summary;
    let text = |value| quantity(value).map(exact).unwrap_or_default();
    Simulation {
        schema: "ce-cost/simulate/1".into(),
        environment: scenario.name.to_string(),
        service: args.service.clone(),
        day: day.day.to_string(),
        seed: seed.map(|s| s.to_string()),
        summary: SummaryOf {
            tasks_mean: text(summary.all.tasks),
            tasks_min: summary.all.least.to_string(),
            tasks_max: summary.all.most.to_string(),
            task_hours: text(summary.task_hours),
            scale_outs: summary.outs.to_string(),
            scale_ins: summary.ins.to_string(),
            cpu_target: summary.cpu.map(|g| text(g.target)),
            minutes_above_cpu_target: summary.cpu.map(|g| g.above.to_string()),
            queue_target: summary.queue.map(|g| text(g.target)),
            minutes_above_queue_target: summary.queue.map(|g| g.above.to_string()),
            minutes_at_max: summary.at_max.to_string(),
        },
        minutes: day.minutes.iter().enumerate().map(|(at, m)| minute(at, m)).collect(),
    }
}

fn minute(at: usize, minute: &Minute) -> MinuteOf {
    MinuteOf {
        time: format!("{:02}:{:02}", at / 60, at % 60),
        requests_per_second: quantity(minute.requests).map(|r| exact(r.round_dp(4))).unwrap_or_default(),
        cpu: minute.cpu.and_then(share).map(exact),
        queue_depth: minute.queue.and_then(quantity).map(|q| exact(q.round_dp(4))),
        tasks: minute.tasks.to_string(),
        working: minute.working.to_string(),
        min: minute.limits.min.to_string(),
        max: minute.limits.max.to_string(),
    }
}
