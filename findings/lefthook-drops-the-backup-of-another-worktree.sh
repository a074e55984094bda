#!/usr/bin/env bash
# lefthook 2.2.1 (git 2.39): while hooks run, what is not staged of a file that is partly staged is in no work tree. It is a patch
# below .git/info, with a stash "lefthook auto backup" beside it. If the commit is killed meanwhile, no later run brings
# the edits back. The stash is dropped by the next such commit in any worktree of the repository, since each drops every
# stash of that name, and the patch is removed by the next one in the same worktree. Then no ref and no file has them.
# Seen: "killed: edit in tree 0, patch 1, stashes 1", "commit in another worktree: edit in tree 0, patch 1, stashes 0",
# "next commit here: edit in tree 0, patch 0, stashes 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts lefthook@2.2.1
export PATH=$folder/node_modules/.bin:$PATH LEFTHOOK_QUIET=meta,summary,success
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main main
cd main
cat >lefthook.yml <<'YML'
pre-commit:
  commands:
    slow:
      run: test ! -e ../slow || { touch ../runs; sleep 5; }
YML
seq 20 >file
git add .
git commit --quiet --message base
lefthook install >/dev/null
git worktree add --quiet --detach ../linked
# Stages a change of line $1, and makes one of line $2 that is not staged.
change() {
  sed -i "s/^$1\$/staged/" file
  git add file
  sed -i "s/^$2\$/$3/" file
}
tell() {
  patches=$(grep --files-with-matches --recursive '^+lost-edit' .git/info | wc -l)
  [ "$patches" = 0 ] || patches=1
  echo "$1: edit in tree $(grep --count lost-edit file || true), patch $patches, stashes $(git stash list | wc -l)"
}
touch ../slow
change 1 20 lost-edit
setsid git commit --quiet --message killed >/dev/null 2>&1 &
commit=$!
until [ -e ../runs ]; do sleep 0.1; done
kill -KILL -- "-$commit"
wait "$commit" 2>/dev/null || true
rm -f ../slow .git/index.lock
seen=$(tell killed)
cd ../linked
change 1 20 other
git commit --quiet --message linked >/dev/null 2>&1
cd ../main
seen+=$'\n'$(tell "commit in another worktree")
change 2 19 other
git commit --quiet --message next >/dev/null 2>&1
seen+=$'\n'$(tell "next commit here")
echo "$seen"
[ "$seen" = "killed: edit in tree 0, patch 1, stashes 1
commit in another worktree: edit in tree 0, patch 1, stashes 0
next commit here: edit in tree 0, patch 0, stashes 0" ]
