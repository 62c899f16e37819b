#!/usr/bin/env python3
"""`newgate compare` on merged pull requests of public projects, against a second, independent method.

    python3 benches/matching/study.py [--each 12] [--newgate PATH] [--verbose] NAME=REPOSITORY [...]

REPOSITORY is a clone with its history. Of each project, merged pull requests (merge commits, or commits whose
subject ends in `(#N)`) are drawn by a hash; the target's tree before and after is compared. Findings are what simple
patterns say: calls that scanners report in the language, and calls of names that are drawn by a hash, so that there
are enough on changed lines. A pattern asks for the rule only, so an edit of a line does not decide whether it is
flagged.

The second method knows nothing of newgate's: `git blame -w -M -C` over the one change says which old line each
head line comes from; an origin pays once, and only if it was flagged by the same rule. What blame calls added may
still continue a flagged line that was deleted in the same hunk, if difflib finds three quarters of both the same.
Prints how often both agree, and with --verbose each disagreement with its lines, to be read.
"""
import argparse, collections, difflib, hashlib, json, os, re, subprocess, sys, tempfile

import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import edits

ENV = edits.ENV
LANGUAGES = {".py": "Python", ".js": "JavaScript", ".mjs": "JavaScript", ".ts": "TypeScript", ".tsx": "TypeScript", ".go": "Go", ".java": "Java",
             ".c": "C", ".h": "C", ".cc": "C++", ".cpp": "C++", ".rs": "Rust", ".rb": "Ruby", ".php": "PHP", ".sh": "Shell"}
CODE = ["*" + suffix for suffix in LANGUAGES]
WEAK = set("""eval exec execSync spawn system popen check_output call run loads load mktemp md5 sha1 random assert requests urlopen urlretrieve
    innerHTML insertAdjacentHTML setTimeout readFile readFileSync writeFile send sendFile redirect query execute executeQuery executeUpdate raw
    Command Query QueryRow Exec Sprintf Println Printf ListenAndServe Open Get Errorf strcpy strcat sprintf memcpy gets alloc free malloc realloc
    unwrap expect unsafe transmute panic from_utf8_unchecked getParameter println printStackTrace forName newInstance readObject parse compile
    shell_exec passthru file_get_contents unserialize include header html_safe render instance_eval class_eval send constantize curl source rm""".split())
CALL = re.compile(r"\b([A-Za-z_]\w{2,})!?\(")
DEFINES = re.compile(r"^\s*(?:(?:export|default|async|public|private|protected|static|final|abstract|pub(?:\([^)]*\))?|unsafe|inline|constexpr|override)\s+)*(?:def|func|function|fn|class|struct|impl|constructor)\b|^\s*(?:public|private|protected|static)\b[^=;]*\([^;]*$")
COMMAND = re.compile(r"^\s*(?:\w+=\S+\s+)*(eval|rm|curl|wget|source|sudo|echo|printf|command|local|export|return)\b")


# Longer lines are minified; difflib would take minutes for each.
LONGEST = 2_000


