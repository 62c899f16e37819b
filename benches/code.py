#!/usr/bin/env python3
"""Says how much of a list of weaknesses the scanner `code` finds, and what else it finds.

    benches/code.py NEWGATE PROJECTS [CLEAN]

PROJECTS is a folder with a checkout of each project of `benches/code/weaknesses.tsv`, named OWNER+NAME. CLEAN is a
folder of well-kept projects: their blocking findings are counted by 20,000 lines and listed. A weakness counts as found
if a finding is at most three lines from it and has a CWE of the same kind.
"""

import collections
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

BLOCKS = 7.0
NEAR = 3
# CWE numbers that name the same kind of weakness.
KINDS = [
    {77, 78, 88}, {89, 564}, {94, 95, 96, 917, 1336, 470}, {79, 80, 116}, {22, 23, 36, 73, 98}, {327, 328, 916, 326},
    {330, 338}, {798, 259, 321, 547}, {614, 1004, 1275}, {943, 89, 95}, {400, 1333}, {489, 215, 11}, {502, 1321, 915},
    {601}, {347, 345, 287, 327}, {942, 346, 644},
]


def alike(one, other):
    return one == other or any(one in kind and other in kind for kind in KINDS)


def findings(newgate, folder):
    """The findings in a folder: (path, line, score, rule, CWE numbers)."""
    with tempfile.TemporaryDirectory() as temp:
        git = ["git", f"--git-dir={temp}/git", f"--work-tree={folder}", "-c", "user.name=b", "-c", "user.email=b@b", "-c", "gc.auto=0"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([*git, "init", "-q"], check=True, **quiet)
        subprocess.run([*git, "add", "--all", "--force"], check=True, **quiet)
        subprocess.run([*git, "commit", "-qm", "All"], check=True, **quiet)
        environment = {**os.environ, "GIT_DIR": f"{temp}/git", "GIT_WORK_TREE": str(folder)}
        ran = subprocess.run([newgate, "check", "--no-base", "--format", "json"], env=environment, cwd=folder, capture_output=True)
        report = json.loads(ran.stdout)
    for issue in report["issues"]:
        cwe = [int(r.split("-")[1]) for r in issue["references"] if r.startswith("CWE-")]
        for o in issue["occurrences"]:
            for rule in o["rules"]:
                if rule["scanner"] == "code":
                    yield o["path"], o.get("line") or 1, o.get("score", issue["score"]), rule["rule"], cwe


def main():
    newgate, projects = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
    here = pathlib.Path(__file__).parent
    wanted = collections.defaultdict(list)
    for row in csv.DictReader((here / "code/weaknesses.tsv").open(), delimiter="\t"):
        wanted[row["project"]].append(row)
    total = collections.Counter()
    print("project\thigh\tfound\tblocking\tmedium\tfound")
    for project, rows in sorted(wanted.items()):
        folder = projects / project.replace("/", "+")
        if not folder.is_dir():
            print(f"{project}\tmissing")
            continue
        found = list(findings(newgate, folder))
        count = collections.Counter()
        for row in rows:
            near = [
                f for f in found
                if f[0] == row["path"] and abs(f[1] - int(row["line"])) <= NEAR and any(alike(c, int(row["cwe"])) for c in f[4])
            ]
            count[row["class"]] += 1
            count[row["class"], "found"] += bool(near)
            count[row["class"], "blocking"] += any(f[2] >= BLOCKS for f in near)
            if not near:
                print(f"  missed\t{row['class']}\t{row['path']}:{row['line']}\tCWE-{row['cwe']}")
        total.update(count)
        print(project, count["high"], count["high", "found"], count["high", "blocking"], count["medium"], count["medium", "found"], sep="\t")
    print("all", total["high"], total["high", "found"], total["high", "blocking"], total["medium"], total["medium", "found"], sep="\t")
    if len(sys.argv) > 3:
        lines = blocking = 0
        for folder in sorted(pathlib.Path(sys.argv[3]).iterdir()):
            endings = {".py", ".js", ".ts", ".tsx", ".go", ".java", ".php", ".rb"}
            lines += sum(f.read_bytes().count(b"\n") for f in folder.rglob("*") if f.suffix in endings and f.is_file())
            for path, line, score, rule, _ in findings(newgate, folder):
                if score >= BLOCKS:
                    blocking += 1
                    print(f"{folder.name}\t{path}:{line}\t{score}\t{rule}")
        print(f"{blocking} blocking findings in {lines} lines: {blocking / lines * 20_000:.2f} in 20,000")


main()
