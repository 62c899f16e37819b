#!/bin/sh
# The gate of a merge request, for any CI: judges what merging HEAD into its target would make.
# Run it in a checkout of the branch, or of the merge. docs/merge-gate.md tells more.
#
#   NEWGATE_TARGET      the branch that is merged into, or the full id of a commit that is here; without
#                       it, the remote's default branch
#   NEWGATE_REMOTE      the remote that has it (origin)
#   NEWGATE_FETCH=no    fetch nothing: the target and the whole history are here
#   NEWGATE_DEPTH       how deep a shallow clone is made at most, in commits (10000)
#   NEWGATE_INSTALL=no  install no scanners: they are here
#   NEWGATE_WHEELS      a folder or an address with the wheel of newgate, instead of the package index of pip
#
# A newgate on PATH is taken as it is. Else this installs the version below into a temporary folder, with
# Python 3 and pip (Debian: `apt-get install git python3-pip`); the target's `.newgate/newgate.txt`, which
# `newgate init --ci` writes, has its hashes. To install scanners from PyPI takes Python's venv (Debian:
# `apt-get install python3-venv`), from npm takes npm.
#
# Arguments are handed to `newgate check`. The exit code is its own (0 pass, 1 blocked, 2 mistake,
# 3 incomplete); 2 as well where git or Python lacks something.
set -u

version=0.1.0

fail() {
    printf 'newgate: %s\n' "$1" >&2
    shift
    for line; do
        printf '  run: %s\n' "$line" >&2
    done
    exit 2
}

# A server that wants a password must not leave the job waiting for one.
GIT_TERMINAL_PROMPT=0
export GIT_TERMINAL_PROMPT

top=$(git rev-parse --show-toplevel) || fail 'this is no checkout that git reads'
cd -- "$top" || fail "$top cannot be entered"

