#!/usr/bin/env bash
# isomorphic-git 1.44.19 (Node.js 20.20, git 2.39): `stash({ op: "apply" })` writes the stashed file over an edit that was
# made since and is in no commit. `git stash apply` refuses: "Your local changes ... would be overwritten by merge".
# Seen: "git keeps: edited later", "isomorphic-git keeps: stashed".
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
  git -C "$1" config user.name a
  git -C "$1" config user.email a@example.invalid
  echo committed >"$1/file"
  git -C "$1" add .
  git -C "$1" commit --quiet --message one
  echo stashed >"$1/file"
}
make_repository by-git
git -C by-git stash push --quiet
echo "edited later" >by-git/file
git -C by-git stash apply --quiet 2>/dev/null || true
make_repository by-isomorphic-git
cat >apply.mjs <<'JS'
import fs from "node:fs";
import git from "isomorphic-git";
const dir = "by-isomorphic-git";
await git.stash({ fs, dir, op: "push" });
fs.writeFileSync(`${dir}/file`, "edited later\n");
await git.stash({ fs, dir, op: "apply" });
JS
node apply.mjs
seen="git keeps: $(cat by-git/file)
isomorphic-git keeps: $(cat by-isomorphic-git/file)"
echo "$seen"
[ "$seen" = "git keeps: edited later
isomorphic-git keeps: stashed" ]
