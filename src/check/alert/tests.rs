use super::message::{headline, pagerduty, slack, sns, webhook};
use super::*;
use crate::check::document::Verdict;
use crate::check::rule::{Level, Metric};

fn outcome(id: &str, status: Status) -> Outcome {
    Outcome {
        id: id.into(),
        environment: "prod".into(),
        level: Level::Fail,
        status,
        metric: Metric::Planned,
        scope: String::new(),
        month: "2026-12".into(),
        value: None,
        limit: None,
        message: "planned 5,702 in 2026-12, at most 5,600".into(),
        owner: Some("team-backend".into()),
        link: Some("https://wiki.example/budget".into()),
        text: Some("look at <storage> & co".into()),
        file: "budgets.yaml".into(),
        line: 3,
    }
}

fn found(rules: Vec<Outcome>) -> Check {
    Check {
        schema: String::new(),
        environment: "prod".into(),
        currency: "USD".into(),
        as_of: "2026-11-24".into(),
        base: None,
        verdict: Verdict::Fail,
        rules,
        environments: Vec::new(),
    }
}

fn month(text: &str) -> Month {
    text.parse().expect("a month")
}

const NOW: &str = "2026-11";

fn route(text: &str) -> Route {
    text.parse().expect("a route")
}

/// What is due on a route: rule, urgency, whether it is over.
fn due(told: &Told, rules: Vec<Outcome>, when: &str, to: &str) -> Vec<(String, Urgency, bool)> {
    told.due(&found(rules), month(when), route(to)).into_iter().map(|a| (a.rule, a.urgency, a.is_over)).collect()
}

fn all() -> Vec<Outcome> {
    let statuses = [Status::Fail, Status::Incomplete, Status::Warn, Status::Waived, Status::Skipped, Status::Pass];
    statuses.into_iter().map(|s| outcome(&format!("{s:?}").to_lowercase(), s)).collect()
}

#[test]
fn each_channel_gets_what_is_urgent_enough_for_it() {
    let rules = |to: &str| due(&Told::default(), all(), NOW, to).into_iter().map(|(rule, ..)| rule).collect::<Vec<_>>();
    assert_eq!(rules("pagerduty"), ["fail"]);
    assert_eq!(rules("slack"), ["fail", "incomplete", "warn"]);
    assert_eq!(rules("sns"), rules("slack"));
    assert_eq!(rules("webhook"), ["fail", "incomplete", "warn", "waived"]);
    assert_eq!(rules("webhook:critical"), ["fail"]);
    assert!("mail".parse::<Route>().is_err() && "slack:loud".parse::<Route>().is_err());
}

#[test]
fn a_rule_is_told_once_a_period_and_again_where_it_gets_worse() {
    let mut told = Told::default();
    let warn = || vec![outcome("budget", Status::Warn)];
    let first = told.due(&found(warn()), month(NOW), route("slack"));
    told.note(Channel::Slack, &first);
    assert_eq!(due(&told, warn(), NOW, "slack"), []);
    // Another channel knows nothing of it.
    assert_eq!(due(&told, warn(), NOW, "sns").len(), 1);
    assert_eq!(due(&told, warn(), "2026-12", "slack"), [("budget".into(), Urgency::Warning, false)]);
    assert_eq!(due(&told, vec![outcome("budget", Status::Fail)], NOW, "slack"), [("budget".into(), Urgency::Critical, false)]);
}

#[test]
fn what_is_over_is_told_once_by_the_key_under_which_it_began() {
    let mut told = Told::default();
    let raised = told.due(&found(vec![outcome("budget", Status::Fail)]), month(NOW), route("pagerduty"));
    told.note(Channel::Pagerduty, &raised);
    let passes = || found(vec![outcome("budget", Status::Pass)]);
    let settled = told.due(&passes(), month("2026-12"), route("pagerduty"));
    assert_eq!(settled.iter().map(|a| (a.key(), a.is_over)).collect::<Vec<_>>(), [(raised[0].key(), true)]);
    told.note(Channel::Pagerduty, &settled);
    assert_eq!(told.due(&passes(), month("2026-12"), route("pagerduty")), []);
    assert_eq!(told, Told::default());
}

#[test]
fn what_was_told_is_read_back() {
    let mut told = Told::default();
    let alerts = told.due(&found(all()), month(NOW), route("webhook"));
    told.note(Channel::Webhook, &alerts);
    assert_eq!(Told::read(&told.text()).expect("its own text"), told);
    assert!(Told::read("{}").is_err() && Told::read(&told.text().replace("notified/1", "notified/2")).is_err());
}

#[test]
fn messages_hold_what_happened_and_nothing_that_acts() {
    let mut rules = all();
    rules[0].message = "<!channel> `x`\r\nBcc: y".into();
    let alerts = Told::default().due(&found(rules), month(NOW), route("webhook"));
    assert_eq!(headline(&alerts), "ce-cost: 1 critical, 2 warning, 1 info");
    let text = slack(&alerts)["text"].as_str().expect("text").to_owned();
    assert!(text.contains("*critical* prod: fail: &lt;!channel&gt;") && !text.contains('<'), "{text}");
    let (subject, body) = sns(&alerts);
    assert_eq!(subject, "ce-cost: 1 critical, 2 warning, 1 info");
    assert!(body.contains("owner: team-backend · https://wiki.example/budget") && !body.contains('\r'));
    assert_eq!(webhook(&alerts, "2026-11-24")["alerts"][0]["key"], "ce-cost/prod/fail/2026-11");
    let event = pagerduty(&alerts[0], "key");
    assert_eq!((&event["event_action"], &event["payload"]["severity"]), (&"trigger".into(), &"critical".into()));
    let many: Vec<Alert> = std::iter::repeat_n(alerts[0].clone(), 30).collect();
    assert!(slack(&many)["text"].as_str().is_some_and(|t| t.contains("and 10 more")));
}
