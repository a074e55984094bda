#!/usr/bin/env bash
# git-annex 10.20230126 of Debian 12 (git 2.39): `git annex init` in a linked worktree replaces its `.git` file by a
# relative symbolic link to its directory below .git/worktrees. `git status` and `git worktree list` work as before, but
# git neither removes the worktree, even with `--force`, nor moves it: "'.git' is not a .git file". `git worktree repair`
# ends with an error in the whole repository.
# Seen: "before: file; status ok, move ok, repair ok, remove ok" and "after: link; status ok, move refused, repair
# refused, remove refused".
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder" && rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git-annex=10.20230126-3 2>/dev/null
dpkg --extract git-annex_*.deb root
export PATH=$folder/root/usr/bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main main
git -C main commit --quiet --allow-empty --message one
ask() {
  "${@:2}" >/dev/null 2>&1 && echo "$1 ok" || echo "$1 refused"
}
tell() {
  kind=$([ -L "$1/.git" ] && echo link || echo file)
  answers=$(
    ask status git -C "$1" status
    ask move git -C main worktree move "../$1" ../moved
    [ ! -e moved ] || git -C main worktree move ../moved "../$1"
    ask repair git -C main worktree repair
    ask remove git -C main worktree remove --force "../$1"
  )
  echo "$1: $kind; ${answers//$'\n'/, }"
}
git -C main worktree add --quiet --detach ../before
seen=$(tell before)
git -C main worktree add --quiet --detach ../after
cd after
git annex init --quiet >/dev/null 2>&1
cd ..
seen+=$'\n'$(tell after)
echo "$seen"
[ "$seen" = "before: file; status ok, move ok, repair ok, remove ok
after: link; status ok, move refused, repair refused, remove refused" ]
