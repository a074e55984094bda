#!/usr/bin/env bash
# Alertmanager 0.25.0 of Debian 12 (Node.js 20.20): a webhook that answers 302, as a proxy with a login page does, gets the
# notification by POST; Alertmanager then asks for the page by GET, without the alerts, and takes its 200 for delivery.
# Nothing is tried again before `repeat_interval`, and alertmanager_notifications_failed_total stays at 0, so an alert
# on failed notifications does not fire either. With `follow_redirects: false` each try counts as failed.
# Seen: "received: POST /hook with the alert, GET /login without; sent 1, failed 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq prometheus-alertmanager=0.25.0-1+b4 2>/dev/null
dpkg --extract prometheus-alertmanager_*.deb root
cat >notify.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";

const received = [];
const proxy = createServer(async (request, response) => {
  const body = await text(request);
  received.push(`${request.method} ${request.url} ${body.includes("WorkIsLost") ? "with the alert" : "without"}`);
  if (request.url === "/hook") response.writeHead(302, { location: "/login" });
  response.end();
});
await once(proxy.listen(0, "127.0.0.1"), "listening");
const free = createServer().listen(0, "127.0.0.1");
await once(free, "listening");
const address = `127.0.0.1:${free.address().port}`;
await once(free.close(), "close");
const webhook = { url: `http://127.0.0.1:${proxy.address().port}/hook` };
const route = { receiver: "hook", group_wait: "0s", group_interval: "1s", repeat_interval: "1h" };
writeFileSync("alertmanager.yml", JSON.stringify({ route, receivers: [{ name: "hook", webhook_configs: [webhook] }] }));
const alertmanager = spawn(
  "root/usr/bin/prometheus-alertmanager",
  ["--config.file=alertmanager.yml", "--storage.path=data", `--web.listen-address=${address}`, "--cluster.listen-address="],
  { stdio: "ignore" },
);
const ask = (path, options) => fetch(`http://${address}${path}`, options);
const metric = async (name) =>
  (await (await ask("/metrics")).text()).match(new RegExp(`^${name}\\{integration="webhook".*\\} (\\d+)$`, "m"))[1];
try {
  for (let tries = 0; !(await ask("/-/ready").catch(() => undefined))?.ok && tries < 100; tries++) await wait(200);
  const body = JSON.stringify([{ labels: { alertname: "WorkIsLost" } }]);
  await ask("/api/v2/alerts", { method: "POST", headers: { "content-type": "application/json" }, body });
  for (let tries = 0; (await metric("alertmanager_notifications_total")) === "0" && tries < 100; tries++) await wait(200);
  await wait(3000);
  const sent = await metric("alertmanager_notifications_total");
  const failed = await metric("alertmanager_notifications_failed_total");
  console.log(`received: ${received.join(", ")}; sent ${sent}, failed ${failed}`);
} finally {
  alertmanager.kill();
  proxy.close();
}
JS
seen=$(node notify.mjs)
echo "$seen"
[ "$seen" = "received: POST /hook with the alert, GET /login without; sent 1, failed 0" ]
