#!/usr/bin/env bash
# prom-client 15.1.3 and its successor @prometheus-io/client 0.16.1 (Node.js 20.20): a gauge whose asynchronous `collect`
# calls `reset`, so that what is gone leaves no series, and then sets one series after another loses series where two
# scrapes overlap, as those of a pair of Prometheus servers do. The second empties the gauge under the first: the first
# answer is a success and lacks series, an alert on one of them ends, and nothing tells so.
# Seen, of each: "alone: 1 2 3", "first of two at once: 3", "second: 3 1 2".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts prom-client@15.1.3 @prometheus-io/client@0.16.1
cat >scrape.cjs <<'JS'
async function tell(library) {
  const { Gauge, Registry } = require(library);
  const registry = new Registry();
  const reads = [];
  // Each read of a slot ends when `next` is called, so that the order is the same in every run.
  const read = () => new Promise((resolve) => reads.push(resolve));
  const next = async () => {
    reads.shift()();
    await new Promise(setImmediate);
  };
  new Gauge({
    name: "slot_broken",
    help: "Broken slots.",
    labelNames: ["slot"],
    registers: [registry],
    async collect() {
      this.reset();
      for (const slot of ["1", "2", "3"]) {
        await read();
        this.set({ slot }, 1);
      }
    },
  });
  const scrape = async () => [...(await registry.metrics()).matchAll(/slot="(\d)"/g)].map(([, slot]) => slot).join(" ");
  const alone = scrape();
  for (let reading = 1; reading <= 3; reading++) await next();
  console.log(`${library}: alone: ${await alone}`);
  const first = scrape();
  await next();
  await next();
  const second = scrape();
  await next();
  console.log(`${library}: first of two at once: ${await first}`);
  for (let reading = 1; reading <= 3; reading++) await next();
  console.log(`${library}: second: ${await second}`);
}
tell("prom-client").then(() => tell("@prometheus-io/client"));
JS
seen=$(node scrape.cjs)
echo "$seen"
[ "$seen" = "prom-client: alone: 1 2 3
prom-client: first of two at once: 3
prom-client: second: 3 1 2
@prometheus-io/client: alone: 1 2 3
@prometheus-io/client: first of two at once: 3
@prometheus-io/client: second: 3 1 2" ]
