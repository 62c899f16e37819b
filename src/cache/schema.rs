//! The database file: its tables, its version, and what happens to one that cannot be used.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params};

use crate::model::Note;

/// How long to wait for another gate that holds the database.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The size from which on the log is emptied into the file; each gate that opens the database reads it.
const LOG_BYTES: u64 = 256 * 1024;

/// The version of the tables (`PRAGMA user_version`). A file of another version is set aside.
pub(super) const VERSION: i32 = 4;

const TABLES: &str = "
    CREATE TABLE result (scanner BLOB NOT NULL, unit BLOB NOT NULL, payload BLOB NOT NULL, time INTEGER NOT NULL,
                         PRIMARY KEY (scanner, unit)) WITHOUT ROWID;
    CREATE TABLE program (identity TEXT PRIMARY KEY, version TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE listing (scanner BLOB NOT NULL, tree TEXT NOT NULL, payload BLOB NOT NULL, time INTEGER NOT NULL,
                          UNIQUE (scanner, tree));
    CREATE TABLE gate (time INTEGER NOT NULL, head TEXT NOT NULL, target TEXT NOT NULL, verdict TEXT NOT NULL,
                       new INTEGER NOT NULL, grown INTEGER NOT NULL, inherited INTEGER NOT NULL, fixed INTEGER NOT NULL,
                       base TEXT, at_base INTEGER);
    CREATE TABLE secret (key BLOB NOT NULL);
    CREATE TABLE fetched (scanner BLOB NOT NULL, unit BLOB NOT NULL, payload BLOB NOT NULL,
                          PRIMARY KEY (scanner, unit)) WITHOUT ROWID;
    CREATE TABLE fetched_by (signers BLOB NOT NULL);
    CREATE TABLE written (results INTEGER NOT NULL);
    INSERT INTO written VALUES (0);
";

enum Trouble {
    /// Another gate holds it.
    Busy(String),
    /// The file is no database of this version: a new one may take its place.
    Unusable(String),
    /// It can be neither opened nor created.
    Closed(String),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Trouble {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, PermissionDenied, ReadOnly,
        };
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Trouble::Busy(error.to_string()),
            Some(CannotOpen | ReadOnly | PermissionDenied | DiskFull) => {
                Trouble::Closed(error.to_string())
            }
            _ => Trouble::Unusable(error.to_string()),
        }
    }
}

/// Opens the database and returns it with the key of its secrets' hashes.
pub(super) fn open(path: &Path, notes: &mut Vec<Note>) -> Result<(Connection, [u8; 32]), String> {
    let folder = path.parent().unwrap_or(Path::new("."));
    if !folder.is_dir() {
        // It holds the key of the secrets' hashes.
        fs::create_dir_all(folder).map_err(|e| e.to_string())?;
        fs::set_permissions(folder, crate::platform::private_folder())
            .map_err(|e| e.to_string())?;
    }
    match open_in_turn(path) {
        Ok(opened) => Ok(opened),
        Err(Trouble::Busy(why) | Trouble::Closed(why)) => Err(why),
        Err(Trouble::Unusable(why)) => {
            let aside = set_aside(path).map_err(|e| e.to_string())?;
            notes.push(Note::CacheSetAside {
                path: aside.display().to_string(),
                why,
            });
            open_in_turn(path).map_err(|t| match t {
                Trouble::Busy(why) | Trouble::Closed(why) | Trouble::Unusable(why) => why,
            })
        }
    }
}

/// Tries again while another gate makes the database. SQLite's own waiting does not cover this: it
/// answers "busy" at once where a lock would have to be raised, as when the journal's mode changes
/// (<https://www.sqlite.org/c3ref/busy_handler.html>).
fn open_in_turn(path: &Path) -> Result<(Connection, [u8; 32]), Trouble> {
    let began = Instant::now();
    loop {
        match try_open(path) {
            Err(Trouble::Busy(_)) if began.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

fn try_open(path: &Path) -> Result<(Connection, [u8; 32]), Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(PATIENCE)?;
    let version: i32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        let _: String =
            db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        // Two gates may make it at the same time: the second finds it made.
        let make = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let version: i32 = make.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version == 0 {
            make.execute_batch(TABLES)?;
            make.execute(
                "INSERT INTO secret (key) VALUES (?1)",
                params![random_key()],
            )?;
            make.pragma_update(None, "user_version", VERSION)?;
        }
        make.commit()?;
    } else if version != VERSION {
        return Err(Trouble::Unusable(format!(
            "its version is {version}, this newgate's is {VERSION}"
        )));
    }
    check_tables(&db)?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    // What was written goes from the log to the file when there is much of it, not at the end of every
    // gate: that would wait for the disk four times.
    let log = fs::metadata(format!("{}-wal", path.display())).map_or(0, |m| m.len());
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, log < LOG_BYTES)?;
    let key: [u8; 32] = db.query_row("SELECT key FROM secret", [], |row| row.get(0))?;
    Ok((db, key))
}

/// Checks that the tables are those that newgate made, word for word: SQLite keeps what made each
/// (<https://www.sqlite.org/schematab.html>). A table that is gone or another would answer "nothing".
fn check_tables(db: &Connection) -> Result<(), Trouble> {
    let mut ask = db.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let found: HashSet<String> = ask
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let made = TABLES.split(';').map(str::trim);
    let made = made.filter(|t| t.starts_with("CREATE"));
    match made.clone().count() == found.len() && made.clone().all(|t| found.contains(t)) {
        true => Ok(()),
        false => Err(Trouble::Unusable(
            "its tables are not those that newgate made".into(),
        )),
    }
}

/// Renames the database and its side files to a name that is free.
fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let with = |suffix: &str| PathBuf::from(format!("{}{suffix}", path.display()));
    let free = (1..)
        .map(|n| format!(".unusable-{n}"))
        .find(|s| !with(s).exists())
        .unwrap_or_default();
    fs::rename(path, with(&free))?;
    for side in ["-wal", "-shm"] {
        match fs::remove_file(with(side)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(with(&free))
}

/// A key from the system's random numbers (through the hasher that the standard library seeds with
/// them), mixed with the time and the process.
pub(super) fn random_key() -> [u8; 32] {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = blake3::Hasher::new();
    for _ in 0..4 {
        let seeded = std::collections::hash_map::RandomState::new()
            .build_hasher()
            .finish();
        hasher.update(&seeded.to_le_bytes());
    }
    let mut random = [0_u8; 32];
    if let Ok(mut source) = fs::File::open("/dev/urandom") {
        use std::io::Read;
        // Too few bytes would only leave zeros beside the seeded numbers.
        let _ = source.read_exact(&mut random);
    }
    hasher.update(&random);
    hasher.update(&std::process::id().to_le_bytes());
    *hasher.finalize().as_bytes()
}
