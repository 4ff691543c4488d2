//! Tables and paragraphs for a terminal: aligned, never wrapped, coloured only where colour says something.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use unicode_width::UnicodeWidthStr;

use super::table::{Cell, Column, Kind, Row, Table};

/// Longest bar, in characters.
const BAR: usize = 20;
/// Between two columns.
const GAP: &str = "  ";

/// Where text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Characters in a line.
    pub width: usize,
    /// Whether colour may be used.
    pub colour: bool,
    /// Whether bars are drawn: not into a pipe.
    pub bars: bool,
}

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The answer, and names of groups.
    Strong,
    /// Over a limit.
    Over,
    /// Near a limit.
    Near,
    /// Within a limit.
    Fine,
    /// Assumed, or less important.
    Dim,
}

impl Screen {
    /// Text in a tone; without colour, the text.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        let style = match tone {
            Tone::Strong => Style::new().bold(),
            Tone::Over => AnsiColor::Red.on_default().bold(),
            Tone::Near => AnsiColor::Yellow.on_default(),
            Tone::Fine => AnsiColor::Green.on_default(),
            Tone::Dim => Style::new().dimmed(),
        };
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Words filled into lines, each begun with `indent`.
    pub fn fill(&self, text: &str, indent: &str) -> String {
        let mut out = String::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && indent.width() + line.width() + 1 + word.width() > self.width {
                let _ = writeln!(out, "{indent}{line}");
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if !line.is_empty() {
            let _ = writeln!(out, "{indent}{line}");
        }
        out
    }

    /// A table, in as many of its columns as there is room for.
    pub fn table(&self, table: &Table) -> String {
        let all: Vec<usize> = (0..table.columns.len()).filter(|c| self.bars || !self.is_bar(table, *c)).collect();
        let wraps = all.iter().map(|c| width(table, *c, false) + GAP.len()).sum::<usize>() > self.width;
        let kept = self.kept(table, all, wraps);
        let widths: Vec<usize> = kept.iter().map(|c| width(table, *c, wraps)).collect();
        let mut out = self.heading(table, &kept, &widths, wraps);
        for row in &table.rows {
            if row.kind == Kind::Sum {
                let rule = widths.iter().sum::<usize>() + GAP.len() * widths.len();
                let bars = kept.iter().zip(&widths).filter(|(c, _)| self.is_bar(table, **c)).map(|(_, w)| w + GAP.len()).sum::<usize>();
                let _ = writeln!(
                    out,
                    "{GAP}{}",
                    self.paint(Tone::Dim, &"─".repeat(rule.saturating_sub(bars + GAP.len()).min(self.width - GAP.len())))
                );
            }
            let _ = writeln!(out, "{}", self.row(table, row, &kept, &widths));
        }
        out
    }

    /// The titles of the columns, those at the bottom that need fewer lines.
    fn heading(&self, table: &Table, kept: &[usize], widths: &[usize], wraps: bool) -> String {
        let titles: Vec<Vec<String>> = kept.iter().zip(widths).map(|(c, w)| title_lines(&table.columns[*c], *w, wraps)).collect();
        let lines = titles.iter().map(Vec::len).max().unwrap_or(0);
        let mut out = String::new();
        for n in (1..=lines).rev() {
            let at = |title: &Vec<String>| title.len().checked_sub(n).and_then(|i| title.get(i)).cloned().unwrap_or_default();
            let cells = titles.iter().zip(kept).map(|(title, c)| (at(title), table.columns[*c].right));
            let _ = writeln!(out, "{}", self.paint(Tone::Dim, line(cells, widths).trim_end()));
        }
        out
    }

    fn is_bar(&self, table: &Table, column: usize) -> bool {
        table.rows.iter().any(|r| r.cells[column].is_drawn())
    }

    /// The columns that fit: the highest `drop` goes first.
    fn kept(&self, table: &Table, mut kept: Vec<usize>, wraps: bool) -> Vec<usize> {
        loop {
            let total: usize = kept.iter().map(|c| width(table, *c, wraps) + GAP.len()).sum();
            let droppable = kept.iter().copied().filter(|c| table.columns[*c].drop > 0).max_by_key(|c| table.columns[*c].drop);
            match droppable {
                Some(column) if total > self.width => kept.retain(|c| *c != column),
                _ => return kept,
            }
        }
    }

    fn row(&self, table: &Table, row: &Row, kept: &[usize], widths: &[usize]) -> String {
        let cells = kept.iter().map(|c| (shown(row, *c), table.columns[*c].right));
        let text = line(cells, widths);
        let text = cut(text.trim_end(), self.width);
        match row.kind {
            Kind::Group | Kind::Sum => self.paint(Tone::Strong, &text),
            Kind::Dim => self.paint(Tone::Dim, &text),
            Kind::Line => text,
        }
    }
}

fn line(cells: impl Iterator<Item = (String, bool)>, widths: &[usize]) -> String {
    let mut out = String::new();
    for ((text, right), width) in cells.zip(widths) {
        let pad = " ".repeat(width.saturating_sub(text.width()));
        out.push_str(GAP);
        out.push_str(&if right { format!("{pad}{text}") } else { format!("{text}{pad}") });
    }
    out
}

fn width(table: &Table, column: usize, wraps: bool) -> usize {
    let cells = table.rows.iter().map(|r| shown(r, column).width()).max().unwrap_or(0);
    let of = &table.columns[column];
    let words = || of.title.split_whitespace().map(UnicodeWidthStr::width).max().unwrap_or(0);
    cells.max(if wraps && of.wraps { words() } else { of.title.width() })
}

/// A title in lines of a width; in one where it need not wrap.
fn title_lines(column: &Column, width: usize, wraps: bool) -> Vec<String> {
    match (column.title.is_empty(), wraps && column.wraps) {
        (true, _) => Vec::new(),
        (false, false) => vec![column.title.to_string()],
        (false, true) => Screen { width, colour: false, bars: false }.fill(&column.title, "").lines().map(str::to_owned).collect(),
    }
}

fn shown(row: &Row, column: usize) -> String {
    let text = match &row.cells[column] {
        Cell::Bar(share) => bar(share.to_f64().unwrap_or(0.0)),
        Cell::Span(from, to, mark) => span(*from, *to, *mark),
        other => other.shown(),
    };
    if column == 0 { format!("{}{text}", "  ".repeat(row.indent.into())) } else { text }
}

/// A bar in eighths of a character. The length of a bar is no amount: a float does.
#[allow(clippy::float_arithmetic, reason = "the length of a bar on a screen")]
fn bar(share: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (BAR * 8) as f64).round() as usize;
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// A line from one place to another, with a mark on it.
fn span(from: Decimal, to: Decimal, mark: Option<Decimal>) -> String {
    let place = |share: Decimal| (share * Decimal::from(BAR)).round().to_usize().unwrap_or(0).min(BAR - 1);
    let (from, to, mark) = (place(from), place(to), mark.map(place));
    let at = |i: usize| match mark {
        Some(mark) if mark == i => '│',
        _ if (from..=to).contains(&i) => '━',
        _ => ' ',
    };
    (0..BAR).map(at).collect::<String>().trim_end().to_owned()
}

/// Cuts a line that is still too long, with a sign that it was cut.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if out.width() + 2 > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}
