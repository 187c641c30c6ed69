//! A drawing with time from left to right.

use std::fmt::Display;
use std::time::Duration;

use super::scene::Mark;
use super::shown;
use crate::service::Moment;
use crate::simulation::{Clock, Date};

/// Width of the whole drawing.
pub(crate) const WIDTH: f64 = 1120.0;
/// Where time begins; names of lanes stand left of it.
pub(crate) const LEFT: f64 = 146.0;
pub(crate) const RIGHT: f64 = WIDTH - 28.0;
/// Marks that stand at least this far apart get their glyphs.
const ROOM: f64 = 20.0;
/// Width of a letter, mostly, and of a bold one.
const LETTER: f64 = 5.8;
const BOLD_LETTER: f64 = 7.0;
/// What stands before and behind words.
const PADDING: f64 = 12.0;

/// A drawing that grows downwards, lane by lane.
pub(crate) struct Canvas {
    text: String,
    from: Moment,
    to: Moment,
    /// The date of the first day.
    date: Option<Date>,
    /// Where the next lane begins.
    pub(crate) y: f64,
}

impl Canvas {
    /// Where time ends.
    pub(super) const END: f64 = RIGHT;

    /// The room that words need.
    pub(super) fn width_of(words: &str) -> f64 {
        LETTER * words.chars().count() as f64 + PADDING
    }

    /// An empty drawing of this time.
    pub(crate) fn new(from: Moment, to: Moment, date: Option<Date>) -> Self {
        Self {
            text: String::new(),
            from,
            to,
            date,
            y: 0.0,
        }
    }

    /// Where a moment is.
    pub(crate) fn x(&self, at: Moment) -> f64 {
        let whole = self.to.since(self.from).as_secs_f64().max(1.0);
        let part = at.since(self.from).as_secs_f64() / whole;
        LEFT + (RIGHT - LEFT) * part.clamp(0.0, 1.0)
    }

    /// Puts a piece of SVG.
    pub(crate) fn put(&mut self, piece: impl Display) {
        self.text.push_str(&format!("{piece}\n"));
    }

    /// The name of the lane that begins here.
    pub(super) fn label(&mut self, name: &str, middle: f64) {
        let short = shortened(name, 16);
        let (x, y) = (LEFT - 14.0, middle + 4.0);
        let (short, name) = (shown(&short), shown(name));
        self.put(format_args!(
            r#"<text class="lane" x="{x:.1}" y="{y:.1}">{short}<title>{name}</title></text>"#
        ));
    }

    /// A bar from one moment to another, never too thin to be seen.
    pub(crate) fn bar(
        &mut self,
        (from, to): (Moment, Moment),
        (y, height): (f64, f64),
        class: &str,
        title: &str,
    ) -> (f64, f64) {
        let x = self.x(from);
        let width = (self.x(to) - x).max(1.5);
        let radius = (height / 2.0).min(5.0).min(width / 2.0);
        let title = shown(title);
        self.put(format_args!(
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="{radius:.1}"><title>{title}</title></rect>"#
        ));
        (x, width)
    }

    /// Text from `x` on in so much room: the first of the words that fits, else
    /// the last of them cut; nothing where not even that has room.
    pub(super) fn text(&mut self, (x, room): (f64, f64), y: f64, class: &str, words: &[&str]) {
        /// Fewer letters of a longer text say nothing.
        const FEWEST: usize = 8;
        let letter = match class {
            "said on" => BOLD_LETTER,
            _ => LETTER,
        };
        let most = ((room - PADDING) / letter + 0.01).max(0.0) as usize;
        let fits = words.iter().find(|one| one.chars().count() <= most);
        let Some(words) = fits.or(words.last().filter(|_| most >= FEWEST)) else {
            return;
        };
        let (x, all) = (x + 8.0, shown(words));
        let words = shown(&shortened(words, most));
        self.put(format_args!(
            r#"<text class="{class}" x="{x:.1}" y="{y:.1}">{words}<title>{all}</title></text>"#
        ));
    }

