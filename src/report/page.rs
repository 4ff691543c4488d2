//! The monthly report as text that people read: a page (HTML), a document for a wiki (Markdown), a terminal.
//!
//! HTML and Markdown come from templates, which users may replace (`--template`): they get `report`, the document itself, `charts`
//! (SVG by "environment/section") and `tables` (Markdown by "environment/section/table"). Whatever comes from files is made harmless by
//! the template engine, by what the file is: `.html` or `.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};

use super::monthly::document::{Chapter, Report, Section, State};
use super::terminal::{Screen, Tone};
use super::{markdown, plot};

/// The templates that are built into the program.
const TEMPLATES: &[(&str, &str)] = &[
    ("report.html", include_str!("../../reports/templates/report.html")),
    ("report.md", include_str!("../../reports/templates/report.md")),
];

/// The file that a format is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// A page that needs nothing else.
    Html,
    /// A document for a wiki.
    Markdown,
}

impl Page {
    /// The name of its template.
    pub fn template(self) -> &'static str {
        match self {
            Page::Html => "report.html",
            Page::Markdown => "report.md",
        }
    }
}

/// The report as text; with `own` in the place of the built-in template.
///
/// # Errors
/// A template that is wrong, or a chart that cannot be drawn, in words.
pub fn write(report: &Report, page: Page, own: Option<&str>) -> Result<String, String> {
    let mut engine = Environment::new();
    engine.set_auto_escape_callback(|name| match name.rsplit('.').next() {
        Some("md") => AutoEscape::Custom("markdown".into()),
        _ => AutoEscape::Html,
    });
    engine.set_formatter(|out, state, value| match state.auto_escape() {
        AutoEscape::Custom(_) if !value.is_safe() => Ok(out.write_str(&markdown::escape(&value.to_string()))?),
        AutoEscape::Custom(_) => Ok(out.write_str(&value.to_string())?),
        _ => minijinja::escape_formatter(out, state, value),
    });
    let built_in = TEMPLATES.iter().find(|(name, _)| *name == page.template()).map(|(_, text)| *text);
    engine.add_template(page.template(), own.or(built_in).unwrap_or_default()).map_err(told)?;
    let (charts, tables) = match page {
        Page::Html => (charts(report)?, BTreeMap::new()),
        Page::Markdown => (BTreeMap::new(), tables(report)),
    };
    let template = engine.get_template(page.template()).map_err(told)?;
    template.render(context! { report => Value::from(Serde(report)), charts => charts, tables => tables }).map_err(told)
}

fn told(error: minijinja::Error) -> String {
    let line = error.line().map(|l| format!(", line {l}")).unwrap_or_default();
    format!("the template {}{line}: {}", error.name().unwrap_or_default(), error.detail().unwrap_or("is wrong"))
}

fn sections(report: &Report) -> impl Iterator<Item = (&Chapter, &Section)> {
    report.chapters.iter().flat_map(|c| c.sections.iter().map(move |s| (c, s)))
}

/// Every chart in two widths: one is shown on a page, the other on a phone.
fn charts(report: &Report) -> Result<BTreeMap<String, Value>, String> {
    let mut all = BTreeMap::new();
    for (chapter, section) in sections(report) {
        let Some(chart) = &section.chart else { continue };
        let mut art = String::new();
        for (class, width) in [("wide", plot::WIDE), ("narrow", plot::NARROW)] {
            art.push_str(&inline(&plot::svg(chart, width)?, class, width, &chart.alt));
        }
        all.insert(format!("{}/{}", chapter.environment, section.id), Value::from_safe_string(art));
    }
    Ok(all)
}

/// A picture as a part of a page: in its colours, at most as wide as it was drawn, with words for those who do not see it.
fn inline(svg: &str, class: &str, width: u32, alt: &str) -> String {
    let mut svg = svg.to_owned();
    for (colour, name) in plot::COLOURS {
        svg = svg.replace(&format!("\"{colour}\""), &format!("\"{name}\""));
    }
    let begin = svg.find("<svg").unwrap_or(0);
    let rest = svg[begin..].trim_start_matches("<svg");
    let alt = alt.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    format!("<svg class=\"{class}\" style=\"max-width:{width}px\" role=\"img\" aria-label=\"{alt}\"{rest}")
}

fn tables(report: &Report) -> BTreeMap<String, Value> {
    let of = |(c, s): (&Chapter, &Section)| {
        let name = format!("{}/{}", c.environment, s.id);
        s.tables.iter().map(|t| (format!("{name}/{}", t.id), Value::from_safe_string(markdown::table(&t.table)))).collect::<Vec<_>>()
    };
    sections(report).flat_map(of).collect()
}

/// The report on a terminal.
pub fn terminal(report: &Report, screen: &Screen) -> String {
    let mut out = String::new();
    for chapter in &report.chapters {
        let tone = match chapter.state {
            State::Act => Tone::Over,
            State::Watch => Tone::Near,
            State::Healthy => Tone::Fine,
        };
        let _ = writeln!(out, "{}   {}", screen.paint(Tone::Strong, &chapter.title), screen.paint(tone, chapter.state.word()));
        out.push_str(&screen.fill(&chapter.basis, ""));
        out.push('\n');
        chapter.answer.iter().for_each(|line| out.push_str(&screen.fill(line, "  ")));
        for section in &chapter.sections {
            let _ = writeln!(out, "\n{}", screen.paint(Tone::Strong, &section.title));
            out.push_str(&screen.fill(&section.answer, "  "));
            for titled in &section.tables {
                let _ = writeln!(out, "\n  {}", screen.paint(Tone::Dim, &titled.title));
                out.push_str(&screen.table(&titled.table));
            }
            section.notes.iter().for_each(|note| out.push_str(&screen.fill(note, "  ")));
        }
        out.push('\n');
    }
    out
}
