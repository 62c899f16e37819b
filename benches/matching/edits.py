#!/usr/bin/env python3
"""Does `newgate compare` tell new findings from inherited ones? Generated edits, any language.

    python3 benches/matching/edits.py [--seeds 1-5] [--newgate PATH] [--verbose] NAME=FOLDER [NAME=FOLDER ...]

Takes real sources below each FOLDER, marks some calls in them as findings (a stand-in for a scanner: one
rule for each name that is called, on lines drawn by a hash), applies edits whose effect on every line is known,
since each line carries its identity through the edit, and asks newgate which findings are new. Prints wrong
answers by edit: a *false block* is an inherited finding called new, a *miss* a new one called inherited.
Truth never comes from comparing text. Where an edit makes twins side by side that nobody could tell apart,
only their number counts.

Peers judge the same reports: `--multitool` the program of npm's @microsoft/sarif-multitool
(match-results-forward), `--sarif-tools` the `sarif` command of PyPI's sarif-tools (diff); the naive key of rule,
file and line is always there.
"""
import argparse, collections, hashlib, json, os, pathlib, random, re, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent.parent
SUFFIXES = (".js", ".mjs", ".ts", ".tsx", ".go", ".java", ".c", ".h", ".cc", ".cpp", ".rs", ".py", ".sh", ".rb", ".php", ".cs")
CALL = re.compile(r"\b([A-Za-z_]\w{3,})\(")
WORDS = "if for while switch return catch sizeof elif match with func function assert print except".split()
ENV = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "b", "GIT_AUTHOR_EMAIL": "b@e",
       "GIT_COMMITTER_NAME": "b", "GIT_COMMITTER_EMAIL": "b@e", "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
       "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}


class Line:
    """A line of text and the line of the base that it continues: (path, number), or None if it was added."""
    __slots__ = ("text", "of")

    def __init__(self, text, of=None):
        self.text, self.of = text, of

    def to(self, text):
        return Line(text, self.of)

    def copy(self):
        return Line(self.text)


def indent(text):
    return text[:len(text) - len(text.lstrip())]


def findings_of(path, lines):
    """[(line number from 1, rule, column, last line)] of a text."""
    found = []
    for number, line in enumerate(lines, 1):
        if line.text.lstrip().startswith(("//", "#", "*", "/*")):
            continue
        # Nor does a comment behind the code.
        for call in CALL.finditer(re.split(r"\s(?://|#) ", line.text)[0]):
            rule = call[1]
            drawn = int(hashlib.sha1(rule.encode()).hexdigest()[:4], 16) % 7 == 0
            if rule in WORDS or not drawn or re.search(r"\b(def|func|function|fn|class|struct|void|int|static|public|private)\s+(\([^)]*\)\s*)?[\w*&<>\[\] ]*$", line.text[:call.start()]):
                continue
            last, depth = number, 0
            for n in range(number, min(number + 12, len(lines) + 1)):
                depth += lines[n - 1].text.count("(") - lines[n - 1].text.count(")")
                last = n
                if depth <= 0:
                    break
            # Some scanners tell the whole region, others the line alone.
            found.append((number, rule, call.start() + 1, last if len(rule) % 2 else number))
    return found


def blocks(lines):
    """Top-level definitions: (first line, last line + 1) in order, with what is attached above."""
    out, n = [], 0
    while n < len(lines):
        text = lines[n].text
        opens = text and not text[0].isspace() and re.search(r"[{:(]\s*$", text) and re.match(r"[A-Za-z_@#]", text) and not text.startswith(("else", "case", "default", "#if", "#define", "#include", "import", "package", "module.exports"))
        if not opens:
            n += 1
            continue
        end = n + 1
        python = text.rstrip().endswith(":")
        while end < len(lines):
            t = lines[end].text
            if python and t.strip() and not t[0].isspace():
                break
            if not python and t and t[0] in "})":
                end += 1
                break
            if not python and t and not t[0].isspace() and t.strip() and t[0] not in "{#/" and not t[0].isalpha():
                break
            end += 1
        while end > n + 1 and not lines[end - 1].text.strip():
            end -= 1
        first = n
        while first > 0 and lines[first - 1].text.startswith(("@", "//", "# ", "/*", " *", "*/", "#[")):
            first -= 1
        if 4 <= end - first <= 120:
            out.append((first, end))
        n = max(end, n + 1)
    return out


def statements(lines, block):
    """Lines of a block that are statements on their own."""
    out = []
    for n in range(block[0] + 1, block[1] - 1):
        t = lines[n].text
        s = t.strip()
        balanced = all(t.count(a) == t.count(b) for a, b in ("()", "[]", "{}")) and t.count('"') % 2 == 0 and t.count("'") % 2 == 0
        before = lines[n - 1].text.rstrip()
        alone = before.endswith((";", "{", "}", ":")) or not before
        simple = s.endswith((";", ")")) and not s.startswith((".", "}", "case", "default", "&&", "||", "?", ":", "+", "#", "*", "/", "@"))
        if balanced and alone and simple and indent(t) and not re.match(r"(return|if|for|while|else|break|continue|goto)\b", s):
            out.append(n)
    return out


