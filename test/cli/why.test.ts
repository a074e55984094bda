import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SlotPlace } from "../kit/slot-place.ts";
import { RealPool } from "../kit/real-pool.ts";
import { runProgram } from "../kit/run-program.ts";

let pool: RealPool;

beforeEach(() => {
  pool = new RealPool(1);
});

afterEach(() => {
  pool.destroy();
});

const run = (...args: string[]) => runProgram(pool, ...args);

test("why says what was read, expected and found in a broken slot", () => {
  const head = join(new SlotPlace(pool, 1).gitDirectory, "HEAD");
  writeFileSync(head, "");
  const asked = run("why", pool.slotId(1), "--json");
  expect(asked.status, asked.stderr).toBe(0);
  expect(JSON.parse(asked.stdout)).toMatchObject({
    slot_id: pool.slotId(1),
    reasons: ["head_invalid"],
    faulty_since: null,
    evidence: [{ code: "head_invalid", path: head }],
    last_recovery: null,
  });
  expect(run("why", pool.slotId(1)).stdout).toContain(head);
});

test("why says what recovery last did, and that nothing is wrong any more", () => {
  writeFileSync(join(new SlotPlace(pool, 1).gitDirectory, "HEAD"), "");
  expect(run("recover", pool.slotId(1)).status).toBe(0);
  const report = JSON.parse(run("why", pool.slotId(1), "--json").stdout) as unknown;
  expect(report).toMatchObject({ reasons: [], last_recovery: { outcome: "done", trigger: "command" } });
});

test("a heartbeat makes an allocated slot's agent alive, and is refused for a slot that is not there", () => {
  pool.writeRecord(1, { state: "allocated", last_allocated_at: "2026-01-01T00:00:00" });
  expect(run("heartbeat", pool.slotId(1)).status).toBe(0);
  const report = JSON.parse(run("why", pool.slotId(1), "--json").stdout) as unknown;
  expect(report).toMatchObject({ activity: "alive", long_allocation: { reason: "allocation_too_old" } });
  expect(run("heartbeat", pool.slotId(7))).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("SLOT_UNKNOWN") as string,
  });
});
