#!/usr/bin/env bash
# libgit2 1.9.0, through es-git 0.6.0 (Node.js 20.20, git 2.39): a forced checkout of HEAD writes the files that a sparse
# checkout leaves out, and takes their `skip-worktree` marks away; core.sparseCheckout stays true, so git goes on to call
# the work tree sparse. `git checkout --force HEAD` leaves them out.
# Seen: "git: 1 of 2 files, 1 marked", "libgit2: 2 of 2 files, 0 marked".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts es-git@0.6.0
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
umask 022
make_repository() {
  git init --quiet -b main "$1"
  mkdir "$1/wanted" "$1/other"
  touch "$1/wanted/file" "$1/other/file"
  git -C "$1" add .
  git -C "$1" commit --quiet --message one
  git -C "$1" sparse-checkout set --cone wanted
}
tell() {
  echo "$1: $(cd "$1" && ls {wanted,other}/file 2>/dev/null | wc --lines) of 2 files, $(git -C "$1" ls-files -t | grep --count ^S || true) marked"
}
make_repository git
git -C git checkout --quiet --force HEAD
make_repository libgit2
cat >checkout.cjs <<'JS'
const { openRepository } = require("es-git");
openRepository("libgit2").then((repository) => repository.checkoutHead({ force: true }));
JS
node checkout.cjs
seen=$(
  tell git
  tell libgit2
)
echo "$seen"
[ "$seen" = "git: 1 of 2 files, 1 marked
libgit2: 2 of 2 files, 0 marked" ]
