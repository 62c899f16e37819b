//! The keeper: a second process of newgate that starts the scanners of one run, and outlives it by a
//! moment.
//!
//! Whatever ends newgate (SIGKILL too), the kernel closes its end of a socket; the keeper then kills all
//! that it started, and all that these started, and removes the folder of the run. It adopts what a
//! scanner leaves behind (`PR_SET_CHILD_SUBREAPER`), so a new session or a second fork is no way out.
//! It is started with the first scanner: a run that starts none pays nothing.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::command::{Command, Ended};
use super::contain::Reach;
use super::run_folder::{self, RunFolder};
use super::{start, watch};

/// The argument that makes newgate a keeper. It is not a command of the user's.
const ARGUMENT: &str = "--keep-scanners";
/// What `ps` shows in place of newgate's name, which a `killall newgate` would find.
const NAME: &str = "scanner-keeper";
/// Descriptors that come with each order: the connection for it, standard output and standard error.
const SENT: usize = 3;

/// Whether this program can be a keeper: a test or a library's user is started in another way.
static CAN_BE_STARTED: AtomicBool = AtomicBool::new(false);
static KEEPER: Mutex<Option<Keeper>> = Mutex::new(None);

/// The keeper of this run, as newgate sees it.
struct Keeper {
    control: UnixStream,
    process: Option<duct::Handle>,
    folder: RunFolder,
}

/// What is ordered, without the texts.
#[derive(Serialize, Deserialize)]
struct Order {
    milliseconds: u64,
    output_limit: u64,
    network: Option<bool>,
    /// How many texts there are of each kind, in the order of [`Command`] and [`Reach`].
    texts: [usize; 5],
    bytes: usize,
}

/// What the keeper answers: that it started, then how it ended.
#[derive(Serialize, Deserialize)]
pub(super) enum Answer {
    Started(u32),
    /// It cannot be started: an error of the system, or in words.
    Refused(Option<i32>, String),
    Ended(Ended),
}

/// Runs as a keeper if this process was started as one, and returns the exit code. Otherwise, this process may start a
/// keeper from now on.
pub fn keep_scanners() -> Option<ExitCode> {
    CAN_BE_STARTED.store(true, Ordering::SeqCst);
    let mut args = std::env::args_os().skip(1);
    (args.next()? == ARGUMENT && args.next().is_none()).then(|| {
        let Ok(control) = io::stdin().as_fd().try_clone_to_owned() else {
            return ExitCode::from(2);
        };
        match keep(&UnixStream::from(control)) {
            Ok(()) => ExitCode::SUCCESS,
            // It was started by hand: there is no socket.
            Err(_) => ExitCode::from(2),
        }
    })
}

/// Ends the keeper of this run, and with it all that scanners left behind.
pub fn release_scanners() {
    let keeper = KEEPER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(keeper) = keeper {
        let _ = keeper.control.shutdown(std::net::Shutdown::Both);
        drop(keeper.control);
        if let Some(process) = keeper.process {
            let _ = process.wait();
        }
        drop(keeper.folder);
    }
}

/// The folder of this run, in which the stages lie.
///
/// # Errors
/// It cannot be made, or the keeper cannot be started.
pub fn run_folder() -> io::Result<PathBuf> {
    with_keeper(|keeper| Ok(keeper.folder.path().to_owned()))
}

fn with_keeper<T>(ask: impl FnOnce(&Keeper) -> io::Result<T>) -> io::Result<T> {
    let mut keeper = KEEPER.lock().unwrap_or_else(PoisonError::into_inner);
    if super::interrupted() {
        return Err(io::ErrorKind::Interrupted.into());
    }
    if keeper.is_none() {
        *keeper = Some(Keeper::start()?);
    }
    ask(keeper.as_ref().expect("it was started above"))
}

