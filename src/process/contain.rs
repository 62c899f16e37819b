//! What a scanner is kept from: by Landlock all files but those that it is given, by seccomp all sockets
//! but those that it needs.
//!
//! Both hold for the thread that asks for them and for the children that it starts from then on, so the
//! thread that starts a scanner restricts itself first. That needs no program in between, which would
//! cost an `exec` for each start.

use std::ffi::OsString;
use std::io;
use std::sync::OnceLock;

use crate::model::Containment;

/// What a scanner may reach. Paths that do not exist are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Files and folders that it may read, and programs in them that it may start.
    pub run: Vec<OsString>,
    /// Folders that it may read only.
    pub read: Vec<OsString>,
    /// Files and folders that it may read and write.
    pub write: Vec<OsString>,
    /// Whether it may open connections.
    pub network: bool,
}

/// What this system lets newgate keep a scanner from: found out by trying, once.
pub fn containment() -> Containment {
    static HERE: OnceLock<Containment> = OnceLock::new();
    *HERE.get_or_init(|| {
        let attempt = || match (system::files(&Reach::default()), system::sockets(false)) {
            (Ok(true), Ok(())) => Containment::Contained,
            (Err(_), Err(_)) => Containment::Unavailable,
            _ => Containment::Partial,
        };
        // Another thread, because there is no way back.
        std::thread::spawn(attempt)
            .join()
            .unwrap_or(Containment::Unavailable)
    })
}

/// Restricts this thread, and what it starts, for good: as far as [`containment`] says that it can be.
///
/// # Errors
/// What the system allowed before is refused now.
pub(super) fn restrict(reach: &Reach) -> io::Result<()> {
    let here = containment();
    if here == Containment::Unavailable {
        return Ok(());
    }
    system::drop_privileges()?;
    let files = system::files(reach).map(drop);
    let sockets = system::sockets(reach.network);
    match here {
        Containment::Contained => files.and(sockets),
        // This system lacks one of them.
        _ => files.or(sockets),
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::BTreeMap;
    use std::io;

    use landlock::{
        ABI, Access, AccessFs, LandlockStatus, PathBeneath, PathFd, Ruleset, RulesetAttr,
        RulesetCreatedAttr, RulesetStatus, Scope,
    };
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, TargetArch,
    };

    use super::Reach;

    /// The newest version whose rights are asked for; an older kernel gives those that it knows.
    const NEWEST: ABI = ABI::V6;
    /// The first version (Linux 6.2) under which no file outside can be altered, not even cut short.
    const WHOLE: ABI = ABI::V3;

    /// Restricts the files of this thread. Returns whether all ways to alter or read one are covered.
    pub(super) fn files(reach: &Reach) -> io::Result<bool> {
        let all = AccessFs::from_all(NEWEST);
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let mut rules = Ruleset::default()
            .handle_access(all)
            .and_then(|r| r.scope(Scope::from_all(NEWEST)))
            .and_then(Ruleset::create)
            .map_err(io::Error::other)?;
        let lists = [
            (&reach.run, read | AccessFs::Execute),
            (&reach.read, read),
            (&reach.write, all),
        ];
        // Shared memory of other programs is there too: it can be opened by name, not listed.
        let shared = AccessFs::ReadFile
            | AccessFs::WriteFile
            | AccessFs::MakeReg
            | AccessFs::RemoveFile
            | AccessFs::Truncate;
        let shared_memory = vec!["/dev/shm".into()];
        let lists = lists.into_iter().chain([(&shared_memory, shared)]);
        for (paths, access) in lists {
            for path in paths {
                let Ok(at) = PathFd::new(path) else {
                    continue;
                };
                let access = match rustix::fs::fstat(&at) {
                    Ok(meta) if rustix::fs::FileType::from_raw_mode(meta.st_mode).is_dir() => {
                        access
                    }
                    // Some rights apply to folders only.
                    _ => access & (AccessFs::from_file(NEWEST)),
                };
                rules = rules
                    .add_rule(PathBeneath::new(at, access))
                    .map_err(io::Error::other)?;
            }
        }
        let status = rules.restrict_self().map_err(io::Error::other)?;
        match (status.ruleset, status.landlock) {
            (RulesetStatus::NotEnforced, _) => Err(io::ErrorKind::Unsupported.into()),
            (_, LandlockStatus::Available { effective_abi, .. }) => Ok(effective_abi >= WHOLE),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Takes root's privileges from this thread, and from what it starts: with them, the memory and the
    /// environment of any process can be read, whatever Landlock says. It may still read files of others.
    pub(super) fn drop_privileges() -> io::Result<()> {
        use rustix::thread::{
            CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_no_new_privs,
        };
        let had = capabilities(None)?;
        let kept = had.permitted & CapabilitySet::DAC_OVERRIDE;
        set_no_new_privs(true)?;
        let sets = CapabilitySets {
            effective: kept,
            permitted: kept,
            inheritable: CapabilitySet::empty(),
        };
        Ok(set_capabilities(None, sets)?)
    }

    /// Refuses this thread sockets: all but those of the internet if it has the `network`. Sockets of
    /// this machine are refused in any case: an agent or a container service behind one would open what
    /// is closed here. So is what would get round that (io_uring), and the kernel's key rings.
    pub(super) fn sockets(network: bool) -> io::Result<()> {
        let filter = filter(network).map_err(io::Error::other)?;
        seccompiler::apply_filter(&filter).map_err(io::Error::other)
    }

    fn filter(network: bool) -> Result<BpfProgram, seccompiler::BackendError> {
        let arch: TargetArch = std::env::consts::ARCH.try_into()?;
        let is = |number: u8, operator, value: i32| {
            let value = u64::from(value.unsigned_abs());
            SeccompCondition::new(number, SeccompCmpArgLen::Dword, operator, value)
        };
        let socket = match network {
            false => Vec::new(),
            // Netlink tells which addresses this machine has, which looking up a name asks.
            true => vec![SeccompRule::new(vec![
                is(0, SeccompCmpOp::Ne, libc::AF_INET)?,
                is(0, SeccompCmpOp::Ne, libc::AF_INET6)?,
                is(0, SeccompCmpOp::Ne, libc::AF_NETLINK)?,
            ])?],
        };
        // A pair of streams is bound to one another; one of datagrams can be sent elsewhere.
        let kind = SeccompCmpOp::MaskedEq(0xf);
        let pair = vec![SeccompRule::new(vec![is(1, kind, libc::SOCK_DGRAM)?])?];
        let mut rules = BTreeMap::from([
            (libc::SYS_socket, socket),
            (libc::SYS_socketpair, pair),
            (libc::SYS_io_uring_setup, Vec::new()),
            (libc::SYS_add_key, Vec::new()),
            (libc::SYS_request_key, Vec::new()),
            (libc::SYS_keyctl, Vec::new()),
        ]);
        if cfg!(target_arch = "x86_64") {
            // The same calls by their numbers of the x32 kind, which some kernels take too.
            const X32: i64 = 0x4000_0000;
            let others: Vec<_> = rules.iter().map(|(n, r)| (n | X32, r.clone())).collect();
            rules.extend(others);
        }
        let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        SeccompFilter::new(rules, SeccompAction::Allow, refused, arch)?.try_into()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;

    pub(super) fn files(_: &super::Reach) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn drop_privileges() -> io::Result<()> {
        Ok(())
    }

    pub(super) fn sockets(_: bool) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
