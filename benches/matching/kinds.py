#!/usr/bin/env python3
"""More kinds of edits than `edits.py` has, for `newgate compare`: small scenes in nine languages, and formatters.

    python3 benches/matching/kinds.py scenes [--newgate PATH] [--verbose]
    python3 benches/matching/kinds.py formats [--newgate PATH] [--prettier P] [--black P] [--ruff P] [--gofmt P] [--clang-format P]
           [--rustfmt P] [--rubocop P] [--php-cs-fixer P] NAME=FOLDER ...

`scenes`: each kind writes a base and a head from the same pieces, so that the truth is known: a line that a
scanner flags ends in a mark `@name` in the templates, which is taken out before the files are written; a head line
with the mark of a base line continues it, one with `+` is new. `formats`: whole folders are formatted, in three
styles each, in place and with a move of all files; nothing may be new. A call is followed through the formatter
by its order among the calls of its name in the file.
"""
import argparse, collections, json, os, pathlib, re, shutil, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import edits

# How a language writes what the scenes need.
class Language:
    def __init__(self, suffix, define, call, say, assign, join, comment, quote='"', end=";", test=None, constant=None):
        self.suffix, self.define, self.call, self.say, self.assign = suffix, define, call, say, assign
        self.join, self.comment, self.quote, self.end, self.test, self.constant = join, comment, quote, end, test, constant


def braces(header):
    def define(name, params, body, ind=""):
        out = [ind + header.format(name=name, params=", ".join(params))]
        return out + [ind + "    " + l if l else l for l in body] + [ind + "}"]
    return define


def python(name, params, body, ind=""):
    return [f"{ind}def {name}({', '.join(params)}):"] + [ind + "    " + l if l else l for l in body]


def shell(name, params, body, ind=""):
    return [f"{ind}{name}() {{"] + [ind + "    " + l if l else l for l in body] + [ind + "}"]


def c_style(name, params, body, ind=""):
    return [f"static int {name}({', '.join('char *' + p for p in params)})", "{"] + ["\t" + l if l else l for l in body] + ["}"]


PLAIN = dict(call=lambda f, *a: f"{f}({', '.join(a)})", join=lambda a, b: f"{a} + {b}")
LANGUAGES = {
    "js": Language(".js", braces("function {name}({params}) {{"), say=lambda x: f"log({x})", assign=lambda n, v: f"const {n} = {v}", comment="//", end="", quote="'", test="it('{name}', () => {{", constant="const {n} = {v}", **PLAIN),
    "ts": Language(".ts", braces("export async function {name}({params}): Promise<void> {{"), say=lambda x: f"console.log({x})", assign=lambda n, v: f"const {n}: string = {v}", comment="//", test='router.get("/{name}", async (req, res) => {{', **PLAIN),
    "go": Language(".go", braces("func {name}({params} string) {{"), say=lambda x: f"log.Info({x})", assign=lambda n, v: f"{n} := {v}", comment="//", end="", test='t.Run("{name}", func(t *testing.T) {{', **PLAIN),
    "java": Language(".java", braces("public static void {name}(String {params}) {{"), say=lambda x: f"logger.info({x})", assign=lambda n, v: f"String {n} = {v}", comment="//", **PLAIN),
    "c": Language(".c", c_style, say=lambda x: f"trace({x})", assign=lambda n, v: f"char *{n} = {v}", comment="//", **PLAIN),
    "rs": Language(".rs", braces("pub fn {name}({params}: &str) {{"), say=lambda x: f"info({x})", assign=lambda n, v: f"let {n} = {v}", comment="//", **PLAIN),
    "php": Language(".php", braces("function {name}({params}) {{"), say=lambda x: f"error_log({x})", assign=lambda n, v: f"${n} = {v}", comment="//", **PLAIN),
    "py": Language(".py", python, say=lambda x: f"print({x})", assign=lambda n, v: f"{n} = {v}", comment="#", end="", **PLAIN),
    "sh": Language(".sh", shell, say=lambda x: f"echo {x}", assign=lambda n, v: f"{n}={v}", comment="#", end="", call=lambda f, *a: f"{f} {' '.join(a)}", join=lambda a, b: f"{a}{b}"),
}


