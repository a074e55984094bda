import { lstatSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writtenAt } from "../../src/platform/written-at.ts";

test.each([
  ["a past date counts, as a copy keeps it", -86_400_000, -86_400_000],
  ["a date in the future does not: the inode was changed now", 86_400_000, 0],
])("%s", (_, dated, expected) => {
  const folder = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-test-"));
  const file = join(folder, "file");
  writeFileSync(file, "");
  const now = Date.now();
  const date = new Date(now + dated);
  utimesSync(file, date, date);
  const age = writtenAt(lstatSync(file)).getTime() - now;
  rmSync(folder, { recursive: true });
  expect(Math.abs(age - expected)).toBeLessThan(60_000);
});
