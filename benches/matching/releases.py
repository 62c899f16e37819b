#!/usr/bin/env python3
"""Consecutive releases of a real package as commits: which findings does each release bring?

    python3 benches/matching/releases.py [--package scrapy] [--versions 2.9.0,2.10.0,...] [--bandit PATH] [--newgate PATH]

Downloads the wheels from PyPI, commits one on top of the other in a temporary repository, runs Bandit over each
release, and asks `newgate compare` and `bandit --baseline` what is new. Prints the numbers for each step, and every
new finding with its reason, to be checked by hand.
"""
import argparse, collections, json, os, pathlib, shutil, subprocess, sys, tempfile, zipfile

HERE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(HERE / "benches/matching"))
import edits


def scan(bandit, folder, out, *more):
    ran = subprocess.run([bandit, "--quiet", "--recursive", "--format", "json", "--exit-zero", "--output", out, *more, "."], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ran.returncode:
        sys.exit(ran.stderr.decode())
    return json.load(open(out))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", default="scrapy")
    parser.add_argument("--versions", default="2.9.0,2.10.0,2.10.1,2.11.0,2.11.1,2.11.2,2.12.0")
    parser.add_argument("--bandit", default=str(HERE / ".tools/bin/bandit"))
    parser.add_argument("--newgate", default=str(HERE / "target/release/newgate"))
    a = parser.parse_args()
    totals = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        repo = os.path.join(folder, "repo")
        subprocess.run(["git", "init", "--quiet", repo], check=True, env=edits.ENV)
        previous = None
        for version in a.versions.split(","):
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder, f"{a.package}=={version}"], check=True)
            wheel = next(p for p in os.listdir(folder) if p.endswith(".whl"))
            for name in os.listdir(repo):
                if name != ".git":
                    shutil.rmtree(os.path.join(repo, name)) if os.path.isdir(os.path.join(repo, name)) else os.remove(os.path.join(repo, name))
            with zipfile.ZipFile(os.path.join(folder, wheel)) as archive:
                archive.extractall(repo, [n for n in archive.namelist() if ".dist-info/" not in n])
            os.remove(os.path.join(folder, wheel))
            edits.git(repo, "add", "--all")
            edits.git(repo, "commit", "--quiet", "--message", version)
            commit = edits.git(repo, "rev-parse", "HEAD")
            report = os.path.join(folder, f"{version}.json")
            found = scan(a.bandit, repo, report)
            if previous:
                ran = subprocess.run([a.newgate, "compare", "--base", previous[0], "--head", commit, "--format", "json", previous[1], report], cwd=repo, env=edits.ENV, stdout=subprocess.PIPE, check=True)
                rows = json.loads(ran.stdout)
                count = collections.Counter(r["status"] for r in rows)
                baseline = scan(a.bandit, repo, os.path.join(folder, "baseline.json"), "--baseline", previous[1])
                print(f"{previous[2]} -> {version}: {len(found['results'])} findings; new {count['new']}, inherited {count['inherited']}, fixed {count['fixed']}; `bandit --baseline` says {len(baseline['results'])} new")
                stages = collections.Counter(r["stage"] for r in rows if r["status"] == "inherited")
                print("   inherited by stage: " + ", ".join(f"{k} {v}" for k, v in stages.most_common()))
                for r in rows:
                    if r["status"] == "new":
                        line = edits.git(repo, "show", f"{commit}:{r['file']}").split("\n")[r["line"] - 1].strip()
                        print(f"   new {r['rule']} {r['file']}:{r['line']} {line[:90]}  [{r['why']}]")
                totals.update(count)
                totals["bandit"] += len(baseline["results"])
            previous = (commit, report, version)
    print(f"\nall: new {totals['new']}, inherited {totals['inherited']}, fixed {totals['fixed']}; `bandit --baseline`: {totals['bandit']} new")


if __name__ == "__main__":
    main()
