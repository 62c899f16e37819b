#!/usr/bin/env python3
"""Peak memory on large inputs, beside the bars of docs/performance.md.

    python3 benches/memory.py [--newgate PATH] [--only NAME] [--keep FOLDER]

Makes each input in a temporary folder, runs the release build on it, and prints the peak resident memory
of newgate itself in MiB (scanners are processes of their own and not counted), the wall time, and the
ratio to the bar. `page` is the size of a file.
"""
import argparse, contextlib, json, os, pathlib, random, string, subprocess, sys, tempfile, time

from pushes import HERE, ZERO, git
from scale import fast_import, start

CONFIG = b'version = 1\n[server]\nbudget = "10m"\n[scanners]\nsecrets = %s\n%s\n'
FILES, LINES = 10_000, 11
ONE_ISSUE = 100_000


def peak(command, folder, data=b"", env=None, codes=(0, 1)):
    """Peak memory in MiB of the process itself, wall seconds and what it printed."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as given:
        given.write(data)
        given.seek(0)
        process = subprocess.Popen(command, cwd=folder, stdin=given, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})
        most = 0
        # The kernel's figure for a process that was waited for has its children's in it: this one does not.
        while process.poll() is None:
            with contextlib.suppress(OSError, ValueError, StopIteration):
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                most = max(most, next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")))
            time.sleep(.002)
        took = time.perf_counter() - began
        out.seek(0)
        text = out.read().decode(errors="replace")
    if process.returncode not in codes:
        sys.exit(f"{command} exited with {process.returncode}: {text[-2000:]}")
    return most / 1024, took, text


def row(name, value, bar, unit="MiB", seconds=None):
    kept = "" if bar is None else f"{value / bar:5.2f} of {bar} {unit}"
    took = "" if seconds is None else f"{seconds:6.1f} s"
    print(f"{name:<64} {value:8.1f} {unit} {took:>9}  {kept}", flush=True)


def run(a, name, args, folder, bar=None, data=b"", env=None, codes=(0, 1)):
    memory, took, text = peak([a.newgate, *args], folder, data, env, codes)
    row(name, memory, bar, seconds=took)
    return text


def blob(path, text):
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(text), text)


def commit(branch, parent, files):
    yield b"commit refs/heads/%s\ncommitter b <b@e> 1700000000 +0000\ndata 0\n" % branch
    if parent:
        yield b"from refs/heads/%s\n" % parent
    yield from files


def ruff(folder, text):
    """A repository in which ruff runs, with a branch `many` that brings files of this text."""
    start(folder)
    config = CONFIG % (b"false", b'[scanners.ruff]\npath = "%s"' % str(HERE / ".tools/bin/ruff").encode())
    fast_import(folder, commit(b"main", None, [blob(b".newgate/config.toml", config)]))
    fast_import(folder, commit(b"many", b"main", (blob(b"d%d/m%d.py" % (n % 100, n), text(n)) for n in range(FILES))))
    git(folder, "update-ref", "refs/remotes/origin/main", "main")
    return git(folder, "rev-parse", "many")


def report(kinds):
    """A report of Bandit of 60 MB; its results are all the same, or all different."""
    def one(n):
        n = n if kinds == "different" else 0
        line = n // 1_000 + 1
        return ('{"filename":"./src/m%d.py","line_number":%d,"line_range":[%d],"col_offset":4,"end_col_offset":9,"test_id":"B602",'
                '"test_name":"subprocess_popen_with_shell_equals_true","issue_text":"t%s","issue_severity":"HIGH","issue_confidence":"HIGH",'
                '"issue_cwe":{"id":78},"more_info":"https://bandit.example/b602"}' % (n % 1_000, line, line, n if kinds == "different" else ""))
    size, parts, n = 0, [], 0
    while size < 60_000_000:
        parts.append(one(n))
        size += len(parts[-1]) + 1
        n += 1
    return '{"errors":[],"metrics":{"./src/m0.py":{}},"results":[' + ",".join(parts) + "]}", n


def reports(a, folder):
    for kinds in ("same", "different"):
        path = pathlib.Path(folder, kinds + ".json")
        text, number = report(kinds)
        path.write_text(text)
        run(a, f"a report of 60 MB read, {number:,} findings, {kinds}", ["scanners", "read", "bandit", str(path)], folder, 250)
    # The same through the gate: files that are there, findings on lines that are there.
    where = os.path.join(folder, "given")
    os.makedirs(where)
    start(where)
    lines = b"".join(b"x = %d\n" % n for n in range(number // 1_000 + 1))
    config = CONFIG % (b"false", b'bandit = { results = "ingest" }')
    fast_import(where, commit(b"main", None, [blob(b".newgate/config.toml", config)]))
    fast_import(where, commit(b"feature", b"main", (blob(b"src/m%d.py" % n, lines) for n in range(1_000))))
    git(where, "update-ref", "refs/remotes/origin/main", "main")
    git(where, "symbolic-ref", "HEAD", "refs/heads/feature")
    git(where, "read-tree", "HEAD")
    args = ["check", "--target", "origin/main", "--results", os.path.join(folder, "different.json"), "--results-scanner", "bandit"]
    run(a, "the same checked, as `--results`", args, where, 250, codes=(0, 1, 3))


def pushes(a, folder):
    """A push that brings 110,000 findings in 10,000 files: of one rule, and with a message for each."""
    where = os.path.join(folder, "push")
    os.makedirs(where)
    head = ruff(where, lambda n: b"x = %d\n" % n + b"".join(b"assert x == %d\n" % k for k in range(LINES)))
    line = f"refs/heads/many {head} refs/heads/many {ZERO}\n".encode()
    hook = ["hook", "pre-push", "origin", "../nowhere.git"]
    run(a, "push of 110,000 findings in 10,000 files, nothing known", hook, where, 250, line)
    run(a, "the same again", hook, where, 250, line)
    for form in ("html", "markdown", "sarif", "github-sarif", "github", "gitlab-code-quality", "gitlab-sast", "junit", "csv", "json", "env", "sto"):
        run(a, f"`newgate report {form}` of it", ["report", form, "--output", os.path.join(folder, form)], where, 250)
    issue = json.loads(pathlib.Path(where, ".git/newgate/last/report.json").read_text())["issues"][0]
    run(a, "`newgate show` of its issue", ["show", issue["id"]], where, 250)
    run(a, "`newgate explain` of one occurrence", ["explain", issue["occurrences"][-1]["print"]], where, 250)
    row("page of it", os.path.getsize(os.path.join(folder, "html")) / 1e6, 3, "MB")
    run(a, "`newgate baseline build` of it", ["baseline", "build", "--target", "refs/heads/many"], where, 250)
    server = os.path.join(folder, "server.git")
    subprocess.run(["git", "clone", "--quiet", "--bare", where, server], check=True, stderr=subprocess.DEVNULL)
    git(server, "update-ref", "-d", "refs/heads/many")
    line = f"{git(server, 'rev-parse', 'main')} {head} refs/heads/main\n".encode()
    run(a, "the same on a server", ["hook", "pre-receive"], server, 250, line, codes=(0, 1, 3))


def secrets(a, folder):
    """A push that brings 20,000 different credentials: each is an issue of its own."""
    where = os.path.join(folder, "secrets")
    os.makedirs(where)
    start(where)
    fast_import(where, commit(b"main", None, [blob(b".newgate/config.toml", CONFIG % (b"true", b""))]))
    rng = random.Random(1)
    letters = (string.ascii_letters + string.digits).encode()
    token = lambda n: b"ghp_" + bytes(rng.choices(letters, k=36))
    text = lambda n: b"".join(b'T%d = "%s"\n' % (k, token(n * 10 + k)) for k in range(10))
    fast_import(where, commit(b"many", b"main", (blob(b"d%d/m%d.py" % (n % 100, n), text(n)) for n in range(2_000))))
    git(where, "update-ref", "refs/remotes/origin/main", "main")
    head = git(where, "rev-parse", "many")
    line = f"refs/heads/many {head} refs/heads/many {ZERO}\n".encode()
    run(a, "push of 20,000 credentials", ["hook", "pre-push", "origin", "../nowhere.git"], where, 250, line, codes=(0, 1, 3))


def page(a, folder):
    """One issue with 100,000 occurrences in one file."""
    where = os.path.join(folder, "page")
    os.makedirs(where)
    start(where)
    config = CONFIG % (b"false", b'[scanners.ruff]\npath = "%s"' % str(HERE / ".tools/bin/ruff").encode())
    fast_import(where, commit(b"main", None, [blob(b".newgate/config.toml", config)]))
    fast_import(where, commit(b"many", b"main", [blob(b"m.py", b"x = 1\n" + b"assert x\n" * ONE_ISSUE)]))
    git(where, "update-ref", "refs/remotes/origin/main", "main")
    git(where, "symbolic-ref", "HEAD", "refs/heads/many")
    out = os.path.join(folder, "page.html")
    run(a, "one issue with 100,000 occurrences, checked and as a page", ["check", "--target", "origin/main", "--output", f"html={out}"], where, 250)
    row("page of one issue with 100,000 occurrences", os.path.getsize(out) / 1e6, 3, "MB")


def text(a, folder):
    """A text file of 100 MB that a push adds, without and with a finding in it."""
    where = os.path.join(folder, "text")
    os.makedirs(where)
    start(where)
    fast_import(where, commit(b"main", None, [blob(b"a.txt", b"a\n"), blob(b"app.py", b"import subprocess\nsubprocess.call(x, shell=True)\n")]))
    git(where, "update-ref", "refs/remotes/origin/main", "main")
    data = b"".join(b"%09d,word,another word,0.125,%d\n" % (n, n * 7) for n in range(2_600_000))[:100_000_000]
    token = b'\nt = "ghp_' + b'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"\n'
    for name, content in ((b"plain", data), (b"leak", data + token)):
        fast_import(where, commit(name, b"main", [blob(b"big.csv", content)]))
        head = git(where, "rev-parse", name.decode())
        line = f"refs/heads/x {head} refs/heads/x {ZERO}\n".encode()
        run(a, f"push of a text file of 100 MB, {name.decode()}", ["hook", "pre-push", "origin", "../nowhere.git"], where, 250, line, codes=(0, 1, 3))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--newgate", default=str(HERE / "target/release/newgate"))
    parser.add_argument("--only", choices=["reports", "pushes", "secrets", "page", "text"])
    parser.add_argument("--keep", help="a folder for the inputs, which stay there")
    a = parser.parse_args()
    a.newgate = os.path.abspath(a.newgate)
    for part in (reports, pushes, secrets, page, text):
        if a.only in (None, part.__name__):
            with contextlib.ExitStack() as stack:
                folder = a.keep or stack.enter_context(tempfile.TemporaryDirectory())
                os.makedirs(folder, exist_ok=True)
                part(a, folder)


if __name__ == "__main__":
    main()
