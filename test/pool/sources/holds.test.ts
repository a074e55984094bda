import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { holdOn, readHolds, writeHold } from "../../../src/pool/sources/holds.ts";

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "holds-"));
});

afterEach(() => {
  rmSync(stateDir, { recursive: true });
});

test("a path is held by whoever holds it, and no other one is", () => {
  const [since, until] = [new Date(0), new Date(1)];
  writeHold(stateDir, { path: "/src/one", owner: "me", since, until });
  const holds = readHolds([stateDir, join(stateDir, "nothing")]);
  expect(holdOn(holds, "/src/one")).toMatchObject({ owner: "me" });
  expect(holdOn(holds, "/src/two")).toBeUndefined();
});

test("every path is held while the holds cannot be listed", () => {
  writeFileSync(join(stateDir, "holds"), "");
  expect(holdOn(readHolds([stateDir]), "/src/one")).toMatchObject({
    owner: "somebody whose hold cannot be read",
  });
});

test("every path is held while the link to the holds leads to nothing", () => {
  symlinkSync(join(stateDir, "disk"), join(stateDir, "holds"));
  expect(holdOn(readHolds([stateDir]), "/src/one")).toBeDefined();
});
