import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GuidePool } from "../kit/guide-pool.ts";

/** One pool for all of them, in the order in which the guide names them. */
let pool: GuidePool;

beforeAll(() => {
  pool = new GuidePool();
});

afterAll(() => {
  pool.destroy();
});

function runExample(name: string, ...args: string[]) {
  const file = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: pool.root, WAIT_SECONDS: "0" },
  });
  return { status, stdout, stderr };
}

test("the health check tells what is wrong, recovers it, and ends with 0 when all is well", () => {
  const broken = runExample("health-check.mjs");
  expect(broken).toMatchObject({ status: 1, stderr: "repo-pool-sidecar: anomalies: 3\n" });
  expect(broken.stdout.split("\n").slice(0, 4)).toEqual([
    "recovery.slots_released 0",
    "recovery.slots_recovered 1",
    "recovery.slots_isolated 0",
    "recovery.locks_cleaned 1",
  ]);
  pool.writeRecord(1, { state: "available" });
  expect(runExample("health-check.mjs")).toEqual({ status: 0, stdout: "", stderr: "" });
});

test("the recovery script repairs everything and ends no allocation", () => {
  pool.breakSlots();
  const { status, stdout } = runExample("recovery.mjs");
  expect(status).toBe(0);
  expect(JSON.parse(stdout.slice(stdout.indexOf("{")))).toMatchObject({
    longAllocatedReleased: 0,
    corruptedRecovered: 1,
    orphanedLocksCleaned: 1,
    errors: [],
  });
  expect(existsSync(pool.lockPath(9))).toBe(false);
});

test("the staged recovery repairs first, and then names the allocations that are left", () => {
  pool.breakSlots();
  const { status, stdout } = runExample("staged-recovery.mjs");
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^recovered 1, moved 1 locks aside\nworkspace-demo-slot1: allocated for 30 h, activity \w+\n$/,
  );
});

test("the loop over isolated slots says why each was isolated, and recovers it", () => {
  pool.writeRecord(3, {
    state: "error",
    metadata: { isolated_at: "2026-05-04T12:00:00", isolation_reason: "a bad disk" },
  });
  pool.writeRecord(2, { state: "error", metadata: { error_reason: "corrupted at release" } });
  const { status, stdout } = runExample("isolated-slots.mjs", "demo");
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: "workspace-demo-slot3: isolated at 2026-05-04T12:00:00\n  reason: a bad disk\n  recovered\n",
  });
  expect(runExample("isolated-slots.mjs", "demo").stdout).toBe("");
});
