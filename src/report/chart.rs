//! A day of a service as a picture: what came, how busy the tasks were, how many ran, above each other on one axis of time.
//!
//! The same day gives the same bytes: the font is part of the program, and nothing asks for the time.
//!
//! Not here: files. The picture is text (SVG) or bytes (PNG).
#![allow(clippy::float_arithmetic, reason = "places on a picture")]

use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::prelude::{
    AreaSeries, BitMapBackend, Color, DashedLineSeries, DrawingArea, DrawingBackend, IntoDrawingArea, IntoFont, LineSeries, PathElement,
    RGBColor, SVGBackend, ShapeStyle, Text, WHITE,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, TextStyle, register_font};

use crate::simulation::day::{Day, Goal, MINUTES, Minute};

/// Pixels, across and down.
pub const SIZE: (u32, u32) = (1_200, 900);
/// How many times as large a PNG is drawn before it is made smaller: letters are set to whole pixels, and lines have no soft edges.
pub const FINER: u32 = 3;

/// DejaVu Sans, for pictures only (reports/fonts/LICENCE).
const FONT: &[u8] = include_bytes!("../../reports/fonts/DejaVuSans.ttf");
/// Its name in pictures.
pub const FAMILY: &str = "sans-serif";

// Colours that differ in lightness too, for those who do not tell red from green (Okabe and Ito, "Color Universal Design").
const BLUE: RGBColor = RGBColor(0, 114, 178);
const VERMILION: RGBColor = RGBColor(213, 94, 0);
const GREEN: RGBColor = RGBColor(0, 130, 95);
const PURPLE: RGBColor = RGBColor(170, 70, 130);
const INK: RGBColor = RGBColor(34, 34, 34);
const GREY: RGBColor = RGBColor(90, 90, 90);
const FAINT: RGBColor = RGBColor(225, 225, 225);

/// Room for labels left and right of the panels, in pixels.
const LEFT: u32 = 76;
const RIGHT: u32 = 164;
/// Above the panels: the head.
const HEAD: u32 = 64;
/// Above each panel: its title.
const TITLE: u32 = 34;
/// Below each panel: hours.
const HOURS: u32 = 28;
/// Least distance between two labels, in pixels.
const APART: u32 = 19;
/// Limits that stand so many times above all tasks are not drawn: they would press the tasks flat.
const TOO_FAR: f64 = 4.0;

/// A line across a panel, with words at its end.
struct Mark {
    label: String,
    values: Vec<f64>,
    /// Pixels of a dash.
    dash: u32,
}

struct Panel {
    title: String,
    colour: RGBColor,
    /// One value a minute, with a gap where there is none.
    values: Vec<Option<f64>>,
    marks: Vec<Mark>,
    /// The upper end of the axis.
    top: f64,
    /// How a value is written.
    unit: fn(f64) -> String,
    /// Whether values hold for their minute and then jump.
    steps: bool,
}

/// An axis from zero, with its ticks where they are wanted.
struct Axis {
    top: f64,
    ticks: Vec<f64>,
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (f64::from(to - from) * (value / self.top).clamp(0.0, 1.0)).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, hint: H) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> std::ops::Range<f64> {
        0.0..self.top
    }
}

/// The day as SVG.
///
/// # Errors
/// Where the picture cannot be drawn, in words.
pub fn svg(day: &Day, title: &str, subtitle: &str) -> Result<String, String> {
    let mut out = String::new();
    let pen = Pen { scale: 1, segments: false };
    draw(SVGBackend::with_string(&mut out, SIZE).into_drawing_area(), day, title, subtitle, pen)?;
    Ok(out)
}

/// The day as PNG.
///
/// # Errors
/// Where the picture cannot be drawn or packed, in words.
pub fn png(day: &Day, title: &str, subtitle: &str) -> Result<Vec<u8>, String> {
    let (width, height) = SIZE;
    let fine = (width * FINER, height * FINER);
    let mut pixels = vec![0; fine.0 as usize * fine.1 as usize * 3];
    let pen = Pen { scale: FINER, segments: true };
    draw(BitMapBackend::with_buffer(&mut pixels, fine).into_drawing_area(), day, title, subtitle, pen)?;
    packed(&smaller(&pixels, width), SIZE)
}

/// Pixels, three bytes each, as PNG.
///
/// # Errors
/// Where they cannot be packed, in words.
pub fn packed(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Best);
    encoder.set_adaptive_filter(png::AdaptiveFilterType::Adaptive);
    let mut writer = encoder.write_header().map_err(|e| e.to_string())?;
    writer.write_image_data(pixels).map_err(|e| e.to_string())?;
    writer.finish().map_err(|e| e.to_string())?;
    Ok(out)
}

