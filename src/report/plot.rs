//! Charts of the monthly report as pictures: text (SVG) or bytes (PNG). The same chart gives the same bytes.
//!
//! Every chart names its unit, labels what it draws where it is drawn, and tells nothing by colour alone.
#![allow(clippy::float_arithmetic, reason = "places on a picture")]

use plotters::coord::Shift;
use plotters::prelude::{
    BitMapBackend, Color, DrawingArea, DrawingBackend, IntoDrawingArea, IntoFont, PathElement, Polygon, RGBColor, Rectangle, SVGBackend,
    Text, WHITE,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::chart::{self, FAMILY, FINER, ticks};
use super::monthly::document::{Ahead, Amount, Chart, ChartKind, Part, Series};
use crate::money::{Usd, dollars, signed};
use crate::quantity::per_cent;
use crate::statistic;

// Okabe and Ito, "Color Universal Design": they differ in lightness too.
const BLUE: RGBColor = RGBColor(0, 114, 178);
const VERMILION: RGBColor = RGBColor(213, 94, 0);
const GREEN: RGBColor = RGBColor(0, 130, 95);
const INK: RGBColor = RGBColor(34, 34, 34);
const GREY: RGBColor = RGBColor(90, 90, 90);
const FAINT: RGBColor = RGBColor(225, 225, 225);
/// The colours, by the names that a page gives them: it has others in the dark.
pub const COLOURS: &[(&str, &str)] = &[
    ("#0072B2", "var(--blue)"),
    ("#D55E00", "var(--vermilion)"),
    ("#00825F", "var(--green)"),
    ("#222222", "var(--ink)"),
    ("#5A5A5A", "var(--grey)"),
    ("#E1E1E1", "var(--faint)"),
    ("#FFFFFF", "var(--paper)"),
];

/// Pixels across: on a page, and on a phone.
pub const WIDE: u32 = 840;
/// On a phone.
pub const NARROW: u32 = 350;
/// Below this a picture is for a phone: names stand above what they name, since there is no room beside it.
const PHONE: i32 = 500;
/// Above everything: the title.
const HEAD: i32 = 34;
/// Size of letters.
const LETTER: u32 = 14;

/// The chart as SVG, so many pixels across.
///
/// # Errors
/// Where it cannot be drawn, in words.
pub fn svg(chart: &Chart, width: u32) -> Result<String, String> {
    let mut out = String::new();
    let size = (width, height(chart, width));
    draw(&SVGBackend::with_string(&mut out, size).into_drawing_area(), chart, width as i32, 1)?;
    Ok(out)
}

/// The chart as PNG, so many pixels across.
///
/// # Errors
/// Where it cannot be drawn or packed, in words.
pub fn png(chart: &Chart, width: u32) -> Result<Vec<u8>, String> {
    let size = (width, height(chart, width));
    let fine = (size.0 * FINER, size.1 * FINER);
    let mut pixels = vec![0; fine.0 as usize * fine.1 as usize * 3];
    draw(&BitMapBackend::with_buffer(&mut pixels, fine).into_drawing_area(), chart, width as i32, FINER as i32)?;
    chart::packed(&chart::smaller(&pixels, size.0), size)
}

/// How the panels of a history stand: how many beside each other, how high each, and how many lines its name may have.
struct Panels {
    across: usize,
    high: i32,
    lines: usize,
}

impl Panels {
    fn of(width: i32) -> Panels {
        if width < PHONE { Panels { across: 2, high: 166, lines: 2 } } else { Panels { across: 3, high: 150, lines: 1 } }
    }
}

/// How bars stand: where they begin and end, how high a row is, and how many letters a name may have.
struct Rows {
    left: i32,
    right: i32,
    high: i32,
    letters: usize,
    above: bool,
}

impl Rows {
    /// With room for numbers right of the bars.
    fn of(width: i32, numbers: i32) -> Rows {
        let right = width - numbers;
        match width < PHONE {
            true => Rows { left: 0, right, high: 44, letters: 44, above: true },
            false => Rows { left: 250, right, high: 27, letters: 34, above: false },
        }
    }

    /// The upper and the lower edge of the bar of a row, and its middle.
    fn bar(&self, n: usize) -> (i32, i32, i32) {
        let end = HEAD + self.high * (n as i32 + 1) - 5;
        (end - 17, end, end - 9)
    }
}

fn height(chart: &Chart, width: u32) -> u32 {
    let rows = |n: usize| HEAD + Rows::of(width as i32, 0).high * n as i32 + 12;
    let panels = Panels::of(width as i32);
    let height = match &chart.kind {
        ChartKind::Outlook { .. } => 320,
        ChartKind::Steps { steps, .. } => rows(steps.len() + 2),
        ChartKind::Parts { parts } => rows(parts.len()),
        ChartKind::History { series, .. } => HEAD + panels.high * series.len().div_ceil(panels.across) as i32 + 8,
    };
    height as u32
}

type Area<B> = DrawingArea<B, Shift>;
type Drawn<B> = Result<(), plotters::drawing::DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Where a text is held.
#[derive(Clone, Copy)]
enum At {
    Left,
    Middle,
    Right,
}

/// A picture in the pixels of its finished size.
struct Canvas<'a, B: DrawingBackend> {
    area: &'a Area<B>,
    scale: i32,
    width: i32,
}

