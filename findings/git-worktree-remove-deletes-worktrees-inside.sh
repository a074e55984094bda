#!/usr/bin/env bash
# git 2.39.5 of Debian 12: `git worktree remove` without `--force` asks for nothing but what `git status` shows. If an ignored
# directory of the worktree holds other linked worktrees, as tools keep them below .worktrees or .claude, they are deleted
# with it, their edits and untracked files included, even if they are locked. A lock of the outer one would keep both. If
# the directory is not ignored, it counts as untracked, and git refuses.
# Seen: "not ignored: refused, edits kept", "ignored: removed, edits deleted, still registered", "ignored and locked:
# removed, edits deleted, still registered".
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
  echo "$1" >main/.gitignore
  echo committed >main/file
  git -C main add .
  git -C main commit --quiet --message base
  git -C main worktree add --quiet --detach ../outer
  git -C outer worktree add --quiet --detach .worktrees/inner
  echo edited >outer/.worktrees/inner/file
  [ -z "${2:-}" ] || git -C main worktree lock ../outer/.worktrees/inner
  answer=$(git -C main worktree remove ../outer 2>/dev/null && echo removed || echo refused)
  answer+=$([ -e outer/.worktrees/inner/file ] && echo ", edits kept" || echo ", edits deleted")
  if [ ! -e outer ]; then
    answer+=$(git -C main worktree list | grep -q '/inner ' && echo ", still registered" || echo ", not registered")
  fi
  rm -rf main outer
  echo "$answer"
}
seen="not ignored: $(try other)
ignored: $(try .worktrees/)
ignored and locked: $(try .worktrees/ lock)"
echo "$seen"
[ "$seen" = "not ignored: refused, edits kept
ignored: removed, edits deleted, still registered
ignored and locked: removed, edits deleted, still registered" ]
