import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { QueueStorage } from "../../../src/remediation/queue/queue-storage.ts";
import { RecordingLogger } from "../../kit/recording-logger.ts";

let stateDir: string;
let logger: RecordingLogger;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "queue-storage-"));
  logger = new RecordingLogger();
});

afterEach(() => {
  rmSync(stateDir, { recursive: true });
});

/** A process that leads until a test says otherwise. */
function aProcess(isLeading = true) {
  const leadership = { isLeading, isLeader: () => leadership.isLeading };
  return { leadership, storage: new QueueStorage({ stateDir, leadership, logger }) };
}

const aQueue = (key: string) => ({ waiting: [], deliveries: [key] });

test("only the process that leads writes, and it has no news of what it wrote itself", () => {
  const { storage } = aProcess();
  storage.read();
  expect(storage.write(aQueue("one"))).toBe(true);
  expect(storage.readNews()).toBeUndefined();
  const other = aProcess(false).storage;
  expect(other.read()).toEqual(aQueue("one"));
  expect(other.write(aQueue("two"))).toBe(false);
});

test("a process that does not lead hears of each write once, and of its own lead", () => {
  const leader = aProcess().storage;
  leader.read();
  const { storage, leadership } = aProcess(false);
  storage.read();
  expect(storage.readNews()).toBeUndefined();
  leader.write(aQueue("one"));
  expect(storage.readNews()).toEqual(aQueue("one"));
  expect(storage.readNews()).toBeUndefined();
  leadership.isLeading = true;
  expect(storage.readNews()).toEqual(aQueue("one"));
  expect(storage.isOwner()).toBe(true);
});

test("a file that cannot be read is nobody's: it is logged, and not overwritten", () => {
  const { storage, leadership } = aProcess(false);
  storage.read();
  const writer = aProcess().storage;
  writer.read();
  writer.write(aQueue("one"));
  writeFileSync(join(stateDir, "remediation", "queue.json"), "{");
  leadership.isLeading = true;
  expect(storage.readNews()).toBeUndefined();
  expect(storage.isOwner()).toBe(false);
  expect(storage.write(aQueue("two"))).toBe(false);
  expect(logger.lines.map(({ event }) => event)).toEqual(["remediation.load_failed"]);
});

test("a decision that another process leaves is read by the owner alone, and the first one stands", () => {
  const owner = aProcess().storage;
  owner.read();
  const other = aProcess(false).storage;
  other.read();
  const recoveryId = "3f2a9c1e-7b64-4d0b-9a51-0c8d2f6e4b17";
  const approval = { recoveryId, decision: "approve", operator: "ann", at: new Date(0) } as const;
  expect(other.submitApproval(approval)).toBe(true);
  expect(other.submitApproval({ ...approval, decision: "reject" })).toBe(false);
  expect(other.approvals()).toEqual([]);
  expect(owner.approvals()).toEqual([approval]);
  owner.removeApproval(recoveryId);
  expect(owner.approvals()).toEqual([]);
});

test("without a state directory the queue is in memory alone", () => {
  const leadership = { isLeader: () => true };
  const storage = new QueueStorage({ stateDir: undefined, leadership, logger });
  expect(storage.read()).toEqual({ waiting: [], deliveries: [] });
  expect(storage.readNews()).toBeUndefined();
  expect(storage.write(aQueue("one"))).toBe(true);
});
