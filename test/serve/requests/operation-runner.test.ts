import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OperationRunner } from "../../../src/serve/requests/operation-runner.ts";
import type { OperationOutcome } from "../../../src/http/pool-operations.ts";
import { Journal } from "../../../src/journal/journal.ts";
import { LendingError } from "../../../src/lending/lending-error.ts";
import { CodedError, UsageError } from "../../../src/platform/coded-error.ts";
import { silentLogger } from "../../../src/platform/logger.ts";

let stateDir: string;
let changeCount = 0;
let runner: OperationRunner;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "operation-runner-"));
  changeCount = 0;
  runner = new OperationRunner({ stateDir, logger: silentLogger, onChanged: () => (changeCount += 1) });
});
afterEach(() => {
  rmSync(stateDir, { recursive: true, force: true });
});

const act = { action: "release_slot", operator: "ann", slotId: "workspace-demo-slot1" };
const done = { kind: "done", answer: {} } as const;
const journal = () => new Journal(stateDir).read();

test("the journal names who asked before anything is done, and what came of it afterwards", async () => {
  let linesBefore = 0;
  await runner.perform(act, () => {
    linesBefore = journal().length;
    return done;
  });
  expect(linesBefore).toBe(1);
  const lines = journal();
  expect(new Set(lines.map(({ recovery_id: id }) => id)).size).toBe(1);
  const whole = {
    kind: "note",
    trigger: "api",
    requested_by: "ann",
    slot_id: act.slotId,
    action: act.action,
  };
  expect(lines).toMatchObject([whole, { ...whole, outcome: "done" }]);
  expect(changeCount).toBe(1);
});

test("nothing is done where the journal cannot be written", async () => {
  writeFileSync(join(stateDir, "journal"), "in the way");
  let isDone = false;
  const performed = runner.perform(act, () => {
    isDone = true;
    return done;
  });
  await expect(performed).rejects.toThrow();
  expect(isDone).toBe(false);
});

test.each([
  [new LendingError("lock_held", "held"), { kind: "refused", reason: "lock_held", detail: "held" }],
  [new UsageError("POOL_EXISTS", "is there"), { kind: "refused", reason: "pool_exists", detail: "is there" }],
  [new UsageError("SLOT_UNKNOWN", "no such"), { kind: "not_found", detail: "no such" }],
  [new UsageError("REPO_URL_MISSING", "no URL"), { kind: "malformed", detail: "no URL" }],
  [new CodedError("RUN_LOCK_HELD", "at work"), { kind: "refused", reason: "busy", detail: "at work" }],
] as const)("%s is an expected end: %j", async (error, outcome) => {
  expect(await runner.perform(act, () => Promise.reject(error))).toEqual(outcome);
});

test("a broken environment is thrown on and noted without the secrets of its URLs", async () => {
  const broken = new Error("cannot reach https://ann:secret@git.example/demo.git");
  await expect(runner.perform(act, () => Promise.reject(broken))).rejects.toBe(broken);
  expect(journal().at(-1)).toMatchObject({
    outcome: "failed",
    detail: "cannot reach https://git.example/demo.git",
  });
});

test("eight operations run at once, and one more is told to come again", async () => {
  const ends: ((outcome: OperationOutcome<object>) => void)[] = [];
  const running = Array.from({ length: 8 }, () =>
    runner.perform(act, () => new Promise<OperationOutcome<object>>((resolve) => ends.push(resolve))),
  );
  expect(await runner.perform(act, () => done)).toEqual({ kind: "overloaded" });
  for (const end of ends) end(done);
  await Promise.all(running);
  expect(await runner.perform(act, () => done)).toEqual(done);
});
