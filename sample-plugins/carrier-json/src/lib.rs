//! The sample plugin `carrier-json`.
