#!/usr/bin/env bash
# node-cron 4.6.0 (Node.js 20.20): a task of every second has no run in the hour that a clock change repeats. In
# Europe/Berlin, on 2026-10-25, the hour from 02:00 to 03:00 comes twice, at 00:00 and at 01:00 UTC: runs stop when it
# begins for the first time. The script shifts Date, so that this is 4 s after the start, and counts for 10 s.
# Seen: "before: some runs; after: 0 runs".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node-cron@4.6.0
cat >count.mjs <<'JS'
const repeatedHourAt = Date.UTC(2026, 9, 25, 0);
const RealDate = Date;
const shift = repeatedHourAt - 4000 - RealDate.now();
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [RealDate.now() + shift] : given));
  }
  static now() {
    return RealDate.now() + shift;
  }
};
const { schedule } = await import("node-cron");
let [before, after] = [0, 0];
schedule("* * * * * *", () => (Date.now() < repeatedHourAt ? before++ : after++), { timezone: "Europe/Berlin" });
setTimeout(() => {
  console.log(`before: ${before > 0 ? "some" : "no"} runs; after: ${after} runs`);
  process.exit(0);
}, 10_000);
JS
seen=$(node count.mjs 2>/dev/null)
echo "$seen"
[ "$seen" = "before: some runs; after: 0 runs" ]
