//! What is wrong with an input, where, and how to mend it. The only renderer of such messages.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::source::{Place, Sources};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// The input can be used; the user should know.
    Warning,
}

/// One message about one place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where; `None` for what has no place in a file.
    pub place: Option<Place>,
    /// What was expected there.
    pub label: String,
    /// The way out.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, message: message.into(), place: Some(place), label: String::new(), help: None }
    }

    /// An error that has no place in a file.
    pub fn general(message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, message: message.into(), place: None, label: String::new(), help: None }
    }

    /// The same as a warning.
    pub fn warning(mut self) -> Diagnostic {
        self.severity = Severity::Warning;
        self
    }

    /// Says under the snippet what was expected.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// Says how to mend it.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }
}

/// How many messages are kept. Nobody reads more of them, and a file of megabytes can earn hundreds of thousands.
const MOST: usize = 1_000;

/// Everything that is wrong, gathered so that one run shows all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Diagnostic>,
    errors: usize,
    left_out: usize,
}

impl Problems {
    /// Adds one, unless the same was said already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.list.contains(&diagnostic) {
            return;
        }
        self.errors += usize::from(diagnostic.severity == Severity::Error);
        if self.list.len() < MOST {
            self.list.push(diagnostic);
        } else {
            self.left_out += 1;
        }
    }

    /// Adds all of `others`.
    pub fn extend(&mut self, others: Problems) {
        let others_kept = others.list.iter().filter(|d| d.severity == Severity::Error).count();
        for diagnostic in others.list {
            self.push(diagnostic);
        }
        self.left_out += others.left_out;
        self.errors += others.errors - others_kept;
    }

    /// True where no message is an error.
    pub fn none_is_error(&self) -> bool {
        self.errors == 0
    }

    /// True where nothing was said.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// The messages in the order of files and lines, those without a place last.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut list: Vec<&Diagnostic> = self.list.iter().collect();
        list.sort_by_key(|d| d.place.map_or((u16::MAX, u32::MAX), |p| (p.file.0, p.start)));
        list
    }

    /// The messages as text for a terminal, each with its snippet.
    pub fn render(&self, sources: &Sources, colour: bool) -> String {
        let mut text = String::new();
        for diagnostic in self.sorted() {
            text.push_str(&render(diagnostic, sources, colour));
            text.push_str("\n\n");
        }
        if self.left_out > 0 {
            text.push_str(&format!("{} more messages are left out\n\n", self.left_out));
        }
        text
    }
}

/// Draws one message: what, where with the line itself, what was expected, how to mend it.
fn render(diagnostic: &Diagnostic, sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()));
    if let Some((place, source)) = diagnostic.place.and_then(|p| Some((p, sources.get(p.file)?))) {
        let (excerpt, shift) = excerpt(&source.text, place);
        let from = (place.start as usize).saturating_sub(shift).min(excerpt.len());
        let to = (place.end as usize).saturating_sub(shift).clamp(from, excerpt.len());
        let span = from..to;
        group = group.element(
            Snippet::source(excerpt)
                .line_start(place.line as usize)
                .path(source.name.as_ref())
                .annotation(AnnotationKind::Primary.span(span).label(diagnostic.label.as_str())),
        );
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The line of `place` alone, and the byte offset at which it starts. A place over several lines is shown by its first.
fn excerpt(text: &str, place: Place) -> (&str, usize) {
    let start = (place.start as usize).min(text.len());
    let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
    (&text[line_start..line_end], line_start)
}

/// Longest name that is compared, in bytes: comparing takes time and memory by the product of both lengths.
const LONGEST_NAME: usize = 200;

/// The name among `known` that `written` was most likely meant to be.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > LONGEST_NAME {
        return None;
    }
    known
        .into_iter()
        .filter(|k| k.len() <= LONGEST_NAME)
        .map(|k| (strsim::damerau_levenshtein(&written.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(distance, k)| *distance <= 1 + k.len().max(written.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_name() {
        assert_eq!(nearest("nat-gatway", ["lambda-function", "nat-gateway"]), Some("nat-gateway"));
        assert_eq!(nearest("quantum", ["lambda-function", "nat-gateway"]), None);
    }

    #[test]
    fn what_is_wrong_a_million_times_is_said_a_thousand_times() {
        let mut problems = Problems::default();
        for n in 0..MOST {
            problems.push(Diagnostic::general(format!("warning {n}")).warning());
        }
        assert!(problems.none_is_error());
        problems.push(Diagnostic::general("an error"));
        assert_eq!((problems.errors(), problems.sorted().len()), (1, MOST));
        assert!(problems.render(&Sources::default(), false).ends_with("\n\n1 more messages are left out\n\n"));
    }

    /// Compared letter by letter, these two would take 128 TB.
    #[test]
    fn names_of_megabytes_are_near_nothing() {
        let (a, b) = ("a".repeat(4 << 20), "b".repeat(4 << 20));
        assert_eq!(nearest(&a, [b.as_str()]), None);
        assert_eq!(nearest("a", [b.as_str()]), None);
    }
}
