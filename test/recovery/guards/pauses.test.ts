import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Pauses, type Pause } from "../../../src/recovery/guards/pauses.ts";

const now = new Date("2026-05-04T12:00:00.000Z");
const aPause: Pause = {
  name: "release",
  reason: "a release",
  operator: "ada",
  expiresAt: undefined,
  pool: "demo",
  slotId: undefined,
};

let stateDir = "";
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-pauses-"));
});
afterEach(() => {
  rmSync(stateDir, { recursive: true });
});

function save(content: string): string {
  const path = join(stateDir, "remediation", "pauses.json");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

test("what one process pauses another sees", async () => {
  await new Pauses(stateDir).pause(aPause, now);
  expect(new Pauses(stateDir).list(now)).toEqual([aPause]);
});

test.each([
  ["of a newer version", '{ "schema_version": 2, "pauses": [] }', "STORED_FILE_NEWER", /is of version 2/],
  ["that is damaged", '{ "schema_version": 1, "pa', "PAUSES_FILE_INVALID", /not JSON; correct it/],
  [
    "with an end that is no time",
    '{ "schema_version": 1, "pauses": [{ "name": "x", "expiresAt": "soon" }] }',
    "PAUSES_FILE_INVALID",
    /not the list of pauses/,
  ],
])("a list %s pauses everything, says why, and is not overwritten", async (_what, content, code, reason) => {
  const path = save(content);
  const pauses = new Pauses(stateDir);
  const found = pauses.find({ pool: "other", slotId: "workspace-other-slot1" }, now);
  expect(found).toMatchObject({
    name: "pauses-unreadable",
    reason: expect.stringMatching(reason) as string,
  });
  await expect(pauses.pause(aPause, now)).rejects.toMatchObject({ code });
  expect(readFileSync(path, "utf8")).toBe(content);
});