class Scene:
    """Makes statements of a language; `bad` is what the scanner flags."""

    def __init__(self, language):
        self.l = language

    def var(self, name):
        return "$" + name if self.l.suffix in (".php", ".sh") else name

    def text(self, value):
        return f"{self.l.quote}{value}{self.l.quote}"

    def bad(self, mark, *args, function="run_shell", target=None):
        call = self.l.call(function, *args)
        call = self.l.assign(target, call) if target else call
        return f"{call}{self.l.end}  @{mark}"

    def do(self, function, *args):
        return self.l.call(function, *args) + self.l.end

    def set(self, name, value):
        return self.l.assign(name, value) + self.l.end

    def say(self, value):
        return self.l.say(self.text(value)) + self.l.end

    def define(self, name, body, params=("cmd",)):
        params = [("$" + p if self.l.suffix == ".php" else p) for p in params]
        return self.l.define(name, params, body) + [""]

    def block(self, name, body):
        if not self.l.test:
            return None
        return [self.l.test.format(name=name)] + ["    " + l for l in body] + ["})" + self.l.end, ""]

    def padding(self, name):
        return self.define(name, [self.say(f"{name} begins"), self.do("prepare", self.var("cmd")), self.say(f"{name} ends")])


KINDS = {}


def kind(f):
    KINDS[f.__name__] = f
    return f


def usual(s, *statements, name="handle"):
    body = [s.say("handling"), s.do("check", s.var("cmd")), *statements, s.do("finish", s.var("cmd")), s.say("handled")]
    return s.padding("first") + s.define(name, body) + s.padding("last")


@kind
def fixed_in_place_and_one_below(s):
    cmd = s.var("cmd")
    return usual(s, s.bad("a", s.text("ls "), cmd)), usual(s, s.do("run_safely", s.text("ls "), cmd), s.bad("+", s.text("rm "), cmd))


@kind
def fixed_in_place_and_one_above(s):
    cmd = s.var("cmd")
    return usual(s, s.bad("a", s.text("ls "), cmd)), usual(s, s.bad("+", s.text("rm "), cmd), s.do("run_safely", s.text("ls "), cmd))


@kind
def fixed_in_place_and_one_further_down(s):
    cmd = s.var("cmd")
    return (usual(s, s.bad("a", s.text("ls "), cmd), s.say("one"), s.say("two"), s.say("three")),
            usual(s, s.do("run_safely", s.text("ls "), cmd), s.say("one"), s.say("two"), s.say("three"), s.bad("+", s.text("ls "), cmd, s.var("token"))))


@kind
def argument_checked_and_one_below(s):
    cmd = s.var("cmd")
    return (usual(s, s.bad("a", s.l.join(s.text("SELECT a WHERE id = "), cmd))),
            usual(s, s.do("run_shell_with", s.text("SELECT a WHERE id = ?"), cmd), s.bad("+", s.l.join(s.text("SELECT b WHERE owner = "), cmd))))


@kind
def function_copied_and_original_fixed(s):
    cmd = s.var("cmd")
    body = lambda f, m: [s.say("start"), f(m), s.do("check", cmd), s.do("finish", cmd)]
    bad, safe = (lambda m: s.bad(m, s.text("ls"), cmd)), (lambda m: s.do("run_safely", s.text("ls"), cmd))
    return s.padding("first") + s.define("one", body(bad, "a")), s.padding("first") + s.define("one", body(safe, "")) + s.define("two", body(bad, "+"))


@kind
def function_copied_above_and_original_fixed(s):
    cmd = s.var("cmd")
    body = lambda f, m: [s.say("start"), f(m), s.do("check", cmd), s.do("finish", cmd)]
    bad, safe = (lambda m: s.bad(m, s.text("ls"), cmd)), (lambda m: s.do("run_safely", s.text("ls"), cmd))
    return s.padding("first") + s.define("one", body(bad, "a")), s.padding("first") + s.define("two", body(bad, "+")) + s.define("one", body(safe, ""))


