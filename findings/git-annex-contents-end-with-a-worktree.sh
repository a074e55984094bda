#!/usr/bin/env bash
# git-annex 10.20230126 of Debian 12 (git 2.39): if git-annex is initialised in a linked worktree first, the contents of its
# files are kept below .git/worktrees/NAME and nowhere else. Once the directory of the worktree is deleted,
# `git worktree prune` (and so a `git gc`, in time) deletes them, though the commit is on a branch of the main repository;
# `git annex whereis` goes on to count a copy "here". If the main repository was initialised first, they are kept there.
# Seen: "main first: content, 1 copy here", "worktree first: no content, 1 copy here".
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder" && rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git-annex=10.20230126-3 2>/dev/null
dpkg --extract git-annex_*.deb root
export PATH=$folder/root/usr/bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
annex() (
  cd "$1"
  git annex "${@:2}" 2>/dev/null
)
try() {
  mkdir "$1"
  cd "$1"
  git init --quiet -b main main
  git -C main commit --quiet --allow-empty --message one
  git -C main worktree add --quiet -b topic ../worktree
  annex "$1" init >/dev/null
  [ "$1" = worktree ] || annex worktree init >/dev/null
  echo some >worktree/file
  annex worktree add file >/dev/null
  git -C worktree commit --quiet --message file
  git -C main merge --quiet --ff-only topic
  chmod -R u+w worktree
  rm -rf worktree
  git -C main worktree prune
  content=$([ -e main/file ] && echo content || echo "no content")
  copies=$(annex main whereis file | grep --count '\[here\]')
  echo "$1 first: $content, $copies copy here"
  cd ..
}
seen=$(
  try main
  try worktree
)
echo "$seen"
[ "$seen" = "main first: content, 1 copy here
worktree first: no content, 1 copy here" ]
