#!/usr/bin/env bash
# Alertmanager 0.25.0 of Debian 12 (Node.js 20.20): an alert that is silenced goes on inhibiting others. Who silences a false
# "the pool is down" to hear of its slots again hears nothing of either: the one is suppressed by the silence, the others
# by an alert that nobody is told of. 0.33.1 does the same.
# Seen: "before: PoolDown active, SlotBroken suppressed by PoolDown", "PoolDown silenced: PoolDown suppressed by a silence,
# SlotBroken suppressed by PoolDown", "PoolDown ended: SlotBroken active".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq prometheus-alertmanager=0.25.0-1+b4 2>/dev/null
dpkg --extract prometheus-alertmanager_*.deb root
cat >inhibit.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const inhibit_rules = [
  { source_matchers: ["alertname=PoolDown"], target_matchers: ["alertname=SlotBroken"], equal: ["pool"] },
];
const route = { receiver: "none", group_wait: "0s", group_interval: "1s" };
writeFileSync("alertmanager.yml", JSON.stringify({ route, receivers: [{ name: "none" }], inhibit_rules }));
const free = createServer().listen(0, "127.0.0.1");
await once(free, "listening");
const address = `127.0.0.1:${free.address().port}`;
await once(free.close(), "close");
const alertmanager = spawn(
  "root/usr/bin/prometheus-alertmanager",
  ["--config.file=alertmanager.yml", "--storage.path=data", `--web.listen-address=${address}`, "--cluster.listen-address="],
  { stdio: "ignore" },
);
const ask = (path, options) => fetch(`http://${address}/api/v2${path}`, options);
const post = (path, body) =>
  ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const after = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
const send = (alertname, endsAt) => post("/alerts", [{ labels: { alertname, pool: "demo" }, endsAt }]);
async function tell() {
  await wait(3000);
  const alerts = await (await ask("/alerts")).json();
  const nameOf = (id) => alerts.find(({ fingerprint }) => fingerprint === id).labels.alertname;
  const by = ({ silencedBy, inhibitedBy }) =>
    silencedBy.length > 0 ? " by a silence" : inhibitedBy.map((id) => ` by ${nameOf(id)}`).join("");
  const texts = alerts.map(({ labels, status }) => `${labels.alertname} ${status.state}${by(status)}`);
  return texts.sort().join(", ");
}
try {
  for (let tries = 0; !(await ask("/status").catch(() => undefined))?.ok && tries < 100; tries++) await wait(200);
  await send("PoolDown");
  await send("SlotBroken");
  console.log(`before: ${await tell()}`);
  const matchers = [{ name: "alertname", value: "PoolDown", isRegex: false }];
  await post("/silences", { matchers, startsAt: after(0), endsAt: after(600), createdBy: "a", comment: "false alarm" });
  console.log(`PoolDown silenced: ${await tell()}`);
  await send("PoolDown", after(-0.1));
  console.log(`PoolDown ended: ${await tell()}`);
} finally {
  alertmanager.kill();
}
JS
seen=$(node inhibit.mjs)
echo "$seen"
[ "$seen" = "before: PoolDown active, SlotBroken suppressed by PoolDown
PoolDown silenced: PoolDown suppressed by a silence, SlotBroken suppressed by PoolDown
PoolDown ended: SlotBroken active" ]
