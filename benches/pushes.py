#!/usr/bin/env python3
"""What a push costs beside running the scanner by hand.

    python3 benches/pushes.py [--runs N] [--files N] [--newgate PATH] [--bandit PATH]

Builds two repositories (a small one and a synthetic one of 50,000 files, in a temporary folder), and
prints for each, as medians of N runs taken in turn:

  S1        Bandit, by hand, on the head versions of the changed files
  both      Bandit, by hand, on both sides one after the other
  no change the hook for a commit that was judged before: all verdicts from the cache
  warm      one changed file, its old version in the cache, the new one not
  cold      the same with an empty cache, so that both sides are scanned
  own       warm, less what the scanner itself took by hand (processor time)

Processor time (user and system, children included) and wall time, in milliseconds. Compare ratios
within a run; times differ between machines.
"""
import argparse, multiprocessing, os, pathlib, random, shutil, statistics, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent.parent
ZERO = "0" * 40


def measure(command, folder, data=b"", codes=(0,)):
    """Processor and wall milliseconds of a command with its children, and its peak memory in MiB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        pass
    _, status, usage = os.wait4(process.pid, 0)
    wall = (time.perf_counter() - start) * 1000
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        sys.exit(f"{command} exited with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000, wall, usage.ru_maxrss / 1024


def git(folder, *args, data=None):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "b", "GIT_AUTHOR_EMAIL": "b@e",
           "GIT_COMMITTER_NAME": "b", "GIT_COMMITTER_EMAIL": "b@e"}
    return subprocess.run(["git", "-C", folder, *args], check=True, env=env, input=data, stdout=subprocess.PIPE).stdout.decode().strip()


def module(rng, number):
    """A module of about 4 KB with a few findings of low severity in some."""
    lines = ["import os", ""]
    for f in range(12):
        lines += [f"def handler_{number}_{f}(request, limit={rng.randrange(99)}):", f"    total = {rng.randrange(9999)}",
                  "    for item in request.items:", f"        total += item.price * {rng.randrange(9)}",
                  "        if total > limit:", "            break"]
        if rng.random() < .05:
            lines += ["    assert total >= 0"]
        lines += [f"    return os.path.join(request.folder, str(total), 'part-{rng.randrange(999)}')", "", ""]
    return "\n".join(lines)


def build(folder, count, bandit):
    """A repository with `count` Python files on main (pushed, as far as it knows), and a branch."""
    rng = random.Random(count)
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    config = f'version = 1\n[scanners.bandit]\npath = "{bandit}"\n'
    out = [b"commit refs/heads/main\ncommitter b <b@e> 1700000000 +0000\ndata 5\nstart\n"]

    def add(name, text):
        data = text.encode()
        out.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(data), data))
    add(".newgate/config.toml", config)
    for n in range(count):
        add(f"app{n % 40}/pkg{n // 40 % 40}/m{n}.py", module(rng, n))
    git(folder, "fast-import", "--quiet", data=b"".join(out))
    git(folder, "reset", "--quiet", "--hard", "main") if count < 1000 else git(folder, "read-tree", "main")
    git(folder, "remote", "add", "origin", "../nowhere.git")
    git(folder, "update-ref", "refs/remotes/origin/main", "main")
    changed = "app0/pkg0/m0.py"
    text = git(folder, "show", f"main:{changed}")
    return changed, text


def in_child(function, *args):
    """Calls a function in a process of its own: peak memory is inherited by children, so this one must stay small."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(function, args)


def commit_on_main(folder, changed, text):
    """A commit on top of main that changes one file, made without a work tree."""
    blob = git(folder, "hash-object", "-w", "--stdin", data=text.encode())
    index = {**os.environ, "GIT_INDEX_FILE": os.path.join(folder, ".git", "bench-index")}
    run = lambda *a: subprocess.run(["git", "-C", folder, *a], check=True, env=index, stdout=subprocess.PIPE).stdout.decode().strip()
    run("read-tree", "main")
    run("update-index", "--cacheinfo", f"100644,{blob},{changed}")
    return git(folder, "commit-tree", "-p", "main", "-m", "change", run("write-tree"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--newgate", default=str(HERE / "target/release/newgate"))
    parser.add_argument("--bandit", default=str(HERE / ".tools/bin/bandit"))
    a = parser.parse_args()
    rows = []
    for count in (59, a.files):
        with tempfile.TemporaryDirectory() as folder:
            changed, text = in_child(build, folder, count, a.bandit)
            hand = os.path.join(folder, "hand")
            cache = os.path.join(folder, ".git", "newgate")
            figures = {name: [] for name in ("S1", "both", "no change", "warm", "cold")}
            push = [a.newgate, "hook", "pre-push", "origin", "../nowhere.git"]

            def line(head):
                return f"refs/heads/feature {head} refs/heads/feature {ZERO}\n".encode()
            for run in range(a.runs + 1):
                # Each run has a change of its own, with one finding that is new, so that the base counts.
                new = text + f"\n\ndef extra_{run}(value):\n    assert value != {run}\n    return value\n"
                head = commit_on_main(folder, changed, new)
                for side, content in (("head", new), ("base", text)):
                    path = os.path.join(hand, side, changed)
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "w") as file:
                        file.write(content)
                by_hand = [a.bandit, "--quiet", "--format", "json", "--exit-zero", "--", "./" + changed]
                s1 = measure(by_hand, os.path.join(hand, "head"))
                base = measure(by_hand, os.path.join(hand, "base"))
                shutil.rmtree(cache, ignore_errors=True)
                cold = measure(push, folder, line(head))
                other = commit_on_main(folder, changed, new + f"\nLAST = {run}\n")
                warm = measure(push, folder, line(other))
                none = measure(push, folder, line(other))
                if run:
                    figures["S1"].append(s1)
                    figures["both"].append(tuple(x + y for x, y in zip(s1, base)))
                    figures["no change"].append(none)
                    figures["warm"].append(warm)
                    figures["cold"].append(cold)
            rows.append((count, figures))
    print(f"medians of {a.runs} runs, in milliseconds: processor / wall\n")
    names = ["S1", "both", "no change", "warm", "cold"]
    print(f"{'files':>8}  " + "  ".join(f"{n:>15}" for n in names) + f"  {'own':>6}  {'warm/S1':>8}  {'cold/both':>9}  {'memory':>7}")
    for count, figures in rows:
        median = {n: tuple(statistics.median(x[i] for x in figures[n]) for i in range(3)) for n in names}
        cells = "  ".join(f"{median[n][0]:7.1f} /{median[n][1]:6.1f}" for n in names)
        own = statistics.median(w[0] - s[0] for w, s in zip(figures["warm"], figures["S1"]))
        warm = statistics.median(w[1] / s[1] for w, s in zip(figures["warm"], figures["S1"]))
        cold = statistics.median(c[1] / b[1] for c, b in zip(figures["cold"], figures["both"]))
        print(f"{count:>8}  {cells}  {own:6.1f}  {warm:8.2f}  {cold:9.2f}  {median['no change'][2]:4.0f} MiB")


if __name__ == "__main__":
    main()
