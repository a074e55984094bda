import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatJson } from "../../../src/platform/atomic-file.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { formatProcessIdentity, identifyProcess } from "../../../src/platform/process-identity.ts";
import { Leadership } from "../../../src/pool/locks/leadership.ts";
import { RecordingLogger } from "../../kit/recording-logger.ts";

let stateDir: string;
let logger: RecordingLogger;
let leadership: Leadership;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), "leadership-"));
  logger = new RecordingLogger();
  leadership = new Leadership({ stateDir, clock: systemClock, logger });
  await leadership.start();
});

afterEach(() => {
  rmSync(stateDir, { recursive: true });
});

const lockDirectory = () => join(stateDir, "leader.lock");

/** What another process does if this one was stopped for longer than a lock may be old. */
function takeOver(): void {
  rmSync(lockDirectory(), { recursive: true });
  mkdirSync(lockDirectory());
  const other = formatProcessIdentity(identifyProcess(process.ppid)!);
  writeFileSync(join(stateDir, "leader.json"), formatJson(other));
}

test("a leader that stops gives the lock back", async () => {
  expect([leadership.isLeader(), existsSync(lockDirectory())]).toEqual([true, true]);
  await leadership.stop();
  expect([leadership.isLeader(), existsSync(lockDirectory())]).toEqual([false, false]);
});

test("a leader that stops leaves the lock of a process that took the lead meanwhile", async () => {
  takeOver();
  await leadership.stop();
  expect(existsSync(lockDirectory())).toBe(true);
});

test("a leader that ends without a stop leaves it too, and removes its own", () => {
  const lead = `
    const { Leadership } = await import("./src/pool/locks/leadership.ts");
    const { systemClock } = await import("./src/platform/clock.ts");
    const logger = { info() {}, error() {}, warn() {} };
    await new Leadership({ stateDir: process.argv[1], clock: systemClock, logger }).start();`;
  const run = (more: string): boolean => {
    const stateDirOfOther = mkdtempSync(join(stateDir, "other-"));
    const program = `${lead}\n${more}\nprocess.exit();`;
    execFileSync(process.execPath, [
      "--import",
      "tsx",
      "--input-type=module",
      "-e",
      program,
      stateDirOfOther,
    ]);
    return existsSync(join(stateDirOfOther, "leader.lock"));
  };
  expect(run("")).toBe(false);
  expect(run(`(await import("node:fs")).writeFileSync(process.argv[1] + "/leader.json", "another's")`)).toBe(
    true,
  );
});
