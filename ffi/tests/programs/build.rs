//! Compilers and what runs a program: the library beside this test, under the name that a system gives it.

use std::{
    cell::Cell,
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

pub(crate) fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// How a program is built and run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    C,
    Static,
    Cpp,
    Sanitized,
    Valgrind,
}

impl How {
    pub(crate) fn is_plain(self) -> bool {
        !matches!(self, Self::Sanitized | Self::Valgrind)
    }
}

/// A scratch directory with the library as it is installed.
pub(crate) struct Workshop {
    directory: TempDir,
    library: PathBuf,
    runs: Cell<usize>,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let here = env::current_exe().unwrap();
        let built = here.parent().unwrap();
        let library = directory.path().join("lib");
        fs::create_dir(&library).unwrap();
        symlink(built.join("libmiyao_ffi.so"), library.join("libmiyao.so.1")).unwrap();
        symlink("libmiyao.so.1", library.join("libmiyao.so")).unwrap();
        symlink(built.join("libmiyao_ffi.a"), library.join("libmiyao.a")).unwrap();
        assert!(
            fs::metadata(library.join("libmiyao.so")).is_ok_and(|file| file.len() > 0),
            "no library at {built:?}"
        );
        Self { directory, library, runs: Cell::new(0) }
    }

    pub(crate) fn shared(&self) -> PathBuf {
        self.library.join("libmiyao.so.1")
    }

    /// A source of this test's own.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Builds a source with what else belongs to it, and gives the program.
    pub(crate) fn build(&self, sources: &[&Path], how: How) -> PathBuf {
        let stem = sources[0].file_stem().unwrap().to_str().unwrap();
        let program = self.directory.path().join(format!("{stem}-{how:?}"));
        let mut compiler = match how {
            How::Cpp => {
                let mut compiler = Command::new("g++");
                compiler.args(["-x", "c++", "-std=c++17"]);
                compiler
            }
            _ => {
                let mut compiler = Command::new("gcc");
                compiler.arg("-std=c99");
                compiler
            }
        };
        compiler.args(["-g", "-Wall", "-Wextra", "-Werror", "-pedantic"]);
        if how == How::Sanitized {
            compiler.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
        }
        compiler.arg("-I").arg(place("include")).arg("-I").arg(place("tests/c")).args(sources);
        compiler.args(["-x", "none", "-o"]).arg(&program);
        if how == How::Static {
            compiler.arg(self.library.join("libmiyao.a")).args(["-ldl", "-lm"]);
        } else {
            // Bound at once: a first call through the lazy way leaves every register on the stack.
            let found = format!("-Wl,-z,now,-rpath,{}", self.library.display());
            compiler.arg("-L").arg(&self.library).args(["-lmiyao", &found]);
        }
        compiler.arg("-lpthread");
        let output = compiler.output().unwrap();
        assert!(
            output.status.success(),
            "{sources:?} as {how:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        program
    }

    /// An empty directory for one run.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.runs.set(self.runs.get() + 1);
        let path = self.directory.path().join(format!("run-{}", self.runs.get()));
        fs::create_dir(&path).unwrap();
        path
    }

    /// Builds a program of one source, and runs it where nothing is, with the name of that directory.
    pub(crate) fn try_run(&self, source: &Path, how: How) -> Result<(), String> {
        self.try_run_in(source, how, &[])
    }

    /// Likewise with these in its environment.
    pub(crate) fn try_run_in(
        &self,
        source: &Path,
        how: How,
        environment: &[(&str, &str)],
    ) -> Result<(), String> {
        let program = self.build(&[source], how);
        let mut run = if how == How::Valgrind {
            let mut run = Command::new("valgrind");
            run.args([
                "--quiet",
                "--error-exitcode=9",
                "--leak-check=full",
                "--show-leak-kinds=definite,indirect",
                "--errors-for-leak-kinds=definite,indirect",
            ]);
            run.args(["--trace-children=no", "--child-silent-after-fork=no"]).arg(&program);
            // Fifty times as slow, one thread at a time: less of what is only more of the same.
            run.env("MIYAO_LIGHT", "1");
            run
        } else {
            Command::new(&program)
        };
        let scratch = self.scratch();
        let run = run.arg(&scratch).current_dir(&scratch).env("ASAN_OPTIONS", "detect_leaks=1");
        let output = run.envs(environment.iter().copied()).output().unwrap();
        told(source, how, &output)
    }

    pub(crate) fn run(&self, source: &Path, how: How) {
        if let Err(told) = self.try_run(source, how) {
            panic!("{told}");
        }
    }
}

fn told(source: &Path, how: How, output: &Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("{source:?} as {how:?}: {}\n{words}", output.status))
}
