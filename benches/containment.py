#!/usr/bin/env python3
"""What it costs to keep a scanner contained.

    python3 benches/containment.py [--runs N] [--files N] [--newgate PATH] [--scanner NAME] [--tools FOLDER]

Builds two repositories with a change of N shell scripts, in a temporary folder. They differ in
`contained = false`. Prints the medians of N checks of each, taken in turn, with an empty cache:
processor time (user and system, children included) and wall time, in milliseconds; and the median of the
differences between the two, of a whole check and of a changed file.
"""
import argparse, os, pathlib, shutil, statistics, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from pushes import HERE, ZERO, git, measure


def build(folder, scanner, program, files, contained):
    """A repository whose branch adds scripts; returns the branch's commit."""
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    config = f'version = 1\n[scanners.{scanner}]\npath = "{program}"\n' + ("" if contained else "contained = false\n")
    pathlib.Path(folder, ".newgate").mkdir()
    pathlib.Path(folder, ".newgate/config.toml").write_text(config)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Start")
    git(folder, "remote", "add", "origin", "../nowhere.git")
    git(folder, "update-ref", "refs/remotes/origin/main", "main")
    git(folder, "switch", "--quiet", "--create", "feature")
    for n in range(files):
        text = "#!/bin/sh\n" + "".join(f'step_{n}_{m}() {{\n    printf "%s\\n" "$1" "{m}"\n}}\n' for m in range(20))
        pathlib.Path(folder, f"script{n}.sh").write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Change")
    return git(folder, "rev-parse", "HEAD")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--newgate", default=str(HERE / "target/release/newgate"))
    parser.add_argument("--scanner", default="shellcheck")
    parser.add_argument("--tools", default=str(HERE / ".tools/bin"))
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as top:
        sides = []
        for contained in (True, False):
            folder = os.path.join(top, str(contained))
            os.mkdir(folder)
            head = build(folder, a.scanner, os.path.join(a.tools, a.scanner), a.files, contained)
            sides.append((folder, f"refs/heads/feature {head} refs/heads/feature {ZERO}\n".encode(), []))
        for run in range(a.runs + 1):
            for folder, line, figures in sides:
                shutil.rmtree(os.path.join(folder, ".git", "newgate"), ignore_errors=True)
                figure = measure([a.newgate, "hook", "pre-push", "origin", "../nowhere.git"], folder, line)
                if run:
                    figures.append(figure[:2])
    print(f"{a.scanner}, {a.files} changed files, medians of {a.runs} runs in milliseconds: processor / wall\n")
    for name, (_, _, figures) in zip(("contained", "not contained"), sides):
        print(f"{name:>15}  {statistics.median(f[0] for f in figures):8.1f} / {statistics.median(f[1] for f in figures):8.1f}")
    more = [statistics.median(c[i] - n[i] for c, n in zip(sides[0][2], sides[1][2])) for i in (0, 1)]
    print(f"{'difference':>15}  {more[0]:8.1f} / {more[1]:8.1f}")
    print(f"{'for each file':>15}  {more[0] / a.files:8.2f} / {more[1] / a.files:8.2f}")


if __name__ == "__main__":
    main()