class Edit:
    """A change under construction: files as lines, and the means to alter them."""

    def __init__(self, rng, texts):
        self.rng = rng
        self.base = texts
        self.files = {}
        self.gone = set()
        self.twins = False
        self.count = 0

    def lines(self, path):
        if path not in self.files:
            self.files[path] = [Line(t, (path, n)) for n, t in enumerate(self.base[path], 1)]
        return self.files[path]

    def remove(self, path):
        self.files.pop(path, None)
        if path in self.base:
            self.gone.add(path)

    def fresh(self):
        self.count += 1
        return f"ng{self.rng.randrange(10 ** 5)}x{self.count}"

    def filler(self, ind, number, path):
        out = []
        for _ in range(number):
            name = self.fresh()
            end = "" if path.endswith((".py", ".go", ".rb", ".sh")) else ";"
            out.append(Line(self.rng.choice([f"{ind}{name} = {self.rng.randrange(999)}{end}", f"{ind}{name} += {self.fresh()}{end}", ""])))
        return out

    def pick_block(self, path, with_finding=True):
        lines = self.lines(path)
        hot = {n - 1 for n, *_ in findings_of(path, lines)}
        fit = [b for b in blocks(lines) if not with_finding or any(b[0] <= h < b[1] for h in hot)]
        return self.rng.choice(fit) if fit else None

    def pick_statement(self, path):
        lines = self.lines(path)
        hot = {n - 1 for n, *_ in findings_of(path, lines)}
        fit = [(b, n) for b in blocks(lines) for n in statements(lines, b) if n in hot]
        return self.rng.choice(fit) if fit else None

    def other(self, path):
        fit = sorted(p for p in self.base if p != path and p not in self.files and p not in self.gone and p.endswith(os.path.splitext(path)[1]) and blocks([Line(t) for t in self.base[p]]))
        return self.rng.choice(fit) if fit else None

    def put_block(self, path, block):
        lines = self.lines(path)
        ends = [b[1] for b in blocks(lines)] or [len(lines)]
        at = self.rng.choice(ends)
        lines[at:at] = [Line("")] + block + ([Line("")] if at < len(lines) else [])

    def renamed_copy(self, block):
        """A copy of lines; the name of what they define gets a suffix."""
        name = None
        for line in block:
            if line.text.lstrip().startswith(("//", "#", "*", "/*", "@")):
                continue
            m = re.search(r"\b(?:function|def|func|fn|class|struct|type|const|let|var)\s+(?:\([^)]*\)\s*)?(\w+)", line.text) or re.search(r"\b(\w+)\s*\(", line.text)
            if m and m[1] not in WORDS:
                name = m[1]
                break
        new = f"{name}{self.rng.choice(['2', 'Copy', '_alt'])}" if name else None
        return [Line(re.sub(rf"\b{name}\b", new, l.text) if name else l.text) for l in block]


def top(e, p):
    lines = e.lines(p)
    at = blocks(lines)[0][0]
    lines[at:at] = e.filler("", e.rng.randrange(3, 30), p)


def near(e, p):
    got = e.pick_statement(p)
    if not got:
        return False
    lines = e.lines(p)
    n = got[1] + e.rng.randrange(2)
    lines[n:n] = e.filler(indent(lines[got[1]].text), e.rng.randrange(1, 4), p)


def delete_beside(e, p):
    got = e.pick_statement(p)
    if not got:
        return False
    lines, (block, n) = e.lines(p), got
    hot = {k - 1 for k, *_ in findings_of(p, lines)}
    beside = [k for k in statements(lines, block) if k in (n - 1, n + 1) and k not in hot]
    if not beside:
        return False
    del lines[beside[0]]


def rename(e, p, share=0.0):
    lines = e.lines(p)
    hot = {k - 1 for k, *_ in findings_of(p, lines)}
    cold = [n for b in blocks(lines) for n in statements(lines, b) if n not in hot]
    for n in e.rng.sample(cold, int(len(cold) * share)):
        lines[n] = lines[n].to(e.filler(indent(lines[n].text), 1, p)[0].text)
    e.remove(p)
    folder, name = os.path.split(p)
    e.files[os.path.join(folder, "moved", name)] = lines


def rename_edited(e, p):
    return rename(e, p, 0.5)


def move_within(e, p):
    block = e.pick_block(p)
    if not block or len(blocks(e.lines(p))) < 3:
        return False
    lines = e.lines(p)
    part = lines[block[0]:block[1]]
    del lines[block[0]:block[1]]
    e.put_block(p, part)


def move_across(e, p):
    block, q = e.pick_block(p), e.other(p)
    if not block or not q:
        return False
    lines = e.lines(p)
    part = lines[block[0]:block[1]]
    del lines[block[0]:block[1]]
    e.put_block(q, part)


def extract_file(e, p):
    block = e.pick_block(p)
    if not block:
        return False
    lines = e.lines(p)
    part = lines[block[0]:block[1]]
    del lines[block[0]:block[1]]
    stem, suffix = os.path.splitext(p)
    e.files[f"{stem}_part{suffix}"] = e.filler("", 3, p) + part