@kind
def long_function_copied_and_fixed_in_several_places(s):
    cmd = s.var("cmd")
    def body(m, safe):
        f = (lambda n: s.do("run_safely", s.text(n), cmd)) if safe else (lambda n: s.bad(m + n if m != "+" else "+", s.text(n), cmd))
        return [s.say("start"), f("one"), s.do("check", cmd), f("two"), s.say("middle"), s.do("turn", cmd), f("three"), s.do("finish", cmd)]
    return s.padding("first") + s.define("alpha", body("m", False)), s.padding("first") + s.define("alpha", body("", True)) + s.define("beta", body("+", False))


@kind
def named_by_a_string_copied_and_original_fixed(s):
    cmd = s.var("cmd")
    one = lambda n, f: s.block(n, [s.set("v", s.do("read", cmd).rstrip(";")), f, s.do("check", s.var("v"))])
    if not s.l.test:
        return None
    bad, safe = (lambda m: s.bad(m, s.var("v"))), s.do("run_safely", s.var("v"))
    return s.padding("first") + one("one", bad("a")), s.padding("first") + one("one", safe) + one("two", bad("+"))


@kind
def named_by_a_string_moved(s):
    cmd = s.var("cmd")
    if not s.l.test:
        return None
    one = lambda n, f: s.block(n, [s.set("v", s.do("read", cmd).rstrip(";")), f, s.do("check", s.var("v"))])
    a, b = one("one", s.bad("a", s.var("v"))), one("two", s.do("run_safely", s.var("v")))
    return s.padding("first") + a + b, s.padding("first") + b + a


@kind
def constant_becomes_data(s):
    return usual(s, s.bad("a", s.text("clear"))), usual(s, s.bad("+", s.var("cmd")))


@kind
def constant_gets_data_added(s):
    if s.l.suffix == ".sh":
        return None
    return usual(s, s.bad("a", s.text("clear"))), usual(s, s.bad("+", s.l.join(s.text("clear "), s.var("cmd"))))


@kind
def another_function_in_its_place(s):
    cmd = s.var("cmd")
    return usual(s, s.bad("a", s.text("ls"), cmd)), usual(s, s.bad("+", s.text("ls"), cmd, function="exec_shell"))


@kind
def other_data_in_its_place(s):
    return usual(s, s.bad("a", s.text("ls"), s.var("cmd")), s.do("use", s.var("other"))), usual(s, s.bad("+", s.text("ls"), s.var("other")), s.do("use", s.var("other")))


@kind
def unrelated_function_in_its_place(s):
    base = s.padding("first") + s.define("old", [s.say("old"), s.bad("a", s.var("cmd"))]) + s.padding("last")
    head = s.padding("first") + s.define("old", [s.say("old")]) + s.define("fresh", [s.say("fresh"), s.bad("+", s.text("go"), s.var("query"))], ("query",)) + s.padding("last")
    return base, head


@kind
def taken_out_here_and_written_there(s):
    cmd = s.var("cmd")
    one = lambda n, *m: s.define(n, [s.say(n), s.do("check", cmd), *m, s.do("finish_" + n, cmd)])
    bad = lambda m: s.bad(m, s.text("ls"), cmd)
    return one("alpha", bad("a")) + one("beta"), one("alpha") + one("beta", bad("+"))


@kind
def duplicated_in_another_branch(s):
    cmd = s.var("cmd")
    return usual(s, s.bad("a", s.text("ls"), cmd)), usual(s, s.bad("a", s.text("ls"), cmd), s.say("again"), s.do("turn", cmd), s.say("more"), s.bad("+", s.text("ls"), cmd))


# what follows keeps everything

@kind
def argument_becomes_a_variable(s):
    if s.l.suffix == ".sh":
        return None
    value = s.l.join(s.text("ls "), s.var("cmd"))
    return usual(s, s.bad("a", value)), usual(s, s.set("command", value), s.bad("a", s.var("command")))


