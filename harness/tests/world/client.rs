//! Clients without a library between them and the wire.
