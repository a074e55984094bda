#!/usr/bin/env bash
# proper-lockfile 4.1.2 (Node.js 20.20): a holder whose event loop was blocked for longer than `stale` (a synchronous git
# command, a stopped process) removes the lock of the one that has taken it over meanwhile: `release` deletes the directory
# without a look at whose it is, and resolves. A third process then holds the lock beside the second, which learns
# of it only at its next update.
# Seen: "while the second holds it: refused", "after release by the first: released, given to a third".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts proper-lockfile@4.1.2
cat >second.mjs <<'JS'
import { writeFileSync } from "node:fs";
import { lock } from "proper-lockfile";
const retries = { retries: 100, factor: 1, minTimeout: 100, maxTimeout: 100 };
await lock("package.json", { stale: 2000, update: 1000, retries, onCompromised: () => undefined });
writeFileSync("taken", "");
setTimeout(() => undefined, 60_000);
JS
cat >third.mjs <<'JS'
import { lock } from "proper-lockfile";
console.log(await lock("package.json", { stale: 60_000 }).then(() => "given to a third", () => "refused"));
process.exit();
JS
cat >first.mjs <<'JS'
import { execFileSync, spawn } from "node:child_process";
import { lock } from "proper-lockfile";
const release = await lock("package.json", { stale: 2000 });
const second = spawn(process.execPath, ["second.mjs"]);
execFileSync("sh", ["-c", "until [ -e taken ]; do sleep 0.1; done"]);
const third = () => execFileSync(process.execPath, ["third.mjs"], { encoding: "utf8" }).trim();
console.log(`while the second holds it: ${third()}`);
const answer = await release().then(() => "released", ({ code }) => code);
console.log(`after release by the first: ${answer}, ${third()}`);
second.kill();
process.exit();
JS
seen=$(node first.mjs)
echo "$seen"
[ "$seen" = "while the second holds it: refused
after release by the first: released, given to a third" ]
