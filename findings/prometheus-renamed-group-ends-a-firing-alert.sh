#!/usr/bin/env bash
# Prometheus 2.42.0 of Debian 12 (Node.js 20.20): a reload after the name of a rule group has changed puts a firing alert back
# to "pending", and its `for` begins again: an alert that waits for 24 hours is silent for 24 more. Alertmanager gets
# nothing meanwhile and takes it for resolved, although the condition never ended. A reload with another annotation keeps
# the state. A restart reads it from the series ALERTS_FOR_STATE, but a reload does not.
# Seen: "another annotation, reload: firing, since the same time", "restart: since the same time", "another group name,
# reload: pending, since later".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq prometheus=2.42.0+ds-5+deb12u1 2>/dev/null
dpkg --extract prometheus_*.deb root
cat >reload.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

const free = createServer().listen(0, "127.0.0.1");
await once(free, "listening");
const address = `127.0.0.1:${free.address().port}`;
await once(free.close(), "close");
function configure(name, summary) {
  const rules = [{ alert: "SlotIsHeld", expr: "vector(1) == 1", for: "15s", annotations: { summary } }];
  writeFileSync("rules.yml", JSON.stringify({ groups: [{ name, rules }] }));
}
writeFileSync("prometheus.yml", JSON.stringify({ global: { evaluation_interval: "1s" }, rule_files: ["rules.yml"] }));
const options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", `--web.listen-address=${address}`];
const start = () =>
  spawn("root/usr/bin/prometheus", [...options, "--web.enable-lifecycle", "--rules.alert.for-grace-period=1s"], {
    stdio: "ignore",
  });
const ask = (path, method = "GET") => fetch(`http://${address}${path}`, { method }).catch(() => undefined);
async function read(wanted = () => true) {
  for (let tries = 0; tries < 150; tries++) {
    const answer = await ask("/api/v1/alerts");
    const [alert] = answer?.ok ? (await answer.json()).data.alerts : [];
    if (alert && wanted(alert)) return { state: alert.state, since: Math.floor(Date.parse(alert.activeAt) / 1000) };
    await wait(200);
  }
  throw new Error("no such alert");
}
configure("pool", "one");
let prometheus = start();
try {
  const first = await read(({ state }) => state === "firing");
  const tell = ({ since }) => (since === first.since ? "since the same time" : "since later");
  configure("pool", "two");
  await ask("/-/reload", "POST");
  const edited = await read(({ annotations }) => annotations.summary === "two");
  console.log(`another annotation, reload: ${edited.state}, ${tell(edited)}`);
  prometheus.kill();
  await once(prometheus, "exit");
  prometheus = start();
  await read();
  await wait(3000);
  console.log(`restart: ${tell(await read())}`);
  await read(({ state }) => state === "firing");
  configure("slots", "three");
  await ask("/-/reload", "POST");
  const renamed = await read(({ annotations }) => annotations.summary === "three");
  console.log(`another group name, reload: ${renamed.state}, ${tell(renamed)}`);
} finally {
  prometheus.kill();
}
JS
seen=$(node reload.mjs)
echo "$seen"
[ "$seen" = "another annotation, reload: firing, since the same time
restart: since the same time
another group name, reload: pending, since later" ]
