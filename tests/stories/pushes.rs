//! Pushes where other gates broke: each is answered on purpose.

use crate::support::{World, leak};

const ZERO: &str = "0000000000000000000000000000000000000000";

/// A branch `bad` with a leak, checked out.
fn bad_branch(world: &World) -> String {
    world.git(&["switch", "--quiet", "--create", "bad"]);
    world.write("leak.py", leak(1));
    world.commit("Leak")
}

/// A branch `good` without one, checked out.
fn good_branch(world: &World) -> String {
    world.git(&["switch", "--quiet", "--create", "good", "main"]);
    world.write("fine.py", "X = 1\n");
    world.commit("Fine")
}

#[test]
fn a_new_branch_is_compared_with_the_target() {
    let world = World::started();
    bad_branch(&world);
    world
        .push(&["origin", "bad"])
        .exits(1)
        .says("the tip of origin/main")
        .says("leak.py:1");
    assert_eq!(world.remote_ref("bad"), None);
    let good = good_branch(&world);
    world.push(&["origin", "good"]).exits(0);
    assert_eq!(world.remote_ref("good"), Some(good));
}

#[test]
fn a_push_that_only_deletes_passes() {
    let world = World::started();
    good_branch(&world);
    world.push(&["origin", "good"]).exits(0);
    world
        .push(&["origin", "--delete", "good"])
        .exits(0)
        .says("deleted");
    assert_eq!(world.remote_ref("good"), None);
}

#[test]
fn a_deletion_beside_an_update_does_not_hide_it() {
    let world = World::started();
    good_branch(&world);
    world.push(&["origin", "good"]).exits(0);
    bad_branch(&world);
    world
        .push(&["origin", ":good", "bad"])
        .exits(1)
        .says("leak.py:1");
    assert!(world.remote_ref("good").is_some());
}

#[test]
fn of_several_refs_every_one_is_judged() {
    let world = World::started();
    good_branch(&world);
    world.git(&["switch", "--quiet", "main"]);
    bad_branch(&world);
    let ran = world.push(&["origin", "good", "bad"]).exits(1);
    assert!(
        ran.all().contains("good") && ran.all().contains("bad -> origin/bad"),
        "{}",
        ran.all()
    );
    assert_eq!(
        (world.remote_ref("good"), world.remote_ref("bad")),
        (None, None)
    );
}

#[test]
fn tags_are_followed_to_what_they_point_at() {
    let world = World::started();
    bad_branch(&world);
    world.git(&["tag", "light"]);
    world.git(&["tag", "--annotate", "--message", "v1", "heavy"]);
    world.git(&["tag", "--annotate", "--message", "twice", "twice", "heavy"]);
    world.git(&["tag", "tree", "HEAD^{tree}"]);
    for tag in ["light", "heavy", "twice", "tree"] {
        world.push(&["origin", tag]).exits(1).says("leak.py:1");
        assert_eq!(world.remote_ref(&format!("refs/tags/{tag}")), None);
    }
    world.git(&["tag", "blob", "HEAD:leak.py"]);
    world
        .push(&["origin", "blob"])
        .exits(1)
        .says("blob:1")
        .says("points to a file");
    world.git(&["switch", "--quiet", "main"]);
    world.git(&["tag", "clean"]);
    world.push(&["origin", "clean"]).exits(0);
}

#[test]
fn a_remote_id_that_this_clone_has_never_seen_is_said_and_does_not_open_the_gate() {
    let world = World::started();
    world.write("leak.py", leak(1));
    let head = world.commit("Leak");
    let unknown = "1234567890123456789012345678901234567890";
    let line = format!("refs/heads/main {head} refs/heads/main {unknown}\n");
    world
        .pre_push(&["origin", "../remote.git"], &line)
        .exits(1)
        .says("which is not in this clone")
        .says("leak.py:1");
}

#[test]
fn a_force_push_after_a_rebase_is_judged_against_the_target() {
    let world = World::started();
    good_branch(&world);
    world.push(&["origin", "good"]).exits(0);
    world.git(&["switch", "--quiet", "main"]);
    world.write("other.py", "Y = 2\n");
    world.commit("Main goes on");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "good"]);
    world.git(&["rebase", "--quiet", "main"]);
    world
        .push(&["--force", "origin", "good"])
        .exits(0)
        .says("the tip of origin/main");
    world.write("leak.py", leak(2));
    world.commit("Leak");
    world.git(&["commit", "--quiet", "--amend", "--message", "Leak again"]);
    world.push(&["--force", "origin", "good"]).exits(1);
}

