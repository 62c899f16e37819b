//! Results that are remembered, in a SQLite database that all worktrees of a repository share.
//!
//! It is only a cache. A damaged file, or one of a newer version, is set aside and a new one made;
//! where none can be used, results are computed again. Nothing here can change a verdict.

mod fetched;
mod history;
mod key;
mod programs;
mod schema;

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};

pub use fetched::Fetched;
pub use key::{ScannerKey, UnitDigest};

use crate::mask;
use crate::model::Note;

/// The cache of one repository.
pub struct Cache {
    connection: Option<Mutex<Connection>>,
    /// Whether results that were fetched count.
    trusts: AtomicBool,
    secret_key: [u8; 32],
    notes: Vec<Note>,
    /// Why something was not remembered, as long as it has not been told.
    lost: Mutex<Option<String>>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache")
            .field("open", &self.connection.is_some())
            .finish_non_exhaustive()
    }
}

/// Where the cache of a repository lies, below the folder that its worktrees share.
pub fn path_in(common_dir: &Path) -> PathBuf {
    common_dir.join("newgate").join("cache.db")
}

impl Cache {
    /// Opens the cache of a repository, makes it if it is not there, and replaces it if it cannot be
    /// used. Never fails: without a cache everything is computed.
    pub fn open(common_dir: &Path) -> Cache {
        let path = path_in(common_dir);
        let mut notes = Vec::new();
        let opened = schema::open(&path, &mut notes);
        let (connection, secret_key) = match opened {
            Ok((connection, key)) => (Some(Mutex::new(connection)), key),
            Err(why) => {
                notes.push(Note::CacheUnusable {
                    path: path.display().to_string(),
                    why,
                });
                (None, schema::random_key())
            }
        };
        Cache {
            connection,
            trusts: AtomicBool::new(false),
            secret_key,
            notes,
            lost: Mutex::default(),
        }
    }

    /// A cache that remembers nothing.
    pub fn none() -> Cache {
        Cache {
            connection: None,
            trusts: AtomicBool::new(false),
            secret_key: schema::random_key(),
            notes: Vec::new(),
            lost: Mutex::default(),
        }
    }

    /// What the reader should know: that the cache was replaced, or cannot be used.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// That something could not be remembered; once.
    pub fn lost(&self) -> Option<Note> {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let why = lost.take()?;
        Some(Note::ResultsNotRemembered { why })
    }

    /// Waits for other newgate processes, but not so long that a check is late.
    pub fn hurry(&self, end: Instant) {
        if let Some(db) = self.lock() {
            let left = end.saturating_duration_since(Instant::now());
            let _ = db.busy_timeout((left / 8).min(schema::PATIENCE));
        }
    }

    /// What was read. Another gate that held the database for so long is not waited for again.
    fn read<T>(db: &Connection, read: rusqlite::Result<T>) -> Option<T> {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        if let Err(e) = &read
            && let Some(DatabaseBusy | DatabaseLocked) = e.sqlite_error_code()
        {
            let _ = db.busy_timeout(Duration::ZERO);
        }
        read.ok()
    }

    /// Records that something could not be written, because the disk is full or another newgate
    /// holds the database.
    fn wrote(&self, db: &Connection, wrote: rusqlite::Result<()>) {
        if let Err(e) = &wrote {
            let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
            lost.get_or_insert(e.to_string());
        }
        Cache::read(db, wrote);
    }

    /// The key of the hashes that stand for secrets in this cache.
    pub fn secret_key(&self) -> [u8; 32] {
        self.secret_key
    }

