//! The device's state, tried.

mod killed;
mod restarts;
