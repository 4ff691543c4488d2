//! A check as annotations of a GitHub workflow ("Workflow commands for GitHub Actions", GitHub Docs).

use super::{place, told};
use crate::check::document::{Check, Status};

/// GitHub shows ten annotations of a level in a step.
const MOST: usize = 10;

/// `::error file=…,line=…,title=…::message`, one line each; what is beyond ten of a level is counted in the last.
pub fn annotations(found: &Check) -> String {
    let mut out = String::new();
    let levels = [("error", [Status::Fail].as_slice()), ("warning", &[Status::Incomplete, Status::Warn]), ("notice", &[Status::Info])];
    for (level, wanted) in levels {
        let all: Vec<_> = found.rules.iter().filter(|r| wanted.contains(&r.status)).collect();
        let shown = if all.len() > MOST { MOST - 1 } else { all.len() };
        for outcome in &all[..shown] {
            let title = format!("{} ({})", outcome.id, outcome.environment);
            let (file, line) = place(outcome);
            out.push_str(&format!(
                "::{level} file={},line={},title={}::{}\n",
                property(file),
                line,
                property(&title),
                data(&told(outcome))
            ));
        }
        if all.len() > shown {
            out.push_str(&format!("::{level} title=ce-cost::{} more rules say {level}\n", all.len() - shown));
        }
    }
    out.push_str(&format!("ce-cost: {}\n", super::text::headline(found)));
    out
}

/// A message: neither a new line nor another command comes out of it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, which ends with a comma or a colon as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_command() {
        assert_eq!(data("50%\r\n::set-output name=a::b"), "50%25%0D%0A::set-output name=a::b");
        assert_eq!(property("a:b,c\n"), "a%3Ab%2Cc%0A");
    }
}
