//! Edits to cbindgen's output.
//!
//! cbindgen writes C++11: in C++98 its typed enumeration and its comma after the
//! last enumerator are errors under `-pedantic`. It also writes no assertions, and
//! no attribute on a function that is only declared. Each edit expects its text
//! exactly once, so that a cbindgen with different output causes an error and not
//! a wrong header.

use super::{HeaderError, Language};

/// Adapts cbindgen's output to the dialects of the language.
pub(super) fn finish(language: Language, text: &str) -> Result<String, HeaderError> {
    let edits: &[(&str, &str)] = match language {
        Language::C => &[
            (C_OPEN, C_OPEN_ANY),
            (",\n};", "\n};"),
            (C_TYPEDEF, C_TYPEDEF_ANY),
            (FUNCTION, EXPORTED),
        ],
        Language::Cxx => &[(",\n};\n", CXX_CLOSE), (CXX_FUNCTION, CXX_EXPORTED)],
        Language::Cython => &[
            ("RESULT;\n", "RESULT\n"),
            ("extern ICS_ENTITLEMENT_RESULT", "ICS_ENTITLEMENT_RESULT"),
        ],
        // `host.rs` writes these.
        Language::Python
        | Language::Cffi
        | Language::CSharp
        | Language::Go
        | Language::Zig
        | Language::Rust => &[],
    };
    let mut text = text.to_owned();
    for (expected, replacement) in edits {
        text = replace_once(&text, expected, replacement)?;
    }
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    // cbindgen writes one blank line too many where it opens a block.
    lines.dedup_by(|next, before| next.is_empty() && before.is_empty());
    Ok(lines.join("\n") + "\n")
}

fn replace_once(text: &str, expected: &str, replacement: &str) -> Result<String, HeaderError> {
    match text.matches(expected).count() {
        1 => Ok(text.replacen(expected, replacement, 1)),
        found => Err(HeaderError::Unexpected {
            expected: expected.to_owned(),
            found,
        }),
    }
}

const FUNCTION: &str = "extern ICS_ENTITLEMENT_RESULT IsEntitled(void);";

const EXPORTED: &str = "\
ICS_ENTITLEMENT_API ICS_ENTITLEMENT_RESULT IsEntitled(void);

/**
 * A pointer to the function, for a host that looks it up in a plugin. It gives
 * a number: any but the three means ENTITLEMENT_UNAVAILABLE.
 */
typedef int32_t (*ICS_IS_ENTITLED)(void);";

const CXX_FUNCTION: &str = "extern ICS_ENTITLEMENT_RESULT IsEntitled();";

const CXX_EXPORTED: &str = "\
ICS_ENTITLEMENT_API ICS_ENTITLEMENT_RESULT IsEntitled();

/// A pointer to the function, for a host that looks it up in a plugin. It gives
/// a number: any but the three means ENTITLEMENT_UNAVAILABLE.
using ICS_IS_ENTITLED = int32_t (*)();";

const CXX_CLOSE: &str = ",
};
static_assert(sizeof(ICS_ENTITLEMENT_RESULT) == 4, \"the result is 32 bits wide\");
";

const C_OPEN: &str = "\
enum ICS_ENTITLEMENT_RESULT
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {";

const C_OPEN_ANY: &str = "\
enum
#if defined(ICS_ENTITLEMENT_TYPED_ENUM)
  ICS_ENTITLEMENT_RESULT : int32_t
#endif
{";

const C_TYPEDEF: &str = "\
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ICS_ENTITLEMENT_RESULT ICS_ENTITLEMENT_RESULT;
#else
typedef int32_t ICS_ENTITLEMENT_RESULT;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus
";

const C_TYPEDEF_ANY: &str = "\
#if !defined(ICS_ENTITLEMENT_TYPED_ENUM)
typedef int32_t ICS_ENTITLEMENT_RESULT;
#elif !defined(__cplusplus)
typedef enum ICS_ENTITLEMENT_RESULT ICS_ENTITLEMENT_RESULT;
#endif

#if defined(ICS_ENTITLEMENT_TYPED_ENUM)
static_assert(sizeof(ICS_ENTITLEMENT_RESULT) == 4, \"the result is 32 bits wide\");
#elif !defined(__cplusplus) && defined(__STDC_VERSION__)
#if __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(ICS_ENTITLEMENT_RESULT) == 4, \"the result is 32 bits wide\");
#endif
#endif
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_must_match_exactly_once() {
        for (text, count) in [("nothing here", 0), ("x;\nx;\n", 2)] {
            let error = replace_once(text, "x;\n", "y;\n").expect_err("not once");
            assert!(
                matches!(error, HeaderError::Unexpected { found, .. } if found == count),
                "{error}"
            );
        }
    }
}