def split_file(e, p):
    lines = e.lines(p)
    all_blocks = blocks(lines)
    if len(all_blocks) < 4:
        return False
    cut = all_blocks[len(all_blocks) // 2][0]
    stem, suffix = os.path.splitext(p)
    e.files[f"{stem}_a{suffix}"], e.files[f"{stem}_b{suffix}"] = lines[:cut], e.filler("", 2, p) + lines[cut:]
    e.remove(p)


def merge_files(e, p):
    q = e.other(p)
    if not q:
        return False
    e.lines(q).extend([Line("")] + e.lines(p))
    e.remove(p)


def swap_blocks(e, p):
    lines = e.lines(p)
    all_blocks = blocks(lines)
    if len(all_blocks) < 4:
        return False
    a, b = sorted(e.rng.sample(range(len(all_blocks)), 2))
    (a1, a2), (b1, b2) = all_blocks[a], all_blocks[b]
    if a2 > b1:
        return False
    lines[:] = lines[:a1] + lines[b1:b2] + lines[a2:b1] + lines[a1:a2] + lines[b2:]


def reverse_blocks(e, p):
    lines = e.lines(p)
    all_blocks = blocks(lines)
    if not 3 <= len(all_blocks) <= 12:
        return False
    out, last = [], 0
    for (first, end), (f2, e2) in zip(all_blocks, reversed(all_blocks)):
        out += lines[last:first] + lines[f2:e2]
        last = end
    lines[:] = out + lines[last:]


def reindent(e, p):
    for n, line in enumerate(e.lines(p)):
        ind = indent(line.text)
        new = ind.replace("    ", "\t") if "    " in ind else ind.replace("\t", "    ") if "\t" in ind else ind * 2
        e.files[p][n] = line.to(new + line.text.lstrip())


def crlf(e, p):
    for n, line in enumerate(e.lines(p)):
        e.files[p][n] = line.to(line.text + "\r")


def wrap_in_condition(e, p):
    """The body of a block goes into a new condition, one level deeper."""
    block = e.pick_block(p)
    if not block or p.endswith(".py"):
        return False
    lines = e.lines(p)
    first = next((n for n in range(block[0], block[1]) if lines[n].text.rstrip().endswith("{")), None)
    if first is None or block[1] - first < 4 or lines[first].text[0].isspace():
        return False
    ind = indent(lines[first + 1].text) or "\t"
    body = [l.to(ind + l.text if l.text.strip() else l.text) for l in lines[first + 1:block[1] - 1]]
    lines[first + 1:block[1] - 1] = [Line(f"{ind}if ({e.fresh()}) {{")] + body + [Line(ind + "}")]


def rename_name(e, p):
    got = e.pick_statement(p)
    if not got:
        return False
    lines, (block, n) = e.lines(p), got
    rules = {r for _, r, *_ in findings_of(p, lines)}
    names = [w for w in re.findall(r"\b[a-z_]\w{2,}\b", lines[n].text) if w not in rules and w not in WORDS and not w.startswith("ng")]
    names = [w for w in names if not re.search(rf"\b{w}\(", lines[n].text) and not re.search(r"[\"']", lines[n].text)]
    # A name that stands once is no variable that was renamed, but other data.
    whole = "\n".join(l.text for l in lines[block[0]:block[1]])
    names = [w for w in names if len(re.findall(rf"\b{w}\b", whole)) > 1]
    if not names:
        return False
    old, new = e.rng.choice(names), e.fresh()
    for k in range(block[0], block[1]):
        lines[k] = lines[k].to(re.sub(rf"\b{old}\b", new, lines[k].text))


def edit_argument(e, p):
    got = e.pick_statement(p)
    if not got:
        return False
    lines, n = e.lines(p), got[1]
    t = lines[n].text
    at = t.rstrip(" ;").rfind(")")
    if at < 1 or t[at - 1] in "({[":
        return False
    lines[n] = lines[n].to(t[:at] + f", {e.fresh()}" + t[at:])


def wrap_call(e, p):
    """A call is broken over lines, as a formatter does."""
    got = e.pick_statement(p)
    if not got:
        return False
    lines, n = e.lines(p), got[1]
    t = lines[n].text
    m = list(CALL.finditer(t))[-1]
    inside = t[m.end():t.rfind(")")]
    if not inside.strip() or inside.count("(") != inside.count(")") or re.search(r"[\"'`]", inside):
        return False
    ind = indent(t)
    parts = inside.split(", ")
    step = "\t" if "\t" in ind else "    "
    pieces = [lines[n].to(t[:m.end()])] + [Line(f"{ind}{step}{x.strip()},") for x in parts[:-1]] + [Line(f"{ind}{step}{parts[-1].strip()}"), Line(ind + t[t.rfind(")"):])]
    hot = [r for _, r, *_ in findings_of(p, [lines[n]])]
    if sorted(hot) != sorted(r for _, r, *_ in findings_of(p, pieces[:1])):
        return False
    lines[n:n + 1] = pieces


def comment(e, p):
    got = e.pick_statement(p)
    if not got or p.endswith((".sh", ".rb")):
        return False
    lines, n = e.lines(p), got[1]
    lines[n] = lines[n].to(lines[n].text + ("  # " if p.endswith(".py") else "  // ") + e.fresh())


def fix_one(e, p):
    got = e.pick_statement(p)
    if not got:
        return False
    lines, n = e.lines(p), got[1]
    lines[n] = e.filler(indent(lines[n].text), 1, p)[0] if lines[n].text.strip() else lines[n]


def rewrite_cold(e, p):
    """Half of all statements without a finding are replaced."""
    lines = e.lines(p)
    hot = {k - 1 for k, *_ in findings_of(p, lines)}
    cold = [n for b in blocks(lines) for n in statements(lines, b) if n not in hot]
    if len(cold) < 4:
        return False
    for n in e.rng.sample(cold, len(cold) // 2):
        lines[n] = Line(e.filler(indent(lines[n].text), 1, p)[0].text)


def extract_function(e, p):
    """Some lines of a function go into a new one below it; a call takes their place."""
    got = e.pick_statement(p)
    if not got:
        return False
    lines, (block, n) = e.lines(p), got
    ind = indent(lines[n].text)
    first = last = n
    while first > block[0] + 1 and lines[first - 1].text.startswith(ind) and lines[first - 1].text.strip() and n - first < 4:
        first -= 1
    while last < block[1] - 2 and lines[last + 1].text.startswith(ind) and lines[last + 1].text.strip() and last - n < 4:
        last += 1
    if last - first < 3:
        return False
    part = lines[first:last + 1]
    name = e.fresh()
    opener, closer = (f"def {name}(self):", None) if p.endswith(".py") else (f"function {name}(self) {{", "}")
    end = block[1]
    lines[end:end] = [Line(""), Line(opener)] + part + ([Line(closer)] if closer else [])
    lines[first:last + 1] = [Line(f"{ind}{name}(self)")]


def rename_definition(e, p):
    """The definition around a finding gets another name."""
    block = e.pick_block(p)
    if not block:
        return False
    lines = e.lines(p)
    copy = e.renamed_copy(lines[block[0]:block[1]])
    rules = {r for _, r, *_ in findings_of(p, lines[block[0]:block[1]])}
    if {r for _, r, *_ in findings_of(p, copy)} != rules:
        return False
    for k, new in zip(range(block[0], block[1]), copy):
        lines[k] = lines[k].to(new.text)


def into_class(e, p):
    """All definitions of a file become members: one level deeper, under a new header."""
    lines = e.lines(p)
    step = "\t" if any(l.text.startswith("\t") for l in lines) else "    "
    first = blocks(lines)[0][0]
    inner = [l.to(step + l.text if l.text.strip() else l.text) for l in lines[first:]]
    head, tail = (f"class {e.fresh()}:", []) if p.endswith(".py") else (f"class {e.fresh()} {{", [Line("}")])
    lines[first:] = [Line(head)] + inner + tail


def move_deeper(e, p):
    """A definition moves to another file, one level deeper."""
    block, q = e.pick_block(p), e.other(p)
    if not block or not q:
        return False
    lines = e.lines(p)
    part = lines[block[0]:block[1]]
    del lines[block[0]:block[1]]
    e.put_block(q, [Line(f"namespace {e.fresh()} {{")] + [l.to("    " + l.text) for l in part] + [Line("}")])


def requote(e, p):
    """Quotes become others all over the file."""
    if not p.endswith((".py", ".js", ".ts", ".mjs")):
        return False
    lines = e.lines(p)
    for n, line in enumerate(lines):
        if '"' not in line.text and "'" in line.text and line.text.count("'") % 2 == 0 and "//" not in line.text and "#" not in line.text:
            lines[n] = line.to(line.text.replace("'", '"'))


def join_lines(e, p):
    """Calls over several lines become one line."""
    lines = e.lines(p)
    n, done = 0, False
    while n < len(lines):
        t = lines[n].text
        if t.rstrip().endswith("(") and not t.lstrip().startswith(("//", "#", "*", "def", "function")):
            end = next((k for k in range(n + 1, min(n + 6, len(lines))) if lines[k].text.strip().startswith(")")), None)
            inner = [x.text.strip() for x in lines[n + 1:end]] if end else []
            if end and not any("//" in x or "#" in x for x in inner):
                joined = t.rstrip() + " ".join(inner).rstrip(",") + lines[end].text.strip()
                before = [r for _, r, *_ in findings_of(p, lines[n:end + 1])]
                if before == [r for _, r, *_ in findings_of(p, [Line(joined)])] and len(set(before)) == len(before):
                    # What is on the joined line continues each of the lines that it was.
                    keep = next((x for x in lines[n:end + 1] if findings_of(p, [x])), lines[n])
                    if sum(bool(findings_of(p, [x])) for x in lines[n:end + 1]) <= 1:
                        lines[n:end + 1] = [keep.to(joined)]
                        done = True
        n += 1
    return done


def shuffle_all(e, p):
    """The definitions of a file in another order, and the file under another name."""
    lines = e.lines(p)
    all_blocks = blocks(lines)
    if len(all_blocks) < 3:
        return False
    order = all_blocks[:]
    e.rng.shuffle(order)
    out, last = [], 0
    for (first, end), (f2, e2) in zip(all_blocks, order):
        out += lines[last:first] + lines[f2:e2]
        last = end
    lines[:] = out + lines[last:]
    return rename(e, p)


# what follows brings something new

def copy_deeper(e, p):
    """A copy in another file, one level deeper."""
    block, q = e.pick_block(p), e.other(p)
    if not block or not q:
        return False
    part = e.lines(p)[block[0]:block[1]]
    e.put_block(q, [Line(f"namespace {e.fresh()} {{")] + [Line("    " + l.text) for l in part] + [Line("}")])


def rename_and_copy(e, p):
    """A definition is renamed in place, and a copy of it written under another new name."""
    block = e.pick_block(p)
    if not block:
        return False
    lines = e.lines(p)
    whole = lines[block[0]:block[1]]
    copy = [l.copy() for l in whole]
    renamed = e.renamed_copy(whole)
    if len(findings_of(p, renamed)) != len(findings_of(p, whole)):
        return False
    for k, new in zip(range(block[0], block[1]), renamed):
        lines[k] = lines[k].to(new.text)
    # Under new names both, nobody can tell which is which.
    e.twins = True
    lines[block[1]:block[1]] = [Line("")] + [Line(l.text) for l in e.renamed_copy(copy)]


def copy_of_part(e, p):
    """Some lines of a function are copied into another."""
    got = e.pick_statement(p)
    lines = e.lines(p)
    if not got:
        return False
    (first, last), n = got[0], got[1]
    part = [l.copy() for l in lines[max(first + 1, n - 2):min(last - 1, n + 3)]]
    places = [(b, k) for b in blocks(lines) if b != got[0] for k in statements(lines, b)]
    if not places:
        return False
    _, k = e.rng.choice(places)
    e.twins = any(x.text.strip() == lines[n].text.strip() for x in lines[max(0, k - 6):k + 6])
    lines[k + 1:k + 1] = part


def copy_below(e, p, above=False):
    block = e.pick_block(p)
    if not block:
        return False
    lines = e.lines(p)
    copy = e.renamed_copy(lines[block[0]:block[1]])
    if above:
        lines[block[0]:block[0]] = copy + [Line("")]
    else:
        lines[block[1]:block[1]] = [Line("")] + copy


def copy_above(e, p):
    return copy_below(e, p, True)


def copy_edited(e, p):
    """A block is copied, and the original edited around its findings."""
    block = e.pick_block(p)
    if not block:
        return False
    lines = e.lines(p)
    copy = e.renamed_copy(lines[block[0]:block[1]])
    lines[block[1]:block[1]] = [Line("")] + copy
    hot = {k - 1 for k, *_ in findings_of(p, lines)}
    cold = [n for n in statements(lines, block) if n not in hot]
    for n in cold[:2]:
        lines[n] = lines[n].to(e.filler(indent(lines[n].text), 1, p)[0].text)


def copy_across(e, p):
    block, q = e.pick_block(p), e.other(p)
    if not block or not q:
        return False
    e.put_block(q, [l.copy() for l in e.lines(p)[block[0]:block[1]]])


def copy_file(e, p):
    stem, suffix = os.path.splitext(p)
    e.files[f"{stem}_copy{suffix}"] = [l.copy() for l in e.lines(p)]
    if e.rng.random() < .5:
        top(e, p)


def move_and_copy(e, p):
    """One block moves away, and another is copied to where it was."""
    lines = e.lines(p)
    all_blocks = blocks(lines)
    block = e.pick_block(p)
    q = e.other(p)
    if not block or not q or len(all_blocks) < 2:
        return False
    second = e.rng.choice([b for b in all_blocks if b != block])
    copy = [l.copy() for l in lines[second[0]:second[1]]]
    part = lines[block[0]:block[1]]
    lines[block[0]:block[1]] = copy
    e.put_block(q, part)


def duplicate_far(e, p):
    got = e.pick_statement(p)
    lines = e.lines(p)
    if not got:
        return False
    text = lines[got[1]].text
    places = [(b, n) for b in blocks(lines) if b != got[0] for n in statements(lines, b)]
    if not places:
        return False
    _, n = e.rng.choice(places)
    e.twins = any(lines[k].text.strip() == text.strip() for k in (n, n + 1, n - 1) if 0 <= k < len(lines))
    lines[n + 1:n + 1] = [Line(indent(lines[n].text) + text.strip())]


def duplicate_beside(e, p):
    got = e.pick_statement(p)
    if not got:
        return False
    lines = e.lines(p)
    lines[got[1] + 1:got[1] + 1] = [lines[got[1]].copy()]
    e.twins = True


def launder(e, p):
    """A statement is taken out of one function, and written into another."""
    got = e.pick_statement(p)
    lines = e.lines(p)
    if not got:
        return False
    places = [(b, n) for b in blocks(lines) if b != got[0] for n in statements(lines, b)]
    if not places:
        return False
    _, n = e.rng.choice(places)
    text = lines[got[1]].text.strip()
    lines[got[1]] = Line(e.filler(indent(lines[got[1]].text), 1, p)[0].text or indent(lines[got[1]].text) + e.fresh())
    lines[n + 1:n + 1] = [Line(indent(lines[n].text) + text)]


def fix_and_new(e, p):
    got, q = e.pick_statement(p), e.other(p)
    if not got or not q:
        return False
    lines = e.lines(p)
    rule = next(r for k, r, *_ in findings_of(p, lines) if k - 1 == got[1])
    lines[got[1]] = Line(indent(lines[got[1]].text) + f"{e.fresh()} = 1;")
    target = e.lines(q)
    places = [n for b in blocks(target) for n in statements(target, b)]
    if not places:
        return False
    n = e.rng.choice(places)
    target[n + 1:n + 1] = [Line(f"{indent(target[n].text)}{e.fresh()} = {rule}({e.fresh()}, {e.fresh()});")]


def fix_and_new_here(e, p):
    got = e.pick_statement(p)
    if not got:
        return False
    lines = e.lines(p)
    rule = next(r for k, r, *_ in findings_of(p, lines) if k - 1 == got[1])
    places = [n for b in blocks(lines) if b != got[0] for n in statements(lines, b)]
    if not places:
        return False
    n = e.rng.choice(places)
    lines[got[1]] = Line(indent(lines[got[1]].text) + f"{e.fresh()} = 1;")
    lines[n + 1:n + 1] = [Line(f"{indent(lines[n].text)}{e.fresh()} = {rule}({e.fresh()}, {e.fresh()});")]


def safe_name(e):
    """A name of a function that no rule is drawn for."""
    while findings_of("x", [Line(f"x = {(name := e.fresh())}(1)")]):
        pass
    return name


def fix_and_new_near(e, p):
    """A call is replaced by a safe one where it stands, and one of the same rule with another argument is written
    above, below, or some statements further down."""
    got = e.pick_statement(p)
    if not got:
        return False
    lines, (block, n) = e.lines(p), got
    old = lines[n].text
    hot = findings_of(p, [lines[n]])
    if len(hot) != 1:
        return False
    rule = hot[0][1]
    lines[n] = lines[n].to(re.sub(rf"\b{rule}\(", safe_name(e) + "(", old))
    call = re.search(rf"\b{rule}\(", old)
    inside = old[call.end():old.rfind(")")]
    given = [m for m in re.finditer(r"[\w.$]+|'[^']*'|\"[^\"]*\"", inside)]
    if given and e.rng.random() < .6:
        m = e.rng.choice(given)
        new = old[:call.end()] + inside[:m.start()] + e.fresh() + inside[m.end():] + old[old.rfind(")"):]
    else:
        new = f"{indent(old)}{e.fresh()} = {rule}({e.fresh()}, {e.fresh()})" + (";" if old.rstrip().endswith(";") else "")
    if len(findings_of(p, [Line(new)])) != 1 or new == old:
        return False
    below = [k + 1 for k in statements(lines, block) if n <= k <= n + 4 and indent(lines[k].text) == indent(old)]
    at = e.rng.choice([n, n + 1] + below)
    lines[at:at] = [Line(new)]


def inner_blocks(lines):
    """Blocks inside of others that have a name or a text: (first line, last line + 1, where the name stands)."""
    out = []
    header = re.compile(r"^\s+(?:[\w.]+\(\s*(['\"])(?P<text>[^'\"]+)\1.*|(?:[\w<>\[\]*,]+\s+)*(?P<name>[A-Za-z_]\w+)\([^()]*\)[^;=.(]*)\{$")
    for n, line in enumerate(lines):
        m = header.match(line.text)
        if not m or (m["name"] or "") in WORDS or re.match(r"\s*(if|for|while|switch|catch|return|else|new)\b", line.text):
            continue
        ind = indent(line.text)
        end = next((k for k in range(n + 1, min(len(lines), n + 60)) if lines[k].text.startswith(ind + "}")), None)
        if any(l.text.strip() and not l.text.startswith(ind + (" " if ind[-1] == " " else "\t")) for l in lines[n + 1:end]):
            continue
        if end and end - n >= 3 and re.fullmatch(r"\s*\}[);,]*", lines[end].text):
            out.append((n, end + 1, m.span("text" if m["text"] else "name")))
    return out


def fix_all(e, p, first, last):
    """The calls of findings in some lines become safe ones."""
    lines = e.lines(p)
    for k, rule, *_ in findings_of(p, lines):
        if first <= k - 1 < last:
            lines[k - 1] = lines[k - 1].to(re.sub(rf"\b{rule}\(", safe_name(e) + "(", lines[k - 1].text))


def copy_and_fix(e, p):
    """A definition is copied under another name below, above or elsewhere, and the original fixed."""
    block = e.pick_block(p)
    if not block:
        return False
    lines = e.lines(p)
    whole = lines[block[0]:block[1]]
    copy = e.renamed_copy(whole)
    changed = next((n for n, (a, b) in enumerate(zip(whole, copy)) if a.text != b.text), None)
    header = next((n for n, l in enumerate(whole) if not l.text.startswith(("@", "//", "# ", "/*", " *", "*/", "#["))), None)
    # A block that is given to a function has no name that a copy could change.
    given = header is not None and re.match(r"[\w.]+\(.*(=>|\bfunction\b)", whole[header].text)
    if changed is None or changed != header or given or len(findings_of(p, copy)) != len(findings_of(p, whole)):
        return False
    fix_all(e, p, *block)
    where = e.rng.randrange(3)
    if where == 0:
        lines[block[1]:block[1]] = [Line("")] + copy
    elif where == 1:
        lines[block[0]:block[0]] = copy + [Line("")]
    else:
        q = e.other(p)
        e.put_block(q if q and e.rng.random() < .5 else p, copy)


def copy_and_fix_inner(e, p):
    """The same with a method, or a block that a text names, inside of another block."""
    lines = e.lines(p)
    hot = {k - 1 for k, *_ in findings_of(p, lines)}
    fit = [b for b in inner_blocks(lines) if b[0] not in hot and any(b[0] < h < b[1] for h in hot)]
    if not fit:
        return False
    first, last, (a, b) = e.rng.choice(fit)
    copy = [l.copy() for l in lines[first:last]]
    text = copy[0].text
    copy[0] = Line(text[:b] + e.rng.choice(["2", "Again", "_too"]) + text[b:])
    if len(findings_of(p, copy)) != len(findings_of(p, lines[first:last])):
        return False
    fix_all(e, p, first, last)
    blank = [Line("")] if e.rng.random() < .7 else []
    if e.rng.random() < .5:
        lines[last:last] = blank + copy
    else:
        lines[first:first] = copy + blank


def new_beside(e, p):
    got = e.pick_statement(p)
    if not got:
        return False
    lines = e.lines(p)
    rule = next(r for k, r, *_ in findings_of(p, lines) if k - 1 == got[1])
    n = got[1] + e.rng.randrange(2)
    lines[n:n] = [Line(f"{indent(lines[got[1]].text)}{e.fresh()} = {rule}({e.fresh()});")]


def new_block(e, p):
    got = e.pick_statement(p)
    if not got:
        return False
    lines = e.lines(p)
    rule = next(r for k, r, *_ in findings_of(p, lines) if k - 1 == got[1])
    e.put_block(p, [Line(f"function {e.fresh()}(a) {{")] + e.filler("    ", 3, p) + [Line(f"    {e.fresh()} = {rule}(a);"), Line("}")])


INHERITED = [top, near, delete_beside, rename, rename_edited, move_within, move_across, extract_file, split_file, merge_files, swap_blocks, reverse_blocks,
             reindent, crlf, wrap_in_condition, rename_name, edit_argument, wrap_call, comment, fix_one, rewrite_cold,
             extract_function, rename_definition, into_class, move_deeper, requote, join_lines, shuffle_all]
NEW = [copy_below, copy_above, copy_edited, copy_across, copy_file, move_and_copy, duplicate_far, duplicate_beside, launder, fix_and_new, fix_and_new_here, new_beside, new_block, copy_deeper, rename_and_copy, copy_of_part,
       fix_and_new_near, copy_and_fix, copy_and_fix_inner]


def mixed(e, p):
    """Several edits, each of a file of its own."""
    done = 0
    for path in e.rng.sample(sorted(e.base), min(12, len(e.base))):
        if path in e.files or path in e.gone:
            continue
        before = {k: list(v) for k, v in e.files.items()}, set(e.gone)
        edit = e.rng.choice([x for x in INHERITED + NEW if x not in (duplicate_beside, merge_files)])
        if not blocks(e.lines(path)) or edit(e, path) is False or e.twins:
            e.files, e.gone, e.twins = before[0], before[1], False
            continue
        done += 1
        if done == 5:
            break
    return done > 1


def git(repo, *args, data=None):
    ran = subprocess.run(["git", "-C", repo, *args], env=ENV, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ran.returncode:
        raise RuntimeError(f"git {args}: {ran.stderr.decode()}")
    return ran.stdout.decode().strip()


def commit(repo, parent, files):
    """A commit with `files` (path -> text, or None for none) over a parent, without a work tree."""
    env = {**ENV, "GIT_INDEX_FILE": os.path.join(repo, f"index-{os.getpid()}")}

    def run(*args, data=None):
        return subprocess.run(["git", "-C", repo, *args], env=env, input=data, check=True, stdout=subprocess.PIPE).stdout.decode().strip()
    run("read-tree", parent or "--empty")
    rows = []
    for path, text in files.items():
        if text is None:
            rows.append(f"0 {'0' * 40}\t{path}\0")
        else:
            rows.append(f"100644 {git(repo, 'hash-object', '-w', '--stdin', data=text.encode())}\t{path}\0")
    run("update-index", "-z", "--index-info", data="".join(rows).encode())
    args = ["-p", parent] if parent else []
    return git(repo, "commit-tree", *args, "-m", "x", run("write-tree"))


def sarif(findings):
    results = [{"ruleId": rule, "level": "warning", "message": {"text": f"call of {rule}"},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": line, **({"startColumn": column} if column else {}), "endLine": last}}}]}
               for path, line, rule, column, last in findings]
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "bench"}}, "results": results}]})


