//! Programs in C and C++ that use the library as programs do: built by their compilers against the header, linked both ways,
//! under sanitizers and under Valgrind.
//!
//! Knows no function of the interface: what it needs to know is in the record, `abi.txt`, and in `c/`, `stores/` and `devices/`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

#[path = "programs/build.rs"]
mod build;
#[path = "programs/functions.rs"]
mod functions;
#[path = "programs/grid.rs"]
mod grid;
#[path = "programs/tokens.rs"]
mod tokens;

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use build::{How, Workshop, place};
use functions::{Function, Parameter, functions};

/// What looks at memory as the system has it means nothing where a tool keeps it otherwise.
const PLAIN_ONLY: [&str; 4] = ["cycles.c", "kms_memory.c", "kms_stack.c", "scan.c"];

fn programs() -> Vec<PathBuf> {
    let in_directory = |name: &str| fs::read_dir(place(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = in_directory("tests/c").chain(in_directory("tests/stores")).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    found.sort();
    assert!(found.len() > 20, "{found:?}");
    found
}

fn all(how: How) {
    let workshop = Workshop::new();
    let among = |path: &PathBuf, names: &[&str]| names.iter().any(|name| path.ends_with(name));
    let fit = |path: &&PathBuf| how.is_plain() || !among(path, &PLAIN_ONLY);
    for program in programs().iter().filter(fit) {
        workshop.run(program, how);
    }
}

/// The grid, with a device where there is one.
fn wrong_calls(how: How) {
    let workshop = Workshop::new();
    // Under Valgrind the token's module would be tried, and not the library.
    let device = if how == How::Valgrind { None } else { tokens::device(&workshop) };
    let grid = workshop.write("grid.c", &grid::source(&functions(), device.is_some()));
    let environment: Vec<_> = device.iter().flatten().map(|(name, value)| (*name, value.as_str())).collect();
    let ran = workshop.try_run_in(&grid, how, &environment);
    assert!(ran.is_ok(), "{ran:?}");
}

#[test]
fn a_wrong_mark_of_what_may_be_null_is_seen() {
    let workshop = Workshop::new();
    let run = |name: &str, marks: &[&str]| {
        let mut one = functions();
        one.retain(|function| function.name == name);
        one[0].may_be_null = marks.iter().map(|mark| (*mark).to_owned()).collect();
        workshop.try_run(&workshop.write("one.c", &grid::source(&one, false)), How::C)
    };
    assert_eq!(run("miyao_kms_encrypt", &["context"]), Ok(()));
    assert!(run("miyao_kms_encrypt", &[]).is_err_and(|told| told.contains("it took a lie")));
    assert_eq!(run("miyao_certificate_validity", &[]), Ok(()));
    assert!(
        run("miyao_certificate_validity", &["from"]).is_err_and(|told| told.contains("it takes no NULL"))
    );
}

#[test]
fn wrong_calls_are_refused_in_c() {
    wrong_calls(How::C);
    wrong_calls(How::Static);
}

#[test]
fn wrong_calls_are_refused_in_cpp() {
    wrong_calls(How::Cpp);
}

#[test]
fn wrong_calls_are_refused_under_sanitizers() {
    wrong_calls(How::Sanitized);
}

#[test]
fn programs_in_c99_run_with_the_shared_library() {
    all(How::C);
}

#[test]
fn programs_in_c99_run_with_the_static_library() {
    all(How::Static);
}

#[test]
fn the_same_programs_are_programs_in_cpp17() {
    all(How::Cpp);
}

#[test]
fn address_and_undefined_behaviour_sanitizers_find_nothing() {
    all(How::Sanitized);
}

#[test]
fn valgrind_finds_no_wrong_access_and_no_leak() {
    assert!(
        Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success()),
        "there is no valgrind; ./test installs it"
    );
    all(How::Valgrind);
    wrong_calls(How::Valgrind);
}

#[test]
fn a_wrong_program_is_seen_by_each_tool() {
    let workshop = Workshop::new();
    let leak = workshop.write("leak.c", "#include \"objects.h\"\nint main(void) { make_gcm(); return 0; }\n");
    assert!(workshop.try_run(&leak, How::Valgrind).is_err());
    assert!(workshop.try_run(&leak, How::C).is_ok());
    let over = workshop.write(
        "over.c",
        "#include \"check.h\"\nint main(void) { uint8_t *end = guarded(31); OK(miyao_sm3_digest(NULL, 0, end, 32)); return 0; }\n",
    );
    assert!(workshop.try_run(&over, How::C).is_err());
    let check =
        workshop.write("check.c", "#include \"check.h\"\nint main(void) { CHECK(1 == 2); return 0; }\n");
    assert!(workshop.try_run(&check, How::C).is_err());
}

#[test]
fn the_conformance_adapter_is_a_program_that_answers() {
    let workshop = Workshop::new();
    let sources = [place("tests/adapter.c"), place("tests/adapter_sm2.c")];
    for how in [How::C, How::Sanitized] {
        let program = workshop.build(&[&sources[0], &sources[1]], how);
        let mut adapter = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let asked = b"sm3 m=616263\nsm4 mode=cbc7 dir=d k=00 iv= m=\nnothing\n";
        adapter.stdin.take().unwrap().write_all(asked).unwrap();
        let output = adapter.wait_with_output().unwrap();
        assert!(output.status.success());
        let told = "ok md=66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0\nbad\nunsup\n";
        assert_eq!(String::from_utf8(output.stdout).unwrap(), told);
    }
}

#[test]
fn every_object_has_a_row() {
    let rows = rows("OBJECTS_", "objects_");
    let given = functions().into_iter().flat_map(|function| function.parameters).filter_map(|parameter| {
        match parameter {
            Parameter::ObjectPlace { object, .. } if object != "error" && object != "buffer" => Some(object),
            _ => None,
        }
    });
    let given: BTreeSet<String> = given.collect();
    assert!(given.contains("gcm"));
    let without: Vec<_> = given.difference(&rows).collect();
    assert!(without.is_empty(), "no row in tests/c/objects_*.h for {without:?}");
}

#[test]
fn every_output_has_a_row() {
    let rows: BTreeSet<String> = rows("ROOMS_", "rooms_");
    for Function { name, parameters, .. } in functions() {
        for parameter in parameters {
            if let Parameter::Output { data, .. } = parameter {
                assert!(
                    rows.contains(&format!("{name}, {data}")),
                    "no row in tests/c/rooms_*.h for {name}, {data}"
                );
            }
        }
    }
}

/// The names in the rows of the lists that begin so: without the numbers at their end.
fn rows(list: &str, file: &str) -> BTreeSet<String> {
    let headers = fs::read_dir(place("tests/c")).unwrap().map(|entry| entry.unwrap().path());
    let mut found = BTreeSet::new();
    for header in
        headers.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(file)))
    {
        let text = fs::read_to_string(header).unwrap().replace("\\\n", " ");
        for line in text.lines().filter(|line| line.starts_with(&format!("#define {list}"))) {
            let rows = line.split("ROW(").skip(1).filter_map(|row| Some(row.split_once(')')?.0));
            found.extend(rows.map(|row| row.split(", ").take(2).collect::<Vec<_>>().join(", ")));
        }
    }
    found
}

#[test]
fn the_shared_library_shows_its_functions_and_nothing_else() {
    let workshop = Workshop::new();
    let run = |tool: &str, arguments: &[&str]| {
        let output = Command::new(tool).args(arguments).arg(workshop.shared()).output().unwrap();
        assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let shown: BTreeSet<String> = run("nm", &["-D", "--defined-only"])
        .lines()
        .filter_map(|line| line.split_whitespace().last().map(str::to_owned))
        .collect();
    let declared: BTreeSet<String> = functions().into_iter().map(|function| function.name).collect();
    assert_eq!(shown, declared);
    let dynamic = run("readelf", &["-d"]);
    assert!(dynamic.contains("Library soname: [libmiyao.so.1]"), "{dynamic}");
    assert!(!dynamic.contains("TEXTREL"), "{dynamic}");
    let needed = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
    for line in needed {
        let known = ["libc.so", "libgcc_s.so", "libm.so", "libdl.so", "libpthread.so", "ld-linux"];
        assert!(known.iter().any(|known| line.contains(known)), "{line}");
    }
}
