#!/usr/bin/env bash
# prom-client 15.1.3 (Node.js 20.20): two series of one gauge whose label values hold `,name:` are one series. The map of
# series has the key `branch:VALUE,slot:VALUE,`, in which nothing is escaped, so the later `set` replaces the labels and
# the value of the earlier one. A fault that only the first one shows is in no scrape. Its successor
# @prometheus-io/client 0.16.1 keeps both.
# Seen: "prom-client: slots{branch="a",slot="b,slot:c"} 0", "@prometheus-io/client: slots{branch="a,slot:b",slot="c"} 1,
# slots{branch="a",slot="b,slot:c"} 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts prom-client@15.1.3 @prometheus-io/client@0.16.1
cat >series.cjs <<'JS'
async function tell(library) {
  const { Gauge, Registry } = require(library);
  const registry = new Registry();
  const gauge = new Gauge({ name: "slots", help: "Broken.", labelNames: ["branch", "slot"], registers: [registry] });
  gauge.set({ branch: "a,slot:b", slot: "c" }, 1);
  gauge.set({ branch: "a", slot: "b,slot:c" }, 0);
  const series = (await registry.metrics()).split("\n").filter((line) => line.startsWith("slots{"));
  console.log(`${library}: ${series.join(", ")}`);
}
tell("prom-client").then(() => tell("@prometheus-io/client"));
JS
seen=$(node series.cjs)
echo "$seen"
[ "$seen" = 'prom-client: slots{branch="a",slot="b,slot:c"} 0
@prometheus-io/client: slots{branch="a,slot:b",slot="c"} 1, slots{branch="a",slot="b,slot:c"} 0' ]