#[test]
fn what_the_target_brought_into_the_branch_is_not_held_against_it() {
    let world = World::started();
    good_branch(&world);
    world.git(&["switch", "--quiet", "main"]);
    world.write("old.py", leak(3));
    world.commit("A leak on main, pushed past the gate");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "good"]);
    world.git(&["merge", "--quiet", "--no-edit", "main"]);
    world.push(&["origin", "good"]).exits(0).says("nothing new");
}

#[test]
fn a_cherry_pick_from_the_target_is_not_held_against_the_branch() {
    let world = World::started();
    good_branch(&world);
    world.git(&["switch", "--quiet", "main"]);
    world.write("old.py", leak(3));
    world.commit("A leak on main, pushed past the gate");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "good"]);
    world.write("app.py", "import os\n\n\ndef main():\n    return os.sep\n");
    world.commit("Go on");
    world.git(&["cherry-pick", "main"]);
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
    // Only what would block is looked for on the target, which the password in code is not.
    let mut issues = report["issues"].as_array().unwrap().iter();
    let secret = issues.find(|i| i["kind"] == "secret").unwrap();
    let occurrence = &secret["occurrences"][0];
    assert_eq!(
        (occurrence["status"].as_str(), occurrence["stage"].as_str()),
        (Some("inherited"), Some("on-target"))
    );
    world.push(&["origin", "good"]).exits(0);
    // A second copy of it is the branch's own.
    world.write("copy.py", leak(3));
    world.commit("Copy");
    world.push(&["origin", "good"]).exits(1).says("copy.py:1");
}

#[test]
fn a_stale_local_main_is_not_the_target() {
    let world = World::started();
    let first = world.git(&["rev-parse", "main"]);
    world.write("old.py", leak(3));
    world.commit("A leak on main, pushed past the gate");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    good_branch(&world);
    world.git(&["branch", "--force", "main", &first]);
    world.push(&["origin", "good"]).exits(0).says("nothing new");
}

#[test]
fn without_a_default_branch_of_the_remote_main_or_master_is_the_target() {
    let world = World::started();
    assert_eq!(
        world
            .try_git(&["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"])
            .code,
        1
    );
    good_branch(&world);
    world
        .push(&["origin", "good"])
        .exits(0)
        .says("the tip of origin/main");
    // The remote's default branch counts before that.
    world.push(&["--quiet", "origin", "good:trunk"]).exits(0);
    world.git(&[
        "symbolic-ref",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/trunk",
    ]);
    bad_branch(&world);
    world
        .push(&["origin", "bad"])
        .exits(1)
        .says("the tip of origin/trunk");
}

#[test]
fn a_push_by_url_is_compared_with_a_remote_that_is_known() {
    let world = World::started();
    bad_branch(&world);
    let same = "../remote.git";
    world
        .push(&[same, "bad"])
        .exits(1)
        .says("the tip of origin/main");
    let fork = world.path("fork.git");
    let fork = fork.to_str().unwrap();
    world.git(&["init", "--quiet", "--bare", fork]);
    world
        .push(&[fork, "bad"])
        .exits(1)
        .says("does not belong to a configured remote")
        .says("origin/main");
}

#[test]
fn another_name_on_the_remote_and_a_detached_head_are_judged_alike() {
    let world = World::started();
    bad_branch(&world);
    world
        .push(&["origin", "HEAD:other"])
        .exits(1)
        .says("origin/other")
        .says("leak.py:1");
    world.git(&["switch", "--quiet", "--detach"]);
    world
        .push(&["origin", "HEAD:refs/heads/other"])
        .exits(1)
        .says("leak.py:1");
}

#[test]
fn the_first_push_to_an_empty_remote_says_that_everything_counts_as_new() {
    let world = World::new();
    world.install();
    world.write("old.py", leak(1));
    world.commit("Start");
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("compared with nothing: this clone has no branch of origin")
        .says("old.py:1");
    world.write("old.py", "TOKEN = None\n");
    world.git(&[
        "commit",
        "--quiet",
        "--all",
        "--amend",
        "--message",
        "Start",
    ]);
    world
        .push(&["origin", "main"])
        .exits(0)
        .says("nothing found");
}

#[test]
fn an_orphan_branch_is_compared_with_the_tip_of_the_target() {
    let world = World::started();
    world.write("old.py", leak(3));
    world.commit("A leak on main, pushed past the gate");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "--orphan", "pages"]);
    world.write("old.py", leak(3));
    world.write("page.html", "<p>\n");
    world.commit("Pages");
    world
        .push(&["origin", "pages"])
        .exits(0)
        .says("no common history");
    world.write("leak.py", leak(4));
    world.commit("Leak");
    world.push(&["origin", "pages"]).exits(1).says("leak.py:1");
}