impl Keeper {
    fn start() -> io::Result<Keeper> {
        let folder = RunFolder::new()?;
        let (control, other) = UnixStream::pair()?;
        let process = if CAN_BE_STARTED.load(Ordering::SeqCst) {
            // By this name it is found when the file was replaced in the meantime, too.
            let program = if cfg!(target_os = "linux") {
                PathBuf::from("/proc/self/exe")
            } else {
                std::env::current_exe()?
            };
            let command = duct::cmd(program, [ARGUMENT])
                .dir("/")
                .full_env(Vec::<(OsString, OsString)>::new())
                .stdin_file(OwnedFd::from(other))
                .stdout_null()
                .stderr_null()
                .before_spawn(|c| {
                    // Ctrl-C is for newgate.
                    c.process_group(0).arg0(NAME);
                    Ok(())
                })
                .unchecked();
            Some(command.start()?)
        } else {
            std::thread::spawn(move || serve(&other));
            None
        };
        let path = folder.path().as_os_str().as_bytes();
        (&control).write_all(&u32::try_from(path.len()).unwrap_or(0).to_le_bytes())?;
        (&control).write_all(path)?;
        Ok(Keeper {
            control,
            process,
            folder,
        })
    }
}

/// Orders a run; the answers come on the connection, and closing it stops the run.
pub(super) fn order(command: &Command, out: &File, err: &File) -> io::Result<UnixStream> {
    let (connection, other) = UnixStream::pair()?;
    with_keeper(|keeper| {
        let fds = [other.as_fd(), out.as_fd(), err.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SENT))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !ancillary.push(SendAncillaryMessage::ScmRights(&fds)) {
            return Err(io::Error::other("there is no space for the descriptors"));
        }
        let flags = SendFlags::NOSIGNAL;
        sendmsg(
            &keeper.control,
            &[IoSlice::new(&[0])],
            &mut ancillary,
            flags,
        )?;
        Ok(())
    })?;
    let reach = command.reach.clone().unwrap_or_default();
    let own = vec![
        command.program.clone().into(),
        command.folder.clone().into(),
    ];
    let settings = command.environment.iter();
    let environment = settings.flat_map(|(k, v)| [k.clone(), v.clone()]).collect();
    let lists = [
        [own, command.args.clone()].concat(),
        environment,
        reach.run,
        reach.read,
        reach.write,
    ];
    let mut bytes = Vec::new();
    for text in lists.iter().flatten() {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    }
    let order = Order {
        milliseconds: u64::try_from(command.timeout.as_millis()).unwrap_or(u64::MAX),
        output_limit: command.output_limit,
        network: command.reach.as_ref().map(|_| reach.network),
        texts: lists.each_ref().map(Vec::len),
        bytes: bytes.len(),
    };
    let mut message = serde_json::to_vec(&order)?;
    message.push(b'\n');
    message.extend_from_slice(&bytes);
    (&connection).write_all(&message)?;
    Ok(connection)
}

fn read_order(from: &mut impl BufRead) -> io::Result<Command> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line)?;
    let order: Order = serde_json::from_slice(&line)?;
    let mut bytes = vec![0; order.bytes];
    from.read_exact(&mut bytes)?;
    let mut texts = bytes.split(|b| *b == 0);
    let mut lists = order.texts.map(|count| {
        let texts = texts.by_ref().take(count);
        let list: Vec<OsString> = texts.map(|t| OsString::from_vec(t.to_vec())).collect();
        list.into_iter()
    });
    let [own, environment, run, read, write] = &mut lists;
    let mut part = || own.next().unwrap_or_default();
    let (program, folder) = (part().into(), part().into());
    let mut settings = Vec::new();
    while let (Some(name), Some(value)) = (environment.next(), environment.next()) {
        settings.push((name, value));
    }
    Ok(Command {
        program,
        args: own.collect(),
        folder,
        environment: settings,
        timeout: Duration::from_millis(order.milliseconds),
        output_limit: order.output_limit,
        reach: order.network.map(|network| Reach {
            run: run.collect(),
            read: read.collect(),
            write: write.collect(),
            network,
        }),
    })
}

/// One message on the control socket: the descriptors of an order, none at its end.
fn receive(control: BorrowedFd<'_>) -> io::Result<Option<[OwnedFd; SENT]>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SENT))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut slices = [IoSliceMut::new(&mut byte)];
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = loop {
        match recvmsg(control, &mut slices, &mut ancillary, flags) {
            Err(rustix::io::Errno::INTR) => {}
            other => break other?,
        }
    };
    if received.bytes == 0 {
        return Ok(None);
    }
    let mut fds = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(sent) = message {
            fds.extend(sent);
        }
    }
    let wrong = |_| io::Error::other("an order without its descriptors");
    fds.try_into().map(Some).map_err(wrong)
}

