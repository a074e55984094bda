#!/usr/bin/env bash
# simple-git 4.0.2 (Node.js 20.20, git 2.39): a git command that prints nothing settles about 50 ms after git has ended;
# one that prints settles at once. A program that runs many silent commands (update-ref, read-tree, config) spends most
# of its time waiting. Source: completion-detection.plugin of simple-git, whose `onExit` waits 50 ms if no stream closed
# with data.
# Seen: "silent: at least 40 ms a command more than one that prints: true".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts simple-git@4.0.2
git init --quiet repository
cat >measure.mjs <<'JS'
import { simpleGit } from "simple-git";
const git = simpleGit("repository");
const rounds = 20;
async function millisecondsOf(...args) {
  await git.raw(...args);
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round++) await git.raw(...args);
  return (performance.now() - startedAt) / rounds;
}
const printing = await millisecondsOf("rev-parse", "--git-dir");
const silent = await millisecondsOf("config", "test.name", "value");
console.log(`silent: at least 40 ms a command more than one that prints: ${silent - printing >= 40}`);
JS
seen=$(node measure.mjs)
echo "$seen"
[ "$seen" = "silent: at least 40 ms a command more than one that prints: true" ]
