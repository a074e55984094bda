#!/usr/bin/env bash
# Prometheus 2.42.0 of Debian 12 (Node.js 20.20): an alert that only `keep_firing_for` keeps is gone after a restart, however
# long it had left. The state of `for` is restored from the series ALERTS_FOR_STATE; nothing restores that of
# `keep_firing_for`. A rule that is to hold a short signal over restarts needs the holding in its expression, as
# max_over_time does it.
# Seen: "kept: Held, MaxOverTime", "after a restart: MaxOverTime".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq prometheus=2.42.0+ds-5+deb12u1 2>/dev/null
dpkg --extract prometheus_*.deb root
cat >restart.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

let damaged = 1;
const target = createServer((_, response) => response.end(`damaged ${damaged}\n`)).listen(0, "127.0.0.1");
await once(target, "listening");
const free = createServer().listen(0, "127.0.0.1");
await once(free, "listening");
const address = `127.0.0.1:${free.address().port}`;
await once(free.close(), "close");
const rules = [
  { alert: "Held", expr: "damaged == 1", keep_firing_for: "1h" },
  { alert: "MaxOverTime", expr: "max_over_time(damaged[1h]) == 1" },
];
writeFileSync("rules.yml", JSON.stringify({ groups: [{ name: "damage", rules }] }));
const scrape = { job_name: "slots", static_configs: [{ targets: [`127.0.0.1:${target.address().port}`] }] };
const global = { scrape_interval: "1s", evaluation_interval: "1s" };
writeFileSync("prometheus.yml", JSON.stringify({ global, rule_files: ["rules.yml"], scrape_configs: [scrape] }));
const options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", `--web.listen-address=${address}`];
const start = () => spawn("root/usr/bin/prometheus", options, { stdio: "ignore" });
const ask = (path) =>
  fetch(`http://${address}/api/v1/${path}`).then(
    async (response) => (response.ok ? (await response.json()).data : undefined),
    () => undefined,
  );
const alerts = async () => (await ask("alerts"))?.alerts.map(({ labels }) => labels.alertname).sort().join(", ");
const read = async () => (await ask("query?query=damaged"))?.result[0]?.value[1];
async function until(condition) {
  for (let tries = 0; !(await condition()) && tries < 150; tries++) await wait(200);
}
let prometheus = start();
try {
  await until(async () => (await alerts()) === "Held, MaxOverTime");
  damaged = 0;
  await until(async () => (await read()) === "0");
  await wait(3000);
  console.log(`kept: ${await alerts()}`);
  prometheus.kill();
  await once(prometheus, "exit");
  prometheus = start();
  await until(alerts);
  await wait(3000);
  console.log(`after a restart: ${await alerts()}`);
} finally {
  prometheus.kill();
  target.close();
  target.closeAllConnections();
}
JS
seen=$(node restart.mjs)
echo "$seen"
[ "$seen" = "kept: Held, MaxOverTime
after a restart: MaxOverTime" ]