    /// Marks in a row. Those that would cover each other move apart; where too
    /// many are close, one mark counts them or, if they go on for long, they are
    /// ticks.
    pub(super) fn marks(&mut self, y: f64, marks: &[Mark]) {
        for cluster in self.clusters(marks) {
            match cluster.shape() {
                MarkShape::Apart => {
                    let first = cluster.middle - ROOM * (cluster.marks.len() - 1) as f64 / 2.0;
                    for (index, mark) in cluster.marks.iter().enumerate() {
                        let x = first + ROOM * index as f64;
                        let words = (&*mark.glyph, mark.class, &*shown(&mark.title()));
                        self.mark((x, y), words);
                    }
                }
                MarkShape::Counted => {
                    let count: usize = cluster.marks.iter().map(|mark| mark.count).sum();
                    let class = worst(cluster.marks);
                    let title = listed(cluster.marks);
                    self.mark((cluster.middle, y), (&count.to_string(), class, &title));
                }
                MarkShape::Ticks => self.ticks(y, cluster.marks),
            }
        }
    }

    /// Marks that stand close, together.
    fn clusters<'m>(&self, marks: &'m [Mark]) -> Vec<Cluster<'m>> {
        let mut clusters: Vec<Cluster<'m>> = Vec::new();
        // Each begins where it is and takes in those that it reaches.
        let mut begin = 0;
        for end in 1..=marks.len() {
            let mut cluster = self.cluster(&marks[begin..end]);
            while let Some(before) = clusters.last()
                && before.middle + before.width() / 2.0 > cluster.middle - cluster.width() / 2.0
            {
                begin -= before.marks.len();
                clusters.pop();
                cluster = self.cluster(&marks[begin..end]);
            }
            clusters.push(cluster);
            begin = end;
        }
        clusters
    }

    fn cluster<'m>(&self, marks: &'m [Mark]) -> Cluster<'m> {
        let x = |mark: Option<&Mark>| mark.map_or(LEFT, |mark| self.x(mark.at));
        let (first, last) = (x(marks.first()), x(marks.last()));
        let mut cluster = Cluster {
            marks,
            extent: last - first,
            middle: f64::midpoint(first, last),
        };
        // The outermost stand where time begins and ends, not beyond.
        let most = (cluster.width() - ROOM) / 2.0;
        cluster.middle = cluster.middle.max(LEFT + most).min(RIGHT - most);
        cluster
    }

    /// One mark; its title is as it stands in the page.
    fn mark(&mut self, (x, y): (f64, f64), (glyph, class, title): (&str, &str, &str)) {
        let (glyph, text) = (shown(glyph), y + 4.2);
        self.put(format_args!(
            r#"<g class="mark {class}"><title>{title}</title><circle cx="{x:.1}" cy="{y:.1}" r="9"/><text x="{x:.1}" y="{text:.1}">{glyph}</text></g>"#
        ));
    }

    /// What is not well stands out, over the rest.
    fn ticks(&mut self, y: f64, marks: &[Mark]) {
        for well in [true, false] {
            let reach = if well { 7.0 } else { 12.0 };
            for mark in marks {
                let class = mark.class;
                if well == matches!(class, "bad" | "warn") {
                    continue;
                }
                let (x, top, bottom) = (self.x(mark.at), y - reach, y + reach);
                let title = mark.title();
                let title = shown(&title);
                self.put(format_args!(
                    r#"<path class="tick {class}" d="M{x:.1} {top:.1}V{bottom:.1}"><title>{title}</title></path>"#
                ));
            }
        }
    }

    /// The whole drawing, with the hours behind it.
    pub(crate) fn finish(self, title: &str) -> String {
        let (height, title) = (self.y + 24.0, shown(title));
        let mut grid = String::new();
        for (at, words, bold) in ticks(self.from, self.to, self.date) {
            let (x, bottom, below) = (self.x(at), self.y, self.y + 16.0);
            let class = if bold { "grid day" } else { "grid" };
            grid.push_str(&format!(
                r#"<path class="{class}" d="M{x:.1} 8V{bottom:.1}"/><text class="hour" x="{x:.1}" y="{below:.1}">{words}</text>"#
            ));
            grid.push('\n');
        }
        format!(
            "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"{title}\">\n{HATCH}{grid}{}</svg>\n",
            self.text
        )
    }
}

