import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { InterruptedStep } from "../../src/journal/interrupted-steps.ts";
import { settleStep } from "../../src/recovery/crash/settle-step.ts";

let root: string;
let place: { places: string[]; workspacesDir: string; stateDir: string };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-test-"));
  place = { places: [], workspacesDir: join(root, "workspaces"), stateDir: join(root, "state") };
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function stepOf(action: string, notes: InterruptedStep["notes"]): InterruptedStep {
  const run = { recovery_id: "run", trigger: "command", mode: "live" as const };
  const intent = { schema_version: 1 as const, at: "2026-01-01T00:00:00.000Z", kind: "intent" as const };
  return { intent: { ...intent, ...run, step_id: "step", action }, notes };
}

test("what a step moved aside and did not replace goes back to its place", () => {
  const from = join(place.workspacesDir, "demo", "slot1", ".git", "index");
  const to = write(join(place.stateDir, "quarantine", "stamp", "index"), "as it was");
  mkdirSync(dirname(from), { recursive: true });
  settleStep(stepOf("rebuild_index", [{ moved: { from, to } }]), place);
  expect(readFileSync(from, "utf8")).toBe("as it was");
});

test("damaged objects stay away once the step has brought what replaces them", () => {
  const objects = join(place.workspacesDir, "demo", "slot1", ".git", "objects");
  const from = join(objects, "ab", "cdef");
  const head = join(place.workspacesDir, "demo", "slot1", ".git", "HEAD");
  mkdirSync(dirname(from), { recursive: true });
  const damaged = write(join(place.stateDir, "quarantine", "stamp", "cdef"), "damaged");
  const oldHead = write(join(place.stateDir, "quarantine", "stamp", "HEAD"), "ref: refs/heads/main\n");
  const notes = [
    { moved: { from, to: damaged } },
    { replaced: { directory: objects } },
    { moved: { from: head, to: oldHead } },
  ];
  settleStep(stepOf("refetch_objects", notes), place);
  expect(existsSync(from)).toBe(false);
  expect(existsSync(damaged)).toBe(true);
  expect(readFileSync(head, "utf8")).toBe("ref: refs/heads/main\n");
});

test("damaged objects go back where the step had not brought what replaces them", () => {
  const from = join(place.workspacesDir, "demo", "slot1", ".git", "objects", "ab", "cdef");
  mkdirSync(dirname(from), { recursive: true });
  const to = write(join(place.stateDir, "quarantine", "stamp", "cdef"), "damaged");
  settleStep(stepOf("refetch_objects", [{ moved: { from, to } }]), place);
  expect(readFileSync(from, "utf8")).toBe("damaged");
});

test("a path of the journal that leads out of the pools or the quarantine is left alone", () => {
  const outside = join(root, "elsewhere", "file");
  mkdirSync(dirname(outside), { recursive: true });
  const kept = write(join(place.stateDir, "quarantine", "stamp", "file"), "kept");
  const inside = join(place.workspacesDir, "demo", "slot1", "file");
  const foreign = write(join(root, "elsewhere", "other"), "foreign");
  const notes = [{ moved: { from: outside, to: kept } }, { moved: { from: inside, to: foreign } }];
  expect(settleStep(stepOf("restore_links", notes), place)).toEqual([]);
  expect(existsSync(kept) && existsSync(foreign)).toBe(true);
});
