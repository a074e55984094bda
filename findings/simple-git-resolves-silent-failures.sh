#!/usr/bin/env bash
# simple-git 4.0.2 (Node.js 20.20, git 2.39): a git command that fails without printing to standard error resolves, with
# an empty result. `git diff --quiet` (1: there are changes), `git merge-base --is-ancestor` (1: it is none) and
# `git show-ref --verify --quiet` (1: there is no such ref) all look like success. The exit code is in no result; an
# `errors` function of its own has to ask for it.
# Seen: "resolved with an empty text; git itself ends with 1".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts simple-git@4.0.2
git init --quiet repository
cat >ask.mjs <<'JS'
import { spawnSync } from "node:child_process";
import { simpleGit } from "simple-git";
const args = ["show-ref", "--verify", "--quiet", "refs/heads/no-such-branch"];
const { status } = spawnSync("git", args, { cwd: "repository" });
const answer = await simpleGit("repository").raw(...args).then(
  (text) => (text === "" ? "resolved with an empty text" : `resolved with ${JSON.stringify(text)}`),
  () => "rejected",
);
console.log(`${answer}; git itself ends with ${status}`);
JS
seen=$(node ask.mjs)
echo "$seen"
[ "$seen" = "resolved with an empty text; git itself ends with 1" ]
