#!/usr/bin/env bash
# libgit2 1.9.0, through es-git 0.6.0 (Node.js 20.20, git 2.39): with core.sharedRepository=group, the index and the
# directories of objects that libgit2 writes have the rights of the umask (022 here). git gives the group its rights. The
# next user of the group cannot add an object whose id begins with the same two digits.
# Seen: "git: index 664, directories of objects 2775", "libgit2: index 644, directories of objects 755".
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
  git -C "$1" config core.sharedRepository group
  echo "some content" >"$1/file"
}
tell() {
  directory=$(find "$1/.git/objects" -mindepth 1 -maxdepth 1 -name '??')
  echo "$1: index $(stat --format %a "$1/.git/index"), directories of objects $(stat --format %a "$directory")"
}
make_repository git
git -C git add file
make_repository libgit2
cat >add.cjs <<'JS'
const { openRepository } = require("es-git");
openRepository("libgit2").then((repository) => {
  const index = repository.index();
  index.addPath("file");
  index.write();
});
JS
node add.cjs
seen=$(
  tell git
  tell libgit2
)
echo "$seen"
[ "$seen" = "git: index 664, directories of objects 2775
libgit2: index 644, directories of objects 755" ]
