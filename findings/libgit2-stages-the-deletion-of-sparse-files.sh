#!/usr/bin/env bash
# libgit2 1.9.0, through es-git 0.6.0 (Node.js 20.20, git 2.39): `addAll` and `updateAll` of the index stage the deletion of
# every file that a sparse checkout leaves out, and a stash records it, so the next commit deletes them for everybody.
# libgit2 takes a file that is not in the work tree for deleted, whether its entry has the `skip-worktree` mark or not;
# `git add --all` leaves those entries alone.
# Seen: "git: M wanted/file", "addAll: D other/file, M wanted/file", the same for updateAll and stashSave.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts es-git@0.6.0
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
make_repository() {
  git init --quiet -b main "$1"
  mkdir "$1/wanted" "$1/other"
  touch "$1/wanted/file" "$1/other/file"
  git -C "$1" add .
  git -C "$1" commit --quiet --message one
  git -C "$1" sparse-checkout set --cone wanted
  echo edited >"$1/wanted/file"
}
cat >run.cjs <<'JS'
const { openRepository } = require("es-git");
const [method] = process.argv.slice(2);
openRepository(method).then((repository) => {
  if (method === "stashSave") return void repository.stashSave({ stasher: { name: "a", email: "a@example.invalid" } });
  const index = repository.index();
  index[method](["*"]);
  index.write();
});
JS
tell() {
  changes=$(git -C "$1" diff-tree -r --name-status HEAD "$2" | tr '\t' ' ')
  echo "$1: ${changes//$'\n'/, }"
}
make_repository git
git -C git add --all
seen=$(tell git "$(git -C git write-tree)")
for method in addAll updateAll; do
  make_repository $method
  node run.cjs $method
  seen+=$'\n'$(tell $method "$(git -C $method write-tree)")
done
make_repository stashSave
node run.cjs stashSave
seen+=$'\n'$(tell stashSave stash)
echo "$seen"
[ "$seen" = "git: M wanted/file
addAll: D other/file, M wanted/file
updateAll: D other/file, M wanted/file
stashSave: D other/file, M wanted/file" ]