remote=${NEWGATE_REMOTE:-origin}
may_fetch=${NEWGATE_FETCH:-yes}
branch=${NEWGATE_TARGET:-}
branch=${branch#refs/heads/}
if [ -z "$branch" ] && [ "$may_fetch" != no ]; then
    branch=$(git ls-remote --symref -- "$remote" HEAD | sed -n 's|^ref: refs/heads/\(.*\)[[:space:]]HEAD$|\1|p')
fi
[ -n "$branch" ] || fail "the default branch of $remote is not known: set NEWGATE_TARGET"
git check-ref-format "refs/heads/$branch" || fail "\`$branch\` (NEWGATE_TARGET) is no branch's name"
target=refs/remotes/$remote/$branch
refspec=+refs/heads/$branch:$target
if [ "$(git rev-parse --quiet --verify "$branch^{commit}" 2>/dev/null)" = "$branch" ]; then
    target=$branch
    refspec=$branch
fi

is_shallow() {
    [ "$(git rev-parse --is-shallow-repository)" = true ]
}

fetch() {
    git fetch --quiet --no-tags --no-recurse-submodules "$@"
}

# Always anew: a clone that a runner keeps knows an old target, with an old policy.
if [ "$may_fetch" != no ] && [ "$target" != "$branch" ]; then
    if is_shallow; then
        # Without a depth, git would send the target's whole history to where this clone is cut.
        fetch --depth=1 -- "$remote" "$refspec"
    else
        fetch -- "$remote" "$refspec"
    fi || fail "\`$branch\` cannot be fetched from $remote; git says why above" "git fetch $remote $refspec"
fi
git rev-parse --quiet --verify "$target^{commit}" >/dev/null ||
    fail "$target is not in this clone" "git fetch $remote $refspec"

# Whether the histories meet, and no commit that only one side has is cut off from its parents: what such a
# one of the change brought and took away again would not be seen, and such a one of the target may lead to
# commits that look like the change's own.
is_deep_enough() {
    git merge-base HEAD "$target" >/dev/null || return 1
    is_shallow || return 0
    ! git rev-list "HEAD...$target" | grep -qxFf "$(git rev-parse --git-path shallow)"
}

step=50
depth=0
until is_deep_enough; do
    is_shallow || fail "HEAD and $branch have no common commit, so git refuses to merge them; to judge HEAD without:" \
        "newgate check --enforce --target $target"
    if [ "$may_fetch" = no ] || [ "$depth" -ge "${NEWGATE_DEPTH:-10000}" ]; then
        fail "this shallow clone does not reach to where HEAD left $branch" "git fetch --unshallow $remote $refspec"
    fi
    # The commits where it is cut are asked for, since HEAD may be a merge that no server has.
    fetch "--deepen=$step" --stdin -- "$remote" <"$(git rev-parse --git-path shallow)" ||
        fail "this shallow clone cannot be deepened; git says why above" "git fetch --unshallow $remote $refspec"
    depth=$((depth + step))
    step=$((step * 2))
done

# By the hashes that the target names, not those of the change. It is one wheel with a program, so nothing of it
# runs before it is whole and has its hash. `-I`, since Python would take modules from the checkout.
install_newgate() {
    python3 -I -m pip --version >/dev/null 2>&1 || fail 'newgate is not on PATH, and python3 with pip, which would install it, is not here' \
        'apt-get install python3-pip'
    home=$(mktemp -d) || exit 2
    printf 'newgate==%s\n' "$version" >"$home/newgate.txt"
    if git cat-file -e "$target:.newgate/newgate.txt" 2>/dev/null; then
        git show "$target:.newgate/newgate.txt" >"$home/newgate.txt" || exit 2
        set -- --require-hashes
    else
        printf 'newgate: %s has no .newgate/newgate.txt, so the hash of newgate is not checked (newgate init --ci writes it)\n' "$branch" >&2
        set --
    fi
    [ -z "${NEWGATE_WHEELS:-}" ] || set -- "$@" --no-index --find-links "$NEWGATE_WHEELS"
    PIP_ROOT_USER_ACTION=ignore python3 -I -m pip install --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
        --target "$home" --requirement "$home/newgate.txt" "$@" ||
        fail "newgate $version cannot be installed; pip says why above"
    PATH=$home/bin:$PATH
    export PATH
}
command -v newgate >/dev/null || install_newgate

# In a folder that holds the target's `.newgate` only: which scanners, and which versions, is for the
# target to say, not for the change. Where it has none yet, no scanner runs that needs to be installed.
install_scanners() {
    folder=$(mktemp -d) || return
    git worktree add --quiet --no-checkout --detach "$folder/target" "$target" &&
        git -C "$folder/target" checkout --quiet "$target" -- .newgate &&
        (cd -- "$folder/target" && newgate scanners install --lock .newgate/scanners.lock)
    code=$?
    git worktree remove --force "$folder/target"
    rm -rf -- "$folder"
    return "$code"
}
if [ "${NEWGATE_INSTALL:-yes}" != no ] && git rev-parse --quiet --verify "$target:.newgate" >/dev/null; then
    # Not the end: the check says of each scanner whether it is missing, and the report has it then.
    install_scanners || printf 'newgate: not all scanners could be installed\n' >&2
fi

# What the forge shows: annotations and the summary of the job on GitHub, the merge request's widget on GitLab.
set -- --output json=newgate.json "$@"
if [ "${GITLAB_CI:-}" = true ]; then
    set -- --output gitlab-code-quality=newgate-quality.json --output gitlab-sast=newgate-sast.json "$@"
elif [ "${GITHUB_ACTIONS:-}" = true ] && [ "${GITEA_ACTIONS:-}" != true ]; then
    set -- --output github=/dev/stdout --output github-sarif=newgate.sarif "$@"
fi
# The change may hold links of these names, and the reports would be written to where they lead.
rm -f -- newgate.json newgate.sarif newgate-quality.json newgate-sast.json || fail 'a file of the checkout is in the way of a report'
exec newgate check --enforce --merge --target "$target" "$@"