def peers(a, folder, new):
    """What other tools say of two reports: for each, whether each head finding is new."""
    base, head, out = (os.path.join(folder, n) for n in ("base.sarif", "head.sarif", "out"))
    old = collections.Counter((r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], r["locations"][0]["physicalLocation"]["region"]["startLine"], r["ruleId"])
                              for r in json.load(open(base))["runs"][0]["results"])
    said = []
    for path, line, rule, *_ in new:
        key = (path, line, rule)
        said.append(old[key] == 0)
        old[key] -= 1
    yield "rule + file + line", said
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if a.multitool:
        env = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        subprocess.run([a.multitool, "match-results-forward", head, "-r", base, "-o", out, "--log", "ForceOverwrite"], env=env, **quiet)
        states = collections.defaultdict(list)
        for r in json.load(open(out))["runs"][0]["results"]:
            place = r["locations"][0]["physicalLocation"]
            if r.get("baselineState") != "absent":
                states[(place["artifactLocation"]["uri"], place["region"]["startLine"], r["ruleId"], place["region"].get("startColumn", 1))].append(r.get("baselineState") == "new")
        yield "sarif-multitool match-results-forward", [bool(states[(p, l, r, c)].pop(0)) if states[(p, l, r, c)] else False for p, l, r, c, _ in new]
    if a.sarif_tools:
        subprocess.run([a.sarif_tools, "diff", "-o", out, base, head], **quiet)
        found = set()
        for severity, part in json.load(open(out)).items():
            if severity != "all":
                for code, rows in part["codes"].items():
                    found.update((code.split(" ")[0], r["Location"].replace("file:///", ""), int(r["Line"])) for r in rows.get("+@", []))
        yield "sarif-tools diff", [(r, p, l) in found for p, l, r, *_ in new]


