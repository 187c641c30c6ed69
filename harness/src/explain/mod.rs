//! The pages of `explain`: for each rule what happens on the wire, why a device meets it and what a correct plugin
//! does, and an example in Rust and in C. The pages are Markdown, one file a group of rules; several rules
//! share an example. This module reads them and lays them out; it prints nothing.

pub mod example;
pub mod page;

mod layout;
mod markdown;

pub(crate) use layout::{example as terminal_example, page as terminal_page, paragraph};
pub(crate) use markdown::{example as markdown_example, page as markdown_page};

pub use example::{Example, Language};
pub use page::{OF_PROFILES, Page, find, pages};
