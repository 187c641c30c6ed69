//! The files of a project in C or C++. The careful part, which is C in both, is that of the sample `carrier-json-c`.

use super::fill::fill;
use super::first_request::{FirstRequest, Method};
use super::literal::c_string;
use super::{Language, Project, ProjectFile, Protocol, linked, shared};
use crate::header;

/// What builds, tests and examines it.
pub(super) const COMMANDS: [&str; 3] = ["make", "make test", "ics-harness check ."];

/// What no protocol changes.
const CORE: [(&str, &str); 8] = [
    ("plugin.c", linked(include_str!("templates/c/plugin.c"))),
    ("check.h", linked(include_str!("templates/c/check.h"))),
    ("check.c", linked(include_str!("templates/c/check.c"))),
    ("resolve.c", linked(include_str!("templates/c/resolve.c"))),
    ("name.c", linked(include_str!("templates/c/name.c"))),
    ("deadline.c", linked(include_str!("templates/c/deadline.c"))),
    ("pin.c", linked(include_str!("templates/c/pin.c"))),
    (
        "exports.map",
        linked(include_str!("templates/c/exports.map")),
    ),
];

const PROTOCOL: &str = include_str!("templates/c/protocol.h");
const README: &str = include_str!("templates/c/README.md");
const WORKFLOW: &str = include_str!("templates/c/check.yml");
const IGNORED: &str = include_str!("templates/c/gitignore");
const HOST: &str = include_str!("templates/c/host.c");
const TEST: &str = include_str!("templates/c/serve.sh");

/// What C and C++ have each in its own form.
struct Dialect {
    name: &'static str,
    makefile: &'static str,
    cmake: &'static str,
    /// The file that says what a response means.
    answer_file: &'static str,
    minimal: &'static str,
    carrier_json: &'static str,
    own: &'static str,
    /// What a line of that file's first comment begins with.
    comment: &'static str,
}

const C: Dialect = Dialect {
    name: "C",
    makefile: include_str!("templates/c/Makefile"),
    cmake: include_str!("templates/c/CMakeLists.txt"),
    answer_file: "answer.c",
    minimal: include_str!("templates/c/minimal.c"),
    carrier_json: linked(include_str!("templates/c/carrier-json.c")),
    own: include_str!("templates/c/profile.c"),
    comment: " * - ",
};

const CXX: Dialect = Dialect {
    name: "C++",
    makefile: include_str!("templates/c++/Makefile"),
    cmake: include_str!("templates/c++/CMakeLists.txt"),
    answer_file: "answer.cpp",
    minimal: include_str!("templates/c++/minimal.cpp"),
    carrier_json: include_str!("templates/c++/carrier-json.cpp"),
    own: include_str!("templates/c++/profile.cpp"),
    comment: "// - ",
};

/// What the server is asked, as `protocol.h` has it.
struct Request {
    origin: String,
    /// Path and query.
    target: String,
    /// The definition of the body, if there is one.
    body: String,
    headers: String,
}

pub(super) fn files(project: &Project) -> Vec<ProjectFile> {
    let dialect = match project.language {
        Language::Cxx => &CXX,
        Language::C | Language::Rust => &C,
    };
    let library = project.name.library();
    let request = Request::of(&project.protocol);
    let url = c_string(&format!("{}{}", request.origin, request.target));
    let protocol = [
        ("answer-file", dialect.answer_file),
        ("url", &url),
        ("body", &request.body),
        ("headers", &request.headers),
        ("name", project.name.as_str()),
    ];
    let place = format!("`{}`", dialect.answer_file);
    let readme = [
        ("name", project.name.as_str()),
        ("language", dialect.name),
        ("library", &library),
        ("answer-file", dialect.answer_file),
        ("state", &shared::state(&project.protocol, &place)),
    ];
    let with_library = [("library", library.as_str())];
    let mut files = vec![
        ProjectFile::new("README.md", fill(README, &readme)),
        ProjectFile::new("Makefile", fill(dialect.makefile, &with_library)),
        ProjectFile::new("CMakeLists.txt", fill(dialect.cmake, &with_library)),
        ProjectFile::new("protocol.h", fill(PROTOCOL, &protocol)),
        ProjectFile::new(dialect.answer_file, answer(dialect, &project.protocol)),
    ];
    files.extend(CORE.map(|(path, text)| ProjectFile::new(path, text)));
    let header = header::generate(header::Language::C, None).expect("the usual guard is a name");
    files.extend([
        ProjectFile::new("include/IcsEntitlement.h", header),
        ProjectFile {
            is_executable: true,
            ..ProjectFile::new("tests/serve.sh", test(project, &request.target))
        },
        ProjectFile::new("tests/host.c", HOST),
        ProjectFile::new(".github/workflows/check.yml", WORKFLOW),
        ProjectFile::new(".gitignore", IGNORED),
    ]);
    files
}

