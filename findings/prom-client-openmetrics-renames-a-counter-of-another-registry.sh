#!/usr/bin/env bash
# prom-client 15.1.3 and its successor @prometheus-io/client 0.16.1 (Node.js 20.20): if a counter is in a registry for the text
# format and in one for OpenMetrics, the first OpenMetrics answer renames it for both. Before, the text answer has
# `failures_total`; from then on it has `failures`. A second scraper that asks for OpenMetrics thereby ends the series of
# the first, and an alert on its rate has no data and does not fire.
# Seen, of each: "text: failures_total 1; after one answer in OpenMetrics: failures 1".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts prom-client@15.1.3 @prometheus-io/client@0.16.1
cat >rename.cjs <<'JS'
async function tell(library) {
  const { Counter, Registry } = require(library);
  const text = new Registry();
  const openMetrics = new Registry();
  openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  new Counter({ name: "failures_total", help: "Failures.", registers: [text, openMetrics] }).inc();
  const sample = async () => (await text.metrics()).split("\n").find((line) => line.startsWith("failures"));
  const before = await sample();
  await openMetrics.metrics();
  console.log(`${library}: text: ${before}; after one answer in OpenMetrics: ${await sample()}`);
}
tell("prom-client").then(() => tell("@prometheus-io/client"));
JS
seen=$(node rename.cjs)
echo "$seen"
[ "$seen" = "prom-client: text: failures_total 1; after one answer in OpenMetrics: failures 1
@prometheus-io/client: text: failures_total 1; after one answer in OpenMetrics: failures 1" ]