fn draw<B: DrawingBackend>(area: &Area<B>, chart: &Chart, width: i32, scale: i32) -> Result<(), String> {
    chart::register()?;
    let canvas = Canvas { area, scale, width };
    canvas.whole(chart).map_err(|e| e.to_string())
}

impl<B: DrawingBackend> Canvas<'_, B> {
    fn whole(&self, chart: &Chart) -> Drawn<B> {
        self.area.fill(&WHITE)?;
        let title = if self.width < PHONE { chart.title.split(':').next().unwrap_or_default() } else { &chart.title };
        self.text(0, 12, title, GREY, At::Left)?;
        match &chart.kind {
            ChartKind::Outlook { months } => self.outlook(months)?,
            ChartKind::Steps { from, steps, to } => self.steps(from, steps, to)?,
            ChartKind::History { months, series } => self.history(months, series)?,
            ChartKind::Parts { parts } => self.parts(parts)?,
        }
        self.area.present()
    }

    fn at(&self, (x, y): (i32, i32)) -> (i32, i32) {
        (x * self.scale, y * self.scale)
    }

    fn text(&self, x: i32, y: i32, text: &str, colour: RGBColor, at: At) -> Drawn<B> {
        let anchor = match at {
            At::Left => HPos::Left,
            At::Middle => HPos::Center,
            At::Right => HPos::Right,
        };
        let style = (FAMILY, LETTER * self.scale as u32).into_font().color(&colour).pos(Pos::new(anchor, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), self.at((x, y)), style))
    }

    fn bar(&self, (x0, y0): (i32, i32), (x1, y1): (i32, i32), colour: RGBColor) -> Drawn<B> {
        self.area.draw(&Rectangle::new([self.at((x0, y0)), self.at((x1, y1))], colour.filled()))
    }

    fn line(&self, points: &[(i32, i32)], colour: RGBColor, width: u32) -> Drawn<B> {
        let points: Vec<(i32, i32)> = points.iter().map(|p| self.at(*p)).collect();
        self.area.draw(&PathElement::new(points, colour.stroke_width(width * self.scale as u32)))
    }

    fn dashes(&self, y: i32, (from, to): (i32, i32), colour: RGBColor) -> Drawn<B> {
        (from..to).step_by(10).try_for_each(|x| self.line(&[(x, y), ((x + 6).min(to), y)], colour, 2))
    }

    fn shape(&self, points: &[(i32, i32)], colour: RGBColor, opacity: f64) -> Drawn<B> {
        let points: Vec<(i32, i32)> = points.iter().map(|p| self.at(*p)).collect();
        self.area.draw(&Polygon::new(points, colour.mix(opacity).filled()))
    }

    // ── months ahead ───────────────────────────────────────────────────────────────────────────────────────────────────

    fn outlook(&self, months: &[Ahead]) -> Drawn<B> {
        let (left, right, top, bottom) = (52, self.width - if self.width < PHONE { 12 } else { 108 }, HEAD + 6, 286);
        let all = || months.iter().flat_map(|m| [Some(m.middle), m.low, m.high, m.budget]).flatten().map(float);
        let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
        // A band is read by its place beside the budget, so that the axis need not begin at nothing; it says where it begins.
        let (from, to) = ((least - (most - least) * 0.15).max(0.0), most + (most - least) * 0.08 + 1.0);
        let y = |amount: f64| bottom - ((amount - from) / (to - from) * f64::from(bottom - top)).round() as i32;
        let x = |n: usize| left + (f64::from(right - left) * n as f64 / (months.len().max(2) - 1) as f64).round() as i32;
        let step = ticks(to - from).get(1).copied().unwrap_or(to);
        for tick in (1..).map(|n| f64::from(n) * step).skip_while(|t| *t < from).take_while(|t| *t <= to) {
            self.line(&[(left, y(tick)), (right, y(tick))], FAINT, 1)?;
            self.text(left - 6, y(tick), &whole(tick), GREY, At::Right)?;
        }
        let ends = |of: fn(&Ahead) -> Option<Usd>| months.iter().enumerate().filter_map(move |(n, m)| Some((x(n), y(float(of(m)?)))));
        let band: Vec<(i32, i32)> = ends(|m| m.high).chain(ends(|m| m.low).collect::<Vec<_>>().into_iter().rev()).collect();
        if band.len() > 2 {
            self.shape(&band, BLUE, 0.2)?;
        }
        self.line(&ends(|m| Some(m.middle)).collect::<Vec<_>>(), BLUE, 3)?;
        if let Some(budget) = months.last().and_then(|m| m.budget) {
            self.dashes(y(float(budget)), (left, right), VERMILION)?;
        }
        self.ends(months, right, &y)?;
        let every = if self.width < PHONE { 4 } else { 2 };
        for (n, m) in months.iter().enumerate().filter(|(n, _)| n % every == 0) {
            self.text(x(n), bottom + 18, &m.month, GREY, if n == 0 { At::Left } else { At::Middle })?;
        }
        Ok(())
    }

    /// Words at the ends of lines: right of them, or above where there is no room.
    fn ends(&self, months: &[Ahead], right: i32, y: &impl Fn(f64) -> i32) -> Drawn<B> {
        let Some(last) = months.last() else { return Ok(()) };
        let narrow = self.width < PHONE;
        let above = if narrow { 10 } else { 0 };
        let mut labels = vec![(last.middle, format!("likely {}", dollars(last.middle)), BLUE, above)];
        labels.extend(last.high.map(|a| (a, format!("P90 {}", dollars(a)), GREY, above)));
        // Beneath its end, so that the budget has the place above.
        labels.extend(last.low.map(|a| (a, format!("P10 {}", dollars(a)), GREY, -above)));
        labels.extend(last.budget.map(|a| (a, format!("budget {}", dollars(a)), VERMILION, above)));
        labels.sort_by_key(|(amount, ..)| std::cmp::Reverse(*amount));
        let mut free = HEAD;
        for (amount, words, colour, above) in labels {
            let place = (y(float(amount)) - above).max(free);
            free = place + 17;
            let (x, at) = if narrow { (right, At::Right) } else { (right + 8, At::Left) };
            self.text(x, place, &words, colour, at)?;
        }
        Ok(())
    }

    // ── step by step ───────────────────────────────────────────────────────────────────────────────────────────────────

    fn steps(&self, from: &Amount, steps: &[Amount], to: &Amount) -> Drawn<B> {
        let rows = Rows::of(self.width, if self.width < PHONE { 62 } else { 70 });
        let mut at = float(from.amount);
        let mut bars = vec![(from, 0.0, at, INK, dollars(from.amount))];
        for step in steps {
            let next = at + float(step.amount);
            bars.push((step, at, next, if next > at { VERMILION } else { GREEN }, signed(step.amount)));
            at = next;
        }
        bars.push((to, 0.0, float(to.amount), INK, dollars(to.amount)));
        let most = bars.iter().flat_map(|b| [b.1, b.2]).fold(1.0, f64::max);
        // Small steps on large sums would be hairlines: the axis begins near the smallest sum, and whole bars are cut open there.
        let least = bars.iter().flat_map(|b| [b.1, b.2]).filter(|v| *v > 0.0).fold(most, f64::min);
        let origin = if least > most * 0.5 { least - (most - least).max(most * 0.02) * 0.6 } else { 0.0 };
        let x = |v: f64| rows.left + ((v - origin).max(0.0) / (most - origin) * f64::from(rows.right - rows.left)).round() as i32;
        for (n, (amount, a, b, colour, words)) in bars.iter().enumerate() {
            let (top, bottom, middle) = rows.bar(n);
            self.name(&rows, n, &amount.name)?;
            let (low, high) = (x(a.min(*b)), x(a.max(*b)));
            self.bar((low, top), (high.max(low + 2), bottom), *colour)?;
            if origin > 0.0 && *colour == INK {
                self.line(&[(rows.left + 12, bottom + 2), (rows.left + 18, top - 2)], WHITE, 3)?;
            }
            if n + 1 < bars.len() && !rows.above {
                self.line(&[(x(*b), bottom), (x(*b), rows.bar(n + 1).0)], GREY, 1)?;
            }
            self.text(high.max(low + 2) + 6, middle, words, INK, At::Left)?;
        }
        Ok(())
    }

    fn parts(&self, parts: &[Part]) -> Drawn<B> {
        let rows = Rows::of(self.width, if self.width < PHONE { 52 } else { 60 });
        for (n, part) in parts.iter().enumerate() {
            let share: rust_decimal::Decimal = part.share.parse().unwrap_or_default();
            let (top, bottom, middle) = rows.bar(n);
            let end = rows.left + (statistic::float(share).clamp(0.0, 1.0) * f64::from(rows.right - rows.left)).round() as i32;
            self.name(&rows, n, &part.name)?;
            self.bar((rows.left, top), (rows.right, bottom), FAINT)?;
            self.bar((rows.left, top), (end.max(rows.left + 1), bottom), BLUE)?;
            self.text(rows.right + 6, middle, &per_cent(share), INK, At::Left)?;
        }
        Ok(())
    }

    /// The name of a row: beside its bar, or above it.
    fn name(&self, rows: &Rows, n: usize, name: &str) -> Drawn<B> {
        let (top, _, middle) = rows.bar(n);
        let name = short(name, rows.letters);
        if rows.above { self.text(0, top - 11, &name, INK, At::Left) } else { self.text(rows.left - 8, middle, &name, INK, At::Right) }
    }

    // ── months past ────────────────────────────────────────────────────────────────────────────────────────────────────

    fn history(&self, months: &[String], series: &[Series]) -> Drawn<B> {
        let panels = Panels::of(self.width);
        let wide = self.width / panels.across as i32;
        for (n, one) in series.iter().enumerate() {
            let (x, y) = (wide * (n % panels.across) as i32, HEAD + panels.high * (n / panels.across) as i32);
            self.panel(&panels, one, months, (x, y), wide - 24)?;
        }
        Ok(())
    }

    fn panel(&self, panels: &Panels, series: &Series, months: &[String], (left, top): (i32, i32), width: i32) -> Drawn<B> {
        // The amount stands beneath the last line of a name, whether it has one line or more.
        let name = lines(&series.name, (width / 8) as usize, panels.lines);
        let head = top + 16 * panels.lines as i32;
        for (n, line) in name.iter().rev().enumerate() {
            self.text(left, head - 6 - 16 * n as i32, line, INK, At::Left)?;
        }
        let last = series.amounts.last().copied().flatten();
        self.text(left, head + 12, &last.map_or_else(|| "–".to_owned(), dollars), BLUE, At::Left)?;
        let (ceiling, floor) = (head + 28, top + panels.high - 34);
        let most = series.amounts.iter().flatten().map(|a| float(*a)).fold(1.0, f64::max);
        let x = |n: usize| left + (f64::from(width) * n as f64 / (months.len().max(2) - 1) as f64).round() as i32;
        let y = |a: Usd| floor - (float(a).max(0.0) / most * f64::from(floor - ceiling)).round() as i32;
        let points: Vec<(i32, i32)> = series.amounts.iter().enumerate().filter_map(|(n, a)| Some((x(n), y((*a)?)))).collect();
        if let (Some(first), Some(end)) = (points.first(), points.last()) {
            let mut shape = points.clone();
            shape.extend([(end.0, floor), (first.0, floor)]);
            self.shape(&shape, BLUE, 0.15)?;
            self.line(&points, BLUE, 2)?;
            self.bar((end.0 - 3, end.1 - 3), (end.0 + 3, end.1 + 3), BLUE)?;
        }
        self.line(&[(left, floor), (left + width, floor)], GREY, 1)?;
        if let (Some(first), Some(last)) = (months.first(), months.last()) {
            self.text(left, floor + 14, first, GREY, At::Left)?;
            self.text(left + width, floor + 14, last, GREY, At::Right)?;
        }
        Ok(())
    }
}

fn float(amount: Usd) -> f64 {
    statistic::float(amount.decimal())
}

fn whole(value: f64) -> String {
    statistic::usd(value).map_or_else(String::new, dollars)
}

/// A name in at most so many lines of so many letters; the last is cut where it does not fit.
fn lines(name: &str, letters: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in name.split_whitespace() {
        let full = lines.len() == most;
        match lines.last_mut() {
            Some(line) if full || line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| short(line, letters)).collect()
}

/// A name that fits into so many letters.
fn short(name: &str, letters: usize) -> String {
    match name.chars().count() > letters {
        true => name.chars().take(letters.saturating_sub(1)).chain(['…']).collect(),
        false => name.to_owned(),
    }
}
