#!/bin/sh
# Makes the pictures of the documentation: real scanners on a small repository, and a real browser.
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
