#!/usr/bin/env bash
# vitest 4.1.12: `--maxWorkers=1` on the command line, which is said to win over the configuration, changes nothing if the
# configuration has projects that extend it and a `maxWorkers` of its own: each project takes that of the file again, and the
# tests of three files run at the same time. Nothing is said. `--no-file-parallelism` holds, and so does `--maxWorkers=1`
# without projects, or with vitest 5.1.2. Who runs one file at a time to find which test disturbs another, or to spare a small
# machine, is not.
# Seen: "projects: 3 at once, --maxWorkers=1: 3, --no-file-parallelism: 1", "no projects: 3 at once, --maxWorkers=1: 1".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund vitest@4.1.12
mkdir tests
for number in 1 2 3; do
  cat >tests/$number.test.js <<'JS'
import { appendFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { test } from "vitest";
test("takes a while", async () => {
  appendFileSync("log", "begins\n");
  await setTimeout(3000);
  appendFileSync("log", "ends\n");
});
JS
done
cat >plain.config.js <<'JS'
export default { test: { maxWorkers: 3, include: ["tests/*.test.js"] } };
JS
cat >projects.config.js <<'JS'
const project = { extends: true, test: { name: "all", include: ["tests/*.test.js"] } };
export default { test: { maxWorkers: 3, projects: [project] } };
JS
most_at_once() {
  rm -f log
  npx vitest run --config "$@" >/dev/null
  awk '/begins/ && ++now > most { most = now } /ends/ { now-- } END { print most }' log
}
with=$(most_at_once projects.config.js)
limited=$(most_at_once projects.config.js --maxWorkers=1)
serial=$(most_at_once projects.config.js --no-file-parallelism)
without=$(most_at_once plain.config.js)
plain=$(most_at_once plain.config.js --maxWorkers=1)
seen="projects: $with at once, --maxWorkers=1: $limited, --no-file-parallelism: $serial
no projects: $without at once, --maxWorkers=1: $plain"
echo "$seen"
[ "$seen" = "projects: 3 at once, --maxWorkers=1: 3, --no-file-parallelism: 1
no projects: 3 at once, --maxWorkers=1: 1" ]
