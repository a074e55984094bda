#!/usr/bin/env bash
# Alertmanager 0.25.0 of Debian 12 (Node.js 20.20): an alert that was notified, is then silenced, and resolves during the
# silence is not notified when it fires again after the silence. Its first end was not sent, so the last thing sent is that
# it fires; the second firing counts as more of the same until `repeat_interval` (4 hours by default) is over. The
# alert is shown as active, and no silence is named. Without a silence, each firing is notified.
# Seen: "without a silence: firing, resolved, firing; active", "with a silence: firing; active".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq prometheus-alertmanager=0.25.0-1+b4 2>/dev/null
dpkg --extract prometheus-alertmanager_*.deb root
cat >silence.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";

const received = [];
const hook = createServer(async (request, response) => {
  const { alerts } = await json(request);
  received.push(...alerts.map(({ status, labels }) => ({ name: labels.alertname, status })));
  response.end();
});
await once(hook.listen(0, "127.0.0.1"), "listening");
const free = createServer().listen(0, "127.0.0.1");
await once(free, "listening");
const address = `127.0.0.1:${free.address().port}`;
await once(free.close(), "close");
const webhook_configs = [{ url: `http://127.0.0.1:${hook.address().port}` }];
const times = { group_wait: "0s", group_interval: "1s", repeat_interval: "1h" };
const route = { receiver: "hook", group_by: ["alertname"], ...times };
writeFileSync("alertmanager.yml", JSON.stringify({ route, receivers: [{ name: "hook", webhook_configs }] }));
const alertmanager = spawn(
  "root/usr/bin/prometheus-alertmanager",
  ["--config.file=alertmanager.yml", "--storage.path=data", `--web.listen-address=${address}`, "--cluster.listen-address="],
  { stdio: "ignore" },
);
const ask = (path, options) => fetch(`http://${address}${path}`, options);
const post = (path, body) =>
  ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const after = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
const send = (name, endsAt) => post("/api/v2/alerts", [{ labels: { alertname: name }, endsAt }]);
async function tell(name, silenced) {
  await send(name);
  for (let tries = 0; !received.some((alert) => alert.name === name) && tries < 100; tries++) await wait(200);
  const matchers = [{ name: "alertname", value: name, isRegex: false }];
  const silence = { matchers, startsAt: after(0), endsAt: after(5), createdBy: "a", comment: "maintenance" };
  if (silenced) await post("/api/v2/silences", silence);
  await wait(1500);
  await send(name, after(-0.1));
  await wait(6000);
  await send(name);
  await wait(5000);
  const [alert] = await (await ask(`/api/v2/alerts?filter=alertname%3D${name}`)).json();
  return `${received.filter((alert) => alert.name === name).map(({ status }) => status).join(", ")}; ${alert.status.state}`;
}
try {
  for (let tries = 0; !(await ask("/-/ready").catch(() => undefined))?.ok && tries < 100; tries++) await wait(200);
  console.log(`without a silence: ${await tell("Heard", false)}`);
  console.log(`with a silence: ${await tell("Silenced", true)}`);
} finally {
  alertmanager.kill();
  hook.close();
  hook.closeAllConnections();
}
JS
seen=$(node silence.mjs)
echo "$seen"
[ "$seen" = "without a silence: firing, resolved, firing; active
with a silence: firing; active" ]
