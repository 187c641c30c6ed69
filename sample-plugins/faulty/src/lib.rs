//! The sample plugin `faulty`.