#[test]
fn of_several_merge_bases_one_is_chosen_and_said() {
    let world = World::started();
    good_branch(&world);
    let good = world.git(&["rev-parse", "HEAD"]);
    world.git(&["switch", "--quiet", "main"]);
    world.write("m.py", "M = 1\n");
    let main = world.commit("Main");
    world.git(&["merge", "--quiet", "--no-edit", &good]);
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "good"]);
    world.git(&["merge", "--quiet", "--no-edit", &main]);
    world
        .push(&["origin", "good"])
        .exits(0)
        .says("one of 2 merge bases");
    world.write("leak.py", leak(4));
    world.commit("Leak");
    world.push(&["origin", "good"]).exits(1).says("leak.py:1");
}

#[test]
fn nothing_on_standard_input_passes() {
    let world = World::started();
    world
        .pre_push(&["origin", "../remote.git"], "")
        .exits(0)
        .says("nothing to push");
}

#[test]
fn a_line_that_git_would_not_write_stops_the_push() {
    let world = World::started();
    world
        .pre_push(&["origin"], "what is this\n")
        .exits(2)
        .says("line 1");
}

#[test]
fn pushing_the_target_itself_is_compared_with_what_is_there() {
    let world = World::started();
    world.write("fine.py", "X = 1\n");
    world.commit("Fine");
    world
        .push(&["origin", "main"])
        .exits(0)
        .says("origin/main before this push");
    world.write("leak.py", leak(1));
    let head = world.commit("Leak");
    world.push(&["origin", "main"]).exits(1).says("leak.py:1");
    assert_ne!(world.remote_ref("main"), Some(head));
    world.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    world.write("other.py", "Y = 1\n");
    world.commit("Another way");
    world
        .push(&["--force", "origin", "main"])
        .exits(0)
        .says("which this push rewrites");
}

#[test]
fn ids_of_64_digits_are_ids() {
    let world = World::with(&["--object-format=sha256"]);
    world.write("app.py", "X = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    let good = good_branch(&world);
    assert_eq!(good.len(), 64);
    world
        .push(&["origin", "good"])
        .exits(0)
        .says("the tip of origin/main");
    world.git(&["switch", "--quiet", "main"]);
    bad_branch(&world);
    world.push(&["origin", "bad"]).exits(1).says("leak.py:1");
    world.push(&["origin", "--delete", "good"]).exits(0);
}

#[test]
fn two_pushes_at_once_share_the_cache() {
    let world = World::started();
    good_branch(&world);
    for n in 0..40 {
        world.write(&format!("f{n}.py"), format!("V = {n}\n"));
    }
    world.commit("Many");
    world.git(&["switch", "--quiet", "main"]);
    bad_branch(&world);
    let head = |name: &str| world.git(&["rev-parse", name]);
    let lines: Vec<(String, i32)> = [("good", 0), ("bad", 1)]
        .into_iter()
        .map(|(name, code)| {
            (
                format!(
                    "refs/heads/{name} {} refs/heads/{name} {ZERO}\n",
                    head(name)
                ),
                code,
            )
        })
        .collect();
    std::thread::scope(|threads| {
        for round in 0..3 {
            for (line, code) in &lines {
                let world = &world;
                threads.spawn(move || {
                    let ran = world.pre_push(&["origin", "../remote.git"], line);
                    assert_eq!(ran.code, *code, "round {round}: {ran:#?}");
                    assert!(!ran.all().contains("not remembered"), "{ran:#?}");
                });
            }
        }
    });
}

#[test]
fn the_pushed_commit_is_judged_whatever_is_checked_out_or_dirty() {
    let world = World::started();
    bad_branch(&world);
    world.git(&["switch", "--quiet", "main"]);
    // A clean work tree, a bad commit.
    world.push(&["origin", "bad"]).exits(1).says("leak.py:1");
    good_branch(&world);
    world.write("leak.py", leak(9));
    world.git(&["add", "leak.py"]);
    world.write("fine.py", leak(9));
    // A dirty work tree and index, a clean commit.
    let status = world.git(&["status", "--porcelain"]);
    world.push(&["origin", "good"]).exits(0).says("nothing new");
    assert_eq!(world.git(&["status", "--porcelain"]), status);
}
