#!/usr/bin/env python3
"""What a push costs with twelve scanners on, beside the slowest of them alone.

    python3 benches/polyglot.py [--runs N] [--newgate PATH] [--tools FOLDER]

Builds a repository with files for all of them on `main`, a branch that edits each, and prints, as
medians of N runs taken in turn (wall and processor milliseconds):

  alone     the gate with one scanner on and its base side in the cache, for each scanner
  all       the same with all twelve on
  again     the same push once more: every verdict from the cache

The scanners are those that `tests/run` installs. Compare ratios within a run.
"""
import argparse, os, pathlib, shutil, statistics, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent.parent
SCANNERS = ["ast-grep", "bandit", "eslint", "flawfinder", "hadolint", "kingfisher", "oxlint", "ruff", "secretlint",
            "semgrep", "shellcheck", "zizmor"]
RULES = """rules:
- id: python-eval
  languages: [python]
  severity: ERROR
  message: eval
  pattern: eval(...)
"""
AST_GREP = "id: js-eval\nlanguage: JavaScript\nseverity: error\nmessage: eval\nrule:\n  pattern: eval($A)\n"


def git(folder, *args):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{role}_NAME": "b", f"GIT_{role}_EMAIL": "b@e"}
    return subprocess.run(["git", "-C", folder, *args], check=True, env=env, stdout=subprocess.PIPE, text=True).stdout.strip()


def files(edit):
    """Ten files for each kind, of a few KB each; `edit` goes into a line of each."""
    out = {}
    for n in range(10):
        body = "".join(f"def f{i}(x):\n    return x + {i}\n\n\n" for i in range(80))
        out[f"py/m{n}.py"] = f"import os\n\nV = {edit}\n\n\n{body}"
        body = "".join(f"function f{i}(x) {{\n  return x + {i};\n}}\n" for i in range(80))
        out[f"js/m{n}.js"] = f"const v = {edit};\n{body}"
        out[f"c/m{n}.c"] = f"int v = {edit};\n" + "".join(f"int f{i}(int x) {{ return x + {i}; }}\n" for i in range(80))
        out[f"sh/m{n}.sh"] = f"#!/bin/sh\nv={edit}\necho \"$v\"\n" + "".join(f"f{i}() {{ echo \"$1\"; }}\n" for i in range(20))
    for n in range(3):
        out[f"d{n}/Dockerfile"] = f"FROM debian:12\nENV V={edit}\nUSER nobody\n"
        out[f".github/workflows/w{n}.yml"] = (
            f"name: w{n}\non: push\npermissions: {{}}\njobs:\n  j:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo {edit}\n")
    return out


def build(folder, tools, scanners):
    git(folder, "init", "--quiet", "--initial-branch=main")
    config = "[scanners]\nsecrets = false\n" + "".join(
        f"[scanners.{s}]\npath = \"{tools / s}\"\n" for s in scanners)
    texts = {".newgate/config.toml": config, ".newgate/semgrep.yml": RULES, ".newgate/ast-grep.yml": AST_GREP}
    for branch, edit in (("main", 1), ("feature", 2)):
        if branch != "main":
            git(folder, "switch", "--quiet", "--create", branch)
        for name, text in (texts | files(edit)).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", branch)


def run(newgate, folder, *args):
    start = time.perf_counter()
    process = subprocess.Popen([newgate, *args], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = (time.perf_counter() - start) * 1000
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        sys.exit(f"newgate {args} exited with {code} in {folder}")
    return wall, (usage.ru_utime + usage.ru_stime) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--newgate", default=str(HERE / "target/release/newgate"))
    parser.add_argument("--tools", type=pathlib.Path, default=HERE / ".tools/bin")
    options = parser.parse_args()
    check = ("check", "--target", "main")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        sets = {s: [s] for s in SCANNERS} | {"all": SCANNERS}
        times = {name: [] for name in [*sets, "again"]}
        warm = {}
        for name, scanners in sets.items():
            folder = scratch / name
            folder.mkdir()
            build(folder, options.tools, scanners)
            # The base side, as somebody's push left it.
            run(options.newgate, folder, "check", "--head", "main", "--no-base")
            warm[name] = folder / ".git/newgate"
            shutil.copytree(warm[name], scratch / f"{name}.warm")
        for _ in range(options.runs):
            for name in sets:
                shutil.rmtree(warm[name])
                shutil.copytree(scratch / f"{name}.warm", warm[name])
                times[name].append(run(options.newgate, scratch / name, *check))
                if name == "all":
                    times["again"].append(run(options.newgate, scratch / name, *check))
        medians = {n: tuple(statistics.median(t[i] for t in all) for i in (0, 1)) for n, all in times.items()}
        slowest = max(SCANNERS, key=lambda s: medians[s][0])
        print(f"{'':12} {'wall':>7} {'processor':>10}   (ms, median of {options.runs})")
        for name, (wall, processor) in medians.items():
            print(f"{name:12} {wall:7.0f} {processor:10.0f}")
        print(f"all / slowest ({slowest}): {medians['all'][0] / medians[slowest][0]:.2f} wall; "
              f"all / sum of all alone: {medians['all'][0] / sum(medians[s][0] for s in SCANNERS):.2f}")


if __name__ == "__main__":
    main()
