//! Tables and paragraphs for a terminal: aligned, never wrapped, coloured only where colour says something.

use std::borrow::Cow;
use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use unicode_width::UnicodeWidthStr;

use super::table::{Cell, Column, Kind, Row, Table};

/// Longest bar, in characters.
const BAR: usize = 20;
/// The least room of a sentence beside other columns; what has less stands beneath them.
const SENTENCE: usize = 30;
/// Before what stands beneath a row.
const BENEATH: &str = "      ";
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

    /// A command that says more, and what it says: in one line where there is room.
    pub fn hint(&self, command: &str, says: &str) -> String {
        let line = format!("  {command}   {says}");
        if line.width() <= self.width { line + "\n" } else { format!("  {command}\n{}", self.fill(says, BENEATH)) }
    }

    /// A table, in as many of its columns as there is room for.
    pub fn table(&self, table: &Table) -> String {
        let table = &*if self.bars { with_bars(table) } else { Cow::Borrowed(table) };
        let all: Vec<usize> = (0..table.columns.len()).filter(|c| self.bars || !is_bar(table, *c)).collect();
        let wraps = all.iter().map(|c| width(table, *c, false) + GAP.len()).sum::<usize>() > self.width;
        let kept = self.kept(table, all, wraps);
        let mut widths: Vec<usize> = kept.iter().map(|c| width(table, *c, wraps)).collect();
        // Sentences at the end have what the others leave.
        let last = widths.len().saturating_sub(1);
        let before = widths.iter().take(last).map(|w| w + GAP.len()).sum::<usize>() + GAP.len();
        if let Some((width, column)) = widths.last_mut().zip(kept.last()).filter(|(_, c)| table.columns[**c].fills) {
            *width = (*width).min(self.width.saturating_sub(before)).max(table.columns[*column].title.width());
        }
        let mut out = self.heading(table, &kept, &widths, wraps);
        for row in &table.rows {
            if row.kind == Kind::Sum {
                let rule = widths.iter().sum::<usize>() + GAP.len() * widths.len();
                let bars = kept.iter().zip(&widths).filter(|(c, _)| is_bar(table, **c)).map(|(_, w)| w + GAP.len()).sum::<usize>();
                let rule = "─".repeat(rule.saturating_sub(bars + GAP.len()).min(self.width - GAP.len()));
                let _ = writeln!(out, "{GAP}{}", self.paint(Tone::Dim, &rule));
            }
            self.row(table, row, &kept, &widths).iter().for_each(|line| out.push_str(&format!("{line}\n")));
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

    /// The columns that fit: the highest `drop` goes first.
    fn kept(&self, table: &Table, mut kept: Vec<usize>, wraps: bool) -> Vec<usize> {
        loop {
            let least = |c: usize| match table.columns[c].fills && kept.last() == Some(&c) {
                true => width(table, c, wraps).min(SENTENCE),
                false => width(table, c, wraps),
            };
            let total: usize = kept.iter().map(|c| least(*c) + GAP.len()).sum();
            let droppable = kept.iter().copied().filter(|c| table.columns[*c].drop > 0).max_by_key(|c| table.columns[*c].drop);
            match droppable {
                Some(column) if total > self.width => kept.retain(|c| *c != column),
                _ => return kept,
            }
        }
    }

    /// A row: one line, and more where its last column holds a sentence that is longer.
    fn row(&self, table: &Table, row: &Row, kept: &[usize], widths: &[usize]) -> Vec<String> {
        let mut cells: Vec<(String, bool)> = kept.iter().map(|c| (shown(row, *c), table.columns[*c].right)).collect();
        let room = widths.last().copied().unwrap_or_default();
        let long = kept.last().is_some_and(|c| table.columns[*c].fills) && cells.last().is_some_and(|(text, _)| text.width() > room);
        let mut more: Vec<String> = Vec::new();
        if let Some((last, _)) = cells.last_mut().filter(|_| long) {
            let sentence = std::mem::take(last);
            // What has too little room beside the others stands beneath them.
            let beneath = room < SENTENCE;
            let before = widths.iter().rev().skip(1).map(|w| w + GAP.len()).sum::<usize>() + GAP.len();
            let (indent, room) = if beneath { (BENEATH.len(), self.width - BENEATH.len()) } else { (before, room) };
            let lines = Screen { width: room, colour: false, bars: false }.fill(&sentence, "");
            let mut lines = lines.lines();
            if !beneath {
                *last = lines.next().unwrap_or_default().to_owned();
            }
            more = lines.map(|line| format!("{}{line}", " ".repeat(indent))).collect();
        }
        let text = line(cells.into_iter(), widths);
        let painted = |text: &str| {
            let text = cut(text.trim_end(), self.width);
            match row.kind {
                Kind::Group | Kind::Sum => self.paint(Tone::Strong, &text),
                Kind::Dim => self.paint(Tone::Dim, &text),
                Kind::Line => text,
            }
        };
        [text].iter().chain(&more).map(|line| painted(line)).collect()
    }
}

/// The table with a bar beside each share that is to have one; bars go first where room is short.
fn with_bars(table: &Table) -> Cow<'_, Table> {
    if !table.columns.iter().any(|c| c.barred) {
        return Cow::Borrowed(table);
    }
    let mut with = Table::default();
    let bar = |cell: &Cell| if let Cell::Share(share) = cell { Cell::Bar(*share) } else { Cell::Empty };
    for column in &table.columns {
        with.columns.push(column.clone());
        with.columns.extend(column.barred.then(|| Column::words("", "").droppable(u8::MAX)));
    }
    for row in &table.rows {
        let cells = row.cells.iter().zip(&table.columns);
        let cells = cells.flat_map(|(cell, column)| [Some(cell.clone()), column.barred.then(|| bar(cell))]).flatten();
        with.rows.push(Row { cells: cells.collect(), ..row.clone() });
    }
    Cow::Owned(with)
}

fn is_bar(table: &Table, column: usize) -> bool {
    table.rows.iter().any(|r| r.cells[column].is_drawn())
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
