#!/usr/bin/env bash
# isomorphic-git 1.44.19 (Node.js 20.20, git 2.39): a stash of `stash({ op: "push" })` is in refs/stash, and
# `git stash list` does not show it. The line that it writes into logs/refs/stash has the address without "<" and ">", so
# git reads past it. Whoever counts stashes with git counts too few; one who reads the ids of the log finds them all.
# Seen: "git lists 1, isomorphic-git lists 2, the log has 2 lines".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts isomorphic-git@1.44.19
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main repository
echo one >repository/file
git -C repository add .
git -C repository commit --quiet --message one
git -C repository config user.name a
git -C repository config user.email a@example.invalid
echo two >repository/file
git -C repository stash push --quiet
echo three >repository/file
cat >stash.mjs <<'JS'
import fs from "node:fs";
import git from "isomorphic-git";
const dir = "repository";
await git.stash({ fs, dir, op: "push" });
console.log((await git.stash({ fs, dir, op: "list" })).length);
JS
listed=$(node stash.mjs)
log=repository/.git/logs/refs/stash
seen="git lists $(git -C repository stash list | wc --lines), isomorphic-git lists $listed, the log has $(grep --count . $log) lines"
echo "$seen"
[ "$seen" = "git lists 1, isomorphic-git lists 2, the log has 2 lines" ]
