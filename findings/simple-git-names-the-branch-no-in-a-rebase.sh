#!/usr/bin/env bash
# simple-git 4.0.2 (Node.js 20.20, git 2.39): in a rebase that waits for a person, `branchLocal()` says that the branch "(no"
# is checked out, at the commit "branch", and that HEAD is not detached; in a bisect likewise. It reads the line that git
# prints for it, "(no branch, rebasing topic)", as the name of a branch and its commit: only a HEAD that was detached by hand
# is known. `status()` of the same moment says detached. A program that brings the branch back afterwards looks for "(no".
# Seen: 'by hand: detached; in a rebase: "(no" at "branch", status detached; in a bisect: "(no" at "branch", status detached'.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts simple-git@4.0.2
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main clone
cat >ask.mjs <<'JS'
import { simpleGit } from "simple-git";
const git = simpleGit("clone");
const { current, detached, branches } = await git.branchLocal();
const status = await git.status();
const said = detached ? "detached" : `${JSON.stringify(current)} at ${JSON.stringify(branches[current].commit)}`;
console.log(detached ? said : `${said}, status ${status.detached ? "detached" : status.current}`);
JS
commit() {
  echo "$1" >clone/file
  git -C clone add file
  git -C clone commit --quiet --message "$1"
}
commit base
git -C clone switch --quiet --create topic
commit topic
git -C clone switch --quiet main
commit other
git -C clone switch --quiet --detach
seen="by hand: $(node ask.mjs)"
git -C clone switch --quiet topic
! git -C clone rebase --quiet main >/dev/null 2>&1
seen+="; in a rebase: $(node ask.mjs)"
git -C clone rebase --abort
git -C clone bisect start main main~1 >/dev/null
git -C clone checkout --quiet --detach main~1
seen+="; in a bisect: $(node ask.mjs)"
echo "$seen"
[ "$seen" = 'by hand: detached; in a rebase: "(no" at "branch", status detached; in a bisect: "(no" at "branch", status detached' ]