/// A keeper's life, as a process of its own.
fn keep(control: &UnixStream) -> io::Result<()> {
    // Its time to end comes when newgate has ended, not before. Children do not inherit this.
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let folder = serve(control)?;
    #[cfg(target_os = "linux")]
    kill_descendants();
    run_folder::remove(&folder);
    Ok(())
}

/// Takes orders until newgate has ended; returns the folder of its run.
fn serve(mut control: &UnixStream) -> io::Result<PathBuf> {
    let mut length = [0; 4];
    control.read_exact(&mut length)?;
    let mut path = vec![0; usize::try_from(u32::from_le_bytes(length)).unwrap_or(0)];
    control.read_exact(&mut path)?;
    while let Ok(Some([connection, out, err])) = receive(control.as_fd()) {
        // Each run has a thread of its own, which restricts itself and ends with it.
        std::thread::spawn(move || {
            let connection = UnixStream::from(connection);
            let answer = carry_out(&connection, &out.into(), &err.into());
            // Newgate may have ended.
            let _ = say(&connection, &answer);
        });
    }
    Ok(Path::new(std::ffi::OsStr::from_bytes(&path)).to_owned())
}

fn say(mut connection: &UnixStream, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    connection.set_nonblocking(false)?;
    connection.write_all(&line)
}

/// Carries out one order.
fn carry_out(connection: &UnixStream, out: &File, err: &File) -> Answer {
    let refused = |e: io::Error| Answer::Refused(e.raw_os_error(), e.to_string());
    let command = match read_order(&mut BufReader::new(connection)) {
        Ok(command) => command,
        Err(e) => return refused(e),
    };
    let child = match start(&command, out, err) {
        Ok(child) => child,
        Err(e) => return refused(e),
    };
    let pid = child.pids().first().copied().unwrap_or(0);
    let told =
        say(connection, &Answer::Started(pid)).and_then(|()| connection.set_nonblocking(true));
    let stop = || told.is_err() || matches!((&mut &*connection).read(&mut [0]), Ok(0));
    match watch(&command, &child, out, err, stop) {
        Ok(ended) => Answer::Ended(ended),
        Err(e) => refused(e),
    }
}

/// Kills every child of this process, those that it adopted too, until there is none.
#[cfg(target_os = "linux")]
fn kill_descendants() {
    use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};
    let began = std::time::Instant::now();
    loop {
        match wait(WaitOptions::NOHANG) {
            // No child is left.
            Err(rustix::io::Errno::CHILD) => return,
            Ok(Some(_)) => continue,
            _ => {}
        }
        for pid in children() {
            if let Some(pid) = Pid::from_raw(pid) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        // What the kernel cannot end (it waits for a disk) is left.
        if began.elapsed() > Duration::from_secs(10) {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The processes whose parent is this one (proc_pid_stat(5), the fourth field).
#[cfg(target_os = "linux")]
fn children() -> Vec<i32> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let child = |pid: &i32| {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The second field is the program's name in brackets, and may hold anything.
        let after = stat.rsplit(|b| *b == b')').next().unwrap_or_default();
        let after = String::from_utf8_lossy(after);
        after.split_whitespace().nth(1) == Some(&own.to_string())
    };
    let pids = entries.filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(child).collect()
}

/// Reads the answers of a run.
pub(super) struct Answers {
    connection: UnixStream,
    read: Vec<u8>,
}

impl Answers {
    /// Waits for `pause` at most for each.
    pub(super) fn of(connection: UnixStream, pause: Duration) -> io::Result<Answers> {
        connection.set_read_timeout(Some(pause))?;
        let read = Vec::new();
        Ok(Answers { connection, read })
    }

    /// The next answer; none when the time is over.
    ///
    /// # Errors
    /// The keeper has ended.
    pub(super) fn next(&mut self) -> io::Result<Option<Answer>> {
        loop {
            if let Some(end) = self.read.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Ok(Some(serde_json::from_slice(&line)?));
            }
            let mut bytes = [0; 256];
            match (&self.connection).read(&mut bytes) {
                Ok(0) => return Err(io::Error::other("the process that keeps it has ended")),
                Ok(count) => self.read.extend(bytes.iter().take(count)),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e)
                    if matches!(
                        e.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                    ) =>
                {
                    return Ok(None);
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// Stops the run.
    pub(super) fn stop(&self) {
        let _ = self.connection.shutdown(std::net::Shutdown::Write);
    }
}
