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
#
# Arguments are handed to `newgate check`. The exit code is its own (0 pass, 1 blocked, 2 mistake,
# 3 incomplete); 2 as well where git lacks something.
set -u

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

command -v newgate >/dev/null || fail 'the program newgate is not on PATH'
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

# The change may hold a link of this name, and the report would be written to where it leads.
rm -f -- newgate.json || fail 'newgate.json is in the way of the report'
exec newgate check --enforce --merge --target "$target" --output json=newgate.json "$@"
