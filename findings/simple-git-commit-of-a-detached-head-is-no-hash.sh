#!/usr/bin/env bash
# simple-git 4.0.2 (Node.js 20.20, git 2.39): what `commit()` returns as the hash of a commit on a detached HEAD is "HEAD "
# and the hash, and as its branch "detached": it takes the first word of git's "[detached HEAD 1234567]" for a branch. CI
# jobs and linked worktrees of agents commit there. Handed on to git, the value names nothing.
# Seen: "on main: a hash, branch main; detached: HEAD and a hash, branch detached, show fails".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts simple-git@4.0.2
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder
git init --quiet -b main clone
git -C clone config user.name a
git -C clone config user.email a@example.invalid
cat >commit.mjs <<'JS'
import { writeFileSync } from "node:fs";
import { simpleGit } from "simple-git";
const git = simpleGit("clone");
async function commit(name) {
  writeFileSync(`clone/${name}`, name);
  await git.add(name);
  const { commit: hash, branch } = await git.commit(name);
  const form = hash.replace(/[0-9a-f]{40}/, "a hash").replace("HEAD a", "HEAD and a");
  const shown = await git.show([hash, "--no-patch"]).then(() => "", () => ", show fails");
  return `${form}, branch ${branch}${shown}`;
}
const onMain = await commit("one");
await git.checkout(["--detach"]);
console.log(`on main: ${onMain}; detached: ${await commit("two")}`);
JS
seen=$(node commit.mjs)
echo "$seen"
[ "$seen" = "on main: a hash, branch main; detached: HEAD and a hash, branch detached, show fails" ]
