//! The modules for hosts in languages without a header: each is compiled or imported, and has the contract's values.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ics_harness::header::{Language, check, generate};

use super::repository;
use crate::prerequisites::{missing, not_shown};
use crate::support::compilers::{assert_success, run_if_installed};

/// The module, in a file of that name.
fn written(folder: &Path, name: &str, language: Language) -> PathBuf {
    let file = folder.join(name);
    fs::write(&file, generate(language, None).expect("a module")).expect("written");
    file
}

/// A file beside it.
fn beside(file: &Path, name: &str, text: &str) -> String {
    let other = file.with_file_name(name);
    fs::write(&other, text).expect("written");
    other.to_str().expect("a UTF-8 path").to_owned()
}

/// Runs a program that was made, and returns what it printed.
fn printed(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert_success(&output, &format!("{command:?}"));
    String::from_utf8(output.stdout).expect("text")
}

/// The Python of the tools, which has cffi and the compiler of Zig.
fn tools_python(what: &str) -> Option<PathBuf> {
    let named = std::env::var_os("ICS_HOST_TOOLS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| repository().join("target/host-tools"));
    let python = folder.join("venv/bin/python");
    if folder.join("installed").is_file() {
        return Some(python);
    }
    let how = "its tools are not installed (harness/tests/host-tools/install target/host-tools, or name their folder by ICS_HOST_TOOLS)";
    not_shown(what, how);
    None
}

/// What each of the programs below prints: the three values, and what another number means.
const EXPECTED: &str = "0 1 2 2 IsEntitled 1\n";

#[test]
fn the_module_of_the_host_in_python_is_the_generated_one() {
    let file = repository().join("sdk/examples/hosts/ics_entitlement.py");
    let difference = check(&file, Language::Python, None).expect("the module can be read");
    if let Some(difference) = difference {
        panic!(
            "run `ics-harness header --language python --output sdk/examples/hosts/ics_entitlement.py`:\n{difference}"
        );
    }
}

#[test]
fn cffi_takes_its_declarations() {
    let Some(python) = tools_python("cffi takes its declarations") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path(), "contract.cdef", Language::Cffi);
    let script = "import cffi, sys\nffi = cffi.FFI()\nffi.cdef(open(sys.argv[1]).read())\n\
        lib = ffi.dlopen(None)\n\
        print(lib.ENTITLEMENT_SUCCESS, lib.ENTITLEMENT_FAILED, lib.ENTITLEMENT_UNAVAILABLE)\n\
        assert ffi.sizeof('int32_t') == 4\n";
    let user = beside(&file, "user.py", script);
    let text = printed(Command::new(python).args(["-B", &user]).arg(&file));
    assert_eq!(text, "0 1 2\n");
}

#[test]
fn the_module_for_c_sharp_compiles_and_has_the_values() {
    const CLAIM: &str = "the module for C# compiles and has the values";
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path(), "IcsEntitlement.cs", Language::CSharp);
    let user = "using System; using IcsEntitlement; class User { static int Answer() { return 7; } static void Main() {\n\
        IsEntitled function = Answer;\n\
        Console.WriteLine(\"{0} {1} {2} {3} {4} {5}\", (int)Result.ENTITLEMENT_SUCCESS, (int)Result.ENTITLEMENT_FAILED,\n\
        (int)Result.ENTITLEMENT_UNAVAILABLE, (int)Contract.FromRaw(function()), Contract.ExportName, Contract.Version); } }\n";
    let user = beside(&file, "user.cs", user);
    let program = file.with_file_name("user.exe");
    let out = format!("-out:{}", program.display());
    let module = file.to_str().expect("a UTF-8 path");
    let arguments = ["-warnaserror", "-langversion:5", &out, module, &user];
    let Some(output) = run_if_installed(CLAIM, "mcs", &arguments) else {
        return;
    };
    assert_success(&output, "mcs");
    assert_eq!(printed(Command::new("mono").arg(&program)), EXPECTED);
}

