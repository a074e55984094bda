import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SlotFacts } from "../../../src/inspection/inspect-slot.ts";
import { InspectionMemory } from "../../../src/inspection/memory/inspection-memory.ts";
import type { Pool, Slot } from "../../../src/pool/pool.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-test-"));
  // Else everything was just written.
  vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true, force: true });
});

test("a change after a collection is seen by the next, also of a file that the pool is read from", () => {
  const path = join(root, "gitdir");
  writeFileSync(path, "one");
  const slot = { slotId: "slot", recordPath: root, reading: { kind: "unrecorded" } } as Slot;
  const pool = { directory: root, layout: "worktree" } as Pool;
  const memory = new InspectionMemory({ fullProbePeriodSeconds: () => 3600 });
  const now = new Date();
  const facts = {} as SlotFacts;
  memory.beginCollection();
  memory.observe(slot, pool, { facts, paths: new Set([path]), startedAt: now.getTime(), now });
  memory.records.read(path, () => ({}));
  expect(memory.recall(slot, pool, now)).toMatchObject({ facts });
  writeFileSync(path, "another");
  memory.beginCollection();
  expect(memory.recall(slot, pool, now)).toBeUndefined();
});