/// Marks that stand so close that they are drawn together.
struct Cluster<'m> {
    marks: &'m [Mark],
    /// From the first to the last of them.
    extent: f64,
    /// Where their middle is drawn.
    middle: f64,
}

enum MarkShape {
    Apart,
    /// One mark that counts them.
    Counted,
    /// Ticks, each where it belongs.
    Ticks,
}

impl Cluster<'_> {
    fn shape(&self) -> MarkShape {
        /// More would be drawn too far from where they belong.
        const MOST: usize = 6;
        if self.marks.len() <= MOST {
            MarkShape::Apart
        } else if self.extent <= 3.0 * ROOM {
            MarkShape::Counted
        } else {
            MarkShape::Ticks
        }
    }

    /// How much room it takes.
    fn width(&self) -> f64 {
        match self.shape() {
            MarkShape::Apart => ROOM * self.marks.len() as f64,
            MarkShape::Counted | MarkShape::Ticks => ROOM + self.extent,
        }
    }
}

/// The class of what is least well.
fn worst(marks: &[Mark]) -> &'static str {
    const ORDER: [&str; 3] = ["bad", "warn", "event"];
    let has = |class: &&&str| marks.iter().any(|mark| mark.class == **class);
    let first = marks.first().map_or("event", |mark| mark.class);
    ORDER.iter().find(has).copied().unwrap_or(first)
}

/// The titles of the first of them, a line each as it stands in the page, and how
/// many more there are.
fn listed(marks: &[Mark]) -> String {
    const MOST: usize = 12;
    let first = marks.iter().take(MOST);
    let mut lines: Vec<_> = first.map(|mark| shown(&mark.title())).collect();
    if marks.len() > MOST {
        lines.push(format!("and {} more", marks.len() - MOST));
    }
    lines.join("\n")
}

/// The pattern of connections that are suspended.
const HATCH: &str = r#"<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>
"#;

/// A name cut to so many characters.
fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let mut short: String = name.chars().take(most - 1).collect();
    short.push('…');
    short
}

/// The moments that are written below, at most a dozen or so, with whether a
/// day begins there. With the date of the first day, days have dates, and a long time has months.
fn ticks(from: Moment, to: Moment, date: Option<Date>) -> Vec<(Moment, String, bool)> {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    const STEPS: [u64; 16] = [
        MINUTE,
        5 * MINUTE,
        15 * MINUTE,
        30 * MINUTE,
        HOUR,
        2 * HOUR,
        3 * HOUR,
        6 * HOUR,
        12 * HOUR,
        DAY,
        2 * DAY,
        7 * DAY,
        14 * DAY,
        30 * DAY,
        90 * DAY,
        365 * DAY,
    ];
    let whole = to.since(from).as_secs();
    if let Some(date) = date
        && whole > 60 * DAY
    {
        return months(from, to, date);
    }
    let step = STEPS
        .into_iter()
        .find(|step| whole / step <= 14)
        .unwrap_or(STEPS[STEPS.len() - 1]);
    let first = (from.0 / 1000).div_ceil(step) * step;
    let mut ticks = Vec::new();
    let mut at = Moment::seconds(first);
    while at <= to {
        let day = (at.0 / 1000).is_multiple_of(DAY);
        let clock = Clock(at).to_string();
        let words = if step >= DAY || (day && whole > DAY) {
            let day = Clock(at).day();
            date.map_or_else(|| format!("day {day}"), |date| date.after(day - 1).short())
        } else {
            let time = clock.rsplit(' ').next().unwrap_or(&clock);
            match time {
                "00:00:00" if at == to => "24:00".to_owned(),
                _ => time[..5].to_owned(),
            }
        };
        ticks.push((at, words, day && step < DAY));
        at = at.after(Duration::from_secs(step));
    }
    ticks
}

