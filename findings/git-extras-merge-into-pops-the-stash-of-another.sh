#!/usr/bin/env bash
# git-extras 6.5.0 of Debian 12 (git 2.39): `git merge-into`, in a worktree with an untracked file and no other change, takes
# an older stash off the list and applies it there. It counts the file as a local modification, runs `git stash`, which
# leaves untracked files alone and so stashes nothing, and ends with `git stash pop`. All worktrees of a repository share
# the list, so it may be the stash of another one; it reports success. Without the untracked file the stash stays.
# Seen: "no untracked file: exit 0, stashes: 1, tree clean", "untracked file: exit 0, stashes: 0, tree has the edit of main".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git-extras=6.5.0-1 2>/dev/null
dpkg --extract git-extras_*.deb root
export PATH=$folder/root/usr/bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
try() {
  git init --quiet -b main main
  echo base >main/file
  git -C main add file
  git -C main commit --quiet --message base
  git -C main branch release
  git -C main worktree add --quiet -b topic ../tree
  git -C tree commit --quiet --allow-empty --message work
  echo "edit of main" >main/file
  git -C main stash push --quiet
  "$@"
  status=0
  (cd tree && git merge-into release) >/dev/null 2>&1 || status=$?
  content=$([ "$(cat tree/file)" = base ] && echo clean || echo "has the $(cat tree/file)")
  echo "exit $status, stashes: $(git -C main stash list | wc -l), tree $content"
  rm -rf main tree
}
seen="no untracked file: $(try true)
untracked file: $(try touch tree/untracked)"
echo "$seen"
[ "$seen" = "no untracked file: exit 0, stashes: 1, tree clean
untracked file: exit 0, stashes: 0, tree has the edit of main" ]
