#!/usr/bin/env bash
# isomorphic-git 1.44.19 (Node.js 20.20, git 2.39): `commit` in a linked worktree resolves with an id, but follows `.git`
# only to .git/worktrees/NAME and not on to the repository that `commondir` there names. Objects and the branch are
# written there, where git does not look: git has no such commit, the branch has not moved, and git refuses the next
# commit, since the index names a blob that it cannot find. The commit has no parent; `git worktree remove` deletes it.
# Seen: "isomorphic-git: committed, 0 parents", "git: no such commit, branch not moved, next commit refused", "after git
# worktree remove: object gone".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts isomorphic-git@1.44.19
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main main
echo one >main/file
git -C main add .
git -C main commit --quiet --message one
git -C main worktree add --quiet -b topic ../worktree
echo two >worktree/file
cat >commit.mjs <<'JS'
import fs from "node:fs";
import git from "isomorphic-git";
const dir = "worktree";
await git.add({ fs, dir, filepath: "file" });
const oid = await git.commit({ fs, dir, message: "two", author: { name: "a", email: "a@example.invalid" } });
const { commit } = await git.readCommit({ fs, dir, oid });
console.log(`isomorphic-git: committed, ${commit.parent.length} parents`);
fs.writeFileSync("id", oid);
JS
seen=$(node commit.mjs)
id=$(cat id)
commit=$(git -C worktree cat-file -e "$id" 2>/dev/null && echo "has the commit" || echo "no such commit")
branch=$(git -C main diff --quiet main topic && echo "branch not moved" || echo "branch moved")
next=$(git -C worktree commit --all --message next >/dev/null 2>&1 && echo "next commit made" || echo "next commit refused")
seen+="
git: $commit, $branch, $next"
git -C main worktree remove --force ../worktree
seen+="
after git worktree remove: object $([ -n "$(find main -path "*/${id:0:2}/${id:2}")" ] && echo kept || echo gone)"
echo "$seen"
[ "$seen" = "isomorphic-git: committed, 0 parents
git: no such commit, branch not moved, next commit refused
after git worktree remove: object gone" ]
