//! One step after another of processes that this one has forked, each of which looks at itself.
//!
//! A child has its parent's memory at its parent's addresses, so that two of them differ in their secrets only. It sets the
//! trap flag, and a handler of signals, with a stack of its own, writes down each step where the parent reads it. That is
//! one entry into the system for each instruction where a debugger needs five. Knows no algorithm.

use std::{
    arch::{asm, x86_64::__cpuid_count},
    fs, io, mem, panic,
    process::Command,
    ptr, slice,
    sync::atomic::{AtomicPtr, AtomicUsize, Ordering},
};

use libc::{SIGTRAP, WEXITSTATUS, WIFEXITED, c_int, c_void, siginfo_t, ucontext_t};

use crate::{
    cases::{Case, Secrets},
    decode::{Why, seen},
};

/// Where an instruction stands, and what others can see of it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Step {
    at: usize,
    addresses: u64,
    touches: bool,
    unjudged: Option<Why>,
}

/// How much was done.
#[derive(Clone, Copy, Default)]
pub struct Count {
    pub steps: usize,
    pub touching: usize,
}

/// The first difference between what a case does with the first secrets and with any others.
///
/// # Errors
/// What depends on a secret, or why that cannot be told.
pub fn compare(case: &Case, count: &mut Count) -> Result<(), String> {
    let logs: Vec<Log> = Secrets::ALL.iter().map(|_| Log::new()).collect::<Result<_, _>>()?;
    logs[0].record(case, Secrets::ALL[0])?;
    let tried = (ENOUGH / logs[0].steps().len().max(1)).clamp(2, Secrets::ALL.len());
    for (log, secrets) in logs[..tried].iter().zip(Secrets::ALL).skip(1) {
        log.record(case, secrets)?;
    }
    let runs: Vec<&[Step]> = logs[..tried].iter().map(Log::steps).collect();
    let (first, others) = runs.split_first().ok_or("there are no secrets")?;
    count.steps += first.len();
    count.touching += first.iter().filter(|step| step.touches).count();
    if let Some((why, step)) = first.iter().find_map(|step| Some((step.unjudged?, step))) {
        return Err(format!("{why}, in {}", place(step.at)));
    }
    others.iter().try_for_each(|other| same(first, other))
}

fn same(first: &[Step], other: &[Step]) -> Result<(), String> {
    let Some(at) = first.iter().zip(other).position(|(a, b)| a != b) else {
        return if first.len() == other.len() { Ok(()) } else { Err("one secret takes fewer steps".into()) };
    };
    if first[at].at == other[at].at {
        return Err(format!("step {at}: what {} touches depends on a secret", place(first[at].at)));
    }
    let before = place(first[at.saturating_sub(1)].at);
    Err(format!("step {at}: what follows {before} depends on a secret"))
}

/// The steps of a case, with all secrets that are tried: a step takes microseconds, so long cases are run with fewer.
const ENOUGH: usize = 8000;

/// Memory that a child writes its steps to and the parent reads them from.
struct Log(*mut Step);

/// As many steps as any case takes, and more.
const MOST: usize = 1 << 20;
const BYTES: usize = MOST * size_of::<Step>();

/// What the handler of a child writes to, how much it has written, and where opmasks stand in what the system saves.
static STEPS: AtomicPtr<Step> = AtomicPtr::new(ptr::null_mut());
static LEN: AtomicUsize = AtomicUsize::new(0);
static OPMASKS: AtomicUsize = AtomicUsize::new(0);

impl Log {
    fn new() -> Result<Self, String> {
        let (access, kind) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
        );
        // SAFETY: new memory, wherever the system likes.
        let start = unsafe { libc::mmap(ptr::null_mut(), BYTES, access, kind, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(format!("no memory for steps: {}", io::Error::last_os_error()));
        }
        Ok(Self(start.cast()))
    }

    /// Forks a child that does its work and writes to this. Never inlined, so that every child's stack begins in one place.
    #[inline(never)]
    fn record(&self, case: &Case, secrets: Secrets) -> Result<(), String> {
        STEPS.store(self.0, Ordering::Relaxed);
        // Leaf 13 says where each part of the state stands; part 5 is the opmasks.
        OPMASKS.store(__cpuid_count(13, 5).ebx as usize, Ordering::Relaxed);
        // SAFETY: this process has one thread, so the child may do whatever it could.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            work(case, secrets);
        }
        let mut status = 0;
        // SAFETY: `status` is there to be written.
        if unsafe { libc::waitpid(pid, &raw mut status, 0) } != pid {
            return Err(format!("cannot wait for it: {}", io::Error::last_os_error()));
        }
        let is_done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if is_done { Ok(()) } else { Err(format!("its work failed, with status {status:#x}")) }
    }

    fn steps(&self) -> &[Step] {
        // SAFETY: as long as was asked for; all zeros are a step, and the child that wrote others is gone.
        let steps = unsafe { slice::from_raw_parts(self.0, MOST) };
        let len = steps.iter().position(|step| step.at == 0).unwrap_or(MOST);
        &steps[..len]
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // SAFETY: mapped by this value, and nobody borrows it any more.
        unsafe { libc::munmap(self.0.cast(), BYTES) };
    }
}

