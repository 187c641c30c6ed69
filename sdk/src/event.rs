//! Events about calls, emitted through `tracing`. Without that feature, nothing is emitted.

use std::panic::PanicHookInfo;

use crate::{Decision, Unavailable};

/// Reports how a call ended: a decision at level DEBUG, the reason for no decision at level WARN.
pub(crate) fn answered(answer: &Result<Decision, Unavailable>) {
    #[cfg(feature = "tracing")]
    match answer {
        Ok(decision) => tracing::debug!(?decision, "the server decided"),
        Err(unavailable) => tracing::warn!(reason = %unavailable, "no decision could be obtained"),
    }
    #[cfg(not(feature = "tracing"))]
    let _ = answer;
}

/// Reports a panic at level ERROR. It is the panic hook.
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

    /// Records the level and the fields of every event.
    #[derive(Clone, Default)]
    struct Recorder(Arc<Mutex<String>>);

    impl Visit for Recorder {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            *self.0.lock().unwrap() += &format!(" {field}={value:?}");
        }
    }

    impl Subscriber for Recorder {
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
    fn the_reason_for_no_decision_is_reported() {
        let recorder = Recorder::default();
        tracing::subscriber::with_default(recorder.clone(), || {
            answered(&Err(Unavailable::because("no server")));
        });
        let recorded = recorder.0.lock().unwrap().clone();
        assert_eq!(
            recorded,
            "WARN message=no decision could be obtained reason=no server"
        );
    }
}
