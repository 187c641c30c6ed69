//! With crate-type = ["cdylib"] only `#[no_mangle]` functions are exported. `export!` defines the
//! one.

use ics_entitlement::{Context, Decision, Unavailable, export};

// Expands to `#[unsafe(no_mangle)] pub extern "C" fn IsEntitled() -> ICS_ENTITLEMENT_RESULT`.
export!(
    check,
    settings = r#"url = "https://entitlement.operator.example""#
);

/// `pub` is not exported: it is visible to Rust only. Have no second `#[no_mangle]`, and no
/// dependency that brings one; `ics-harness inspect` lists what the library exports.
pub fn is_ready(context: &Context) -> bool {
    !context.time_left().is_zero()
}

fn check(context: &Context) -> Result<Decision, Unavailable> {
    if is_ready(context) {
        return Err(Unavailable::because("the request goes here"));
    }
    Err(Unavailable::because("no time"))
}