def git(repo, *args, data=None):
    ran = subprocess.run(["git", "-C", repo, *args], env=ENV, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ran.returncode:
        raise RuntimeError(f"git {' '.join(args)}: {ran.stderr.decode('utf-8', 'replace')}")
    return ran.stdout


def drawn(text, parts):
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % parts == 0


def findings(path, text):
    """Line and rule of each finding: weak calls, and a sixth of all other names that are called."""
    for number, line in enumerate(text, 1):
        # Comments and definitions call nothing.
        if line.lstrip().startswith(("//", "#", "*", "/*")) or DEFINES.match(line):
            continue
        pattern = COMMAND if path.endswith(".sh") else CALL
        for name in sorted({m[1] for m in pattern.finditer(line)} - set(edits.WORDS)):
            if name in WEAK or drawn(name, 6):
                yield number, name


def pull_requests(repo, wanted):
    log = git(repo, "log", "--first-parent", "--format=%H%x00%P%x00%s", "HEAD").decode("utf-8", "replace").splitlines()
    for row in sorted(log, key=lambda r: hashlib.sha256(r[:40].encode()).hexdigest()):
        commit, parents, subject = row.split("\0")
        merged = re.match(r"Merge pull request #(\d+)", subject) or re.search(r"\(#(\d+)\)$", subject)
        if not merged or not parents:
            continue
        base = parents.split()[0]
        rows = git(repo, "diff", "--numstat", "-z", "--no-renames", base, commit, "--", *CODE).decode("utf-8", "replace").split("\0")
        code = [r.split("\t") for r in rows if r.count("\t") == 2 and os.path.splitext(r)[1] in LANGUAGES]
        lines = sum(int(a) + int(d) for a, d, _ in code if a != "-")
        if code and 4 <= lines <= 3000 and len(code) <= 80:
            yield merged[1], base, commit
            wanted -= 1
            if not wanted:
                return


def tree(repo, base, commit):
    """The changed files of code: old path and lines, new path and lines."""
    raw = git(repo, "diff", "--raw", "-z", "--no-renames", "--no-abbrev", base, commit, "--", *CODE).split(b"\0")
    old, new = {}, {}
    for info, path in zip(raw[::2], raw[1::2]):
        modes = info.decode().split()
        path = path.decode("utf-8", "replace")
        if os.path.splitext(path)[1] not in LANGUAGES:
            continue
        for side, mode, blob in ((old, modes[0][1:], modes[2]), (new, modes[1], modes[3])):
            if mode.startswith("100"):
                text = git(repo, "cat-file", "blob", blob)
                if b"\0" not in text and len(text) < 1_000_000:
                    side[path] = text.decode("utf-8", "replace").split("\n")
    return old, new


def origins(repo, base, head, path):
    """For each line of a head file the base file and line that it comes from, as blame sees it."""
    out = git(repo, "blame", "--porcelain", "-w", "-M", "-C", f"{base}..{head}", "--", path).decode("utf-8", "replace").split("\n")
    files, boundary, found, now = {}, set(), {}, None
    for line in out:
        words = line.split(" ")
        if re.fullmatch(r"[0-9a-f]{40}", words[0]) and len(words) >= 3:
            now, line_then, line_now = words[0], int(words[1]), int(words[2])
            found[line_now] = [now, None, line_then]
        elif line.startswith("filename "):
            files[now] = line[9:]
        elif line == "boundary":
            boundary.add(now)
        elif line.startswith("\t"):
            found[line_now][1] = files.get(now)
    # Only the one change is looked at, so what is not its own is older.
    return {n: (path, then) for n, (commit, path, then) in found.items() if commit != head}


def hunks(repo, base, head, old, new):
    """Deleted lines and added lines of each hunk of the plain diff, by path."""
    out = git(repo, "diff", "-U0", "-w", "--find-renames=30%", base, head, "--", *CODE).decode("utf-8", "replace").split("\n")
    was = now = None
    for line in out:
        if line.startswith("--- "):
            was = line[6:].strip('"') if line[4:] != "/dev/null" else None
        elif line.startswith("+++ "):
            now = line[6:].strip('"') if line[4:] != "/dev/null" else None
        elif m := re.match(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line):
            a, b, c, d = int(m[1]), int(m[2] or 1), int(m[3]), int(m[4] or 1)
            if was and now:
                yield was, range(a, a + b), now, range(c, c + d)


def second_opinion(repo, base, head, old, new, base_rows, head_rows):
    """Which head findings are new, without newgate."""
    flagged = {(p, n, r) for p, n, r in base_rows}
    spent, said = set(), {}
    for path in sorted({p for p, _, _ in head_rows}):
        from_where = origins(repo, base, head, path)
        for p, n, r in (row for row in head_rows if row[0] == path):
            origin = from_where.get(n)
            if origin:
                key = (*origin, r)
                said.setdefault(key, []).append((p, n, r))
    verdict = {row: "new" for row in head_rows}
    for key, rows in said.items():
        # Of several lines with one origin, the one nearest to it is no copy.
        row = min(rows, key=lambda x: (x[0] != key[0], abs(x[1] - key[1])))
        if key in flagged:
            verdict[row] = "inherited"
            spent.add(key)
    for was, deleted, now, added in hunks(repo, base, head, old, new):
        for row in head_rows:
            p, n, r = row
            if p != now or n not in added or verdict[row] == "inherited":
                continue
            line = new[p][n - 1].strip()
            best = max(((difflib.SequenceMatcher(None, old[was][m - 1].strip(), line, False).ratio(), m) for m in deleted
                        if was in old and (was, m, r) in flagged - spent and max(len(line), len(old[was][m - 1])) <= LONGEST), default=(0, 0))
            if best[0] >= 0.75:
                verdict[row] = "inherited"
                spent.add((was, best[1], r))
    return verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=12)
    parser.add_argument("--newgate", default=str(edits.HERE / "target/release/newgate"))
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("source", nargs="+")
    a = parser.parse_args()
    total = collections.Counter()
    languages = collections.Counter()
    for source in a.source:
        name, _, where = source.partition("=")
        count = collections.Counter()
        with tempfile.TemporaryDirectory() as folder:
            repo = os.path.join(folder, "r.git")
            subprocess.run(["git", "init", "--quiet", "--bare", repo], check=True, env=ENV)
            objects = git(os.path.expanduser(where), "rev-parse", "--git-path", "objects").decode().strip()
            with open(os.path.join(repo, "objects/info/alternates"), "w") as file:
                file.write(os.path.join(os.path.abspath(os.path.expanduser(where)), objects) + "\n")
            tip = git(os.path.expanduser(where), "rev-parse", "HEAD").decode().strip()
            git(repo, "update-ref", "refs/heads/main", tip)
            git(repo, "symbolic-ref", "HEAD", "refs/heads/main")
            for number, base, commit in pull_requests(repo, a.each):
                # One commit, whatever the pull request had.
                head = git(repo, "commit-tree", commit + "^{tree}", "-p", base, "-m", "x").decode().strip()
                old, new = tree(repo, base, head)
                base_rows = [(p, n, r) for p, text in old.items() for n, r in findings(p, text)]
                head_rows = [(p, n, r) for p, text in new.items() for n, r in findings(p, text)]
                reports = []
                for side, rows in (("base", base_rows), ("head", head_rows)):
                    reports.append(os.path.join(folder, side + ".sarif"))
                    with open(reports[-1], "w") as file:
                        file.write(edits.sarif([(p, n, r, None, n) for p, n, r in rows]))
                ran = subprocess.run([a.newgate, "compare", "--base", base, "--head", head, "--format", "json", *reports],
                                     cwd=repo, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                if ran.returncode:
                    count["errors"] += 1
                    print(f"  {name} #{number}: {ran.stderr.decode('utf-8', 'replace')[:300]}")
                    continue
                rows = [r for r in json.loads(ran.stdout) if r["status"] != "fixed"]
                other = second_opinion(repo, base, head, old, new, base_rows, head_rows)
                count.update(requests=1, findings=len(rows), new=sum(r["status"] == "new" for r in rows))
                languages.update({LANGUAGES[os.path.splitext(p)[1]] for p in new})
                blocked = {"newgate": False, "other": False}
                for row in rows:
                    key = (row["file"], row["line"], row["rule"])
                    mine, theirs = row["status"] == "new", other.get(key) == "new"
                    blocked["newgate"] |= mine
                    blocked["other"] |= theirs
                    if mine != theirs:
                        count["only newgate says new" if mine else "only the other says new"] += 1
                        if a.verbose:
                            origin = row.get("from") or {}
                            before = old.get(origin.get("path"), [])
                            was = before[origin["line"] - 1].strip() if origin.get("line") and origin["line"] <= len(before) else ""
                            print(f"  {name} #{number} {row['file']}:{row['line']} {row['rule']}: newgate {row['status']} ({row['stage']}: {row['why']})\n      now {new[row['file']][row['line'] - 1].strip()[:150]}\n      was {was[:150]}\n      git diff {base[:12]} {commit[:12]}")
                count["requests judged otherwise"] += blocked["newgate"] != blocked["other"]
        print(f"{name:16}", dict(count), flush=True)
        total.update(count)
    print("all", dict(total), dict(languages))


main()
