use super::*;
use crate::model::Note;

fn key(n: u8) -> ScannerKey {
    ScannerKey::new("descriptor", &n.to_string(), &[], [])
}

fn unit(path: &str) -> UnitDigest {
    UnitDigest::of_file(&crate::model::FileVersion {
        path: path.into(),
        blob: crate::model::Oid::parse(&"a".repeat(40)).unwrap(),
        mode: 0o100_644,
    })
}

#[test]
fn a_result_is_found_under_its_key_and_unit_only() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path());
    cache.remember(&key(1), [(unit("a"), b"x".to_vec())]);
    let again = Cache::open(folder.path());
    assert_eq!(again.result(&key(1), &unit("a")), Some(b"x".to_vec()));
    assert_eq!(again.result(&key(2), &unit("a")), None);
    assert_eq!(again.result(&key(1), &unit("b")), None);
    assert!(again.notes().is_empty());
    assert_eq!(cache.secret_key(), again.secret_key());
}

#[test]
fn what_was_written_is_there_for_the_next_gate_though_the_log_is_not_emptied() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..300_u16 {
        let cache = Cache::open(folder.path());
        let before = cache.times_written();
        cache.remember(&key(1), [(unit(&n.to_string()), vec![b'x'; 4_096])]);
        assert_eq!(cache.times_written(), before + 1);
    }
    let cache = Cache::open(folder.path());
    assert!(cache.notes().is_empty());
    for n in 0..300_u16 {
        assert!(
            cache.result(&key(1), &unit(&n.to_string())).is_some(),
            "{n}"
        );
    }
    let log = std::fs::metadata(path_in(folder.path()).with_file_name("cache.db-wal")).unwrap();
    assert!(log.len() < 1_000_000, "{} bytes", log.len());
}

#[test]
fn a_damaged_file_is_set_aside_and_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = path_in(folder.path());
    drop(Cache::open(folder.path()));
    for side in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{side}", path.display()));
    }
    std::fs::write(&path, vec![b'x'; 8_192]).unwrap();
    let cache = Cache::open(folder.path());
    assert!(
        matches!(cache.notes()[0], Note::CacheSetAside { .. }),
        "{:?}",
        cache.notes()
    );
    cache.remember(&key(1), [(unit("a"), Vec::new())]);
    assert_eq!(cache.result(&key(1), &unit("a")), Some(Vec::new()));
    assert!(path.with_file_name("cache.db.unusable-1").is_file());
}

#[test]
fn files_of_older_and_newer_versions_are_set_aside() {
    for version in [-1, schema::VERSION + 1] {
        let folder = tempfile::tempdir().unwrap();
        let path = path_in(folder.path());
        drop(Cache::open(folder.path()));
        let db = Connection::open(&path).unwrap();
        db.pragma_update(None, "user_version", version).unwrap();
        drop(db);
        assert_eq!(Cache::open(folder.path()).notes().len(), 1);
        assert!(Cache::open(folder.path()).notes().is_empty());
    }
}

#[test]
fn without_a_place_to_write_nothing_is_remembered_and_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let cache = Cache::open(&blocked);
    assert_eq!(cache.result(&key(1), &unit("a")), None);
    assert!(matches!(cache.notes()[0], Note::CacheUnusable { .. }));
}

#[test]
fn gates_that_open_a_new_cache_at_once_all_write() {
    const GATES: u8 = 4;
    // Again and again: only a few of the orders in which they can come meet in the same lock.
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let start = std::sync::Barrier::new(GATES.into());
        std::thread::scope(|threads| {
            for worker in 0..GATES {
                let (folder, start) = (folder.path(), &start);
                threads.spawn(move || {
                    start.wait();
                    let cache = Cache::open(folder);
                    assert!(cache.notes().is_empty(), "{:?}", cache.notes());
                    for n in 0..5 {
                        cache.remember(&key(worker), [(unit(&n.to_string()), vec![worker])]);
                    }
                });
            }
        });
        let cache = Cache::open(folder.path());
        for worker in 0..GATES {
            for n in 0..5 {
                assert_eq!(
                    cache.result(&key(worker), &unit(&n.to_string())),
                    Some(vec![worker])
                );
            }
        }
    }
}

#[test]
fn a_cache_whose_tables_are_others_is_set_aside() {
    for change in [
        "DROP TABLE result",
        "DROP TABLE written",
        "ALTER TABLE result RENAME TO old; CREATE VIEW result AS SELECT * FROM old",
        "ALTER TABLE listing DROP COLUMN payload",
        "CREATE TRIGGER gone AFTER INSERT ON result BEGIN DELETE FROM result; END",
    ] {
        let folder = tempfile::tempdir().unwrap();
        drop(Cache::open(folder.path()));
        let db = rusqlite::Connection::open(path_in(folder.path())).unwrap();
        db.execute_batch(change).unwrap();
        drop(db);
        let notes = Cache::open(folder.path()).notes().to_vec();
        assert!(
            notes.len() == 1 && matches!(notes[0], Note::CacheSetAside { .. }),
            "{change}: {notes:?}"
        );
        assert!(Cache::open(folder.path()).notes().is_empty(), "{change}");
    }
}

#[test]
fn what_cannot_be_written_is_told_once_and_not_waited_for_twice() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path());
    let other = Connection::open(path_in(folder.path())).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let remember = || cache.remember(&key(1), [(unit("a"), vec![1])]);
    cache.hurry(Instant::now());
    remember();
    remember();
    assert!(matches!(
        cache.lost(),
        Some(Note::ResultsNotRemembered { .. })
    ));
    assert_eq!(cache.lost(), None);
    other.execute_batch("ROLLBACK").unwrap();
    remember();
    assert_eq!(cache.lost(), None);
    assert_eq!(cache.result(&key(1), &unit("a")), Some(vec![1]));
}
