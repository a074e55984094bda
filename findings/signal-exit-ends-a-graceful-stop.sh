#!/usr/bin/env bash
# signal-exit 3.0.7, which proper-lockfile 4.1.2 loads (Node.js 20.20): a program that stops gracefully through
# `process.once("SIGTERM", …)` is killed by the signal if the listener was added before proper-lockfile is loaded.
# Node.js takes the one-time listener away before it calls it; the listener of signal-exit then counts itself as the only
# one left and sends the signal again. With `process.on`, or if proper-lockfile is loaded first, the stop is graceful.
# Seen: "once, then proper-lockfile: SIGTERM", "on, then proper-lockfile: 0", "proper-lockfile, then once: 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts proper-lockfile@4.1.2 signal-exit@3.0.7
cat >stop.mjs <<'JS'
const [order] = process.argv.slice(2);
const stop = () => setTimeout(() => process.exit(0), 200);
const load = async () => (await import("proper-lockfile")).default.lock("package.json", { lockfilePath: `${order}.lock` });
if (order === "load-first") await load();
process[order === "on" ? "on" : "once"]("SIGTERM", stop);
if (order !== "load-first") await load();
process.send("ready");
setInterval(() => undefined, 1000);
JS
cat >ask.mjs <<'JS'
import { fork } from "node:child_process";
for (const [order, words] of [
  ["once", "once, then proper-lockfile"],
  ["on", "on, then proper-lockfile"],
  ["load-first", "proper-lockfile, then once"],
]) {
  const child = fork("stop.mjs", [order]);
  child.once("message", () => child.kill("SIGTERM"));
  const [code, signal] = await new Promise((resolve) => child.once("exit", (...end) => resolve(end)));
  console.log(`${words}: ${signal ?? code}`);
}
JS
seen=$(node ask.mjs)
echo "$seen"
[ "$seen" = "once, then proper-lockfile: SIGTERM
on, then proper-lockfile: 0
proper-lockfile, then once: 0" ]
