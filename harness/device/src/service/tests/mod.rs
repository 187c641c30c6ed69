//! The service, tried.

mod bed;
mod checks;
mod clients;
mod connections;
mod explore;
mod linear;
mod oracle;
mod oracle_checked;
mod properties;
mod settings;
mod timeouts;
