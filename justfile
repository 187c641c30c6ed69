# Shortcuts for https://just.systems. CI does not need them: it calls .ci/run.

# List the recipes.
default:
    @just --list

# Run everything that CI runs.
ci:
    .ci/run

# Show for each rule that the harness finds the plugin which breaks it, as a table.
proofs *arguments:
    cargo test --locked -p ics-harness --test proofs -- --nocapture {{ arguments }}

# Write the confusion matrix, breakers against rules, as text and HTML to target/confusion.
matrix: proofs

# Write the generated files again: header, schema, contract, specification trace, snapshots. Inline snapshots need cargo-insta.
regenerate:
    cargo build --locked -p ics-harness
    cargo run --quiet -p ics-harness -- header --output include/IcsEntitlement.h
    cargo run --quiet -p ics-harness -- header --def include/IcsEntitlement.def
    ICS_CLIENT_WRITE_HEADER=1 cargo test --locked --quiet -p ics-entitlement-c --test header
    cargo run --quiet -p ics-harness -- schema --output harness/schema/report.json
    cargo run --quiet -p ics-harness -- profile schema --output harness/schema/profile.json
    cargo run --quiet -p ics-harness -- rules --markdown > CONTRACT.md
    cargo run --quiet -p ics-harness -- header --language python --output sdk/examples/hosts/ics_entitlement.py
    ICS_DEVICE_WRITE_DOCS=1 cargo test --locked --quiet -p ics-device the_page_is_up_to_date
    INSTA_UPDATE=always cargo test --locked --quiet -p ics-device
    INSTA_UPDATE=always cargo test --locked --quiet -p ics-harness --lib
    INSTA_UPDATE=always cargo test --locked --quiet -p ics-harness --test cli -- provision:: report:: simulate::
    INSTA_UPDATE=always cargo test --locked --quiet -p ics-harness --test examiner -- steadiness::
    git status --short

# Run the commands of the book, and write what they print into its pages.
book:
    ICS_BOOK_WRITE=1 cargo test --locked -p ics-harness --test cli -- book::
    git status --short

# Fuzz one target (wbxml, xml, push, csp, sms or oem) for some seconds, from the test vectors. Needs a nightly compiler and cargo-fuzz.
[working-directory("harness/device")]
fuzz target="wbxml" seconds="60":
    mkdir -p fuzz/corpus/{{ target }}
    cargo +nightly fuzz run {{ target }} fuzz/corpus/{{ target }} tests/vectors tests/vectors/neighbours tests/vectors/sms -- -max_total_time={{ seconds }}

# Run one benchmark, such as `just bench worker` or `just bench steadiness sample-plugins/carrier-json --runs 20`.
bench name *arguments:
    cargo bench --locked --bench {{ name }} -- {{ arguments }}

# Examine mutants of the samples, such as `just mutants carrier-json-c --sample 60`; `--help` shows the options.
mutants *arguments:
    cargo bench --locked --profile dev --bench mutants -- {{ arguments }}

# Check that everything compiles for Windows.
windows:
    .ci/windows

# Build sample plugins as DLLs, in target/windows/x86_64-pc-windows-gnu/plugin.
dlls:
    .ci/windows-cargo x86_64-pc-windows-gnu build --profile plugin -p carrier-json -p minimal -p ts43

# Make the files of a release in target/dist: archives, the SDK's crate, a .deb if cargo-deb is installed, checksums.
release *arguments:
    .ci/release {{ arguments }}

# Check the dependencies: licences, sources, duplicates, and advisories where their database can be reached.
deny:
    .ci/deny