/// Each pixel the mean of those that stand in its place, in whole numbers; `width` pixels in a row of the result.
pub fn smaller(pixels: &[u8], width: u32) -> Vec<u8> {
    let finer = FINER as usize;
    let row = width as usize * finer * 3;
    let mut out = Vec::with_capacity(pixels.len() / (finer * finer));
    for rows in pixels.chunks(row * finer) {
        for x in (0..row).step_by(finer * 3) {
            for channel in 0..3 {
                let places = (0..finer).flat_map(|dy| (0..finer).map(move |dx| dy * row + x + dx * 3 + channel));
                let sum: usize = places.map(|place| usize::from(rows[place])).sum();
                out.push((sum / (finer * finer)) as u8);
            }
        }
    }
    out
}

/// How finely is drawn.
#[derive(Clone, Copy)]
struct Pen {
    /// Pixels for each pixel of the finished picture.
    scale: u32,
    /// Whether lines are drawn piece by piece. A thick line as a whole has spikes on a bitmap where it turns sharply: values that
    /// are not there.
    segments: bool,
}

impl Pen {
    fn px(self, pixels: u32) -> i32 {
        (pixels * self.scale) as i32
    }

    fn text(self, size: u32, colour: RGBColor) -> TextStyle<'static> {
        (FAMILY, size * self.scale).into_font().color(&colour)
    }

    fn stroke(self, colour: RGBColor, width: u32) -> ShapeStyle {
        colour.stroke_width(width * self.scale)
    }
}

fn draw<B: DrawingBackend>(root: DrawingArea<B, Shift>, day: &Day, title: &str, subtitle: &str, pen: Pen) -> Result<(), String> {
    register()?;
    draw_panels(&root, day, title, subtitle, pen).map_err(|e| e.to_string())
}

/// Makes the font known to pictures.
///
/// # Errors
/// Where it cannot be read.
pub fn register() -> Result<(), String> {
    register_font(FAMILY, FontStyle::Normal, FONT).map_err(|_| "the font cannot be read".to_owned())
}

type Drawn<B> = Result<(), plotters::drawing::DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn draw_panels<B: DrawingBackend>(root: &DrawingArea<B, Shift>, day: &Day, title: &str, subtitle: &str, pen: Pen) -> Drawn<B> {
    root.fill(&WHITE)?;
    root.draw(&Text::new(title.to_owned(), (pen.px(LEFT), pen.px(14)), pen.text(23, INK)))?;
    root.draw(&Text::new(subtitle.to_owned(), (pen.px(LEFT), pen.px(44)), pen.text(16, GREY)))?;
    let (_, below) = root.split_vertically(HEAD * pen.scale);
    let panels = panels(day);
    for (panel, area) in panels.iter().zip(below.split_evenly((panels.len(), 1))) {
        draw_panel(&area, panel, pen)?;
    }
    root.present()
}

fn draw_panel<B: DrawingBackend>(area: &DrawingArea<B, Shift>, panel: &Panel, pen: Pen) -> Drawn<B> {
    area.draw(&Text::new(panel.title.clone(), (pen.px(LEFT), pen.px(TITLE - 22)), pen.text(17, INK)))?;
    let hours: Vec<f64> = (0..=12).map(|i| f64::from(i) * 120.0).collect();
    let mut chart = ChartBuilder::on(area)
        .margin_top(TITLE * pen.scale)
        .margin_right(RIGHT * pen.scale)
        .x_label_area_size(HOURS * pen.scale)
        .y_label_area_size(LEFT * pen.scale)
        .build_cartesian_2d(Axis { top: MINUTES as f64, ticks: hours }, Axis { top: panel.top, ticks: ticks(panel.top) })?;
    let unit = panel.unit;
    chart
        .configure_mesh()
        .bold_line_style(pen.stroke(FAINT, 1))
        .light_line_style(WHITE)
        .axis_style(pen.stroke(GREY, 1))
        .label_style(pen.text(15, INK))
        .set_all_tick_mark_size(5 * pen.scale)
        .x_label_formatter(&|minute| format!("{:02}:00", (minute / 60.0).round()))
        .y_label_formatter(&|value| unit(*value))
        .draw()?;
    for points in runs(panel) {
        if panel.steps {
            chart.draw_series(AreaSeries::new(points.iter().copied(), 0.0, panel.colour.mix(0.15)))?;
            chart.draw_series(LineSeries::new(points, pen.stroke(panel.colour, 2)))?;
        } else if pen.segments {
            // A little wider, since half of a fine line is lost in its soft edges.
            let style = panel.colour.stroke_width(pen.scale + 1);
            chart.draw_series(points.windows(2).map(|ends| PathElement::new(ends.to_vec(), style)))?;
        } else {
            chart.draw_series(LineSeries::new(points, pen.stroke(panel.colour, 1)))?;
        }
    }
    for mark in &panel.marks {
        let line = (0..).map(f64::from).zip(mark.values.iter().copied());
        chart.draw_series(DashedLineSeries::new(line, mark.dash * pen.scale, 5 * pen.scale, pen.stroke(INK, 1)))?;
    }
    let end = |mark: &Mark| chart.backend_coord(&(MINUTES as f64, mark.values.last().copied().unwrap_or(0.0)));
    let ends = panel.marks.iter().map(|mark| (end(mark), mark.label.as_str())).collect();
    labels(area, ends, pen)
}

