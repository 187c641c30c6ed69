//! The sample plugin `minimal`.
