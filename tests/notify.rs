//! Who is told: a local server that answers as it is asked to, and moto's SNS.
#![cfg(feature = "notify")]

mod peers;
mod repository;
#[path = "peers/server.rs"]
mod server;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// A request that arrived.
#[derive(Clone, Debug)]
struct Request {
    path: String,
    authorization: Option<String>,
    body: Value,
}

/// What a server does with a request.
#[derive(Clone, Copy)]
enum Answer {
    Status(u16),
    /// Too many, with the seconds to wait.
    Later(u32),
    Hangs,
}

/// A server that gives these answers in turn, the last one for ever.
struct Listener {
    url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Listener {
    fn start(answers: &'static [Answer]) -> Listener {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        thread::spawn(move || {
            for (n, stream) in listener.incoming().flatten().enumerate() {
                let answer = answers[n.min(answers.len() - 1)];
                let kept = Arc::clone(&kept);
                thread::spawn(move || serve(stream, answer, &kept));
            }
        });
        Listener { url, seen }
    }

    fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("no panic").clone()
    }
}

fn serve(stream: TcpStream, answer: Answer, seen: &Mutex<Vec<Request>>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).expect("a request");
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).expect("a header");
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().expect("a length"),
            "authorization" => authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    seen.lock().expect("no panic").push(Request { path, authorization, body: serde_json::from_slice(&body).expect("JSON") });
    match answer {
        Answer::Hangs => thread::sleep(Duration::from_secs(20)),
        Answer::Status(status) => answer_with(reader.into_inner(), status, "Location: /elsewhere"),
        Answer::Later(seconds) => answer_with(reader.into_inner(), 429, &format!("Retry-After: {seconds}")),
    }
}

fn answer_with(mut stream: TcpStream, status: u16, header: &str) {
    let _ = write!(stream, "HTTP/1.1 {status} X\r\n{header}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
}

const OK: &[Answer] = &[Answer::Status(200)];
const RULES: &str = "rules:
  - {id: budget, environment: prod, metric: planned, above: 1 USD, owner: team-backend, link: 'https://wiki.example/x', text: 'ask <!here> & there'}
  - {id: low, environment: prod, metric: planned, above: 1 USD, level: warn}
  - {id: waived, environment: prod, metric: planned, above: 1 USD, waiver: {until: 2027-01-01, why: a move}}
  - {id: fine, environment: prod, metric: planned, below: 1 USD}
";

fn with_rules(rules: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    repository::scenarios(folder.path());
    fs::write(folder.path().join("scenarios/budgets.yaml"), rules).expect("a file");
    folder
}

fn check(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(["check", "prod", "--paths", "0", "--color", "never", "--notify-state", "told.json"]);
    if !args.contains(&"--as-of") {
        command.args(["--as-of", "2026-11-24"]);
    }
    for name in ["SLACK_URL", "WEBHOOK_URL", "WEBHOOK_TOKEN", "PAGERDUTY_KEY", "PAGERDUTY_URL", "SNS_TOPIC"] {
        command.env_remove(format!("CE_COST_{name}"));
    }
    command.args(args).envs(variables.iter().copied()).current_dir(folder).output().expect("it runs")
}

#[track_caller]
fn says(folder: &Path, args: &[&str], variables: &[(&str, &str)], code: i32) -> String {
    let output = check(folder, args, variables);
    let notes = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(code), "{notes}");
    notes
}

#[test]
fn slack_is_told_once_and_again_when_it_is_over() {
    let (slack, folder) = (Listener::start(OK), with_rules(RULES));
    let url = format!("{}/services/T0/secret-path", slack.url);
    let variables = [("CE_COST_SLACK_URL", url.as_str())];
    assert!(says(folder.path(), &["--notify", "slack"], &variables, 1).contains("slack: told of 2 rules"));
    assert!(says(folder.path(), &["--notify", "slack"], &variables, 1).contains("slack: nothing new"));
    let seen = slack.seen();
    let text = seen[0].body["text"].as_str().expect("text");
    assert_eq!((seen.len(), seen[0].path.as_str()), (1, "/services/T0/secret-path"));
    assert!(text.starts_with("*ce-cost: 1 critical, 1 warning*\n*critical* prod: budget: planned"), "{text}");
    assert!(text.contains("ask &lt;!here&gt; &amp; there · owner: team-backend") && !text.contains("waived"), "{text}");
    // The budget is raised, and the month is another.
    let path = folder.path().join("scenarios/budgets.yaml");
    fs::write(&path, RULES.replacen("above: 1 USD", "above: 1000000 USD", 1)).expect("a file");
    assert!(says(folder.path(), &["--notify", "slack"], &variables, 2).contains("slack: told of 1 rule"));
    assert!(slack.seen()[1].body["text"].as_str().expect("text").contains("*settled* over: prod: budget"));
    assert!(says(folder.path(), &["--notify", "slack", "--as-of", "2026-12-01"], &variables, 2).contains("slack: told of 1 rule"));
}

