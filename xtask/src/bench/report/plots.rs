//! The plots, as SVG on white, so that they can be read on any background.

use std::{error::Error, ops::Range};

use plotters::{
    coord::{
        Shift,
        ranged1d::{AsRangedCoord, ValueFormatter},
    },
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{
    figures::{Account, BY_HAND, CONTENDERS, Figures, OURS, distinct},
    tables::present,
};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const FONT: &str = "sans-serif";
const WIDTH: u32 = 860;
/// Of a bar, or of the room between two cases.
const BAR: u32 = 16;
/// Of all that is not the bars.
const FRAME: u32 = 110;
/// Of the names of cases.
const NAMES: u32 = 190;

/// Of the contenders, in their order; those who cannot tell red from green can tell them apart.
const COLOURS: [RGBColor; 7] = [
    RGBColor(120, 120, 120),
    RGBColor(0, 0, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
];

/// All plots, with their names.
pub fn all(figures: &Figures) -> Result<Vec<(&'static str, String)>> {
    Ok(vec![
        ("calls", calls(figures)?),
        ("peers", peers(figures)?),
        ("concurrency", concurrency(figures)?),
        ("pages", pages(figures)?),
        ("walk", accounts("a walk", &figures.walk)?),
        ("import", accounts("an import", &figures.import)?),
    ])
}

fn colour(contender: &str) -> RGBColor {
    let colours = CONTENDERS.iter().zip(COLOURS);
    colours.into_iter().find(|(name, _)| **name == contender).map_or(RED, |(_, colour)| colour)
}

fn draw(height: u32, plot: impl FnOnce(&Area<'_>) -> Result) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        area.fill(&WHITE)?;
        plot(&area)?;
        area.present()?;
    }
    // Backends end without a new line, and files with one.
    if !svg.ends_with('\n') {
        svg.push('\n');
    }
    Ok(svg)
}

fn not_measured(area: &Area<'_>, caption: &str) -> Result {
    Ok(area.draw_text(&format!("{caption}: not measured"), &(FONT, 16).into_text_style(area), (20, 20))?)
}

/// A bar, and the interval that its end is in.
struct Bar<'a> {
    case: &'a str,
    contender: &'a str,
    value: f64,
    interval: Range<f64>,
}

fn calls(figures: &Figures) -> Result<String> {
    let bars = figures.calls.iter().filter(|row| row.contender != BY_HAND).filter_map(|row| {
        let by_hand = figures.call(&row.case, BY_HAND)?.median_us;
        let interval = row.low_us / by_hand..row.high_us / by_hand;
        Some(Bar { case: &row.case, contender: &row.contender, value: row.median_us / by_hand, interval })
    });
    let bars: Vec<_> = bars.collect();
    let most = bars.iter().fold(1.0, |most, bar| bar.interval.end.max(bar.value).max(most));
    draw_bars("Time of a call, to by hand", &bars, 0.0, 0.0..most * 1.1)
}

fn peers(figures: &Figures) -> Result<String> {
    let bars = figures.peers.iter().filter(|row| row.contender != OURS).map(|row| {
        let value = row.cpu_ratio;
        Bar { case: &row.case, contender: &row.contender, value, interval: value..value }
    });
    let bars: Vec<_> = bars.collect();
    let (least, most) =
        bars.iter().fold((1.0_f64, 1.0_f64), |(least, most), bar| (least.min(bar.value), most.max(bar.value)));
    draw_bars("CPU time of a call, to sendblue-contacts", &bars, 1.0, (least / 1.3..most * 1.6).log_scale())
}

/// Bars from `origin` to their values, by cases. What they are compared with is 1.
fn draw_bars<X>(caption: &str, bars: &[Bar<'_>], origin: f64, range: X) -> Result<String>
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
{
    // From the top down, with room between the cases.
    let cases = distinct(bars.iter().map(|bar| bar.case));
    let mut rows = Vec::new();
    for case in &cases {
        rows.extend(bars.iter().filter(|bar| bar.case == *case).map(Some));
        rows.push(None);
    }
    rows.pop();
    let rows_high = u32::try_from(rows.len())?;
    let height = f64::from(rows_high);
    // The legend is below the bars.
    let names = present(bars.iter().map(|bar| bar.contender));
    let legend_high = u32::try_from(names.len())? + 1;
    let below = f64::from(legend_high);
    draw((rows_high + legend_high) * BAR + FRAME, |area| {
        if bars.is_empty() {
            return not_measured(area, caption);
        }
        let mut chart = ChartBuilder::on(area)
            .caption(caption, (FONT, 18))
            .margin(12)
            .set_label_area_size(LabelAreaPosition::Left, NAMES)
            .set_label_area_size(LabelAreaPosition::Bottom, 36)
            .build_cartesian_2d(range, -below..height)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(WHITE)
            .label_style((FONT, 13))
            .x_label_formatter(&|value| tick(*value))
            .draw()?;
        let text = (FONT, 13).into_text_style(area);
        let placed: Vec<_> =
            rows.iter().zip(0_u32..).filter_map(|(row, at)| Some(((*row)?, height - f64::from(at)))).collect();
        for contender in names {
            let colour = colour(contender);
            let own = || placed.iter().filter(|(bar, _)| bar.contender == contender);
            let boxes =
                own().map(|(bar, top)| Rectangle::new([(origin, top - 0.9), (bar.value, top - 0.1)], colour.filled()));
            chart
                .draw_series(boxes)?
                .label(contender)
                .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled()));
            chart.draw_series(own().map(|(bar, top)| {
                let ends = [(bar.interval.start, top - 0.5), (bar.interval.end, top - 0.5)];
                PathElement::new(ends, BLACK.stroke_width(2))
            }))?;
            // Beside the bar, on its far side.
            let style = text.pos(Pos::new(HPos::Left, VPos::Center));
            chart.draw_series(own().map(|(bar, top)| {
                let end = bar.value.max(bar.interval.end).max(origin);
                EmptyElement::at((end, top - 0.5)) + Text::new(format!("{:.2}", bar.value), (5, 0), style.clone())
            }))?;
        }
        chart.draw_series([PathElement::new([(1.0, -below), (1.0, height)], BLACK)])?;
        let left = chart.plotting_area().get_pixel_range().0.start;
        for case in cases {
            let rows: Vec<_> = placed.iter().filter(|(bar, _)| bar.case == case).map(|(_, top)| top).collect();
            let (Some(first), Some(last)) = (rows.first(), rows.last()) else { continue };
            let (_, y) = chart.backend_coord(&(1.0, f64::midpoint(**first, *last - 1.0)));
            area.draw_text(case, &text.pos(Pos::new(HPos::Right, VPos::Center)), (left - 8, y))?;
        }
        legend(&mut chart)
    })
}

/// A line for each contender.
type Lines<'a> = Vec<(&'a str, Vec<(f64, f64)>)>;

