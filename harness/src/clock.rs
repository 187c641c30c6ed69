//! A clock that the harness and its workers share.

/// Seconds of the system's monotonic clock, which all its processes read; none where there is no such clock to read.
#[cfg(target_os = "linux")]
pub(crate) fn shared_seconds() -> Option<f64> {
    use rustix::time::{ClockId, clock_gettime};

    let now = clock_gettime(ClockId::Monotonic);
    Some(now.tv_sec as f64 + now.tv_nsec as f64 / 1e9)
}

/// Seconds of the system's monotonic clock, which all its processes read; none where there is no such clock to read.
#[cfg(not(target_os = "linux"))]
pub(crate) fn shared_seconds() -> Option<f64> {
    None
}