#[test]
fn a_webhook_gets_everything_with_its_token() {
    let (hook, folder) = (Listener::start(OK), with_rules(RULES));
    let variables = [("CE_COST_WEBHOOK_URL", hook.url.as_str()), ("CE_COST_WEBHOOK_TOKEN", "secret-token")];
    let notes = says(folder.path(), &["--notify", "webhook"], &variables, 1);
    let seen = hook.seen();
    assert_eq!(seen[0].authorization.as_deref(), Some("Bearer secret-token"));
    let alerts = seen[0].body["alerts"].as_array().expect("a list");
    let told: Vec<_> = alerts.iter().map(|a| (a["rule"].as_str(), a["urgency"].as_str(), a["key"].as_str())).collect();
    assert_eq!(told.len(), 3);
    assert_eq!(told[0], (Some("budget"), Some("critical"), Some("ce-cost/prod/budget/2026-11")));
    let kept = fs::read_to_string(folder.path().join("told.json")).expect("a file");
    assert!(!kept.contains("secret") && !notes.contains("secret"), "{notes}{kept}");
}

#[test]
fn pagerduty_gets_an_event_for_each_and_its_end() {
    let (duty, folder) = (Listener::start(&[Answer::Status(202)]), with_rules(RULES));
    let variables = [("CE_COST_PAGERDUTY_URL", duty.url.as_str()), ("CE_COST_PAGERDUTY_KEY", "secret-key")];
    says(folder.path(), &["--notify", "pagerduty:warning"], &variables, 1);
    let events = duty.seen();
    assert_eq!(events.len(), 2);
    let event = &events[0].body;
    assert_eq!((&event["event_action"], &event["routing_key"]), (&"trigger".into(), &"secret-key".into()));
    assert_eq!((&event["dedup_key"], &event["payload"]["severity"]), (&"ce-cost/prod/budget/2026-11".into(), &"critical".into()));
    assert_eq!(event["links"][0]["href"], "https://wiki.example/x");
    fs::write(folder.path().join("scenarios/budgets.yaml"), RULES.replacen("above: 1 USD", "above: 1000000 USD", 1)).expect("a file");
    says(folder.path(), &["--notify", "pagerduty:warning"], &variables, 2);
    let end = &duty.seen()[2].body;
    assert_eq!((&end["event_action"], &end["dedup_key"]), (&"resolve".into(), &"ce-cost/prod/budget/2026-11".into()));
}

/// Two faults that pass, then an answer: one message.
#[test]
fn what_may_pass_is_tried_again() {
    let hook = Listener::start(&[Answer::Status(503), Answer::Status(429), Answer::Status(200)]);
    let folder = with_rules(RULES);
    let notes = says(folder.path(), &["--notify", "webhook"], &[("CE_COST_WEBHOOK_URL", &hook.url)], 1);
    assert!(notes.contains("webhook: told of 3 rules"), "{notes}");
    assert_eq!(hook.seen().len(), 3);
}

