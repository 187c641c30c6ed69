//! A device with Internet Sharing, simulated: its settings, the documents that
//! set them, and the service that asks the entitlement plugin.
//!
//! - [`document`] reads and writes provisioning documents: XML, WBXML, push.
//! - [`csp`] has the HotSpot and CM_CellularEntries configuration service
//!   providers as tables of nodes, and checks, applies and answers documents.
//! - [`oem`] reads the forms in which OEMs write settings, as provisioning documents,
//!   and writes them.
//! - [`message`] decides which message the user sees and finds the operator's strings.
//! - [`service`] is the Internet Sharing service, a state machine without a clock
//!   or I/O.
//! - [`state`] is a device's persistent state, and the folder that stores it.
//! - [`simulation`] runs a timeline of events on a device, in virtual time.
//! - [`load`] counts what many devices ask of the operator's server.
//! - [`requirements`] traces the specification: each requirement, and the evidence
//!   that it is met.
//!
//! Each imports only from those above it in this list (and `requirements` is
//! imported by no other). Nothing here opens a connection, starts a process or
//! loads a library: the caller implements [`Ask`](simulation::Ask) to call the
//! plugin.

pub mod csp;
pub mod document;
pub mod load;
pub mod message;
pub mod oem;
pub mod printable;
pub mod requirements;
pub mod service;
pub mod simulation;
pub mod state;
pub mod units;
