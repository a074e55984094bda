#!/usr/bin/env bash
# isomorphic-git 1.44.19 (Node.js 20.20, git 2.39): an index that git split in two (`update-index --split-index`,
# `core.splitIndex`) is read without its shared part and without an error. The next `add` writes that reading back: git
# then sees every tracked file as deleted from the index. The index has the extension `link`, in small letters, which
# gitformat-index(5) calls one that a reader must understand.
# Seen: "listed: 1 entry of 3" and "after add: 3 staged deletions".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts isomorphic-git@1.44.19
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main repository
touch repository/{a,b,c}
git -C repository add .
git -C repository commit --quiet --message one
git -C repository update-index --split-index
touch repository/new
cat >add.mjs <<'JS'
import fs from "node:fs";
import git from "isomorphic-git";
const dir = "repository";
const files = await git.listFiles({ fs, dir });
console.log(`listed: ${files.length} entry of 3`);
await git.add({ fs, dir, filepath: "new" });
JS
seen=$(
  node add.mjs
  echo "after add: $(git -C repository diff --cached --name-status --no-renames HEAD | grep --count ^D) staged deletions"
)
echo "$seen"
[ "$seen" = "listed: 1 entry of 3
after add: 3 staged deletions" ]
