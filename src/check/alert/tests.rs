use super::message::{headline, pagerduty, slack, sns, webhook};
use super::*;
use crate::check::base::Conventions;
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
        reason: None,
        file: "budgets.yaml".into(),
        line: 3,
        scenario: None,
    }
}

fn found(rules: Vec<Outcome>) -> Check {
    Check {
        schema: String::new(),
        environment: "prod".into(),
        currency: "USD".into(),
        as_of: "2026-11-24".into(),
        base: None,
        basis: Conventions { hours: "actual".into(), pooled: true, free_tier: true, failover: None, prices: String::new() },
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

/// A file that asks every rule of these tests.
fn standing() -> Standing {
    let names = ["budget", "fail", "incomplete", "warn", "waived", "skipped", "pass"];
    Standing { file: "budgets.yaml".into(), rules: names.map(|name| ("prod".to_owned(), name.to_owned())).into() }
}

fn alerts(told: &Told, rules: Vec<Outcome>, when: &str, to: &str) -> Vec<Alert> {
    told.due(&found(rules), &standing(), month(when), route(to))
}

/// What is due on a route: rule, urgency, whether it is over.
fn due(told: &Told, rules: Vec<Outcome>, when: &str, to: &str) -> Vec<(String, Urgency, bool)> {
    alerts(told, rules, when, to).into_iter().map(|a| (a.rule, a.urgency, a.is_over)).collect()
}

/// Tells a route of the rule `budget`, and what it heard: word and key.
fn tell(told: &mut Told, status: Status, when: &str, to: &str) -> Vec<(&'static str, String)> {
    let alerts = alerts(told, vec![outcome("budget", status)], when, to);
    told.note(route(to).channel, month(when), &alerts);
    alerts.iter().map(|a| (a.word(), a.key())).collect()
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
    let first = alerts(&told, warn(), NOW, "slack");
    told.note(Channel::Slack, month(NOW), &first);
    assert_eq!(due(&told, warn(), NOW, "slack"), []);
    // Another channel knows nothing of it.
    assert_eq!(due(&told, warn(), NOW, "sns").len(), 1);
    assert_eq!(due(&told, warn(), "2026-12", "slack"), [("budget".into(), Urgency::Warning, false)]);
    assert_eq!(due(&told, vec![outcome("budget", Status::Fail)], NOW, "slack"), [("budget".into(), Urgency::Critical, false)]);
}

/// Whatever month it is told again in, its name stays that of the month in which it began: an incident opened then is closed by it.
#[test]
fn what_is_over_is_told_once_by_the_key_under_which_it_began() {
    let mut told = Told::default();
    let key = "ce-cost/prod/budget/2026-11".to_owned();
    assert_eq!(tell(&mut told, Status::Fail, NOW, "pagerduty"), [("critical", key.clone())]);
    assert_eq!(tell(&mut told, Status::Fail, "2026-12", "pagerduty"), [("critical", key.clone())]);
    assert_eq!(tell(&mut told, Status::Pass, "2027-01", "pagerduty"), [("settled", key)]);
    assert_eq!(tell(&mut told, Status::Pass, "2027-01", "pagerduty"), []);
    assert_eq!(told, Told::default());
}

#[test]
fn only_what_is_known_is_over_and_in_its_own_word() {
    let key = "ce-cost/prod/budget/2026-11".to_owned();
    for (status, heard) in [
        (Status::Incomplete, None),
        (Status::Skipped, None),
        (Status::Pass, Some("settled")),
        (Status::Waived, Some("accepted")),
        (Status::Warn, Some("eased")),
    ] {
        let mut told = Told::default();
        tell(&mut told, Status::Fail, NOW, "pagerduty");
        let expected: Vec<_> = heard.map(|word| (word, key.clone())).into_iter().collect();
        assert_eq!(tell(&mut told, status, NOW, "pagerduty"), expected, "{status:?}");
    }
}

#[test]
fn a_route_for_worse_things_does_not_end_what_another_tells() {
    let mut told = Told::default();
    assert_eq!(tell(&mut told, Status::Warn, NOW, "slack").len(), 1);
    assert_eq!(tell(&mut told, Status::Warn, NOW, "slack:critical"), []);
    assert_eq!(tell(&mut told, Status::Fail, NOW, "slack:critical").len(), 1);
}

#[test]
fn a_rule_that_is_asked_no_more_is_over_and_that_of_another_file_is_not() {
    let mut told = Told::default();
    let gone = alerts(&told, vec![outcome("gone", Status::Fail)], NOW, "pagerduty");
    told.note(Channel::Pagerduty, month(NOW), &gone);
    let ends = alerts(&told, Vec::new(), NOW, "pagerduty");
    assert_eq!(ends.iter().map(|a| (a.word(), a.key())).collect::<Vec<_>>(), [("dropped", gone[0].key())]);
    let elsewhere = Standing { file: "other.yaml".into(), ..Standing::default() };
    assert_eq!(told.due(&found(Vec::new()), &elsewhere, month(NOW), route("pagerduty")), []);
}

#[test]
fn a_breach_twice_as_large_is_told_again() {
    let mut told = Told::default();
    let mut by = |amount: &str| {
        let mut rule = outcome("budget", Status::Fail);
        (rule.value, rule.limit) = (Some(amount.into()), Some("5600".into()));
        let heard = alerts(&told, vec![rule], NOW, "slack");
        told.note(Channel::Slack, month(NOW), &heard);
        heard.len()
    };
    assert_eq!(["5700", "5790", "5800", "5999", "6000", "5650"].map(&mut by), [1, 0, 1, 0, 1, 0]);
}

#[test]
fn what_was_told_is_read_back() {
    let mut told = Told::default();
    let alerts = alerts(&told, all(), NOW, "webhook");
    told.note(Channel::Webhook, month(NOW), &alerts);
    assert_eq!(Told::read(&told.text()).expect("its own text"), told);
    assert!(Told::read("{}").is_err() && Told::read(&told.text().replace("notified/1", "notified/2")).is_err());
}

#[test]
fn messages_hold_what_happened_and_nothing_that_acts() {
    let mut rules = all();
    rules[0].message = "<!channel> `x`\r\nBcc: y".into();
    let alerts = alerts(&Told::default(), rules, NOW, "webhook");
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