/// The points of each contender that is among the rows.
fn lines<T>(rows: &[T], contender: impl Fn(&T) -> &str, point: impl Fn(&T) -> (f64, f64)) -> Lines<'_> {
    present(rows.iter().map(&contender))
        .into_iter()
        .map(|name| (name, rows.iter().filter(|row| contender(row) == name).map(&point).collect()))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a point in a plot")]
fn concurrency(figures: &Figures) -> Result<String> {
    let rows = &figures.concurrency;
    let rate = lines(rows, |row| &row.contender, |row| (row.concurrency as f64, row.requests_per_second));
    let p99 = lines(rows, |row| &row.contender, |row| (row.concurrency as f64, row.p99_us));
    draw(360, |area| {
        let (left, right) = area.split_horizontally(WIDTH / 2);
        log_lines(&left, "Calls a second, by calls at once", &rate)?;
        log_lines(&right, "99th percentile in µs, by calls at once", &p99)
    })
}

#[expect(clippy::cast_precision_loss, reason = "a point in a plot")]
fn pages(figures: &Figures) -> Result<String> {
    let lines = lines(&figures.pages, |row| &row.contender, |row| (row.limit as f64, row.us_per_contact));
    draw(360, |area| log_lines(area, "µs a contact, by contacts in a page", &lines))
}

#[expect(clippy::cast_precision_loss, reason = "a point in a plot")]
fn accounts(what: &str, rows: &[Account]) -> Result<String> {
    let time = lines(rows, |row| &row.contender, |row| (row.contacts as f64, row.us_per_contact));
    let memory = lines(rows, |row| &row.contender, |row| (row.contacts as f64, row.peak_kib as f64 / 1024.0));
    draw(360, |area| {
        let (left, right) = area.split_horizontally(WIDTH / 2);
        flat_lines(&left, &format!("µs a contact, by contacts of {what}"), &time)?;
        flat_lines(&right, &format!("Peak memory in MiB, by contacts of {what}"), &memory)
    })
}

fn log_lines(area: &Area<'_>, caption: &str, lines: &Lines<'_>) -> Result {
    let (least, most) = ends(lines, |point| point.1);
    // From one power of ten to another, so that the axis has numbers.
    draw_lines(area, caption, lines, (10_f64.powf(least.log10().floor())..10_f64.powf(most.log10().ceil())).log_scale())
}

/// What is to be flat is seen to be so from zero on.
fn flat_lines(area: &Area<'_>, caption: &str, lines: &Lines<'_>) -> Result {
    let (_, most) = ends(lines, |point| point.1);
    draw_lines(area, caption, lines, 0.0..most * 1.3)
}

fn ends(lines: &Lines<'_>, of: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
    let values = lines.iter().flat_map(|(_, points)| points).map(of);
    values.fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(value), most.max(value)))
}

fn draw_lines<Y>(area: &Area<'_>, caption: &str, lines: &Lines<'_>, range: Y) -> Result
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    if lines.is_empty() {
        return not_measured(area, caption);
    }
    let (least, most) = ends(lines, |point| point.0);
    let mut chart = ChartBuilder::on(area)
        .caption(caption, (FONT, 16))
        .margin(12)
        .margin_right(30)
        .set_label_area_size(LabelAreaPosition::Left, 62)
        .set_label_area_size(LabelAreaPosition::Bottom, 30)
        .build_cartesian_2d((least / 1.3..most * 1.3).log_scale(), range)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .label_style((FONT, 13))
        .x_label_formatter(&|value| tick(*value))
        .y_label_formatter(&|value| tick(*value))
        .draw()?;
    for (contender, points) in lines {
        let colour = colour(contender);
        chart
            .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)).point_size(3))?
            .label(*contender)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], colour.stroke_width(2)));
    }
    legend(&mut chart)
}

fn legend<'a, X: Ranged, Y: Ranged>(chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>) -> Result {
    let mut labels = chart.configure_series_labels();
    labels
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 13))
        .draw()?;
    Ok(())
}

/// A number without the traces of how it was computed.
#[expect(clippy::cast_possible_truncation, reason = "so that 0.6000000000000001 is 0.6")]
fn tick(value: f64) -> String {
    (value as f32).to_string()
}