fn answer(dialect: &Dialect, protocol: &Protocol) -> String {
    match protocol {
        Protocol::Minimal => dialect.minimal.to_owned(),
        Protocol::CarrierJson => dialect.carrier_json.to_owned(),
        Protocol::Own { request, .. } => {
            let lines = request.responses.iter();
            let lines: Vec<_> = lines
                .map(|line| format!("{}{line}", dialect.comment))
                .collect();
            fill(dialect.own, &[("responses", &lines.join("\n"))])
        }
    }
}

fn test(project: &Project, target: &str) -> String {
    let (allow, deny, note) = match project.protocol.is_incomplete() {
        true => (
            "2",
            "2",
            "\n# TODO: allow=0 and deny=1, once the decision is complete.",
        ),
        false => ("0", "1", ""),
    };
    let library = project.name.library();
    let values = [
        ("library", &*library),
        ("allow", allow),
        ("deny", deny),
        ("note", note),
        ("target", target),
    ];
    fill(TEST, &values)
}

impl Request {
    fn of(protocol: &Protocol) -> Self {
        let origin = "https://entitlement.operator.example".to_owned();
        match protocol {
            Protocol::Minimal => Self {
                origin,
                target: "/v1/entitlement".to_owned(),
                body: body(None),
                headers: c_string("Accept: application/json"),
            },
            Protocol::CarrierJson => Self {
                origin,
                target: "/tethering".to_owned(),
                body: body(Some("{}")),
                headers: headers(&["Content-Type: application/json", "Accept: application/json"]),
            },
            Protocol::Own { request, .. } => Self::own(request),
        }
    }

    fn own(request: &FirstRequest) -> Self {
        let text = request.body.as_ref().map(|(_, text)| text.as_str());
        let has_field = |name: &str| {
            let mut fields = request.headers.iter();
            fields.any(|(field, _)| field.eq_ignore_ascii_case(name))
        };
        let kind = request.body.as_ref().filter(|_| !has_field("content-type"));
        let mut fields: Vec<_> = kind
            .map(|(kind, _)| format!("Content-Type: {kind}"))
            .into_iter()
            .collect();
        if !has_field("accept") {
            fields.push("Accept: */*".to_owned());
        }
        let own = request.headers.iter();
        fields.extend(own.map(|(name, value)| format!("{name}: {value}")));
        let fields: Vec<_> = fields.iter().map(String::as_str).collect();
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&request.query);
        let query = match query.finish() {
            query if query.is_empty() => query,
            query => format!("?{query}"),
        };
        Self {
            origin: request.origin.clone(),
            target: format!("{}{query}", request.path),
            body: match request.method {
                Method::Get => body(None),
                Method::Post => body(Some(text.unwrap_or_default())),
            },
            headers: headers(&fields),
        }
    }
}

fn body(text: Option<&str>) -> String {
    match text {
        Some(text) => format!("#define REQUEST_BODY {}", c_string(text)),
        None => "/* #define REQUEST_BODY \"{}\" */".to_owned(),
    }
}

fn headers(fields: &[&str]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| c_string(field)).collect();
    fields.join(", ")
}
