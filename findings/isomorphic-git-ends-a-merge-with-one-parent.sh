#!/usr/bin/env bash
# isomorphic-git 1.44.19 (Node.js 20.20, git 2.39): `commit` while git's own merge is under way (`git merge --no-commit`)
# makes a commit with one parent and leaves MERGE_HEAD. The merged branch is not in the history of that commit, its
# content is, and git goes on to say that a merge has to be concluded.
# Seen: "parents: 1; MERGE_HEAD: still there; side is merged: no".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts isomorphic-git@1.44.19
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main repository
cd repository
git commit --quiet --allow-empty --message base
git checkout --quiet -b side
git commit --quiet --allow-empty --message side
git checkout --quiet main
git merge --quiet --no-commit --no-ff side 2>/dev/null >&2
cd ..
cat >commit.mjs <<'JS'
import fs from "node:fs";
import git from "isomorphic-git";
await git.commit({ fs, dir: "repository", message: "merge", author: { name: "a", email: "a@example.invalid" } });
JS
node commit.mjs
parents=$(git -C repository log -1 --format=%P | wc --words)
left=$([ -e repository/.git/MERGE_HEAD ] && echo "still there" || echo gone)
merged=$(git -C repository merge-base --is-ancestor side main && echo yes || echo no)
seen="parents: $parents; MERGE_HEAD: $left; side is merged: $merged"
echo "$seen"
[ "$seen" = "parents: 1; MERGE_HEAD: still there; side is merged: no" ]
