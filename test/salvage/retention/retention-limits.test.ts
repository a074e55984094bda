import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { retentionLimitsOf } from "../../../src/salvage/retention/retention-limits.ts";

const ages = { maxAgeSeconds: 100, minAgeSeconds: 10 };
const half = { ...ages, maxBytes: { kind: "file_system_ratio", ratio: 0.5 } } as const;

test("a number of bytes is the limit itself", () => {
  const places = { stateDir: "/nowhere", workspacesDir: "/nowhere" };
  expect(retentionLimitsOf({ ...ages, maxBytes: { kind: "bytes", bytes: 7 } }, places)).toEqual({
    ...ages,
    maxBytes: 7,
  });
});

test("a ratio is of the file system of the pools while there is no state directory", () => {
  const { blocks, bsize } = statfsSync(tmpdir());
  const places = { stateDir: "/nowhere", workspacesDir: tmpdir() };
  expect(retentionLimitsOf(half, places).maxBytes).toBe((blocks * bsize) / 2);
});

test("without either directory nothing is too much", () => {
  const places = { stateDir: "/nowhere", workspacesDir: "/nowhere" };
  expect(retentionLimitsOf(half, places).maxBytes).toBe(Infinity);
});
