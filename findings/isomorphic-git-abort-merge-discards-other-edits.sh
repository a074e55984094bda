#!/usr/bin/env bash
# isomorphic-git 1.44.19 (Node.js 20.20, git 2.39): `abortMerge` after a conflict in one file also puts back each other
# file that was edited before the merge began and that the merge does not touch. `git merge --abort` keeps such an edit.
# Seen: "git keeps: edited", "isomorphic-git keeps: committed".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts isomorphic-git@1.44.19
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
make_repository() {
  git init --quiet -b main "$1"
  cd "$1"
  echo committed | tee conflict other >/dev/null
  git add .
  git commit --quiet --message base
  git checkout --quiet -b side
  echo side >conflict
  git commit --quiet --all --message side
  git checkout --quiet main
  echo main >conflict
  git commit --quiet --all --message main
  echo edited >other
  cd ..
}
make_repository by-git
git -C by-git merge side >/dev/null || true
git -C by-git merge --abort
make_repository by-isomorphic-git
cat >abort.mjs <<'JS'
import fs from "node:fs";
import git from "isomorphic-git";
const dir = "by-isomorphic-git";
const author = { name: "a", email: "a@example.invalid" };
await git.merge({ fs, dir, ours: "main", theirs: "side", abortOnConflict: false, author }).catch(({ code }) => {
  if (code !== "MergeConflictError") throw new Error(code);
});
await git.abortMerge({ fs, dir });
JS
node abort.mjs
seen="git keeps: $(cat by-git/other)
isomorphic-git keeps: $(cat by-isomorphic-git/other)"
echo "$seen"
[ "$seen" = "git keeps: edited
isomorphic-git keeps: committed" ]
