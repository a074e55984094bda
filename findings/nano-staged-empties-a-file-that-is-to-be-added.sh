#!/usr/bin/env bash
# nano-staged 1.0.2 (Node.js 20.20, git 2.39): if a check fails, everything is put back as it was. But if a new file was named
# by `git add --intent-to-add`, it is emptied, and the edits that were not staged are gone from every file. `git checkout .`
# writes what the index has, an empty file for the new one; the patch with the edits then does not apply, because it
# makes that file. The edits are in .git/nano-staged.patch alone, and the next run overwrites it. Without the new file,
# they stay.
# Seen: "without: edited; with: committed, new file empty, patch has 2 of 2 edits; next run: committed, patch has 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts nano-staged@1.0.2
export PATH=$folder/node_modules/.bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
make_repository() {
  git init --quiet -b main "$1"
  cd "$1"
  echo '{ "checked": "false" }' >.nano-staged.json
  echo committed | tee checked edited >/dev/null
  git add .
  git commit --quiet --message base
  echo staged >checked
  git add checked
  echo edited >edited
}
count_in_patch() {
  grep --count --line-regexp --regexp='+edited' --regexp='+new' .git/nano-staged.patch || true
}
make_repository without
nano-staged >/dev/null 2>&1 || true
seen="without: $(cat edited)"
cd ..
make_repository with
echo new >new
git add --intent-to-add new
nano-staged >/dev/null 2>&1 || true
seen+="; with: $(cat edited), new file $([ -s new ] && echo kept || echo empty), patch has $(count_in_patch) of 2 edits"
nano-staged >/dev/null 2>&1 || true
seen+="; next run: $(cat edited), patch has $(count_in_patch)"
echo "$seen"
[ "$seen" = "without: edited; with: committed, new file empty, patch has 2 of 2 edits; next run: committed, patch has 0" ]
