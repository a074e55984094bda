import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readHeartbeats, writeHeartbeat } from "../../src/inspection/heartbeats.ts";

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "heartbeats-"));
});

afterEach(() => {
  rmSync(stateDir, { recursive: true });
});

test("a heartbeat is found by its slot, and what is none is passed over", () => {
  writeHeartbeat(stateDir, "workspace-demo-slot1", new Date());
  mkdirSync(join(stateDir, "heartbeats", "workspace-demo-slot2"));
  const { times, unread } = readHeartbeats(stateDir);
  expect([[...times.keys()], unread]).toEqual([["workspace-demo-slot1"], undefined]);
});

test("nobody has sent one if there is no directory, and anybody may have if it cannot be listed", () => {
  expect(readHeartbeats(stateDir)).toEqual({ times: new Map(), unread: undefined });
  writeFileSync(join(stateDir, "heartbeats"), "");
  expect(readHeartbeats(stateDir).unread).toContain("cannot be read");
});

test("they are found behind a link, and unknown while it leads to nothing", () => {
  symlinkSync(join(stateDir, "disk"), join(stateDir, "heartbeats"));
  expect(readHeartbeats(stateDir).unread).toContain("cannot be read");
  mkdirSync(join(stateDir, "disk"));
  writeHeartbeat(stateDir, "workspace-demo-slot1", new Date());
  const { times, unread } = readHeartbeats(stateDir);
  expect([[...times.keys()], unread]).toEqual([["workspace-demo-slot1"], undefined]);
});
