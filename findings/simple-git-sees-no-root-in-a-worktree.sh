#!/usr/bin/env bash
# simple-git 4.0.2 (Node.js 20.20, git 2.39): `checkIsRepo("root")` is false at the top of a linked worktree and of a submodule, so
# that a program that asks it before `init` or `clone` goes on as if no repository were there: `init` says that it made none
# new. It looks whether `git rev-parse --git-dir` prints ".git", which it does at the top of a main worktree alone. Inside
# the .git directory itself it is true.
# Seen: "main: root, in a folder: none, linked: none, submodule: none, .git: root; init in linked: existing".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts simple-git@4.0.2
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main part
git -C part commit --quiet --allow-empty --message part
git init --quiet -b main main
git -C main -c protocol.file.allow=always submodule --quiet add "$folder/part" part
mkdir main/inner
git -C main commit --quiet --message base
git -C main worktree add --quiet ../linked
cat >ask.mjs <<'JS'
import { simpleGit } from "simple-git";
const places = { main: "main", "in a folder": "main/inner", linked: "linked", submodule: "main/part", ".git": "main/.git" };
const answers = [];
for (const [name, path] of Object.entries(places))
  answers.push(`${name}: ${(await simpleGit(path).checkIsRepo("root")) ? "root" : "none"}`);
const { existing } = await simpleGit("linked").init();
console.log(`${answers.join(", ")}; init in linked: ${existing ? "existing" : "new"}`);
JS
seen=$(node ask.mjs)
echo "$seen"
[ "$seen" = "main: root, in a folder: none, linked: none, submodule: none, .git: root; init in linked: existing" ]
