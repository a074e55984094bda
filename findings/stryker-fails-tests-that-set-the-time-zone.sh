#!/usr/bin/env bash
# Stryker 9.6.1 with its vitest runner, vitest 4.1.12 (Node.js 20.20): a test that assigns process.env.TZ and passes under
# `vitest run` fails in the initial test run, and nothing is mutated. vitest runs tests in child processes, but Stryker's
# runner asks for worker threads whatever the configuration of vitest says, and process.env of a thread is a copy: the
# assignment can be read back, the zone of Date stays. `vitest run --pool=threads` fails likewise.
# Seen: "vitest: passed", "vitest --pool=threads: failed", "stryker, with pool: forks configured: failed".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @stryker-mutator/core@9.6.1 \
  @stryker-mutator/vitest-runner@9.6.1 vitest@4.1.12
export TZ=UTC PATH=$folder/node_modules/.bin:$PATH
echo 'export const hourOf = (date) => date.getHours();' >hour.js
cat >hour.test.js <<'JS'
import { expect, test } from "vitest";
import { hourOf } from "./hour.js";
test("hour of the zone", () => {
  process.env.TZ = "Asia/Tokyo";
  expect(process.env.TZ).toBe("Asia/Tokyo");
  expect(hourOf(new Date("2026-01-01T00:00:00Z")), "hour").toBe(9);
});
JS
echo 'export default { test: { pool: "forks" } };' >vitest.config.js
echo '{ "testRunner": "vitest", "mutate": ["hour.js"], "concurrency": 1 }' >stryker.config.json
# Only the assertion about the hour counts as a failed test; anything else is an error.
try() {
  if "$@" >output 2>&1; then
    echo passed
  else
    grep --quiet "hour: expected +0 to be 9" output && echo failed || echo "error"
  fi
}
seen="vitest: $(try vitest run)
vitest --pool=threads: $(try vitest run --pool=threads)
stryker, with pool: forks configured: $(try stryker run --dryRunOnly)"
echo "$seen"
[ "$seen" = "vitest: passed
vitest --pool=threads: failed
stryker, with pool: forks configured: failed" ]