/// Words right of the lines that they name, from the top down, none over another.
fn labels<B: DrawingBackend>(area: &DrawingArea<B, Shift>, mut ends: Vec<((i32, i32), &str)>, pen: Pen) -> Drawn<B> {
    ends.sort_unstable_by_key(|((_, y), _)| *y);
    let (left, top) = area.get_base_pixel();
    let mut free = i32::MIN;
    for ((x, y), label) in ends {
        let y = y.max(free);
        free = y + pen.px(APART);
        let style = pen.text(15, INK).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(label.to_owned(), (x - left + pen.px(8), y - top), style))?;
    }
    Ok(())
}

/// Points without a gap, run after run; with corners where the values jump.
fn runs(panel: &Panel) -> Vec<Vec<(f64, f64)>> {
    let mut all = vec![Vec::new()];
    for (minute, value) in panel.values.iter().enumerate() {
        match (value, all.last_mut()) {
            (Some(value), Some(run)) => {
                run.push((minute as f64, *value));
                if panel.steps {
                    run.push((minute as f64 + 1.0, *value));
                }
            }
            (None, Some(run)) if !run.is_empty() => all.push(Vec::new()),
            _ => {}
        }
    }
    all.retain(|run| !run.is_empty());
    all
}

/// About four round values on an axis.
pub fn ticks(top: f64) -> Vec<f64> {
    let rough = top / 4.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * power).into_iter().find(|step| *step >= rough * 0.9).unwrap_or(rough);
    (0..).map(|i| f64::from(i) * step).take_while(|tick| *tick <= top * 1.000_001).collect()
}

/// The upper end of an axis that shows these values.
fn room(values: impl Iterator<Item = f64>) -> f64 {
    let highest = values.filter(|v| v.is_finite()).fold(0.0, f64::max);
    if highest > 0.0 { highest * 1.12 } else { 1.0 }
}

fn number(value: f64) -> String {
    let places = if value.fract().abs() < 1e-6 {
        0
    } else if (value * 10.0).fract().abs() < 1e-6 {
        1
    } else {
        2
    };
    format!("{value:.places$}")
}

fn per_cent(value: f64) -> String {
    format!("{:.0}%", value * 100.0)
}

fn panels(day: &Day) -> Vec<Panel> {
    let of = |value: fn(&Minute) -> Option<f64>| day.minutes.iter().map(value).collect::<Vec<_>>();
    let flat = |value: f64| vec![value; MINUTES + 1];
    let goals = |goal: &Option<Goal>, unit: fn(f64) -> String| {
        let marks = goal.iter().flat_map(|goal| {
            [
                Mark { label: format!("target {}", unit(goal.target)), values: flat(goal.target), dash: 9 },
                Mark { label: format!("scales in below {}", unit(goal.low)), values: flat(goal.low), dash: 3 },
            ]
        });
        marks.collect::<Vec<_>>()
    };
    let requests = of(|m| Some(m.requests));
    let mut all = vec![Panel {
        title: "Requests per second".into(),
        colour: BLUE,
        top: room(requests.iter().flatten().copied()),
        values: requests,
        marks: Vec::new(),
        unit: number,
        steps: false,
    }];
    all.push(Panel {
        title: "CPU, % of the tasks that take load".into(),
        colour: VERMILION,
        values: of(|m| m.cpu),
        marks: goals(&day.summary.cpu, per_cent),
        top: 1.0,
        unit: per_cent,
        steps: false,
    });
    if let Some(goal) = &day.summary.queue {
        let queue = of(|m| m.queue);
        all.push(Panel {
            title: "Queue depth, requests in each task".into(),
            colour: PURPLE,
            top: room(queue.iter().flatten().copied().chain([goal.target])),
            values: queue,
            marks: goals(&day.summary.queue, number),
            unit: number,
            steps: false,
        });
    }
    all.push(tasks(day));
    all
}

fn tasks(day: &Day) -> Panel {
    let most = f64::from(day.summary.all.most.max(1));
    let limit = |label: &str, of: fn(&Minute) -> u32| {
        let mut values: Vec<f64> = day.minutes.iter().map(|m| f64::from(of(m))).collect();
        values.extend(values.last().copied());
        let last = values.last().copied().unwrap_or(0.0);
        Mark { label: format!("{label} {}", number(last)), values, dash: 9 }
    };
    let (max, min) = (limit("max", |m| m.limits.max), limit("min", |m| m.limits.min));
    let far = max.values.iter().any(|max| *max > TOO_FAR * most);
    let title = if far { format!("Tasks that are billed ({}, beyond this scale)", max.label) } else { "Tasks that are billed".into() };
    let marks = if far { vec![min] } else { vec![max, min] };
    Panel {
        title,
        colour: GREEN,
        values: day.minutes.iter().map(|m| Some(f64::from(m.tasks))).collect(),
        top: room(marks.iter().flat_map(|m| m.values.iter().copied()).chain([most])),
        marks,
        unit: number,
        steps: true,
    }
}
