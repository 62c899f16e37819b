"""The secrets scanner beside kingfisher: time and memory over one folder, in turns on the same machine.

    python3 benches/secrets.py [--newgate PROGRAM] [--rounds N] [--mb 100] FOLDER

FOLDER is a work tree of git whose branch adds files to `main`: newgate reads what the branch adds from git's objects,
kingfisher the same files from the disk, both without a cache. With `--mb` the input is one file of so many megabytes of
made-up source instead, in a repository made below FOLDER, and newgate is also run again with its cache. Wall time, processor
time (user and system, which a busy machine disturbs less) and the largest resident set are printed, the median of the rounds.
Needs Linux and `kingfisher` on the PATH.
"""

import argparse
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import time


def run(command, folder, wanted):
    """Wall seconds, processor seconds and megabytes of one run."""
    began = time.monotonic()
    with open(os.devnull, "wb") as nothing:
        child = subprocess.Popen(command, cwd=folder, stdout=nothing, stderr=nothing)
        _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in wanted:
        raise SystemExit(f"{command[0]} exited with code {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def one_large_file(folder, megabytes):
    """A repository whose branch adds one file of source."""
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.com"]
    for command in (["init", "-q", "-b", "main"], ["commit", "-qm", "Start", "--allow-empty"], ["switch", "-qc", "feature"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
    choose = random.Random(20261127)
    words = "if else return value for each name token in list of keys password string and path with open".split()
    lines = [
        "    " * choose.randrange(4) + " ".join(choose.choices(words, k=8)) + f" = call_{choose.randrange(10**6)}({choose.randrange(10**9)})\n"
        for _ in range(20_000)
    ]
    with open(folder / "large.py", "w", encoding="utf-8") as file:
        while file.tell() < megabytes * 1_000_000:
            file.writelines(choose.sample(lines, 2_000))
    for command in (["add", "-A"], ["commit", "-qm", "Add"]):
        subprocess.run([*git, *command], cwd=folder, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--newgate", default="target/release/newgate")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mb", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    folder = options.folder.resolve()
    if options.mb:
        folder = folder / "large"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        one_large_file(folder, options.mb)
    newgate = [str(pathlib.Path(options.newgate).resolve()), "check", "--target", "main", "--quiet"]
    kingfisher = ["kingfisher", "scan", ".", "--git-history", "none", "--no-validate", "--no-update-check", "--quiet",
                  "--max-file-size", "1000", "--format", "json", "--output", os.devnull]
    runs = {"newgate": [], "kingfisher": [], "newgate, cached": []}
    for _ in range(options.rounds):
        shutil.rmtree(folder / ".git" / "newgate", ignore_errors=True)
        runs["newgate"].append(run(newgate, folder, (0, 1)))
        runs["newgate, cached"].append(run(newgate, folder, (0, 1)))
        runs["kingfisher"].append(run(kingfisher, folder, (0, 200, 205)))
    files = [f for f in folder.rglob("*") if f.is_file() and ".git" not in f.parts]
    print(f"{len(files)} files, {sum(f.stat().st_size for f in files) / 1e6:.1f} MB, {options.rounds} rounds, medians")
    for name, taken in runs.items():
        wall, processor, memory = (statistics.median(column) for column in zip(*taken))
        print(f"{name:16} {wall:6.2f} s wall  {processor:6.2f} s processor  {memory:6.0f} MB")


if __name__ == "__main__":
    main()
