#!/usr/bin/env python3
"""What newgate itself costs against the size of a repository.

    python3 benches/scale.py [--runs N] [--most FILES] [--newgate PATH] [--picture docs/scale.svg]

Builds synthetic repositories in a temporary folder: of 1,000 to 1,000,000 files (packed), of up to
10,000 branches and 100,000 refs (packed and loose), of up to 100,000 commits, and one with loose
objects. Measures in each, as medians of N runs, the hook for a push

  again     of a commit that was judged before: all from the cache
  changed   of one changed file that nobody has scanned yet

with the built-in scanner alone, so that every millisecond is newgate's own. Prints processor time (user
and system, children included), wall time and peak memory, and the exponent of the growth with the number
of files; draws the picture in docs/ with both axes logarithmic.
"""
import argparse, math, os, pathlib, statistics, subprocess, tempfile

from pushes import ZERO, git, in_child, measure

HERE = pathlib.Path(__file__).resolve().parent.parent


def fast_import(folder, parts):
    process = subprocess.Popen(["git", "-C", folder, "fast-import", "--quiet", "--done"], stdin=subprocess.PIPE)
    for part in parts:
        process.stdin.write(part)
    process.stdin.write(b"done\n")
    process.stdin.close()
    if process.wait():
        raise SystemExit("git fast-import failed")


def start(folder):
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    git(folder, "remote", "add", "origin", "../nowhere.git")


