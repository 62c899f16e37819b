#!/usr/bin/env python3
"""Every bar of docs/performance.md in one table, side by side with what others need.

    python3 benches/bars.py [--runs N] [--files N] [--newgate PATH] [--no-peers]

Needs the release build and the scanners that `tests/run` installs; installs the peers (prek, lefthook,
pre-commit, pinned below) into .tools/peers from PyPI. Each row is a median over N runs in which all
candidates take turns, on synthetic repositories in a temporary folder. Processor time (user and system,
children included) unless wall is said. Compare ratios; times differ between machines.
"""
import argparse, os, pathlib, shutil, statistics, subprocess, sys, tempfile

from pushes import HERE, ZERO, build, commit_on_main, git, in_child, measure, module

PEERS = ["prek==0.5.11", "lefthook==2.2.2", "pre-commit==4.7.0"]
HOOK = ["hook", "pre-push", "origin", "../nowhere.git"]
OLD_FINDING = "import subprocess\n\n\ndef old_{n}(x):\n    return subprocess.call(x, shell=True)\n"
rows = []


def row(name, value, must, aim, unit=""):
    kept = "" if must is None else ("yes" if value <= must else "NO")
    rows.append((name, f"{value:.2f}{unit}", "" if must is None else f"{must:g}{unit}", "" if aim is None else f"{aim:g}{unit}", kept))
    print(f"{name:<74} {value:9.2f}{unit:<4} must {must if must is not None else '-':<6} aim {aim if aim is not None else '-'}", flush=True)


def median(list_of, at=0):
    return statistics.median(x[at] for x in list_of)


def line(head):
    return f"refs/heads/x {head} refs/heads/x {ZERO}\n".encode()


def tree_of(folder, base, edits):
    """A commit on `base` with these files, made without a work tree."""
    index = {**os.environ, "GIT_INDEX_FILE": os.path.join(folder, ".git", "bars-index")}
    run = lambda *a, data=None: subprocess.run(["git", "-C", folder, *a], check=True, env=index, input=data, stdout=subprocess.PIPE).stdout.decode().strip()
    run("read-tree", base)
    rows = b""
    for name, text in edits.items():
        blob = git(folder, "hash-object", "-w", "--stdin", data=text.encode())
        rows += f"100644 {blob}\t{name}\n".encode()
    run("update-index", "--add", "--index-info", data=rows)
    return git(folder, "commit-tree", "-p", base, "-m", "change", run("write-tree"))


def pushes(a, folder, count):
    """Rows of pushes with Bandit: nothing changed, one file, cold."""
    changed, text = in_child(build, folder, count, a.bandit)
    push = [a.newgate, *HOOK]
    hand, figures = os.path.join(folder, "hand"), {k: [] for k in ("S1", "both", "none", "warm", "cold")}
    for run in range(a.runs + 1):
        new = text + f"\n\ndef extra_{run}(value):\n    assert value != {run}\n    return value\n"
        head = commit_on_main(folder, changed, new)
        other = commit_on_main(folder, changed, new + f"\nLAST = {run}\n")
        for side, content in (("head", new), ("base", text)):
            path = pathlib.Path(hand, side, changed)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        by_hand = [a.bandit, "--quiet", "--format", "json", "--exit-zero", "--", "./" + changed]
        s1, base = (measure(by_hand, os.path.join(hand, side)) for side in ("head", "base"))
        shutil.rmtree(os.path.join(folder, ".git", "newgate"), ignore_errors=True)
        cold = measure(push, folder, line(head))
        warm = measure(push, folder, line(other))
        none = measure(push, folder, line(other))
        if run:
            figures["S1"].append(s1)
            figures["both"].append(tuple(x + y for x, y in zip(s1, base)))
            for name, value in (("cold", cold), ("warm", warm), ("none", none)):
                figures[name].append(value)
    size = f"{count:,} files"
    row(f"push with no change, {size}", median(figures["none"]), 15 if count < 1000 else 25, 6 if count < 1000 else 10, " ms")
    row(f"warm push of one file, {size}, over Bandit by hand (wall)", statistics.median(w[1] / s[1] for w, s in zip(figures["warm"], figures["S1"])), 1.10, 1.05, " x")
    row(f"cold push, {size}, over Bandit by hand on both sides (wall)", statistics.median(c[1] / b[1] for c, b in zip(figures["cold"], figures["both"])), .75, .55, " x")
    row(f"own cost of a warm push, {size}", statistics.median(w[0] - s[0] for w, s in zip(figures["warm"], figures["S1"])), 40, 20, " ms")
    row(f"peak memory, {size}", median(figures["none"], 2), 20, 12, " MiB")
    return changed, text


