//! What is told about a call through `tracing`, where the author asked for it. Otherwise nothing.

use std::panic::PanicHookInfo;

use crate::{Decision, Unavailable};

/// Tells how a call ended: an answer at level DEBUG, no answer and why at level WARN.
pub(crate) fn answered(answer: &Result<Decision, Unavailable>) {
    #[cfg(feature = "tracing")]
    match answer {
        Ok(decision) => tracing::debug!(?decision, "the server decided"),
        Err(unavailable) => tracing::warn!(reason = %unavailable, "no answer was had"),
    }
    #[cfg(not(feature = "tracing"))]
    let _ = answer;
}

/// Tells of a panic at level ERROR.
pub(crate) fn panicked(panic: &PanicHookInfo<'_>) {
    #[cfg(feature = "tracing")]
    tracing::error!(%panic, "the plugin panicked");
    #[cfg(not(feature = "tracing"))]
    let _ = panic;
}

#[cfg(feature = "tracing")]
#[cfg(test)]
mod tests {
    use std::fmt;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::*;

    /// Writes down the level and the fields of every event.
    #[derive(Clone, Default)]
    struct Notebook(Arc<Mutex<String>>);

    impl Visit for Notebook {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            *self.0.lock().unwrap() += &format!(" {field}={value:?}");
        }
    }

    impl Subscriber for Notebook {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            *self.0.lock().unwrap() += event.metadata().level().as_str();
            event.record(&mut self.clone());
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn the_reason_of_no_answer_is_told() {
        let notebook = Notebook::default();
        tracing::subscriber::with_default(notebook.clone(), || {
            answered(&Err(Unavailable::because("no server")));
        });
        let told = notebook.0.lock().unwrap().clone();
        assert_eq!(told, "WARN message=no answer was had reason=no server");
    }
}
