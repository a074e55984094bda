#!/usr/bin/env bash
# git 2.39.5 of Debian 12: refs/worktree/* belongs to one worktree, and `git gc` keeps what it leads to only if it runs in that
# worktree. It looks at HEAD, the index and the reflogs of all worktrees, but at such refs of its own one alone. Run in
# another one, it deletes what is older than two weeks: here the edits that `git stash create` saved. The ref stays, and
# then each `git gc` in its worktree fails. refs/bisect/* is treated in the same way. A ref that all worktrees share keeps
# the edits. Source: reachable.c, which asks for the refs of one worktree in 2.55 too.
# Seen: "shared ref: kept; own ref, gc there: kept; own ref, gc in another: deleted; own bisect ref, gc in another: deleted;
# gc there after that: fails".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git=1:2.39.5-0+deb12u3 2>/dev/null
dpkg --extract git_*.deb root
export PATH=$folder/root/usr/bin:$PATH GIT_EXEC_PATH=$folder/root/usr/lib/git-core
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
try() {
  git -c init.templateDir= init --quiet -b main main
  echo committed >main/file
  git -C main add .
  git -C main commit --quiet --message base
  git -C main worktree add --quiet --detach ../linked
  echo edited >linked/file
  git -C linked update-ref "$1" "$(git -C linked stash create)"
  git -C linked reset --quiet --hard
  find main/.git/objects -type f -exec touch --date='20 days ago' {} +
  git -C "$2" gc --quiet
  git -C linked cat-file -e "$1:file" 2>/dev/null && echo kept || echo deleted
}
seen="shared ref: $(try refs/saved/edits main)"
rm -rf main linked
seen+="; own ref, gc there: $(try refs/worktree/edits linked)"
rm -rf main linked
seen+="; own ref, gc in another: $(try refs/worktree/edits main)"
rm -rf main linked
seen+="; own bisect ref, gc in another: $(try refs/bisect/bad main)"
seen+="; gc there after that: $(git -C linked gc --quiet 2>/dev/null && echo works || echo fails)"
echo "$seen"
[ "$seen" = "shared ref: kept; own ref, gc there: kept; own ref, gc in another: deleted; own bisect ref, gc in another:\
 deleted; gc there after that: fails" ]
