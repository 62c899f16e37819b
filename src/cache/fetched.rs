//! Results that were fetched from a shared baseline: apart from what was scanned here, and of use only
//! while those who could sign them may.

use std::sync::atomic::Ordering;

use rusqlite::{OptionalExtension, params};

use super::{Cache, ScannerKey, UnitDigest, sealed};

/// A result that was fetched.
pub type Fetched = (ScannerKey, UnitDigest, Vec<u8>);

impl Cache {
    /// Lets fetched results count for this check, if the allowed signers are still the same as when they were fetched
    /// (by the hash of the file of signers).
    pub fn trust_fetched(&self, signers: Option<[u8; 32]>) {
        let fetched_by = || -> Option<[u8; 32]> {
            let db = self.lock()?;
            db.query_row("SELECT signers FROM fetched_by", [], |row| row.get(0))
                .optional()
                .ok()?
        };
        let same = signers.is_some() && fetched_by() == signers;
        self.trusts.store(same, Ordering::Relaxed);
    }

    /// A cached result of a scan here, or else a fetched one that counts.
    pub fn result_or_fetched(&self, key: &ScannerKey, unit: &UnitDigest) -> Option<Vec<u8>> {
        if let Some(own) = self.result(key, unit) {
            return Some(own);
        }
        if !self.trusts.load(Ordering::Relaxed) {
            return None;
        }
        let ask = "SELECT payload FROM fetched WHERE scanner = ?1 AND unit = ?2";
        self.payload(ask, key, unit)
    }

    /// Stores fetched results apart from those that were scanned here, and replaces earlier fetched ones; `None` drops
    /// them. `signers` is the hash of the file of allowed signers.
    pub fn keep_fetched(&self, fetched: Option<([u8; 32], Vec<Fetched>)>) {
        let Some(mut db) = self.lock() else {
            return;
        };
        let write = || -> rusqlite::Result<()> {
            let transaction = db.transaction()?;
            transaction.execute("DELETE FROM fetched", [])?;
            transaction.execute("DELETE FROM fetched_by", [])?;
            if let Some((signers, results)) = fetched {
                let put =
                    "INSERT OR REPLACE INTO fetched (scanner, unit, payload) VALUES (?1, ?2, ?3)";
                let mut put = transaction.prepare(put)?;
                for (key, unit, payload) in results {
                    let sealed = sealed(&key, &unit, &payload);
                    put.execute(params![key.as_bytes(), unit.as_bytes(), sealed])?;
                }
                drop(put);
                transaction.execute("INSERT INTO fetched_by (signers) VALUES (?1)", [signers])?;
            }
            transaction.commit()
        };
        // Lost entries cost time only.
        let _ = write();
    }
}