@kind
def variable_becomes_an_argument(s):
    if s.l.suffix == ".sh":
        return None
    value = s.l.join(s.text("ls "), s.var("cmd"))
    return usual(s, s.set("command", value), s.bad("a", s.var("command"))), usual(s, s.bad("a", value))


@kind
def line_goes_into_a_helper(s):
    cmd = s.var("cmd")
    helper = s.define("run_helper", [s.bad("a", s.text("ls"), cmd)])
    return usual(s, s.bad("a", s.text("ls"), cmd)), usual(s, s.do("run_helper", cmd)) + helper


@kind
def line_goes_into_a_helper_with_other_names(s):
    cmd, given = s.var("cmd"), s.var("given")
    helper = s.define("run_helper", [s.bad("a", s.text("ls"), given)], ("given",))
    return usual(s, s.bad("a", s.text("ls"), cmd)), usual(s, s.do("run_helper", cmd)) + helper


@kind
def result_is_kept(s):
    if s.l.suffix == ".sh":
        return None
    return usual(s, s.bad("a", s.text("ls"), s.var("cmd"))), usual(s, s.bad("a", s.text("ls"), s.var("cmd"), target="result"))


@kind
def text_of_an_argument_is_edited(s):
    return usual(s, s.bad("a", s.text("ls -l"), s.var("cmd"))), usual(s, s.bad("a", s.text("ls -l -a"), s.var("cmd")))


@kind
def option_is_added(s):
    return usual(s, s.bad("a", s.text("ls"), s.var("cmd"))), usual(s, s.bad("a", s.text("ls"), s.var("cmd"), "30"))


@kind
def parameter_is_renamed(s):
    body = lambda v: [s.say("handling"), s.do("check", s.var(v)), s.bad("a", s.text("ls"), s.var(v)), s.do("finish", s.var(v))]
    return s.padding("first") + s.define("handle", body("cmd")), s.padding("first") + s.define("handle", body("command"), ("command",))


@kind
def lines_around_are_edited(s):
    cmd = s.var("cmd")
    return (usual(s, s.do("before", cmd), s.bad("a", s.text("ls"), cmd), s.do("after", cmd)),
            usual(s, s.do("long_before", cmd, s.text("x")), s.bad("a", s.text("ls"), cmd), s.do("right_after", cmd, "2")))


@kind
def goes_into_a_condition(s):
    cmd = s.var("cmd")
    bad = s.bad("a", s.text("ls"), cmd)
    if s.l.suffix == ".py":
        inner = ["if ready(cmd):", "    " + bad]
    elif s.l.suffix == ".sh":
        inner = ["if ready $cmd; then", "    " + bad, "fi"]
    else:
        inner = [f"if (ready({cmd})) {{", "    " + bad, "}"]
    return usual(s, bad), usual(s, *inner)


@kind
def function_is_renamed_and_moved(s):
    cmd = s.var("cmd")
    body = [s.say("start"), s.bad("a", s.text("ls"), cmd), s.do("check", cmd), s.do("finish", cmd)]
    return s.define("one", body) + s.padding("last") + s.padding("end"), s.padding("last") + s.padding("end") + s.define("uno", body)


@kind
def two_swap_places(s):
    cmd = s.var("cmd")
    a, b = s.bad("a", s.text("ls"), cmd), s.do("note", s.text("x"), cmd)
    return usual(s, a, b), usual(s, b, a)


@kind
def quotes_and_ends_change(s):
    base = usual(s, s.bad("a", s.text("ls"), s.var("cmd")))
    if s.l.suffix not in (".js", ".ts", ".py", ".php"):
        return None
    swap = str.maketrans("'\"", "\"'")
    return base, [l.translate(swap) for l in base]


@kind
def one_of_two_is_fixed(s):
    cmd = s.var("cmd")
    return (usual(s, s.bad("a", s.text("one"), cmd), s.say("between"), s.bad("b", s.text("two"), cmd)),
            usual(s, s.do("run_safely", s.text("one"), cmd), s.say("between"), s.bad("b", s.text("two"), cmd)))


