//! The tutorial of Harness STO, in our own words: a baseline with two issues, a branch with five.

use crate::support::{World, issues, places, tools};

const DEPLOY: &str = "import os\n\n\ndef deploy(target):\n    os.system(\"deploy \" + target)\n";
const CALC: &str = "def total(text):\n    return eval(text)\n";

/// `main` has one critical and one medium issue, and is pushed.
fn baseline() -> World {
    let world = World::new();
    let bandit = tools().join("bandit");
    world.write(
        ".newgate/config.toml",
        format!(
            "version = 1\n[scanners.bandit]\npath = \"{}\"\n",
            bandit.display()
        ),
    );
    world.commit("Configure the gate");
    world.write("shop/deploy.py", DEPLOY);
    world.write("shop/calc.py", CALC);
    world.commit("The shop");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world
        .newgate(&["baseline", "build"])
        .exits(0)
        .says("bandit: 2 files scanned");
    world
}

/// The branch adds one high issue in two files, which two scanners report, one medium and one low, and one more
/// occurrence of the medium issue that `main` has.
fn branch(world: &World) {
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(
        "shop/accounts.py",
        "def key(db, name):\n    return db.execute(\"SELECT key FROM accounts WHERE name = '%s'\" % name)\n\n\n\
         def seal(db, name, salt):\n    return db.execute(\"UPDATE accounts SET salt = '%s' WHERE name = '%s'\" % (salt, name))\n",
    );
    world.write(
        "shop/cart.py",
        "import random\n\n\ndef items(db, user):\n    return db.execute(\"SELECT item FROM carts WHERE user = '%s'\" % user)\n\n\n\
         def cart_id():\n    return random.random()\n",
    );
    world.write(
        "shop/prices.py",
        "import yaml\n\n\ndef load(file):\n    return yaml.load(file)\n",
    );
    world.write("shop/calc.py", format!("\"\"\"Sums.\"\"\"\n\n\n{CALC}\n\ndef average(text, count):\n    return eval(text) / count\n"));
    world.commit("Accounts, carts and prices");
}

#[test]
fn the_baseline_itself_has_two_issues() {
    let world = baseline();
    let report = world.check(&["--no-base"]);
    let counts = &report["counts"]["new"];
    assert_eq!(
        (&counts["critical"], &counts["medium"]),
        (&1.into(), &1.into()),
        "{counts}"
    );
    assert_eq!(issues(&report, "new").len(), 2);
}

#[test]
fn three_issues_are_new_one_has_grown_and_one_is_inherited() {
    let world = baseline();
    branch(&world);
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked");
    assert_eq!(report["issues"].as_array().unwrap().len(), 5);

    let new = issues(&report, "new");
    let found: Vec<(&str, f64)> = new
        .iter()
        .map(|i| {
            (
                i["severity"].as_str().unwrap(),
                i["score"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(found, [("high", 7.3), ("medium", 6.8), ("low", 3.5)]);
    let high = new[0];
    assert_eq!(high["occurrences"].as_array().unwrap().len(), 3);
    assert_eq!(high["references"][0], "CWE-89");
    assert_eq!(high["blocks"], true);
    let rules = high["rules"].as_array().unwrap().iter();
    let rules: Vec<_> = rules.map(|r| r["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["B608", "sql-injection"]);

    let grown = issues(&report, "grown");
    assert_eq!(
        (grown.len(), grown[0]["rules"][0]["rule"].as_str()),
        (1, Some("B307"))
    );
    assert_eq!(grown[0]["blocks"], false, "it is medium");
    let inherited = issues(&report, "inherited");
    assert_eq!(
        (inherited.len(), inherited[0]["rules"][0]["rule"].as_str()),
        (1, Some("B605"))
    );

    assert_eq!(
        places(&report, "new"),
        [
            "shop/accounts.py:2",
            "shop/accounts.py:6",
            "shop/calc.py:9",
            "shop/cart.py:5",
            "shop/cart.py:9",
            "shop/prices.py:5"
        ]
    );
    assert_eq!(
        places(&report, "inherited"),
        ["shop/calc.py:5", "shop/deploy.py:5"]
    );
    let counts = &report["counts"];
    assert_eq!(counts["new"]["high"], 1);
    assert_eq!(counts["inherited"]["critical"], 1);
    assert_eq!(counts["grown"]["medium"], 1);
}

#[test]
fn the_push_is_blocked_and_the_mended_one_lands() {
    let world = baseline();
    branch(&world);
    let main = world.remote_ref("main");
    let blocked = world.push(&["origin", "feature"]).exits(1);
    blocked
        .says("BLOCKED")
        .says("HIGH 7.3")
        .says("shop/accounts.py:2:")
        .says("compared with")
        .says("the tip of origin/main");
    assert_eq!(
        (world.remote_ref("feature"), world.remote_ref("main")),
        (None, main)
    );

    for file in ["shop/accounts.py", "shop/cart.py"] {
        let text = std::fs::read_to_string(world.work().join(file)).unwrap();
        world.write(file, text.replace("'%s'", "?").replace("\" % ", "\", "));
    }
    let head = world.commit("Pass values as parameters");
    world
        .push(&["origin", "feature"])
        .exits(0)
        .says("PASS")
        .says("2 new issues and 1 grown issue below `high`");
    assert_eq!(world.remote_ref("feature"), Some(head));
}
