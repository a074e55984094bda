#!/usr/bin/env bash
# Prometheus 2.42.0 of Debian 12 (Node.js 20.20): an answer in the text format that ends in the middle of a number, as when an
# exporter dies behind a server that ends the body by closing the connection, is a good scrape: `up` is 1, 120 is
# stored as 12, and the series behind it end. An alert on them ends too, and none on `up` fires. OpenMetrics, whose last
# line is `# EOF`, is refused when it is cut off, and so is a body with a length. 3.5.3 does the same.
# Seen: "text, closed: up 1, free 12, broken none", "text, with a length: up 0, free none, broken none", "OpenMetrics, closed: up
# 0, free none, broken none".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq prometheus=2.42.0+ds-5+deb12u1 2>/dev/null
dpkg --extract prometheus_*.deb root
cat >scrape.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const whole = "# TYPE free gauge\nfree 120\n# TYPE broken gauge\nbroken 1\n";
const cut = whole.slice(0, whole.indexOf("free 12") + "free 12".length);
const text = "text/plain; version=0.0.4";
const answers = {
  "text, closed": { type: text },
  "text, with a length": { type: text, length: `Content-Length: ${whole.length}\r\n` },
  "OpenMetrics, closed": { type: "application/openmetrics-text; version=1.0.0" },
};
const jobs = [];
for (const [job_name, { type, length = "" }] of Object.entries(answers)) {
  const exporter = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: ${type}\r\n${length}\r\n${cut}`));
  });
  await once(exporter.listen(0, "127.0.0.1"), "listening");
  exporter.unref();
  jobs.push({ job_name, scrape_interval: "1s", static_configs: [{ targets: [`127.0.0.1:${exporter.address().port}`] }] });
}
writeFileSync("prometheus.yml", JSON.stringify({ scrape_configs: jobs }));
const free = createServer().listen(0, "127.0.0.1");
await once(free, "listening");
const address = `127.0.0.1:${free.address().port}`;
await once(free.close(), "close");
const prometheus = spawn(
  "root/usr/bin/prometheus",
  ["--config.file=prometheus.yml", "--storage.tsdb.path=data", `--web.listen-address=${address}`],
  { stdio: "ignore" },
);
async function valueOf(name, job) {
  const query = encodeURIComponent(`${name}{job="${job}"}`);
  const answer = await fetch(`http://${address}/api/v1/query?query=${query}`).catch(() => undefined);
  return (answer?.ok ? await answer.json() : undefined)?.data.result[0]?.value[1] ?? "none";
}
try {
  for (const job of Object.keys(answers)) {
    for (let tries = 0; (await valueOf("up", job)) === "none" && tries < 100; tries++) await wait(200);
    const [up, free, broken] = await Promise.all(["up", "free", "broken"].map((name) => valueOf(name, job)));
    console.log(`${job}: up ${up}, free ${free}, broken ${broken}`);
  }
} finally {
  prometheus.kill();
  await once(prometheus, "exit");
}
JS
seen=$(node scrape.mjs)
echo "$seen"
[ "$seen" = "text, closed: up 1, free 12, broken none
text, with a length: up 0, free none, broken none
OpenMetrics, closed: up 0, free none, broken none" ]
