#!/usr/bin/env bash
# Alertmanager 0.25.0 of Debian 12 (Node.js 20.20): a silence is written to disk at a graceful stop and every 15 minutes
# (`--data.maintenance-interval`), and not when it is made, although the API has answered with its ID. If the process is
# killed meanwhile, by a lack of memory or a power failure, the silence is gone, and one that was ended is back: what it
# matches is not notified, and the page says that a person silenced it. 0.33.1 does the same.
# Seen: "after a stop: made active, ended expired", "after a kill: made missing, ended active".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq prometheus-alertmanager=0.25.0-1+b4 2>/dev/null
dpkg --extract prometheus-alertmanager_*.deb root
cat >kill.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

writeFileSync("alertmanager.yml", JSON.stringify({ route: { receiver: "none" }, receivers: [{ name: "none" }] }));
const free = createServer().listen(0, "127.0.0.1");
await once(free, "listening");
const address = `127.0.0.1:${free.address().port}`;
await once(free.close(), "close");
const ask = (path, options) => fetch(`http://${address}/api/v2${path}`, options);
async function start(storage) {
  const options = ["--config.file=alertmanager.yml", `--storage.path=${storage}`, `--web.listen-address=${address}`];
  options.push("--cluster.listen-address=");
  const alertmanager = spawn("root/usr/bin/prometheus-alertmanager", options, { stdio: "ignore" });
  for (let tries = 0; !(await ask("/status").catch(() => undefined))?.ok && tries < 100; tries++) await wait(200);
  return async (signal) => {
    alertmanager.kill(signal);
    await once(alertmanager, "exit");
  };
}
async function silence(name) {
  const matchers = [{ name: "alertname", value: name, isRegex: false }];
  const times = { startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 3_600_000).toISOString() };
  const body = JSON.stringify({ matchers, ...times, createdBy: "a", comment: "maintenance" });
  const headers = { "content-type": "application/json" };
  return (await (await ask("/silences", { method: "POST", headers, body })).json()).silenceID;
}
async function tell(signal) {
  let stop = await start(signal);
  const ended = await silence("Ended");
  await stop("SIGTERM");
  stop = await start(signal);
  const made = await silence("Made");
  await ask(`/silence/${ended}`, { method: "DELETE" });
  await stop(signal);
  stop = await start(signal);
  const state = async (id) => {
    const answer = await ask(`/silence/${id}`);
    return answer.ok ? (await answer.json()).status.state : "missing";
  };
  const seen = `made ${await state(made)}, ended ${await state(ended)}`;
  await stop("SIGTERM");
  return seen;
}
console.log(`after a stop: ${await tell("SIGTERM")}`);
console.log(`after a kill: ${await tell("SIGKILL")}`);
JS
seen=$(node kill.mjs)
echo "$seen"
[ "$seen" = "after a stop: made active, ended expired
after a kill: made missing, ended active" ]