/// As long as the answer asks for; where that is too long, at the next run.
#[test]
fn who_asks_for_patience_gets_it() {
    let (hook, folder) = (Listener::start(&[Answer::Later(2), Answer::Status(200)]), with_rules(RULES));
    let began = std::time::Instant::now();
    says(folder.path(), &["--notify", "webhook"], &[("CE_COST_WEBHOOK_URL", &hook.url)], 1);
    assert!(hook.seen().len() == 2 && began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    let (busy, folder) = (Listener::start(&[Answer::Later(3_600)]), with_rules(RULES));
    let notes = says(folder.path(), &["--notify", "webhook"], &[("CE_COST_WEBHOOK_URL", &busy.url)], 1);
    assert!(notes.contains("the answer was 429, and to wait 3600 s"), "{notes}");
    assert_eq!(busy.seen().len(), 1);
}

/// A refusal is final; it hides neither the verdict nor the other channel, and is told of again at the next run.
#[test]
fn what_is_refused_is_said_and_not_forgotten() {
    let (hook, slack, folder) = (Listener::start(&[Answer::Status(403)]), Listener::start(OK), with_rules(RULES));
    let url = format!("{}/secret-path", hook.url);
    let variables = [("CE_COST_WEBHOOK_URL", url.as_str()), ("CE_COST_WEBHOOK_TOKEN", "secret-token"), ("CE_COST_SLACK_URL", &slack.url)];
    let both = ["--notify", "webhook", "--notify", "slack"];
    let notes = says(folder.path(), &both, &variables, 1);
    assert!(
        notes.contains("warning: webhook was not told of 3 rules: the answer was 403") && notes.contains("slack: told of 2"),
        "{notes}"
    );
    assert!(!notes.contains("secret"), "{notes}");
    says(folder.path(), &both, &variables, 1);
    assert_eq!((hook.seen().len(), slack.seen().len()), (2, 1));
    // Where all else is well, what did not arrive is the exit code.
    says(folder.path(), &["--notify", "webhook", "--fail-on", "never"], &variables, 69);
}

#[test]
fn a_redirect_is_not_followed() {
    let (hook, folder) = (Listener::start(&[Answer::Status(307)]), with_rules(RULES));
    let notes = says(folder.path(), &["--notify", "webhook"], &[("CE_COST_WEBHOOK_URL", &hook.url)], 1);
    assert!(notes.contains("the answer was 307"), "{notes}");
    assert_eq!(hook.seen().len(), 1);
}

#[test]
fn who_does_not_answer_is_left() {
    let (hook, folder) = (Listener::start(&[Answer::Hangs]), with_rules(RULES));
    let notes = says(folder.path(), &["--notify", "webhook", "--notify-timeout", "1"], &[("CE_COST_WEBHOOK_URL", &hook.url)], 1);
    assert!(notes.contains("no answer in time"), "{notes}");
    assert_eq!(hook.seen().len(), 5, "each try had its second");
}

#[test]
fn what_is_not_set_up_is_an_error_before_anything_is_sent() {
    let (slack, folder) = (Listener::start(OK), with_rules(RULES));
    let set = [("CE_COST_SLACK_URL", slack.url.as_str())];
    let notes = says(folder.path(), &["--notify", "slack", "--notify", "pagerduty"], &set, 64);
    assert!(notes.contains("set CE_COST_PAGERDUTY_KEY"), "{notes}");
    let open = [("CE_COST_SLACK_URL", "http://hooks.example/secret-path")];
    let notes = says(folder.path(), &["--notify", "slack"], &open, 64);
    assert!(notes.contains("https://") && !notes.contains("secret-path"), "{notes}");
    assert!(says(folder.path(), &["--notify", "mail"], &[], 64).contains("expected slack, sns, webhook or pagerduty"));
    // The verdict is told even so.
    assert!(
        String::from_utf8_lossy(&check(folder.path(), &["--notify", "slack"], &open).stdout).starts_with("1 rule failed, 1 rule warns")
    );
    fs::write(folder.path().join("told.json"), "{").expect("a file");
    assert!(says(folder.path(), &["--notify", "slack"], &set, 65).contains("does not say what was told"));
    assert_eq!(slack.seen().len(), 0);
}

/// What was told cannot be kept: the verdict stands, and that it will be told again is said.
#[test]
fn a_state_that_cannot_be_written_does_not_hide_the_verdict() {
    let (hook, folder) = (Listener::start(OK), with_rules(RULES));
    fs::write(folder.path().join("file"), "").expect("a file");
    let variables = [("CE_COST_WEBHOOK_URL", hook.url.as_str())];
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(["check", "prod", "--paths", "0", "--as-of", "2026-11-24", "--notify", "webhook", "--notify-state", "file/told.json"]);
    let output = command.envs(variables).current_dir(folder.path()).output().expect("it runs");
    let notes = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("1 rule failed, 1 rule warns"), "{notes}");
    assert_eq!((output.status.code(), hook.seen().len()), (Some(1), 1), "{notes}");
    assert!(notes.contains("what was told cannot be kept, and will be told again"), "{notes}");
}

/// A topic with a queue behind it: what is published arrives there as an e-mail would.
#[test]
fn sns_carries_the_message() {
    let python = peers::python("sns", &["boto3==1.43.11", "moto[server,sns,sqs]==5.2.1"]);
    let server = server::Server::start(|port| {
        let mut command = Command::new(&python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]).stderr(std::process::Stdio::null());
        command
    });
    let script = |step: &str| peers::run(Command::new(&python).arg(peers::script("sns_topic.py")).args([&server.url(), step]));
    let topic = script("make");
    let url = server.url();
    let keys =
        [("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "secret-key"), ("AWS_ENDPOINT_URL", &url), ("AWS_CONFIG_FILE", "/dev/null")];
    let with = |topic: &'static str| keys.into_iter().chain([("CE_COST_SNS_TOPIC", topic)]).collect::<Vec<_>>();
    let topic: &'static str = Box::leak(topic.trim().to_owned().into_boxed_str());
    let folder = with_rules(RULES);
    assert!(says(folder.path(), &["--notify", "sns"], &with(topic), 1).contains("sns: told of 2 rules"));
    let arrived: Value = serde_json::from_str(&script("read")).expect("JSON");
    assert_eq!(arrived["Subject"], "ce-cost: 1 critical, 1 warning");
    assert!(arrived["Message"].as_str().expect("text").starts_with("critical prod: budget: planned"));
    let missing = "arn:aws:sns:us-east-1:123456789012:nobody";
    let notes = says(folder.path(), &["--notify", "sns:info"], &with(missing), 1);
    assert!(notes.contains("warning: sns was not told of 1 rule: NotFound") && !notes.contains("secret"), "{notes}");
}
