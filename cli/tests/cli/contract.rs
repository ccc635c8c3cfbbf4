//! The lines people script against, word for word.

use std::process::{Command, Stdio};

use crate::scene::{Ended, Scene, noise};

#[test]
fn the_lines_people_script_against_work_as_written() {
    let scene = Scene::new();
    scene.write("pass", "correct horse battery\n");
    scene.write("F", "a passphrase of the message\n");
    let big = noise(3 << 20, 1);
    scene.write("big", &big);
    scene.write("x", b"for others");
    scene.write("FILE", b"signed");
    scene.key_pair("k", 3);
    std::fs::rename(scene.path("k.key"), scene.path("key.pem")).unwrap();
    std::fs::rename(scene.path("k.pub"), scene.path("pub.pem")).unwrap();
    let store = "export MIYAO_STORE=\"$HOME/store.db\"; P=\"--passphrase-file pass\"\n";
    let shell = |line: &str| scene.shell(&format!("{store}{line}"));

    shell("miyao $P init --root passphrase").works();
    shell("miyao key create orders --spec sm4 --rotate-every 90d $P").works();
    shell("miyao encrypt --key orders --context tenant=a -o big.miyao big $P").works();
    std::fs::copy(scene.path("big.miyao"), scene.path("other.miyao")).unwrap();
    std::fs::rename(scene.path("big"), scene.path("was")).unwrap();
    shell("miyao decrypt --context tenant=a -o big big.miyao $P").works();
    assert!(scene.read("big") == big);

    shell("miyao encrypt --to-passphrase-file F -o x.miyao x").works();
    std::fs::rename(scene.path("x"), scene.path("x.was")).unwrap();
    shell("miyao decrypt --with-passphrase-file F -o x x.miyao").works();
    assert_eq!(scene.read("x"), b"for others");
    std::fs::remove_file(scene.path("x.miyao")).unwrap();
    shell("miyao encrypt --to-sm2 pub.pem -o x.miyao x").works();
    std::fs::remove_file(scene.path("x")).unwrap();
    shell("miyao decrypt --sm2-key key.pem -o x x.miyao").works();
    assert_eq!(scene.read("x"), b"for others");

    let line = "printf value | miyao encrypt $P --key orders --context row=7 --token \
                | miyao decrypt $P --context row=7 --token";
    assert_eq!(shell(line).works(), b"value");
    shell("miyao key rotate orders $P").works();
    shell("miyao rewrap big.miyao other.miyao $P").works();
    let inspected = shell("miyao inspect --json big.miyao").record();
    assert_eq!(inspected["recipients"][0]["version"], 2);
    shell("miyao key create k --spec sm2-sign $P").works();
    shell("miyao sign --key k FILE -o FILE.sig $P").works();
    shell("miyao verify --key k --signature FILE.sig FILE $P").works();
    shell("miyao audit verify $P").works();
    shell("miyao doctor $P").works();
}

#[test]
fn global_options_stand_before_and_after_the_verb() {
    let scene = Scene::with_store();
    let store = scene.path(".local/share/miyao/store.db");
    let store = store.to_str().unwrap();
    let before = scene.run(["--store", store, "--json", "key", "show", "orders"]).record();
    let after = scene.run(["key", "show", "orders", "--json", "--store", store]).record();
    assert_eq!(before, after);
}

#[test]
fn a_passphrase_comes_from_a_file_or_a_descriptor_and_loses_one_newline() {
    let scene = Scene::new();
    scene.write("pass", "two words\n");
    scene.shell("miyao --store s.db --passphrase-file pass init").works();
    scene.shell("printf 'two words' | miyao --store s.db --passphrase-fd 0 key list").works();
    scene.shell("printf 'two words\\n' > p; miyao --store s.db --passphrase-fd 7 key list 7< p").works();
    scene.shell("printf 'two words\\n\\n' | miyao --store s.db --passphrase-fd 0 key list").fails(3);
}

#[test]
fn without_a_terminal_a_missing_passphrase_is_an_error_and_no_store_is_made() {
    let scene = Scene::new();
    let told = scene.shell("setsid -w \"$MIYAO_BINARY\" --store s.db init").fails(4);
    assert!(told.contains("--passphrase-file"), "{told}");
    assert!(!scene.has("s.db"));
}

#[test]
fn a_terminal_asks_for_the_passphrase_twice_when_it_is_chosen_and_shows_none_of_it() {
    let scene = Scene::new();
    assert_eq!(typed(&scene, "init", &[("New passphrase", "HushOne"), ("Again", "HushTwo")]).code(), 4);
    assert!(!scene.has("s.db"));
    let made = typed(&scene, "init", &[("New passphrase", "HushOne"), ("Again", "HushOne")]).text();
    assert!(made.contains("New passphrase") && made.contains("Again") && !made.contains("Hush"), "{made}");
    scene.shell("printf HushOne | miyao --store s.db --passphrase-fd 0 key list").works();
    let listed = typed(&scene, "doctor", &[("assphrase", "HushOne")]).text();
    assert!(listed.contains("checked") && !listed.contains("Hush"), "{listed}");
}

/// Runs a command at a terminal where somebody types each answer when he is asked, and stays until the command has ended.
fn typed(scene: &Scene, arguments: &str, answers: &[(&str, &str)]) -> Ended {
    let binary = env!("CARGO_BIN_EXE_miyao");
    // The question is there a moment before what is typed is hidden.
    let typed: String = answers
        .iter()
        .map(|(asked, answer)| {
            format!("until grep -q '{asked}' shown; do pause; done; sleep 1; echo {answer}; ")
        })
        .collect();
    scene.shell(&format!(
        "rm -f shown ended; touch shown; left=1200\n\
         pause() {{ left=$((left - 1)); [ $left -gt 0 ] || exit; sleep 0.1; }}\n\
         ({typed} until [ -e ended ]; do pause; done) |\n\
         script -qefc \"{binary} --store s.db {arguments}; code=\\$?; touch ended; exit \\$code\" shown"
    ))
}