def many_files(a, folder):
    """Twelve changed files of about 13 KB, whose scan two cores can share."""
    push = [a.newgate, *HOOK]
    names = git(folder, "ls-tree", "-r", "--name-only", "main").splitlines()
    names = [n for n in names if n.endswith(".py")][1:13]
    texts = {n: git(folder, "show", f"main:{n}") for n in names}
    subprocess.run([a.newgate, "baseline", "build"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    hand = os.path.join(folder, "many")
    ratios, floor = [], []
    for run in range(a.runs + 1):
        edits = {n: t + "".join(f"\n\ndef more_{run}_{k}(v):\n    return v + {k}\n" for k in range(200)) for n, t in texts.items()}
        for n, t in edits.items():
            path = pathlib.Path(hand, n)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(t)
        s1 = measure([a.bandit, "--quiet", "--format", "json", "--exit-zero", "--", *("./" + n for n in names)], hand)
        warm = measure(push, folder, line(tree_of(folder, "main", edits)))
        halves = [" ".join([a.bandit, "--quiet", "--format", "json", "--exit-zero", "--", *("./" + n for n in names[k::2])]) for k in (0, 1)]
        at_once = measure(["sh", "-c", f"{halves[0]} > /dev/null & {halves[1]} > /dev/null & wait"], hand)
        if run:
            ratios.append(warm[1] / s1[1])
            floor.append(at_once[1] / s1[1])
    row("the floor of the next: two halves by hand at once", statistics.median(floor), None, None, " x")
    row("warm push of twelve files of 13 KB on two cores, over Bandit by hand (wall)", statistics.median(ratios), .65, .55, " x")


def own_costs(a, folder):
    """Own cost with quick scanners, for each more file, and with many old findings."""
    for scanner, ending, body in (("ruff", "py", "import os\n\n\ndef f{n}(x):\n    return os.path.join(x, '{n}')\n"),
                                  ("shellcheck", "sh", "#!/bin/sh\necho \"{n}\"\n")):
        program = str(HERE / ".tools/bin" / scanner)
        where = os.path.join(folder, scanner)
        os.makedirs(where)
        git(where, "init", "--quiet", "--initial-branch=main", ".")
        git(where, "remote", "add", "origin", "../nowhere.git")
        pathlib.Path(where, ".newgate").mkdir()
        pathlib.Path(where, ".newgate/config.toml").write_text(f'version = 1\n[scanners]\nsecrets = false\n[scanners.{scanner}]\npath = "{program}"\n')
        for n in range(60):
            pathlib.Path(where, f"f{n}.{ending}").write_text(body.format(n=n))
        git(where, "add", "--all")
        git(where, "commit", "--quiet", "--message", "start")
        git(where, "update-ref", "refs/remotes/origin/main", "main")
        subprocess.run([a.newgate, "baseline", "build"], cwd=where, check=True, stderr=subprocess.DEVNULL)
        by_hand = [program, *(["check", "--isolated", "--select", "S", "--output-format", "json", "--exit-zero"] if scanner == "ruff" else ["--format", "json"])]
        own, slope = [], []
        for run in range(a.runs + 1):
            text = body.format(n=1000 + run)
            pathlib.Path(where, f"f0.{ending}").write_text(text)
            s1 = measure([*by_hand, f"f0.{ending}"], where)
            one = measure([a.newgate, *HOOK], where, line(tree_of(where, "main", {f"f0.{ending}": text})))
            many = {f"f{n}.{ending}": body.format(n=5000 + 100 * run + n) for n in range(41)}
            for name, t in many.items():
                pathlib.Path(where, name).write_text(t)
            # newgate starts shellcheck once for each file, since files that it is given together
            # change each other's results: by hand it is the same.
            runs_of = [[name] for name in many] if scanner == "shellcheck" else [list(many)]
            s41 = [sum(x) for x in zip(*(measure([*by_hand, *names], where) for names in runs_of))]
            all_of = measure([a.newgate, *HOOK], where, line(tree_of(where, "main", many)))
            if run:
                own.append(one[0] - s1[0])
                slope.append(((all_of[0] - s41[0]) - (one[0] - s1[0])) / 40)
        row(f"own cost with {scanner}", statistics.median(own), 20, 10, " ms")
        row(f"own cost of each more changed file, {scanner}", statistics.median(slope), 1, .3, " ms")


def old_findings(a, folder):
    costs = {}
    for number in (2, 5_000):
        where = os.path.join(folder, f"old{number}")
        os.makedirs(where)
        git(where, "init", "--quiet", "--initial-branch=main", ".")
        git(where, "remote", "add", "origin", "../nowhere.git")
        pathlib.Path(where, ".newgate").mkdir()
        pathlib.Path(where, ".newgate/config.toml").write_text(f'version = 1\n[scanners.ruff]\npath = "{HERE / ".tools/bin/ruff"}"\n')
        for n in range(1_000):
            findings = number // 1_000 if number >= 1_000 else (1 if n < number else 0)
            text = "import subprocess\n" + "".join(f"\n\ndef old_{n}_{k}(x):\n    return subprocess.call(x, shell=True)\n" for k in range(findings))
            pathlib.Path(where, f"f{n}.py").write_text(text)
        pathlib.Path(where, "clean.py").write_text("X = 1\n")
        git(where, "add", "--all")
        git(where, "commit", "--quiet", "--message", "start")
        git(where, "update-ref", "refs/remotes/origin/main", "main")
        subprocess.run([a.newgate, "baseline", "build"], cwd=where, check=True, stderr=subprocess.DEVNULL)
        costs[number] = []
        for run in range(a.runs + 1):
            head = tree_of(where, "main", {"clean.py": f"X = {run + 2}\n"})
            measure([a.newgate, *HOOK], where, line(head))
            again = measure([a.newgate, *HOOK], where, line(head))
            if run:
                costs[number].append(again)
    row("own cost of 5,000 old findings instead of 2", median(costs[5_000]) - median(costs[2]), 5, 1, " ms")


def full_baseline(a, folder):
    where = os.path.join(folder, "full")
    os.makedirs(where)
    in_child(build, where, 400, a.bandit)
    git(where, "reset", "--quiet", "--hard", "main")
    ratios = []
    for run in range(max(3, a.runs // 3)):
        by_hand = measure([a.bandit, "--quiet", "--recursive", "--format", "json", "--exit-zero", "."], where)
        shutil.rmtree(os.path.join(where, ".git", "newgate"), ignore_errors=True)
        own = measure([a.newgate, "baseline", "build"], where)
        ratios.append(own[1] / by_hand[1])
    row("first full baseline of 400 files, over `bandit -r` (wall)", statistics.median(ratios), .6, .52, " x")


def peers(a, folder):
    """What others need for the same push; they look at the head only, unless a baseline is said."""
    home = HERE / ".tools/peers"
    if not (home / "installed").is_file() or (home / "installed").read_text() != str(PEERS):
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin/pip"), "install", "--quiet", *PEERS], check=True)
        (home / "installed").write_text(str(PEERS))
    where = os.path.join(folder, "peers")
    os.makedirs(where)
    changed, text = in_child(build, where, 59, a.bandit)
    pathlib.Path(where, ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: local\n  hooks:\n  - id: bandit\n    name: bandit\n    language: system\n    entry: {a.bandit} --quiet --exit-zero\n    types: [python]\n")
    pathlib.Path(where, "lefthook.yml").write_text(
        f"check:\n  commands:\n    bandit:\n      files: git diff --name-only main HEAD\n      glob: '*.py'\n      run: {a.bandit} --quiet --exit-zero {{files}}\n")
    pathlib.Path(where, "rules.yml").write_text(
        "rules:\n- id: asserts\n  languages: [python]\n  severity: WARNING\n  message: assert\n  pattern: assert $X\n")
    git(where, "reset", "--quiet", "--hard", "main")
    git(where, "add", "--all")
    git(where, "commit", "--quiet", "--message", "configure")
    git(where, "update-ref", "refs/remotes/origin/main", "main")
    semgrep = [str(HERE / ".tools/bin/semgrep"), "scan", "--config", "rules.yml", "--metrics", "off", "--disable-version-check", "--quiet", "--json"]
    run_all = {
        "prek": [str(home / "bin/prek"), "run", "--from-ref", "main", "--to-ref", "HEAD"],
        "lefthook": [str(home / "bin/lefthook"), "run", "check"],
        "pre-commit": [str(home / "bin/pre-commit"), "run", "--from-ref", "main", "--to-ref", "HEAD"],
        "bandit by hand over both sides, then `-b`": None,
        "semgrep --baseline-commit": [*semgrep, "--baseline-commit", "main"],
        "semgrep by hand": [*semgrep, changed],
        "newgate": [a.newgate, *HOOK],
    }
    git(where, "switch", "--quiet", "--create", "work")
    figures, nothing, s1s = {k: [] for k in run_all}, {k: [] for k in run_all}, []
    by_hand = [a.bandit, "--quiet", "--format", "json", "--exit-zero", "--", "./" + changed]
    for run in range(max(3, a.runs // 2) + 1):
        git(where, "reset", "--quiet", "--hard", "main")
        for name, command in run_all.items():
            if command and name not in ("newgate", "semgrep by hand"):
                value = measure(command, where, codes=(0, 1))
                if run:
                    nothing[name].append(value)
        pathlib.Path(where, changed).write_text(text + f"\n\ndef extra_{run}(value):\n    assert value != {run}\n    return value\n")
        git(where, "commit", "--quiet", "--all", "--message", "change")
        s1 = measure(by_hand, where)
        if run:
            s1s.append(s1)
        for name, command in run_all.items():
            if name.startswith("bandit"):
                report = os.path.join(where, ".git", "base.json")
                old = pathlib.Path(where, ".git", "base", changed)
                old.parent.mkdir(parents=True, exist_ok=True)
                old.write_text(text)
                first = measure([a.bandit, "--quiet", "--format", "json", "--exit-zero", "--output", report, "--", "./" + changed], os.path.join(where, ".git", "base"))
                second = measure([*by_hand[:-2], "--baseline", report, "--", "./" + changed], where)
                value = tuple(x + y for x, y in zip(first, second))
            else:
                value = measure(command, where, line(git(where, "rev-parse", "HEAD")) if name == "newgate" else b"", codes=(0, 1))
            if run:
                figures[name].append(value)
    for name, values in figures.items():
        over = median(figures["semgrep by hand"], 1) if name.startswith("semgrep") else median(s1s, 1)
        if name != "semgrep by hand":
            of = "semgrep by hand" if name.startswith("semgrep") else "Bandit by hand"
            row(f"peer, one changed file of 59: {name}, over {of} (wall)", median(values, 1) / over, None, None, " x")
        if nothing[name]:
            row(f"peer, push with no change, 59 files: {name}", median(nothing[name]), None, None, " ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--newgate", default=str(HERE / "target/release/newgate"))
    parser.add_argument("--bandit", default=str(HERE / ".tools/bin/bandit"))
    parser.add_argument("--no-peers", action="store_true")
    a = parser.parse_args()
    for count in (59, a.files):
        with tempfile.TemporaryDirectory() as folder:
            pushes(a, folder, count)
            if count == 59:
                many_files(a, folder)
    with tempfile.TemporaryDirectory() as folder:
        own_costs(a, folder)
        old_findings(a, folder)
        full_baseline(a, folder)
    if not a.no_peers:
        with tempfile.TemporaryDirectory() as folder:
            peers(a, folder)
    print("\n| | here | must | aim | kept |\n| --- | --- | --- | --- | --- |")
    for cells in rows:
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
