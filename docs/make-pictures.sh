#!/bin/sh
# Makes the pictures of the documentation: real scanners on a small repository, a real browser, and a real terminal
# (`script`), whose output rich from PyPI draws.
# Run `tests/run` once before: it builds newgate and installs the scanners and the browser's driver.
set -eu
cd -- "$(dirname -- "$0")/.."
root=$PWD
newgate=$root/target/debug/newgate
NEWGATE_CONSUMERS=$root/.tools/consumers
NEWGATE_BROWSER=$(cat .tools/browser)
export NEWGATE_CONSUMERS NEWGATE_BROWSER
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git init --quiet --bare --initial-branch=main "$work/shop.git"
git init --quiet --initial-branch=main "$work/shop"
cd "$work/shop"
git config user.name Dev
git config user.email dev@example.com
git remote add origin ../shop.git
mkdir -p .newgate shop deploy
cat > .newgate/config.toml <<TOML
version = 1

[scanners.bandit]
path = "$root/.tools/bin/bandit"

[scanners.ruff]
path = "$root/.tools/bin/ruff"

[scanners.shellcheck]
path = "$root/.tools/bin/shellcheck"
TOML
cat > shop/orders.py <<'PYTHON'
import hashlib
import subprocess


def export(name):
    return subprocess.call("tar czf " + name, shell=True)


def digest(data):
    return hashlib.md5(data).hexdigest()


def find(db, name):
    return db.execute("SELECT * FROM orders WHERE name = '%s'" % name)
PYTHON
# shellcheck disable=SC2016  # the script that is written has a weakness
printf '#!/bin/sh\nrm -rf $1/*\n' > deploy/clean.sh
git add --all
git commit --quiet --message Start
git push --quiet origin main
"$newgate" baseline build > "$work/log"
git switch --quiet --create import
cat > shop/orders.py <<'PYTHON'
import hashlib
import pickle
import subprocess


def export(name):
    return subprocess.call("tar czf " + name, shell=True)


def export_all(names):
    for name in names:
        subprocess.call("tar czf " + name, shell=True)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def find(db, name):
    return db.execute("SELECT * FROM orders WHERE name = '%s'" % name)


def load(cookie):
    return pickle.loads(cookie)
PYTHON
printf 'import requests\n\nreply = requests.get("https://shop.example", verify=False)\n' > shop/import_.py
git add --all
git commit --quiet --message 'Import orders'
for _ in 1 2 3; do "$newgate" check --quiet > "$work/log" || true; done
"$newgate" check --output "html=$work/page.html" > "$work/log" || true
node "$root/tests/consumers/screenshot.mjs" "$work/page.html" "$root/docs/report.png" light 1180

# The push of the tutorial that is blocked, without the scanners of the page above.
cd "$work"
git init --quiet --bare --initial-branch=main cart.git
git init --quiet --initial-branch=main cart
cd cart
git config user.name Dev
git config user.email dev@example.com
git remote add origin ../cart.git
printf 'import os\n\n\ndef deploy(target):\n    os.system("deploy " + target)\n' > deploy.py
git add --all
git commit --quiet --message Start
git push --quiet origin main
"$newgate" baseline build > "$work/log"
"$newgate" install > "$work/log" 2>&1
git switch --quiet --create feature
cat > cart.py <<'PYTHON'
import pickle

import requests
from flask import request


def load():
    return pickle.loads(request.data)


def stock(item):
    return requests.get("https://stock.test/" + item, verify=False, timeout=5)
PYTHON
git add --all
git commit --quiet --message 'Add the cart'
"$newgate" check --quiet > "$work/log" || true
python3 -m venv "$work/python"
"$work/python/bin/python" -m pip install --quiet --disable-pip-version-check rich==15.0.0
script --quiet --command 'stty cols 100; git push origin feature' "$work/typescript" > "$work/log" || true
"$work/python/bin/python" - "$work/typescript" "$root/docs/blocked.svg" <<'PYTHON'
import io, re, sys
from rich.console import Console
from rich.text import Text

lines = open(sys.argv[1], errors="replace").read().replace("\r", "").splitlines()
lines = [line for line in lines if not line.startswith("Script ")]
console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True, color_system="truecolor")
console.print("$ git push origin feature", highlight=False)
console.print(Text.from_ansi("\n".join(lines).strip("\n")))
svg = console.export_svg(title="git push", unique_id="newgate")
# No font is loaded from anywhere.
open(sys.argv[2], "w").write(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S).replace("Fira Code", "monospace"))
PYTHON