/// The system gives the files of a process that may not be dumped to root, so somebody else's process shows it.
#[test]
fn the_process_leaves_no_core_and_nobody_reads_its_memory() {
    use std::os::unix::{fs::MetadataExt, fs::PermissionsExt, process::CommandExt};
    const NOBODY: u32 = 65_534;
    let scene = Scene::new();
    std::fs::set_permissions(scene.path(""), std::fs::Permissions::from_mode(0o755)).unwrap();
    let binary = scene.path("miyao");
    // By another process: a child of another test may have what is written here open still, and then it cannot be run.
    assert!(
        Command::new("cp")
            .args(["-p".as_ref(), env!("CARGO_BIN_EXE_miyao").as_ref(), binary.as_os_str()])
            .status()
            .unwrap()
            .success()
    );
    let own = std::fs::metadata("/proc/self").unwrap().uid();
    let mut command = Command::new(&binary);
    command.arg("sm3").stdin(Stdio::piped()).stdout(Stdio::null()).current_dir("/");
    if own == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    let mut child = command.spawn().unwrap();
    let is_closed = || {
        let process = format!("/proc/{}", child.id());
        let owner = std::fs::metadata(format!("{process}/mem")).unwrap().uid();
        let limits = std::fs::read_to_string(format!("{process}/limits")).unwrap_or_default();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap_or_default();
        owner == 0 && core.split_whitespace().filter(|word| *word == "0").count() == 2
    };
    // It does so before it reads a byte, but not before it is started.
    let closed = (0..6000).any(|_| {
        std::thread::sleep(core::time::Duration::from_millis(10));
        is_closed()
    });
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(closed);
}

#[test]
fn a_reader_who_goes_away_is_no_news() {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    scene.write("in", noise(3 << 20, 1));
    scene.write("small", noise(1 << 19, 2));
    scene.run(["encrypt", "--to-sm2", "k.pub", "-o", "m", "in"]).works();
    scene.run(["sm2", "encrypt", "--key", "k.pub", "-o", "c", "small"]).works();
    let shell = "(miyao encrypt --to-sm2 k.pub in; echo $? >&2) | head -c 10 | wc -c";
    let ended = scene.shell(shell);
    assert_eq!((ended.errors().as_str(), ended.text().trim()), ("141\n", "10"));
    for line in [
        "encrypt --to-sm2 k.pub in",
        "decrypt --sm2-key k.key m",
        "sm2 decrypt --key k.key c",
        "sm2 convert --to point k.pub",
        "sm2 keygen --plain --public p",
        "sm2 inspect k.pub",
        "sm3 in",
        "random 10",
        "random 10 --json",
        "completions bash",
        "selftest",
        "--help",
        "--version",
    ] {
        let ended = scene.run_unread(line.split(' '));
        assert_eq!((ended.code(), ended.errors().as_str()), (141, ""), "{line}");
    }
    assert!(!scene.has("p"), "a public half whose private half nobody got");
    // What is wrong all the same is told.
    scene.write("short", &scene.read("m")[..100]);
    scene.run_unread(["decrypt", "--sm2-key", "k.key", "short"]).fails(7);
}

#[test]
fn help_that_does_not_arrive_is_a_failure() {
    let scene = Scene::new();
    for what in ["--help", "--version"] {
        let told = scene.shell(&format!("miyao {what} > /dev/full")).fails(20);
        assert!(told.starts_with("miyao: standard output: no space left"), "{told}");
    }
}

#[test]
fn where_nobody_reads_errors_the_exit_code_still_tells() {
    let scene = Scene::new();
    for (line, code) in [
        ("sm3 nothing", 9),
        ("-vv sm3 nothing", 9),
        ("-vv --store nowhere key list", 9),
        ("frobnicate", 2),
        ("random 10", 0),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = scene.command(line.split(' ')).stderr(writer).output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{line}");
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    let scene = Scene::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(scene.run(["completions", shell]).text().contains("schedule-destroy"), "{shell}");
    }
}

#[test]
fn the_demo_ends_well_in_a_fresh_home_and_leaves_nothing_behind() {
    let scene = Scene::new();
    let temporary = scene.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let ended = scene.command(["demo"]).env("TMPDIR", &temporary).output().unwrap();
    let text = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{text}{}", String::from_utf8_lossy(&ended.stderr));
    for step in ["store", "encrypt", "rotate", "rewrap", "token", "sign", "refuse", "audit", "doctor"] {
        assert!(text.lines().any(|line| line.starts_with(step)), "{step} is not in\n{text}");
    }
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
    std::fs::remove_dir(&temporary).unwrap();
    assert_eq!(std::fs::read_dir(scene.path("")).unwrap().count(), 0);
}

#[test]
fn the_self_test_passes() {
    let scene = Scene::new();
    assert_eq!(scene.run(["selftest", "--json"]).record()["passed"], true);
}

#[test]
fn the_bench_prints_figures_and_ratios() {
    let scene = Scene::new();
    let bench = ["bench", "--size", "4m", "--dir", ".", "--threads", "2", "--json"];
    let figures = scene.run(bench).record();
    for name in
        ["raw_one", "raw_all", "stream_one", "stream_all", "cp", "file_encrypt", "file_decrypt", "file_ratio"]
    {
        assert!(figures[name].as_f64().unwrap() > 0.0, "{name}");
    }
    assert!(figures["peak_memory_bytes"].as_u64().unwrap() < 64 << 20);
    assert_eq!(std::fs::read_dir(scene.path("")).unwrap().count(), 0);
}