def load(folder, limit):
    texts = {}
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if not name.endswith(SUFFIXES) or ".min." in name:
                continue
            path = os.path.join(root, name)
            try:
                text = open(path, encoding="utf-8").read()
            except (UnicodeDecodeError, OSError):
                continue
            lines = text.split("\n")
            if lines and lines[-1] == "":
                lines.pop()
            if 40 <= len(lines) <= 1500 and "\r" not in text and max(map(len, lines)) < 400 and not re.search("[\x0b\x0c\x1c\x85\u2028]", text):
                texts[os.path.relpath(path, folder)] = lines
    names = sorted(texts)
    random.Random(1).shuffle(names)
    return {n: texts[n] for n in sorted(names[:limit])}


def score(said, truth, twins):
    result = collections.Counter(old=truth.count(False), new=truth.count(True), changes=1)
    if twins:
        off = sum(said) - sum(truth)
        result["false"], result["miss"] = max(0, off), max(0, -off)
    else:
        result["false"] = sum(s and not t for s, t in zip(said, truth))
        result["miss"] = sum(t and not s for s, t in zip(said, truth))
    result["clean"] = not any(truth)
    result["blocked"] = not any(truth) and any(said)
    result["passed"] = any(truth) and not any(said)
    return result


def judge(a, repo, base, texts, name, edit, seed):
    rng = random.Random(f"{name}|{edit.__name__}|{seed}")
    paths = [p for p in sorted(texts) if findings_of(p, [Line(t) for t in texts[p]]) and blocks([Line(t) for t in texts[p]])]
    for _ in range(12 if paths else 0):
        e = Edit(rng, texts)
        path = rng.choice(paths)
        if edit(e, path) is not False:
            break
    else:
        return None
    changed = {p: l for p, l in e.files.items() if p not in texts or [x.text for x in l] != texts[p]}
    if not changed and not e.gone:
        return None
    head_files = {**{p: None for p in e.gone if p not in changed}, **{p: "\n".join(x.text for x in l) + "\n" for p, l in changed.items()}}
    head = commit(repo, base, head_files)
    old = [(p, *f) for p in sorted(set(changed) | e.gone) if p in texts for f in findings_of(p, [Line(t) for t in texts[p]])]
    new = [(p, *f) for p in sorted(changed) for f in findings_of(p, changed[p])]
    free = collections.Counter((p, line, rule) for p, line, rule, *_ in old)
    truth = []
    for p, line, rule, *_ in new:
        of = changed[p][line - 1].of
        inherited = of is not None and free[(*of, rule)] > 0
        if inherited:
            free[(*of, rule)] -= 1
        truth.append(not inherited)
    with tempfile.TemporaryDirectory() as folder:
        for side, rows in (("base", old), ("head", new)):
            with open(os.path.join(folder, side + ".sarif"), "w") as file:
                file.write(sarif(rows))
        others = list(peers(a, folder, new)) if a.peers else []
        ran = subprocess.run([a.newgate, "compare", "--base", base, "--head", head, "--format", "json", os.path.join(folder, "base.sarif"), os.path.join(folder, "head.sarif")],
                             cwd=repo, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ran.returncode:
        raise RuntimeError(ran.stderr.decode())
    answers = collections.defaultdict(list)
    for row in json.loads(ran.stdout):
        if row["status"] != "fixed":
            answers[(row["file"], row["line"], row["rule"], row["col"])].append(row)
    got = [answers[(p, line, rule, column)].pop(0) for p, line, rule, column, _ in new]
    said = [g["status"] == "new" for g in got]
    result = score(said, truth, e.twins)
    for name, answers in others:
        a.table[name].update(score(answers, truth, e.twins))
    a.table["newgate compare"].update(result)
    if a.verbose and (result["false"] or result["miss"]):
        for g, s, t in zip(got, said, truth):
            if s != t:
                print(f"  {name} {edit.__name__} {seed}: {g['file']}:{g['line']} {g['rule']} is {'new' if t else 'inherited'}, said {g['status']} ({g['stage']}: {g['why']})  git -C {repo} diff {base[:10]} {head[:10]}")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="1-5")
    parser.add_argument("--edits", default="")
    parser.add_argument("--files", type=int, default=120)
    parser.add_argument("--newgate", default=str(HERE / "target/release/newgate"))
    parser.add_argument("--keep", help="keep the repositories in this folder")
    parser.add_argument("--multitool")
    parser.add_argument("--sarif-tools")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("source", nargs="+")
    a = parser.parse_args()
    first, _, last = a.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    a.peers, a.table = a.multitool or a.sarif_tools, collections.defaultdict(collections.Counter)
    chosen = [x for x in INHERITED + NEW + [mixed] if not a.edits or x.__name__ in a.edits.split(",")]
    totals, sum_all = collections.defaultdict(collections.Counter), collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        folder = a.keep or folder
        for source in a.source:
            name, _, where = source.partition("=")
            texts = load(os.path.expanduser(where), a.files)
            repo = os.path.join(folder, name + ".git")
            subprocess.run(["git", "init", "--quiet", "--bare", repo], check=True, env=ENV)
            base = commit(repo, None, {p: "\n".join(l) + "\n" for p, l in texts.items()})
            here = collections.Counter()
            for edit in chosen:
                for seed in seeds:
                    result = judge(a, repo, base, texts, name, edit, seed)
                    if result:
                        totals[edit.__name__].update(result)
                        here.update(result)
            print(f"{name}: {len(texts)} files, {here['changes']} changes, {here['old']} inherited findings of which {here['false']} called new, "
                  f"{here['new']} new of which {here['miss']} missed", flush=True)
            sum_all.update(here)
    print(f"\n{'edit':<18} {'changes':>7} {'inherited':>9} {'false':>6} {'new':>6} {'missed':>6}")
    for edit in chosen:
        t = totals[edit.__name__]
        if t["changes"]:
            print(f"{edit.__name__:<18} {t['changes']:>7} {t['old']:>9} {t['false']:>6} {t['new']:>6} {t['miss']:>6}")
    percent = lambda x, y: f"{100 * x / y:.2f} % ({x}/{y})" if y else "-"
    print("\n| how | false block | miss | clean changes blocked | dirty changes passed |\n| --- | --- | --- | --- | --- |")
    for name, t in a.table.items():
        print(f"| {name} | {percent(t['false'], t['old'])} | {percent(t['miss'], t['new'])} | {percent(t['blocked'], t['clean'])} | {percent(t['passed'], t['changes'] - t['clean'])} |")


if __name__ == "__main__":
    main()