/// The child: prepares, works with the trap flag set, and ends without a word.
fn work(case: &Case, secrets: Secrets) -> ! {
    let prepared = (case.prepare)(secrets);
    watch_yourself();
    // SAFETY: sets a flag; after the next instruction, and after every one that follows, the handler is called.
    unsafe { asm!("pushfq", "or dword ptr [rsp], 0x100", "popfq") };
    let is_done = panic::catch_unwind(panic::AssertUnwindSafe(prepared)).is_ok();
    // SAFETY: clears it.
    unsafe { asm!("pushfq", "and dword ptr [rsp], 0xfffffeff", "popfq") };
    let is_all = is_done && (1..MOST).contains(&LEN.load(Ordering::Relaxed));
    // SAFETY: what the parent would do at its end is not for the child.
    unsafe { libc::_exit(i32::from(!is_all)) }
}

/// Has the handler called for traps.
fn watch_yourself() {
    const STACK: usize = 1 << 16;
    let stack = Box::leak(Box::new([0u8; STACK]));
    let stack = libc::stack_t { ss_sp: ptr::from_mut(stack).cast(), ss_flags: 0, ss_size: STACK };
    // SAFETY: the stack stays as long as this process.
    unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) };
    // SAFETY: numbers and an address, for which zero is a value.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = trapped as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: the handler is a function of the kind that the flags say.
    unsafe { libc::sigaction(SIGTRAP, &raw const action, ptr::null_mut()) };
}

/// Writes down the instruction that comes next. Allocates nothing: it may stand in the middle of an allocation.
extern "C" fn trapped(_: c_int, _: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the system gives the state of this process, and keeps it while this runs.
    let context = unsafe { &*context.cast::<ucontext_t>() };
    let at = register(context, libc::REG_RIP);
    // SAFETY: the instruction will run, so it is there; `seen` reads no byte beyond it.
    let seen = seen(|byte| unsafe { (at as *const u8).add(byte).read() });
    let mut addresses = 0xcbf2_9ce4_8422_2325;
    for (number, place) in REGISTERS.into_iter().enumerate() {
        if seen.registers >> number & 1 == 1 {
            addresses = mixed(addresses, register(context, place) as u64);
        }
    }
    if let Some(mask) = seen.mask {
        addresses = mixed(addresses, opmask(context, mask));
    }
    let len = LEN.fetch_add(1, Ordering::Relaxed);
    if len < MOST {
        let step = Step { at, addresses, touches: seen.touches, unjudged: seen.unjudged };
        // SAFETY: there is room for so many.
        unsafe { STEPS.load(Ordering::Relaxed).add(len).write(step) };
    }
}

/// The registers in the order of their numbers.
const REGISTERS: [c_int; 16] = [
    libc::REG_RAX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RBX,
    libc::REG_RSP,
    libc::REG_RBP,
    libc::REG_RSI,
    libc::REG_RDI,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
];

fn register(context: &ucontext_t, place: c_int) -> usize {
    context.uc_mcontext.gregs[place as usize] as usize
}

const fn mixed(sum: u64, value: u64) -> u64 {
    (sum ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

fn opmask(context: &ucontext_t, mask: u8) -> u64 {
    let state = context.uc_mcontext.fpregs.cast::<u8>();
    let place = OPMASKS.load(Ordering::Relaxed) + 8 * usize::from(mask);
    // SAFETY: an instruction with an opmask comes next, so the system saves opmasks, and the processor has said where.
    unsafe { state.add(place).cast::<u64>().read_unaligned() }
}

/// An address as the function and the line that it stands in, where `addr2line` is there to say so.
fn place(at: usize) -> String {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let exe = fs::read_link("/proc/self/exe").unwrap_or_default();
    let line = maps.lines().find(|line| line.ends_with(&*exe.to_string_lossy()));
    let base = line.and_then(|line| usize::from_str_radix(line.split('-').next()?, 16).ok()).unwrap_or(0);
    let offset = format!("{:#x}", at.wrapping_sub(base));
    let told = Command::new("addr2line").args(["-f", "-i", "-C", "-e"]).arg(&exe).arg(&offset).output();
    let told =
        told.map_or_else(|_| String::new(), |out| String::from_utf8_lossy(&out.stdout).replace('\n', " "));
    format!("{at:#x} (the program's {offset}: {})", told.trim())
}