def files(count, commits=1):
    """A stream of `count` small files in folders of at most a thousand, and a history of `commits`."""
    yield b"commit refs/heads/main\ncommitter b <b@e> 1700000000 +0000\ndata 0\n"
    for n in range(count):
        text = b"def f%d(x):\n    return x + %d\n" % (n, n)
        yield b"M 100644 inline d%d/e%d/m%d.py\ndata %d\n%s\n" % (n % 100, n // 100 % 100, n, len(text), text)
    for n in range(1, commits):
        text = b"N = %d\n" % n
        yield (b"commit refs/heads/main\ncommitter b <b@e> %d +0000\ndata 0\nM 100644 inline d0/e0/m0.py\ndata %d\n%s\n"
               % (1700000000 + n, len(text), text))


def build(folder, count, commits, refs, loose_refs, loose_objects):
    start(folder)
    fast_import(folder, files(count, commits))
    git(folder, "update-ref", "refs/remotes/origin/main", "main")
    if refs:
        names = "".join(f"create refs/{kind}/r{n} main\n" for n in range(refs)
                        for kind in [("heads" if n % 10 == 0 else "tags")])
        git(folder, "update-ref", "--stdin", data=names.encode())
        if not loose_refs:
            git(folder, "pack-refs", "--all")
    if loose_objects:
        packs = list(pathlib.Path(folder, ".git/objects/pack").glob("*.pack"))
        for pack in packs:
            data = pack.read_bytes()
            for old in pathlib.Path(folder, ".git/objects/pack").glob(pack.stem + ".*"):
                old.unlink()
            git(folder, "unpack-objects", "-q", data=data)


def change(folder, number):
    """A commit on top of main that changes one file, made without reading the other files."""
    text = b"def f0(x):\n    return x + %d\n" % (1000 + number)
    fast_import(folder, [b"commit refs/heads/change%d\ncommitter b <b@e> 1800000000 +0000\ndata 0\nfrom main\n"
                         b"M 100644 inline d0/e0/m0.py\ndata %d\n%s\n" % (number, len(text), text)])
    return git(folder, "rev-parse", f"change{number}")


def figures(newgate, runs, *shape):
    with tempfile.TemporaryDirectory() as folder:
        in_child(build, folder, *shape)
        hook = [newgate, "hook", "pre-push", "origin", "../nowhere.git"]
        rows = {"again": [], "changed": []}
        for number in range(runs + 2):
            head = change(folder, number)
            line = f"refs/heads/x {head} refs/heads/x {ZERO}\n".encode()
            changed = measure(hook, folder, line)
            again = measure(hook, folder, line)
            if number > 1:
                rows["changed"].append(changed)
                rows["again"].append(again)
        return {name: [statistics.median(x[i] for x in row) for i in range(3)] for name, row in rows.items()}


def exponent(points):
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    mx, my = statistics.mean(xs), statistics.mean(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)


def picture(path, series):
    """Draws (name, colour, [(size, ms)]) with both axes logarithmic."""
    left, top, width, height = 60, 20, 560, 300
    xs = [x for _, _, points in series for x, _ in points]
    x0, x1 = math.floor(math.log10(min(xs))), math.ceil(math.log10(max(xs)))
    y0, y1 = 0, 3  # 1 ms to 1 s
    at = lambda x, y: (left + (math.log10(x) - x0) / (x1 - x0) * width, top + (y1 - math.log10(y)) / (y1 - y0) * height)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 20} {top + height + 110}" font-family="sans-serif" font-size="13">',
           '<rect width="100%" height="100%" fill="white"/>']
    for n in range(x0, x1 + 1):
        x, _ = at(10 ** n, 1)
        out.append(f'<line x1="{x:.0f}" y1="{top}" x2="{x:.0f}" y2="{top + height}" stroke="#ddd"/>'
                   f'<text x="{x:.0f}" y="{top + height + 18}" text-anchor="middle">{10 ** n:,}</text>')
    for n in range(y0, y1 + 1):
        _, y = at(10 ** x0, 10 ** n)
        out.append(f'<line x1="{left}" y1="{y:.0f}" x2="{left + width}" y2="{y:.0f}" stroke="#ddd"/>'
                   f'<text x="{left - 8}" y="{y + 4:.0f}" text-anchor="end">{10 ** n:,} ms</text>')
    for number, (name, colour, points) in enumerate(series):
        places = [at(x, y) for x, y in points]
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places]
        y = top + height + 42 + 18 * number
        out.append(f'<circle cx="{left}" cy="{y - 4}" r="4" fill="{colour}"/><text x="{left + 12}" y="{y}">{name}</text>')
    out.append("</svg>")
    pathlib.Path(path).write_text("\n".join(out) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--most", type=int, default=1_000_000, help="the largest number of files")
    parser.add_argument("--newgate", default=str(HERE / "target/release/newgate"))
    parser.add_argument("--picture", default=str(HERE / "docs/scale.svg"))
    a = parser.parse_args()
    shapes = [(f"{n:,} files", (n, 1, 0, False, False), n) for n in (1_000, 10_000, 100_000, 1_000_000) if n <= a.most]
    shapes += [(f"{n:,} commits", (1_000, n, 0, False, False), None) for n in (10_000, 100_000)]
    shapes += [("10,000 refs, packed", (1_000, 1, 10_000, False, False), None),
               ("100,000 refs, packed", (1_000, 1, 100_000, False, False), None),
               ("10,000 refs, loose", (1_000, 1, 10_000, True, False), None),
               ("10,000 files, loose objects", (10_000, 1, 0, False, True), None)]
    print(f"medians of {a.runs} runs: processor ms / wall ms, and peak memory\n")
    print(f"{'repository':>28}  {'again':>16}  {'changed':>16}  {'memory':>8}")
    again, changed = [], []
    for name, shape, count in shapes:
        row = figures(a.newgate, a.runs, *shape)
        cells = "  ".join(f"{row[k][0]:7.1f} /{row[k][1]:7.1f}" for k in ("again", "changed"))
        print(f"{name:>28}  {cells}  {row['changed'][2]:4.0f} MiB", flush=True)
        if count:
            again.append((count, row["again"][0]))
            changed.append((count, row["changed"][0]))
    print(f"\nexponent of the growth with the number of files: again {exponent(again):.2f}, changed {exponent(changed):.2f}")
    picture(a.picture, [("a push that was judged before (processor time)", "#0b57d0", again),
                        ("a push of one changed file, built-in scanner (processor time)", "#c0271b", changed),
                        ("what a cost in proportion to the number of files would be", "#999999",
                         [(x, again[0][1] * x / again[0][0]) for x, _ in again if again[0][1] * x / again[0][0] <= 1000])])


if __name__ == "__main__":
    main()
