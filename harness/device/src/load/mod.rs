//! The load of an operator's server by many devices that ask for their entitlement.
//!
//! [`Habits`] say when users turn sharing on, for how long, and what they do when it
//! is refused; [`Terms`] say how often a device that shares is checked. [`run()`]
//! simulates each device on its own and counts the requests of each second.
//! The result depends on the seed and not on the number of threads, and memory
//! does not grow with the number of devices. A device does what
//! [`Service`](crate::service::Service) does, whose checks a test compares.
//!
//! A day before the first one is simulated and not counted, so that a load begins
//! with the devices that share by then.

mod columns;
mod csv;
mod device;
mod distribution;
mod habits;
pub mod html;

mod numbers;
mod plan;
mod random;
mod read;
mod read_distribution;
mod run;
mod summary;

#[cfg(test)]
mod tests;

pub use columns::{Column, columns};
pub use csv::csv;
pub use distribution::{Span, TimeOfDay};
pub use habits::{AskAgain, Habits, Outage, Population, Retry, Terms};
pub use numbers::{format_rate, grouped};
pub use run::{Load, Stopped, Totals, run};
pub use summary::Summary;
