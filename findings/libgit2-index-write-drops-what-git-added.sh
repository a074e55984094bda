#!/usr/bin/env bash
# libgit2 1.9.0, through es-git 0.6.0 (Node.js 20.20, git 2.39): a program that opened the index before another process ran
# `git add` writes its older reading over it, without an error: what was added in between is staged no longer. libgit2
# takes index.lock only to write and does not look whether the file has changed since it was read; git takes the lock
# before it reads.
# Seen: "staged: by-libgit2; by-git: ??".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts es-git@0.6.0
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder
git init --quiet -b main repository
touch repository/by-git repository/by-libgit2
cat >add.cjs <<'JS'
const { execFileSync } = require("node:child_process");
const { openRepository } = require("es-git");
openRepository("repository").then((repository) => {
  const index = repository.index();
  execFileSync("git", ["-C", "repository", "add", "by-git"]);
  index.addPath("by-libgit2");
  index.write();
});
JS
node add.cjs
seen="staged: $(git -C repository ls-files); by-git: $(git -C repository status --porcelain by-git | cut --characters=1-2)"
echo "$seen"
[ "$seen" = "staged: by-libgit2; by-git: ??" ]