#[test]
fn the_package_for_go_loads_a_plugin() {
    const CLAIM: &str = "the package for Go loads a plugin";
    for program in ["go", "cc"] {
        if let Some(how) = missing(program) {
            return not_shown(CLAIM, &how);
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let package = folder.path().join("icsentitlement");
    fs::create_dir(&package).expect("made");
    written(&package, "icsentitlement.go", Language::Go);
    beside(&package, "go.mod", "module user\n\ngo 1.19\n");
    beside(
        &package,
        "main.go",
        "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\n\tics \"user/icsentitlement\"\n)\n\n\
         func main() {\n\tplugin, err := ics.Load(os.Args[1])\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\t\
         defer plugin.Close()\n\tanswer := plugin.IsEntitled()\n\t\
         fmt.Println(int32(ics.Success), int32(ics.Failed), int32(ics.Unavailable), int32(answer), ics.ExportName, ics.ContractVersion)\n}\n",
    );
    // Not in the folder of the package, which would take it for its own.
    let sources = tempfile::tempdir().expect("a folder");
    let source = beside(
        &sources.path().join("it"),
        "plugin.c",
        "int IsEntitled(void) { return 7; }\n",
    );
    let plugin = folder.path().join("plugin.so");
    let output = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&plugin)
        .arg(&source)
        .output()
        .expect("the compiler runs");
    assert_success(&output, "the plugin");
    let go = |arguments: &[&str]| {
        let mut command = Command::new("go");
        command
            .current_dir(folder.path())
            .env("GOCACHE", repository().join("target/tmp/go-cache"))
            .env("GOFLAGS", "-mod=mod")
            .args(arguments);
        command
    };
    printed(&mut go(&["vet", "./..."]));
    let formatted = Command::new("gofmt").arg("-l").arg(&package).output();
    let formatted = formatted.expect("gofmt comes with Go");
    assert_eq!(String::from_utf8_lossy(&formatted.stdout), "");
    assert_eq!(printed(go(&["run", "."]).arg(&plugin)), EXPECTED);
}

#[test]
fn the_file_for_zig_compiles_and_has_the_values() {
    let Some(python) = tools_python("the file for Zig compiles and has the values") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path(), "contract.zig", Language::Zig);
    // Its tests are run by the compiler's interpreter: nothing is linked.
    let user = "const contract = @import(\"contract.zig\");\n\
        comptime {\n    const R = contract.Result;\n    \
        if (@intFromEnum(R.ENTITLEMENT_SUCCESS) != 0 or @intFromEnum(R.ENTITLEMENT_FAILED) != 1 or @intFromEnum(R.ENTITLEMENT_UNAVAILABLE) != 2) @compileError(\"values\");\n    \
        if (R.fromRaw(7) != R.ENTITLEMENT_UNAVAILABLE or R.fromRaw(-1) != R.ENTITLEMENT_UNAVAILABLE or R.fromRaw(1) != R.ENTITLEMENT_FAILED) @compileError(\"fromRaw\");\n    \
        if (contract.contract_version != 1 or contract.export_name.len != 10) @compileError(\"constants\");\n    \
        if (@sizeOf(contract.IsEntitled) != @sizeOf(usize)) @compileError(\"pointer\");\n}\n";
    let user = beside(&file, "user.zig", user);
    let zig = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command
            .current_dir(folder.path())
            .env("ZIG_GLOBAL_CACHE_DIR", folder.path().join("cache"))
            .args(["-m", "ziglang"])
            .args(arguments);
        command
    };
    let module = file.to_str().expect("a UTF-8 path");
    printed(&mut zig(&["fmt", "--check", module]));
    printed(&mut zig(&["build-obj", "-fno-emit-bin", &user]));
}

#[test]
fn the_module_for_rust_compiles_and_has_the_values() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path(), "contract.rs", Language::Rust);
    let user = "mod contract;\nuse contract::{CONTRACT_VERSION, EXPORT_NAME, IcsResult, IsEntitled};\n\
        unsafe extern \"C\" fn answer() -> i32 { 7 }\nfn main() {\n    let function: IsEntitled = answer;\n    \
        let other = IcsResult::from_raw(unsafe { function() });\n    \
        assert_eq!(IcsResult::from_raw(0), IcsResult::Success);\n    assert_eq!(IcsResult::from_raw(1), IcsResult::Failed);\n    \
        let name = std::ffi::CStr::from_bytes_with_nul(EXPORT_NAME).unwrap();\n    \
        println!(\"{} {} {} {} {} {}\", IcsResult::Success as i32, IcsResult::Failed as i32, IcsResult::Unavailable as i32, other as i32, name.to_str().unwrap(), CONTRACT_VERSION);\n}\n";
    let user = beside(&file, "user.rs", user);
    let program = file.with_file_name("user");
    let output = Command::new("rustc")
        .args(["--edition", "2024", "-D", "warnings", "-o"])
        .arg(&program)
        .arg(&user)
        .output()
        .expect("rustc comes with cargo");
    assert_success(&output, "rustc");
    assert_eq!(printed(&mut Command::new(&program)), EXPECTED);
    let formatted = Command::new("rustfmt")
        .args(["--check", "--edition", "2024"])
        .arg(&file)
        .output()
        .expect("rustfmt comes with cargo");
    assert_success(&formatted, "rustfmt");
}
