#!/usr/bin/env bash
# Alertmanager 0.25.0 of Debian 12 (Node.js 20.20): a text of a receiver with a template that is nowhere, as after a file of
# `templates` was renamed, or with an action that is not closed, passes `amtool check-config`, and Alertmanager starts and
# reloads with it. Nobody looks at such a text before an alert fires: then nothing is sent at all, and each `group_interval`
# it fails again. A file of `templates` with the same mistake fails the check.
# Seen: "sound: check passes, 1 sent, 0 failed; no such template: check passes, 0 sent, 1 failed; not closed: check passes, 0
# sent, 1 failed; not closed in a file: check fails".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq prometheus-alertmanager=0.25.0-1+b4 2>/dev/null
dpkg --extract prometheus-alertmanager_*.deb root
cat >notify.mjs <<'JS'
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

let sentCount = 0;
const chat = createServer((request, response) => {
  sentCount++;
  request.resume().on("end", () => response.end("ok"));
});
await once(chat.listen(0, "127.0.0.1"), "listening");
const free = createServer().listen(0, "127.0.0.1");
await once(free, "listening");
const address = `127.0.0.1:${free.address().port}`;
await once(free.close(), "close");
const ask = async (path, options) => {
  const answer = await fetch(`http://${address}${path}`, options).catch(() => undefined);
  return answer?.ok ? answer.text() : undefined;
};
function check(name, text, file = "") {
  writeFileSync("texts.tmpl", file);
  const slack_configs = [{ api_url: `http://127.0.0.1:${chat.address().port}/`, channel: "ops", text }];
  const route = { receiver: "chat", group_wait: "0s" };
  const receivers = [{ name: "chat", slack_configs }];
  writeFileSync("alertmanager.yml", JSON.stringify({ route, receivers, templates: ["*.tmpl"] }));
  const { status } = spawnSync("root/usr/bin/amtool", ["check-config", "alertmanager.yml"]);
  return `${name}: check ${status === 0 ? "passes" : "fails"}`;
}
const failures = /^alertmanager_notifications_failed_total\{integration="slack"\} (\d+)$/m;
async function notify(name, text) {
  sentCount = 0;
  const checked = check(name, text);
  const alertmanager = spawn(
    "root/usr/bin/prometheus-alertmanager",
    ["--config.file=alertmanager.yml", `--storage.path=${name}`, `--web.listen-address=${address}`, "--cluster.listen-address="],
    { stdio: "ignore" },
  );
  try {
    for (let tries = 0; (await ask("/-/ready")) === undefined && tries < 100; tries++) await wait(200);
    const body = JSON.stringify([{ labels: { alertname: "WorkIsLost" } }]);
    await ask("/api/v2/alerts", { method: "POST", headers: { "content-type": "application/json" }, body });
    let failed = "0";
    for (let tries = 0; sentCount === 0 && failed === "0" && tries < 100; tries++) {
      await wait(200);
      failed = failures.exec(await ask("/metrics"))?.[1] ?? failed;
    }
    return `${checked}, ${sentCount} sent, ${failed} failed`;
  } finally {
    alertmanager.kill();
    await once(alertmanager, "exit");
  }
}
const seen = [
  await notify("sound", "{{ .CommonLabels.alertname }}"),
  await notify("no such template", '{{ template "ops.text" . }}'),
  await notify("not closed", "{{ .CommonLabels.alertname "),
  check("not closed in a file", "text", '{{ define "ops.text" }}{{ .CommonLabels.alertname {{ end }}'),
];
console.log(seen.join("; "));
chat.close();
chat.closeAllConnections();
JS
seen=$(node notify.mjs)
echo "$seen"
[ "$seen" = "sound: check passes, 1 sent, 0 failed; no such template: check passes, 0 sent, 1 failed; \
not closed: check passes, 0 sent, 1 failed; not closed in a file: check fails" ]