    /// A payload as it is written. One that holds a secret (the name of a file can) is not written in
    /// plain text; this hides nothing from who can read the key beside it.
    fn closed<'p>(&self, payload: &'p [u8]) -> Cow<'p, [u8]> {
        if !mask::holds(payload) {
            return Cow::Borrowed(payload);
        }
        let start = blake3::keyed_hash(&self.secret_key, payload);
        let start = start.as_bytes();
        let mut closed = [&[CLOSED], &start[..], payload].concat();
        self.turn(start, closed.get_mut(1 + start.len()..).unwrap_or_default());
        Cow::Owned(closed)
    }

    /// A payload as it was before [`Cache::closed`].
    fn opened(&self, mut payload: Vec<u8>) -> Vec<u8> {
        let Some((&mut CLOSED, rest)) = payload.split_first_mut() else {
            return payload;
        };
        let Some((start, hidden)) = rest.split_first_chunk_mut::<{ blake3::OUT_LEN }>() else {
            return payload;
        };
        self.turn(start, hidden);
        hidden.to_vec()
    }

    /// Combines bytes with a stream that depends on the key and a start; twice, and they are as before.
    fn turn(&self, start: &[u8; blake3::OUT_LEN], bytes: &mut [u8]) {
        let mut stream = blake3::Hasher::new_keyed(&self.secret_key)
            .update(start)
            .finalize_xof();
        let mut block = [0; 1_024];
        for part in bytes.chunks_mut(block.len()) {
            stream.fill(&mut block);
            part.iter_mut().zip(&block).for_each(|(b, s)| *b ^= s);
        }
    }

    fn lock(&self) -> Option<MutexGuard<'_, Connection>> {
        let connection = self.connection.as_ref()?;
        Some(connection.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A remembered result; one that is not as it was written is none.
    pub fn result(&self, key: &ScannerKey, unit: &UnitDigest) -> Option<Vec<u8>> {
        let ask = "SELECT payload FROM result WHERE scanner = ?1 AND unit = ?2";
        self.payload(ask, key, unit)
    }

    /// A payload that a question finds for a key and a unit, if it is as it was written.
    fn payload(&self, ask: &str, key: &ScannerKey, unit: &UnitDigest) -> Option<Vec<u8>> {
        let db = self.lock()?;
        let mut ask = Cache::read(&db, db.prepare_cached(ask))?;
        let found = ask.query_row(params![key.as_bytes(), unit.as_bytes()], |row| {
            row.get::<_, Vec<u8>>(0)
        });
        let sealed = Cache::read(&db, found.optional())??;
        let (seal, payload) = sealed.split_at_checked(SEAL)?;
        (seal == seal_of(key, unit, payload)).then(|| self.opened(payload.to_vec()))
    }

    /// Moves what was written from the log to the file, for those who copy it.
    pub fn settle(&self) {
        if let Some(db) = self.lock() {
            let _ = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
    }

    /// Reads much in one go: the database is locked and looked at once, not for each answer. Nothing is
    /// remembered meanwhile.
    pub fn reading<T>(&self, read: impl FnOnce() -> T) -> T {
        let say = |what: &str| {
            if let Some(db) = self.lock() {
                // Without it every answer is the same, only slower.
                let _ = db.execute_batch(what);
            }
        };
        say("BEGIN");
        let answer = read();
        say("COMMIT");
        answer
    }

    /// Remembers results. What cannot be written is computed again next time.
    pub fn remember(
        &self,
        key: &ScannerKey,
        results: impl IntoIterator<Item = (UnitDigest, Vec<u8>)>,
    ) {
        let Some(mut db) = self.lock() else {
            return;
        };
        let write = |db: &mut Connection| -> rusqlite::Result<()> {
            let transaction = db.transaction()?;
            {
                let mut put = transaction.prepare_cached(
                    "INSERT OR REPLACE INTO result (scanner, unit, payload, time) VALUES (?1, ?2, ?3, ?4)",
                )?;
                for (unit, payload) in results {
                    let sealed = sealed(key, &unit, &self.closed(&payload));
                    put.execute(params![key.as_bytes(), unit.as_bytes(), sealed, now()])?;
                }
            }
            transaction.execute("UPDATE written SET results = results + 1", [])?;
            transaction.commit()
        };
        // A lost entry costs time only.
        let wrote = write(&mut db);
        self.wrote(&db, wrote);
    }

    /// Replaces cached or fetched results, and leaves no byte of the old ones in the file. Results that are not in the
    /// cache are not added.
    pub fn overwrite(
        &self,
        key: &ScannerKey,
        results: impl IntoIterator<Item = (UnitDigest, Vec<u8>)>,
    ) {
        self.erasing(|db| {
            let transaction = db.transaction()?;
            for (unit, payload) in results {
                let sealed = sealed(key, &unit, &self.closed(&payload));
                for table in ["result", "fetched"] {
                    let put =
                        format!("UPDATE {table} SET payload = ?3 WHERE scanner = ?1 AND unit = ?2");
                    let row = params![key.as_bytes(), unit.as_bytes(), sealed];
                    transaction.execute(&put, row)?;
                }
            }
            transaction.commit()
        });
    }

    /// Removes all listings of a scanner, of which no byte stays in the file.
    pub fn forget_listings(&self, key: &ScannerKey) {
        self.erasing(|db| {
            let row = params![key.as_bytes()];
            db.execute("DELETE FROM listing WHERE scanner = ?1", row)?;
            Ok(())
        });
    }

    /// Does something in which SQLite writes zeros over what it frees
    /// (<https://sqlite.org/pragma.html#pragma_secure_delete>).
    fn erasing(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<()>) {
        let Some(mut db) = self.lock() else {
            return;
        };
        let set = |db: &Connection, on: &str| {
            let _ = db.query_row(&format!("PRAGMA secure_delete = {on}"), [], |_| Ok(()));
        };
        set(&db, "ON");
        // Another gate may hold the database for long: then the next run does it.
        let _ = work(&mut db);
        set(&db, "OFF");
        drop(db);
        // The log has what was there before, too.
        self.settle();
    }

    /// How often results were written: as long as this is the same, no unit has a result that it had
    /// not before.
    pub fn times_written(&self) -> i64 {
        let read = || -> Option<i64> {
            let db = self.lock()?;
            let mut ask = db.prepare_cached("SELECT results FROM written").ok()?;
            ask.query_row([], |row| row.get(0)).ok()
        };
        read().unwrap_or_default()
    }

    /// The version of an executable, by its identity, as this repository or else the user's other
    /// repositories remember it.
    pub fn version(&self, identity: &str) -> Option<String> {
        let here = || -> Option<String> {
            let db = self.lock()?;
            let mut ask = db
                .prepare_cached("SELECT version FROM program WHERE identity = ?1")
                .ok()?;
            ask.query_row([identity], |row| row.get(0))
                .optional()
                .ok()?
        };
        if let Some(version) = here() {
            return Some(version);
        }
        let version = programs::version(identity)?;
        self.remember_here(identity, &version);
        Some(version)
    }

    /// Remembers the version of an executable.
    pub fn remember_version(&self, identity: &str, version: &str) {
        self.remember_here(identity, version);
        programs::remember(identity, version);
    }

    fn remember_here(&self, identity: &str, version: &str) {
        if let Some(db) = self.lock() {
            let put = "INSERT OR REPLACE INTO program (identity, version) VALUES (?1, ?2)";
            self.wrote(&db, db.execute(put, [identity, version]).map(drop));
        }
    }

    /// The listing of a tree that a scanner's results were summed up for.
    pub fn listing(&self, key: &ScannerKey, tree: &str) -> Option<Vec<u8>> {
        let db = self.lock()?;
        let mut ask = db
            .prepare_cached("SELECT payload FROM listing WHERE scanner = ?1 AND tree = ?2")
            .ok()?;
        let found = ask.query_row(params![key.as_bytes(), tree], |row| row.get(0));
        found.optional().ok()?.map(|payload| self.opened(payload))
    }

    /// The newest listing of a scanner: its tree and content.
    pub fn newest_listing(&self, key: &ScannerKey) -> Option<(String, Vec<u8>)> {
        let db = self.lock()?;
        let ask = "SELECT tree, payload FROM listing WHERE scanner = ?1 ORDER BY time DESC, rowid DESC LIMIT 1";
        let mut ask = db.prepare_cached(ask).ok()?;
        let found = ask.query_row(params![key.as_bytes()], |row| {
            Ok((row.get(0)?, self.opened(row.get(1)?)))
        });
        found.optional().ok()?
    }

    /// Remembers a listing; a scanner has few of them, the oldest go.
    pub fn remember_listing(&self, key: &ScannerKey, tree: &str, payload: &[u8]) {
        const KEPT: u32 = 8;
        if let Some(db) = self.lock() {
            let put = "INSERT OR REPLACE INTO listing (scanner, tree, payload, time) VALUES (?1, ?2, ?3, ?4)";
            let payload = self.closed(payload);
            let row = params![key.as_bytes(), tree, payload, now()];
            self.wrote(&db, db.execute(put, row).map(drop));
            let prune = "DELETE FROM listing WHERE scanner = ?1 AND rowid NOT IN
                         (SELECT rowid FROM listing WHERE scanner = ?1 ORDER BY time DESC, rowid DESC LIMIT ?2)";
            let _ = db.execute(prune, params![key.as_bytes(), KEPT]);
        }
    }

    /// Drops results that were written before a time, in seconds since 1970, and are not to be kept;
    /// returns how many that were, and how many are left.
    ///
    /// # Errors
    /// The database cannot be read or written, and why; then all of it is as it was.
    pub fn prune(
        &self,
        before: i64,
        keep: &HashSet<(ScannerKey, UnitDigest)>,
    ) -> Result<(u64, u64), String> {
        let mut db = self.lock().ok_or("there is no cache that can be used")?;
        let mut prune = || -> rusqlite::Result<(u64, u64)> {
            let transaction = db.transaction()?;
            let mut old: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
            {
                let mut ask =
                    transaction.prepare("SELECT scanner, unit FROM result WHERE time < ?1")?;
                let rows = ask.query_map([before], |row| Ok((row.get(0)?, row.get(1)?)))?;
                for row in rows {
                    old.push(row?);
                }
            }
            let keep: HashSet<(&[u8], &[u8])> = keep
                .iter()
                .map(|(k, u)| (&k.as_bytes()[..], &u.as_bytes()[..]))
                .collect();
            old.retain(|(key, unit)| !keep.contains(&(key.as_slice(), unit.as_slice())));
            {
                let mut drop =
                    transaction.prepare("DELETE FROM result WHERE scanner = ?1 AND unit = ?2")?;
                for (key, unit) in &old {
                    drop.execute(params![key, unit])?;
                }
            }
            transaction.execute("DELETE FROM listing WHERE time < ?1", [before])?;
            let left: i64 =
                transaction.query_row("SELECT count(*) FROM result", [], |row| row.get(0))?;
            transaction.commit()?;
            // The file shrinks only so.
            db.execute_batch("VACUUM")?;
            Ok((old.len() as u64, u64::try_from(left).unwrap_or_default()))
        };
        prune().map_err(|e| e.to_string())
    }

    /// How many results are remembered, and how many checks.
    pub fn size(&self) -> (u64, u64) {
        let count = |table: &str| -> Option<u64> {
            let db = self.lock()?;
            let ask = format!("SELECT count(*) FROM {table}");
            let number: i64 = db.query_row(&ask, [], |row| row.get(0)).ok()?;
            u64::try_from(number).ok()
        };
        (
            count("result").unwrap_or_default(),
            count("gate").unwrap_or_default(),
        )
    }
}

/// What a payload begins with that is not in plain text; no JSON does.
const CLOSED: u8 = 0;

/// How many bytes of a hash are before a payload, so that damage is not read as a result.
const SEAL: usize = 16;

fn sealed(key: &ScannerKey, unit: &UnitDigest, payload: &[u8]) -> Vec<u8> {
    [&seal_of(key, unit, payload), payload].concat()
}

fn seal_of(key: &ScannerKey, unit: &UnitDigest, payload: &[u8]) -> [u8; SEAL] {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(key.as_bytes())
        .update(unit.as_bytes())
        .update(payload);
    let mut seal = [0; SEAL];
    hasher.finalize_xof().fill(&mut seal);
    seal
}

/// Seconds since 1970-01-01 UTC.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
