#!/usr/bin/env bash
# libgit2 1.9.0, through es-git 0.6.0 (Node.js 20.20, git 2.39): `cleanupState` during a rebase with `--autostash` deletes
# .git/rebase-merge, and with it the only name of the commit that holds the edits made before the rebase. They are neither
# in the work tree nor in the list of stashes; `git fsck` finds a dangling commit until gc takes it. `git rebase --quit`
# puts them into the list.
# Seen: "git: in the list of stashes", "libgit2: in no ref, log or file, but dangling".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts es-git@0.6.0
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
stop_in_a_rebase() {
  git init --quiet -b main "$1"
  cd "$1"
  echo base | tee conflict other >/dev/null
  git add .
  git commit --quiet --message base
  git checkout --quiet -b side
  echo side >conflict
  git commit --quiet --all --message side
  git checkout --quiet main
  echo main >conflict
  git commit --quiet --all --message main
  echo edited >other
  git rebase --quiet --autostash side >/dev/null 2>&1 || true
  edits=$(cat .git/rebase-merge/autostash)
  cd ..
}
tell() {
  if git -C "$1" stash list --format=%H | grep --quiet "$edits"; then
    echo "$1: in the list of stashes"
  elif grep --quiet --recursive "$edits" "$1/.git" || grep --quiet edited "$1/other"; then
    echo "$1: elsewhere"
  elif git -C "$1" fsck 2>/dev/null | grep --quiet "dangling commit $edits"; then
    echo "$1: in no ref, log or file, but dangling"
  fi
}
stop_in_a_rebase git
git -C git rebase --quit 2>/dev/null
seen=$(tell git)
stop_in_a_rebase libgit2
cat >cleanup.cjs <<'JS'
const { openRepository } = require("es-git");
openRepository("libgit2").then((repository) => repository.cleanupState());
JS
node cleanup.cjs
seen+=$'\n'$(tell libgit2)
echo "$seen"
[ "$seen" = "git: in the list of stashes
libgit2: in no ref, log or file, but dangling" ]
