#!/usr/bin/env bash
# Alertmanager 0.25.0 of Debian 12 (Node.js 20.20): a webhook that is added to a receiver before another one is not told of
# the alerts that fire already until `repeat_interval` (4 hours by default) is over, and the other one is told of them
# again. The log of notifications names a receiver, a kind of integration and a place in its list, and no address: the
# new webhook takes over the entries of the old one. If it is added behind, it is told at once, and the old one is not.
# Seen: "put behind: old, then new", "put before: old, then old".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq prometheus-alertmanager=0.25.0-1+b4 2>/dev/null
dpkg --extract prometheus-alertmanager_*.deb root
cat >reload.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

const received = [];
const hooks = createServer((request, response) => {
  received.push(request.url.slice(1));
  request.resume().on("end", () => response.end());
});
await once(hooks.listen(0, "127.0.0.1"), "listening");
const free = createServer().listen(0, "127.0.0.1");
await once(free, "listening");
const address = `127.0.0.1:${free.address().port}`;
await once(free.close(), "close");
function configure(...names) {
  const webhook_configs = names.map((name) => ({ url: `http://127.0.0.1:${hooks.address().port}/${name}` }));
  const route = { receiver: "hooks", group_wait: "0s", group_interval: "1s", repeat_interval: "1h" };
  writeFileSync("alertmanager.yml", JSON.stringify({ route, receivers: [{ name: "hooks", webhook_configs }] }));
}
const ask = (path, options) => fetch(`http://${address}${path}`, options);
async function tell(names) {
  received.length = 0;
  configure("old");
  const alertmanager = spawn(
    "root/usr/bin/prometheus-alertmanager",
    ["--config.file=alertmanager.yml", `--storage.path=${names}`, `--web.listen-address=${address}`, "--cluster.listen-address="],
    { stdio: "ignore" },
  );
  try {
    for (let tries = 0; !(await ask("/-/ready").catch(() => undefined))?.ok && tries < 100; tries++) await wait(200);
    const body = JSON.stringify([{ labels: { alertname: "WorkIsLost" } }]);
    await ask("/api/v2/alerts", { method: "POST", headers: { "content-type": "application/json" }, body });
    for (let tries = 0; received.length === 0 && tries < 100; tries++) await wait(200);
    configure(...names);
    await ask("/-/reload", { method: "POST" });
    for (let tries = 0; received.length === 1 && tries < 100; tries++) await wait(200);
    await wait(3000);
    return received.join(", then ");
  } finally {
    alertmanager.kill();
    await once(alertmanager, "exit");
  }
}
console.log(`put behind: ${await tell(["old", "new"])}`);
console.log(`put before: ${await tell(["new", "old"])}`);
hooks.close();
hooks.closeAllConnections();
JS
seen=$(node reload.mjs)
echo "$seen"
[ "$seen" = "put behind: old, then new
put before: old, then old" ]
