//! The report as one HTML page, which loads nothing and works from a file.

mod plots;
mod timeline;
mod view;

use minijinja::{Environment, context};

use self::view::Page;
use super::Report;

/// The report as a page.
///
/// # Errors
/// If the template and the report do not fit.
pub(super) fn text(report: &Report) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    // The name's ending makes the values escaped.
    environment.add_template("page.html", include_str!("page.html"))?;
    environment.get_template("page.html")?.render(context! {
        base_style => ics_device::simulation::html::BASE_STYLE,
        sideways => ics_device::simulation::html::SIDEWAYS,
        style => include_str!("style.css"),
        script => include_str!("script.js"),
        page => Page::of(report),
    })
}