@kind
def literal_moves_to_the_top(s):
    if s.l.suffix in (".sh", ".php", ".go", ".java", ".c"):
        return None
    name = s.set("COMMAND", s.text("ls -l"))
    return usual(s, s.bad("a", s.text("ls -l"))), [name, ""] + usual(s, s.bad("a", "COMMAND"))


MARK = re.compile(r"  @(\S+)$")


def plain(lines):
    """The text without marks, and the marks by line number."""
    marks = {n: m[1] for n, l in enumerate(lines, 1) if (m := MARK.search(l))}
    return [MARK.sub("", l) for l in lines], marks


def compare(a, repo, base, head, old, new):
    with tempfile.TemporaryDirectory() as folder:
        for side, rows in (("base", old), ("head", new)):
            with open(os.path.join(folder, side + ".sarif"), "w") as file:
                file.write(edits.sarif(rows))
        ran = subprocess.run([a.newgate, "compare", "--base", base, "--head", head, "--format", "json", os.path.join(folder, "base.sarif"), os.path.join(folder, "head.sarif")],
                             cwd=repo, env=edits.ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ran.returncode:
        raise RuntimeError(ran.stderr.decode())
    return [r for r in json.loads(ran.stdout) if r["status"] != "fixed"]


def scenes(a):
    totals = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as folder:
        repo = os.path.join(folder, "r.git")
        subprocess.run(["git", "init", "--quiet", "--bare", repo], check=True, env=edits.ENV)
        for name, make in KINDS.items():
            for language in LANGUAGES.values():
                made = make(Scene(language))
                if not made:
                    continue
                path = "part" + language.suffix
                (old, old_marks), (new, new_marks) = map(plain, made)
                base = edits.commit(repo, None, {path: "\n".join(old) + "\n"})
                head = edits.commit(repo, base, {path: "\n".join(new) + "\n"})
                rows = lambda marks: [(path, n, "shell", None, n) for n in sorted(marks)]
                said = compare(a, repo, base, head, rows(old_marks), rows(new_marks))
                for row in said:
                    new_one = new_marks[row["line"]] not in old_marks.values()
                    wrong = (row["status"] == "new") != new_one
                    totals[name].update(old=not new_one, new=new_one, false=wrong and not new_one, miss=wrong and new_one)
                    if wrong and a.verbose:
                        print(f"  {name} {path}:{row['line']} said {row['status']} ({row['stage']}: {row['why']})")
    report(totals)


STYLES = {
    "prettier": ((".js", ".mjs", ".ts", ".tsx"), [["--print-width", "80"], ["--no-semi", "--single-quote", "--print-width", "100", "--arrow-parens", "avoid"], ["--use-tabs", "--trailing-comma", "none", "--print-width", "60"]]),
    "black": ((".py",), [[], ["-l", "60"], ["-l", "120", "-C"]]),
    "ruff": ((".py",), [["--line-length", "100"], ["--line-length", "60"], ["--config", 'format.quote-style="single"']]),
    "gofmt": ((".go",), [[], ["-s"]]),
    "rustfmt": ((".rs",), [[], ["--config", "max_width=70,hard_tabs=true"], ["--config", "use_small_heuristics=Max,max_width=120"]]),
    "rubocop": ((".rb",), [["--only", "Layout"], ["--only", "Layout,Style/StringLiterals,Style/HashSyntax,Style/BlockDelimiters,Style/TrailingCommaInArguments"],
                           ["--only", "Layout,Style/StringLiterals,Style/MethodCallWithoutArgsParentheses,Style/RedundantReturn,Style/IfUnlessModifier,Style/SpaceInsideHashLiteralBraces"]]),
    "php_cs_fixer": ((".php",), [["--rules=@PSR12"], ["--rules=@Symfony"], ["--rules=@PhpCsFixer"]]),
    "clang_format": ((".c", ".h", ".cc", ".cpp", ".java"), [["--style=Google"], ["--style=WebKit"], ["--style={BasedOnStyle: Microsoft, ColumnLimit: 70}"]]),
}


def formatted(a, tool, style, folder, paths):
    program = getattr(a, tool)
    full = [os.path.join(folder, p) for p in paths]
    args = {"prettier": [program, *style, "--log-level", "silent", "--write"], "black": [program, "-q", *style],
            "ruff": [program, "format", "--isolated", "--quiet", *style], "rustfmt": [program, "--edition", "2021", "--quiet", *style],
            "rubocop": [program, "--autocorrect-all", "--cache", "false", "--format", "quiet", *style], "php_cs_fixer": [program, "fix", "--quiet", "--using-cache=no", "--allow-risky=no", *style], "gofmt": [program, "-w", *style], "clang_format": [program, "-i", *style]}[tool]
    # Some take one file at a time only.
    many = 1 if tool == "php_cs_fixer" else 100
    for n in range(0, len(full), many):
        subprocess.run(args + full[n:n + many], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def formats(a):
    totals = collections.defaultdict(collections.Counter)
    for source in a.source:
        name, _, where = source.partition("=")
        texts = edits.load(os.path.expanduser(where), a.files)
        for tool, (suffixes, styles) in STYLES.items():
            paths = [p for p in texts if p.endswith(suffixes)]
            if not getattr(a, tool) or not paths:
                continue
            for number, style in enumerate(styles):
                with tempfile.TemporaryDirectory() as folder:
                    for p in paths:
                        target = pathlib.Path(folder, "t", p)
                        target.parent.mkdir(parents=True, exist_ok=True)
                        target.write_text("\n".join(texts[p]) + "\n")
                    formatted(a, tool, style, os.path.join(folder, "t"), paths)
                    new_texts = {p: pathlib.Path(folder, "t", p).read_text().split("\n") for p in paths}
                    repo = os.path.join(folder, "r.git")
                    subprocess.run(["git", "init", "--quiet", "--bare", repo], check=True, env=edits.ENV)
                    base = edits.commit(repo, None, {p: "\n".join(texts[p]) + "\n" for p in paths})
                    for move in ("", "moved/"):
                        new = {move + p: "\n".join(new_texts[p]) for p in paths}
                        head = edits.commit(repo, base, {**({p: None for p in paths} if move else {}), **new})
                        found = lambda lines: edits.findings_of("x", [edits.Line(t) for t in lines])
                        old_rows, new_rows, skipped = [], [], 0
                        for p in paths:
                            old, now = found(texts[p]), found(new_texts[p])
                            if sorted(f[1] for f in old) != sorted(f[1] for f in now):
                                skipped += 1
                                continue
                            old_rows += [(p, *f) for f in old]
                            new_rows += [(move + p, *f) for f in now]
                        said = compare(a, repo, base, head, old_rows, new_rows)
                        wrong = [r for r in said if r["status"] == "new"]
                        label = f"{name} {tool} {number}{' moved' if move else ''}"
                        totals[label].update(old=len(said), false=len(wrong), skipped=skipped)
                        if a.verbose:
                            for r in wrong[:20]:
                                print(f"  {label} {r['file']}:{r['line']} {r['rule']} ({r['why']})")
                    if a.keep:
                        shutil.copytree(repo, os.path.join(a.keep, f"{name}-{tool}-{number}.git"), dirs_exist_ok=True)
    report(totals)


def report(totals):
    total = collections.Counter()
    for name, row in totals.items():
        total.update(row)
        print(f"{name:52} old {row['old']:6} called new {row['false']:4}   new {row['new']:5} missed {row['miss']:4}" + (f"   files skipped {row['skipped']}" if row["skipped"] else ""))
    print(f"{'all':52} old {total['old']:6} called new {total['false']:4}   new {total['new']:5} missed {total['miss']:4}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["scenes", "formats"])
    parser.add_argument("--newgate", default=str(edits.HERE / "target/release/newgate"))
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--files", type=int, default=120)
    parser.add_argument("--keep")
    for tool in STYLES:
        parser.add_argument("--" + tool.replace("_", "-"))
    parser.add_argument("source", nargs="*")
    a = parser.parse_intermixed_args()
    (scenes if a.what == "scenes" else formats)(a)


main()
