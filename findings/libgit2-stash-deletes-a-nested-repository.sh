#!/usr/bin/env bash
# libgit2 1.9.0, through es-git 0.6.0 (Node.js 20.20, git 2.39): a stash with untracked files deletes a repository that lies
# in an untracked directory beside an untracked file, with its .git, and the stash holds nothing of it: its commits are
# gone. A repository directly below the work tree stays. `git stash push --include-untracked` keeps both.
# Seen: "git: group/nested kept, top kept, stashed: group/file"; "libgit2: group/nested deleted, top kept, stashed:
# group/file".
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
  git -C "$1" commit --quiet --allow-empty --message one
  mkdir "$1/group"
  touch "$1/group/file"
  for nested in group/nested top; do
    git init --quiet -b main "$1/$nested"
    git -C "$1/$nested" commit --quiet --allow-empty --message "not pushed"
  done
}
tell() {
  line="$1:"
  for nested in group/nested top; do
    line+=" $nested $([ -e "$1/$nested/.git/HEAD" ] && echo kept || echo deleted),"
  done
  echo "$line stashed: $(git -C "$1" ls-tree -r --name-only 'stash^3')"
}
make_repository git
git -C git stash push --quiet --include-untracked 2>/dev/null
make_repository libgit2
cat >stash.cjs <<'JS'
const { openRepository } = require("es-git");
openRepository("libgit2").then((repository) =>
  repository.stashSave({ stasher: { name: "a", email: "a@example.invalid" }, includeUntracked: true }),
);
JS
node stash.cjs
seen=$(
  tell git
  tell libgit2
)
echo "$seen"
[ "$seen" = "git: group/nested kept, top kept, stashed: group/file
libgit2: group/nested deleted, top kept, stashed: group/file" ]
