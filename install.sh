#!/bin/sh
# Installs newgate from this folder, and builds it first if need be; see `./install.sh --help`.
set -eu

usage() {
    cat <<'TEXT'
usage: ./install.sh [--prefix DIR] [--demo] [REPOSITORY]
       ./install.sh --uninstall [--prefix DIR] [REPOSITORY]

Installs newgate as DIR/bin/newgate (DIR is ~/.local unless you say otherwise). A program of this version in
dist/out or dist, where dist/build puts it, is used as it is. Without one newgate is built, which takes about
five minutes on two cores.

  --demo        then show what it does, in a throw-away repository: a push that is blocked,
                and one that passes
  REPOSITORY    then install the pre-push hook in this repository
  --uninstall   remove DIR/bin/newgate; with a REPOSITORY, only take the hook out of it
  --prefix DIR  where to install
  --help        this text

Nothing is touched but DIR/bin/newgate, DIR/share/newgate, the `target` folder here, and the hook of REPOSITORY.
TEXT
}

fail() {
    printf 'install.sh: %s\n' "$1" >&2
    exit "${2:-2}"
}

prefix=
repository=
demo=no
uninstall=no
while [ $# -gt 0 ]; do
    case $1 in
        --prefix)
            [ $# -ge 2 ] || fail '--prefix needs a folder'
            prefix=$2
            shift
            ;;
        --prefix=*) prefix=${1#--prefix=} ;;
        --demo) demo=yes ;;
        --uninstall) uninstall=yes ;;
        --help | -h)
            usage
            exit 0
            ;;
        -*) fail "there is no option \`$1\`; see ./install.sh --help" ;;
        *)
            [ -z "$repository" ] || fail 'name one repository only'
            repository=$1
            ;;
    esac
    shift
done
if [ -z "$prefix" ]; then
    [ -n "${HOME:-}" ] || fail 'HOME is not set: say where to install with --prefix DIR'
    prefix=$HOME/.local
fi
case $prefix in
    /*) ;;
    *) prefix=$PWD/$prefix ;;
esac
if [ -n "$repository" ]; then
    [ -d "$repository" ] || fail "\`$repository\` is not a folder"
    repository=$(cd -- "$repository" && pwd)
fi
here=$(cd -- "$(dirname -- "$0")" && pwd)
binary=$prefix/bin/newgate

if [ "$uninstall" = yes ]; then
    [ "$demo" = no ] || fail '--demo and --uninstall exclude each other'
    if [ -n "$repository" ]; then
        [ -x "$binary" ] || fail "\`$binary\` is not there to take the hook out: install it again, or remove the hook by hand"
        exec "$binary" uninstall "$repository"
    fi
    if [ -e "$binary" ]; then
        rm -- "$binary"
        rm -rf -- "$prefix/share/newgate"
        printf 'removed %s\n' "$binary"
    else
        printf 'there is no %s\n' "$binary"
    fi
    exit 0
fi

command -v git >/dev/null 2>&1 || fail 'git is missing; newgate needs git 2.38 or newer (https://git-scm.com)'
version=$(git version | sed 's/^git version \([0-9]*\.[0-9]*\).*/\1/')
major=${version%%.*}
minor=${version#*.}
if [ "$major" -lt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -lt 38 ]; }; then
    fail "git is version $version; newgate needs 2.38 or newer"
fi

# A program that was made for another machine does not say its version here.
own=$(sed -n 's/^version = "\(.*\)"$/newgate \1/p' "$here/Cargo.toml")
program=
for ready in "$here/dist/out/newgate" "$here/dist/newgate"; do
    if [ -f "$ready" ] && [ -x "$ready" ] && [ "$("$ready" --version 2>/dev/null)" = "$own" ]; then
        program=$ready
        printf 'using the program that was built before, %s (remove it to build newgate from its sources)\n' "$ready"
        break
    fi
done

if [ -z "$program" ]; then
    missing=
    need() {
        command -v "$1" >/dev/null 2>&1 || missing="$missing
  $1: $2"
    }
    need cargo 'the Rust toolchain, 1.90 or newer (https://rustup.rs)'
    if ! command -v cc >/dev/null 2>&1 && ! command -v gcc >/dev/null 2>&1 && ! command -v clang >/dev/null 2>&1; then
        missing="$missing
  cc: a C compiler, such as gcc or clang (parts of newgate are written in C)"
    fi
    [ -z "$missing" ] || fail "these programs are missing:$missing"
    printf 'building newgate: about five minutes on two cores the first time\n'
    cargo build --release --locked --manifest-path "$here/Cargo.toml" --target-dir "$here/target" ||
        fail 'the build failed; see the output of cargo above' 3
    program=$here/target/release/newgate
fi
mkdir -p -- "$prefix/bin" "$prefix/share/newgate"
# For `newgate upgrade`.
printf '%s\n' "$here" >"$prefix/share/newgate/source"
# Beside the old one and then in its place, so that a hook that runs now is not harmed.
cp -- "$program" "$binary.new"
mv -- "$binary.new" "$binary"
printf 'installed %s\n' "$binary"
case :$PATH: in
    *:"$prefix/bin":*) ;;
    *) printf 'note: %s is not on PATH; the hooks know where it is, your shell does not\n' "$prefix/bin" ;;
esac
if [ -n "$repository" ]; then
    "$binary" install "$repository"
fi
if [ "$demo" = yes ]; then
    printf '\n'
    exec "$binary" demo
fi