/// The beginnings of months, at most fourteen of them, each with its name, and January with the year.
fn months(from: Moment, to: Moment, date: Date) -> Vec<(Moment, String, bool)> {
    let (first, last) = (Clock(from).day() - 1, Clock(to).day() - 1);
    let days = std::iter::successors(Some(date.after(first)), |day| Some(day.after(1)));
    let firsts: Vec<(Moment, Date)> = (first..=last)
        .zip(days)
        .filter(|(_, date)| date.day() == 1)
        .map(|(number, date)| (Moment::seconds(number * 24 * 60 * 60), date))
        .filter(|(at, _)| (from..=to).contains(at))
        .collect();
    let every = [1, 3, 6, 12, 60]
        .into_iter()
        .find(|every| firsts.len() as u64 / every <= 14)
        .unwrap_or(120);
    firsts
        .into_iter()
        .filter(|(_, date)| (date.months() - 1).is_multiple_of(every))
        .map(|(at, date)| (at, date.month_name(), date.month() == 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_hours_and_a_year_has_days() {
        let words = |from, to| -> Vec<String> {
            let all = ticks(Moment::seconds(from), Moment::seconds(to), None);
            all.into_iter().map(|(_, words, _)| words).collect()
        };
        assert_eq!(words(9 * 3600, 12 * 3600 + 600)[0], "09:00");
        let day = words(0, 24 * 3600);
        assert_eq!(
            (day.len(), day.last().map(String::as_str)),
            (13, Some("24:00"))
        );
        let year = words(0, 365 * 24 * 3600);
        assert!(year.len() < 15 && year[1] == "day 31", "{year:?}");
    }

    #[test]
    fn a_long_time_that_begins_on_a_date_has_months_and_a_short_one_dates() {
        let date = Date::parse("2027-11-27");
        let words = |days: u64| -> Vec<String> {
            let all = ticks(Moment::default(), Moment::seconds(days * 24 * 3600), date);
            all.into_iter().map(|(_, words, _)| words).collect()
        };
        assert_eq!(words(100), ["Dec", "Jan 2028", "Feb", "Mar"]);
        assert_eq!(words(366).len(), 12);
        assert!(words(3660).len() < 15);
        assert_eq!(
            words(10)[..5],
            ["27 Nov", "28 Nov", "29 Nov", "30 Nov", "1 Dec"]
        );
    }

    /// Where the circles of these marks are drawn, and how many ticks there are.
    fn drawn(seconds: &[u64]) -> (Vec<f64>, usize) {
        let day = (Moment::default(), Moment::seconds(24 * 3600));
        let mut canvas = Canvas::new(day.0, day.1, None);
        let mark = |at: &u64| Mark::new(Moment::seconds(*at), "x", "event", String::new());
        canvas.marks(10.0, &seconds.iter().map(mark).collect::<Vec<_>>());
        let circles = canvas.text.split("cx=\"").skip(1);
        let circles = circles.filter_map(|rest| rest.split_once('"')?.0.parse().ok());
        (circles.collect(), canvas.text.matches("tick event").count())
    }

    #[test]
    fn marks_never_cover_each_other_wherever_they_are() {
        const HOUR: u64 = 3600;
        for from in [0, 12 * HOUR, 24 * HOUR - 900] {
            for count in 1..40 {
                for apart in [0, 60, 600] {
                    let times: Vec<_> = (0..count).map(|one| from + one * apart).collect();
                    let (circles, ticks) = drawn(&times);
                    assert!(circles.is_sorted(), "{circles:?}");
                    let close = |pair: &[f64]| pair[1] - pair[0] < ROOM - 0.2;
                    assert!(!circles.windows(2).any(close), "{circles:?}");
                    let inside = |x: &f64| (LEFT - 0.1..=RIGHT + 0.1).contains(x);
                    assert!(circles.iter().all(inside), "{circles:?}");
                    assert!(circles.len() == 1 || circles.len() + ticks >= times.len());
                }
            }
        }
    }

    #[test]
    fn marks_stand_near_their_moments() {
        let (circles, ticks) = drawn(&[64800, 64860, 64920]);
        let canvas = Canvas::new(Moment::default(), Moment::seconds(24 * 3600), None);
        assert_eq!(ticks, 0);
        assert!((circles[1] - canvas.x(Moment::seconds(64860))).abs() < 1.0);
    }
}
