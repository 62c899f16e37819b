#!/usr/bin/env python3
"""Says what newgate finds in lock files that real commits changed: every finding is a false alarm, or a discovery.

    benches/locks.py NEWGATE MOST GIT_DIR...

For each of at most MOST commits of each repository that changed a lock file, newgate judges the change of that file alone,
with the manifests beside it. Prints the number of commits and each finding of `lock-hash` and `lock-host`.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

LOCKS = (
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock poetry.lock uv.lock pdm.lock Cargo.lock "
    "go.sum go.work.sum composer.lock Pipfile.lock Gemfile.lock"
).split()
MANIFESTS = (
    "package.json .npmrc .yarnrc .yarnrc.yml pnpm-workspace.yaml pyproject.toml uv.toml Pipfile composer.json bunfig.toml"
).split()


def git(folder, *args):
    return subprocess.run(["git", f"--git-dir={folder}", *args], capture_output=True)


def changes(folder, most):
    """Commits that changed a lock file: commit, path, old blob, new blob."""
    args = ["--no-merges", "--raw", "--no-abbrev", "--no-renames", "--format=C %H"]
    log = git(folder, "log", *args, "--", *[f":(glob)**/{name}" for name in LOCKS])
    commit, number = "", 0
    for line in log.stdout.decode(errors="replace").splitlines():
        if line.startswith("C "):
            commit = line[2:]
        elif line.startswith(":") and number < most:
            meta, path = line.split("\t", 1)
            _, _, old, new, status = meta.split()
            if status == "M":
                number += 1
                yield commit, path, old, new


def judged(newgate, folder, commit, path, old, new):
    with tempfile.TemporaryDirectory() as temp:
        work = pathlib.Path(temp)
        own = ["git", "-C", temp, "-c", "user.name=b", "-c", "user.email=b@b", "-c", "gc.auto=0"]
        run = lambda *args: subprocess.run([*own, *args], check=True, stdout=subprocess.DEVNULL)
        run("init", "-q", "-b", "main")
        file = work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        for name in MANIFESTS:
            there = git(folder, "show", f"{commit}:{os.path.join(os.path.dirname(path), name)}")
            if there.returncode == 0:
                (file.parent / name).write_bytes(there.stdout)
        for blob in (old, new):
            file.write_bytes(git(folder, "cat-file", "blob", blob).stdout)
            run("add", "-A")
            run("commit", "-qm", "x", "--allow-empty")
        ran = subprocess.run([newgate, "check", "--base", "HEAD~1", "--format", "json"], cwd=temp, capture_output=True)
        report = json.loads(ran.stdout)
    for issue in report["issues"]:
        for o in issue["occurrences"]:
            if o["status"] == "new" and any(r["rule"].startswith("lock-") for r in o["rules"]):
                yield issue["score"], o["line"], o["message"]


def main():
    newgate, most = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    commits = 0
    for folder in sys.argv[3:]:
        for change in changes(os.path.abspath(folder), most):
            commits += 1
            for score, line, message in judged(newgate, folder, *change):
                print(f"{folder}\t{change[0][:12]}\t{change[1]}:{line}\t{score}\t{message}", flush=True)
    print(f"{commits} commits")


main()
