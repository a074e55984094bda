#!/usr/bin/env bash
# isomorphic-git 1.44.19 (Node.js 20.20, git 2.39): `deleteBranch` of "topic" leaves logs/refs/heads/topic. git cannot make
# a branch "topic/next" after that, because the log of the old branch is a file where a directory has to be. git itself
# removes the log with the branch.
# Seen: "after git: made", "after isomorphic-git: refused".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts isomorphic-git@1.44.19
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
try() {
  git -C repository branch topic/next 2>/dev/null && echo made || echo refused
}
git init --quiet -b main repository
git -C repository commit --quiet --allow-empty --message one
git -C repository branch topic
git -C repository branch --quiet --delete topic
seen="after git: $(try)"
git -C repository branch --quiet --delete topic/next 2>/dev/null
git -C repository branch topic
cat >delete.mjs <<'JS'
import fs from "node:fs";
import git from "isomorphic-git";
await git.deleteBranch({ fs, dir: "repository", ref: "topic" });
JS
node delete.mjs
seen="$seen
after isomorphic-git: $(try)"
echo "$seen"
[ "$seen" = "after git: made
after isomorphic-git: refused" ]
