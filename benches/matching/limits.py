#!/usr/bin/env python3
"""How the comparison grows: time and memory of `newgate compare` at its limits.

    python3 benches/matching/limits.py [--newgate PATH]

Each scene at a size and at four times that size; the exponent says how the processor time grows
(1.0 is linear). Times are of one machine; compare exponents.
"""
import argparse, json, math, os, pathlib, resource, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import edits


def many_files(n):
    """n changed files with 20 findings each; every file gets a line on top, and one call more."""
    base, head = {}, {}
    for f in range(n):
        body = [f"def f{f}_{k}(x):\n    y = prepare{k}(x, {f})\n    bad(y, {k})\n    return y\n" for k in range(20)]
        base[f"p{f % 50}/m{f}.py"] = "\n".join(body)
        head[f"p{f % 50}/m{f}.py"] = f"import x{f}\n\n" + "\n".join(body) + f"\nbad(new, {f})\n"
    return base, head


def moved_files(n):
    """n files whose definitions all move to other files."""
    base, head = {}, {}
    for f in range(n):
        body = "\n".join(f"def f{f}_{k}(x):\n    y = prepare{k}(x, {f})\n    bad(y, {k})\n    return y\n" for k in range(20))
        base[f"old/m{f}.py"] = f"import a{f}\n\n{body}"
        half = body.split("\n\n")
        head[f"new/a{f}.py"] = "\n\n".join(half[:10])
        head[f"new/b{f}.py"] = "\n\n".join(half[10:])
    return base, head


def rewritten_file(n):
    """One file of n lines, wholly rewritten, a tenth of them findings."""
    make = lambda w: "".join(f"    {'bad' if k % 10 == 0 else w}({w}_{k}, {k})\n" for k in range(n))
    return {"m.py": "def f():\n" + make("old")}, {"m.py": "def f():\n" + make("new")}


def equal_lines(n):
    """n equal lines with a finding each, moved to another definition and doubled."""
    return {"m.py": "def f():\n" + "    bad(x)\n" * n}, {"m.py": "def g():\n    start()\n" + "    bad(x)\n" * 2 * n}


def measure(newgate, scene, n):
    base, head = scene(n)
    with tempfile.TemporaryDirectory() as folder:
        repo = os.path.join(folder, "r.git")
        subprocess.run(["git", "init", "--quiet", "--bare", repo], check=True, env=edits.ENV)
        revisions = []
        for tree in (base, head):
            out = [b"commit refs/heads/x\ncommitter b <b@e> 1700000000 +0000\ndata 1\nx\ndeleteall\n"]
            for path, text in tree.items():
                out.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text.encode()))
            edits.git(repo, "fast-import", "--quiet", "--force", data=b"".join(out))
            revisions.append(edits.git(repo, "rev-parse", "x"))
        number = 0
        for side, tree in (("base", base), ("head", head)):
            rows = [(p, k, "bad", l.find("bad(") + 1, k) for p, t in tree.items() for k, l in enumerate(t.split("\n"), 1) if "bad(" in l]
            number = max(number, len(rows))
            open(os.path.join(folder, side), "w").write(edits.sarif(rows))
        command = [newgate, "compare", "--base", revisions[0], "--head", revisions[1], "--format", "json", os.path.join(folder, "base"), os.path.join(folder, "head")]
        out = os.path.join(folder, "out")
        # Through a small shell, since a process inherits the peak memory of the one that starts it.
        process = subprocess.Popen(["sh", "-c", 'exec "$@" > "$0"', out, *command], cwd=repo, env=edits.ENV)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{scene.__name__} {n}: exit {status}")
        rows = json.load(open(out))
        new = sum(r["status"] == "new" for r in rows)
        # What this program itself had at its peak is inherited, and hides less.
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        memory = f"{usage.ru_maxrss / 1024:.0f}" if usage.ru_maxrss > own * 1.05 else f"<{own / 1024:.0f}"
        return usage.ru_utime + usage.ru_stime, memory, number, new


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--newgate", default=str(HERE.parent.parent / "target/release/newgate"))
    a = parser.parse_args()
    print(f"{'scene':<16} {'size':>8} {'findings':>9} {'new':>7} {'seconds':>8} {'MiB':>6}  exponent")
    for scene, largest in ((many_files, 5_000), (moved_files, 5_000), (rewritten_file, 200_000), (equal_lines, 10_000)):
        small = measure(a.newgate, scene, largest // 4)
        large = measure(a.newgate, scene, largest)
        for n, (seconds, memory, findings, new) in ((largest // 4, small), (largest, large)):
            end = f"  {math.log(large[0] / small[0]) / math.log(4):.2f}" if n == largest else ""
            print(f"{scene.__name__:<16} {n:>8} {findings:>9} {new:>7} {seconds:>8.2f} {memory:>6}{end}", flush=True)


if __name__ == "__main__":
    main()
