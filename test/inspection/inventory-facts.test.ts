import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { assessInventory } from "../../src/inspection/inventory-facts.ts";
import {
  forgetPool,
  knownPoolsPath,
  readKnownPools,
  rememberPools,
} from "../../src/inspection/memory/known-pools.ts";
import type { Pool } from "../../src/pool/pool.ts";
import type { PoolsReading } from "../../src/pool/pool-store.ts";
import { RecordCache } from "../../src/pool/records/record-cache.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "inventory-facts-"));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true, force: true });
});

function aReading(names: readonly string[], given: Partial<PoolsReading> = {}): PoolsReading {
  const pools = names.map((repoName): Pool => {
    const nothing = {
      record: undefined,
      repoUrl: undefined,
      slots: [],
      problems: [],
      layout: "clone" as const,
    };
    return { ...nothing, repoName, directory: join(root, repoName) };
  });
  return { pools, unread: [], otherNames: [], listedNames: names, ...given };
}

const assess = (reading: PoolsReading, known: readonly string[] | undefined, only?: string) =>
  assessInventory(reading, { names: known }, { workspacesDir: root, only });
const codes = ({ errors }: ReturnType<typeof assess>) => errors.map(({ code }) => code);

test("pools that are all there are a whole inventory", () => {
  for (const known of [undefined, ["demo"]]) {
    const seen = assess(aReading(["demo", "my pool"]), known);
    expect(seen).toMatchObject({ errors: [], inventory: { isReadable: true, isWhole: true, gonePools: [] } });
  }
});

test("a known pool that is gone is missed, and the others are read", () => {
  const seen = assess(aReading(["demo"]), ["café", "demo"]);
  expect(seen.inventory).toMatchObject({ isReadable: true, isWhole: false, gonePools: ["café"] });
  expect(seen.errors).toMatchObject([{ code: "pool_gone", path: join(root, "café") }]);
});

test("a look at one pool misses it, and none of the others", () => {
  const reading = aReading([], { listedNames: ["other"] });
  expect(assess(reading, ["demo", "other"], "demo").inventory.gonePools).toEqual(["demo"]);
});

test("an empty directory where pools were is not readable; nor is one in which none was ever seen", () => {
  expect(assess(aReading([]), ["demo"]).inventory).toMatchObject({ isReadable: false, isWhole: false });
  const unknown = assess(aReading([]), undefined);
  expect(unknown.inventory).toMatchObject({ isReadable: false, isWhole: false });
  expect(codes(unknown)).toEqual(["no_pools"]);
});

test("an empty directory whose pools were all removed on purpose is readable, and says that it is empty", () => {
  const seen = assess(aReading([]), []);
  expect(seen.inventory).toMatchObject({ isReadable: true, isWhole: true });
  expect(codes(seen)).toEqual(["no_pools"]);
});

test("repositories without a pool are counted and named", () => {
  mkdirSync(join(root, "r0", ".git"), { recursive: true });
  for (const name of ["HEAD", "objects", "refs"])
    mkdirSync(join(root, "bare.git", name), { recursive: true });
  mkdirSync(join(root, "notes"));
  const [error] = assess(aReading([], { otherNames: ["r0", "bare.git", "notes"] }), undefined).errors;
  expect(error?.detail).toContain("2 git repositories (r0, bare.git)");
});

test.each([
  ["a pool that may not be read", { problems: [{ code: "unread" as const, detail: "" }] }, {}],
  ["a link that leads nowhere", {}, { unread: [{ name: "away", path: "/away", detail: "" }] }],
])("%s makes the inventory not whole", (_what, pool, given) => {
  const reading = aReading(["demo"], given);
  const pools = reading.pools.map((each) => ({ ...each, ...pool }));
  expect(assess({ ...reading, pools }, ["demo"]).inventory).toMatchObject({
    isReadable: true,
    isWhole: false,
  });
});

test("the list of known pools grows by what is seen, and shrinks only by forgetting", () => {
  const place = { workspacesDir: join(root, "pools"), stateDir: join(root, "state") };
  expect(readKnownPools(place)).toEqual({ names: undefined });
  rememberPools(place, []);
  expect(readKnownPools(place)).toEqual({ names: undefined });
  rememberPools(place, ["my pool", "demo"]);
  rememberPools(place, ["café"]);
  expect(readKnownPools(place).names).toEqual(["café", "demo", "my pool"]);
  expect(forgetPool(place, "demo")).toBe(true);
  expect(forgetPool(place, "demo")).toBe(false);
  expect(readKnownPools(place).names).toEqual(["café", "my pool"]);
});

test("a list that cannot be read is said to be unread, and is not written over", () => {
  const place = { workspacesDir: join(root, "pools"), stateDir: join(root, "state") };
  rememberPools(place, ["demo"]);
  writeFileSync(knownPoolsPath(place.stateDir), "{");
  const { names, unread } = readKnownPools(place);
  expect([names, unread?.path]).toEqual([undefined, knownPoolsPath(place.stateDir)]);
  expect(() => {
    rememberPools(place, ["other"]);
  }).toThrow(/cannot be read|not JSON/);
});

test("a list of known pools that was kept is read again when it has changed", () => {
  const place = { workspacesDir: join(root, "pools"), stateDir: join(root, "state") };
  const cache = new RecordCache();
  const known = (): unknown => readKnownPools(place, cache).names ?? "none";
  rememberPools(place, ["demo"]);
  // What was just written is not kept.
  vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ["Date"] });
  expect([known(), known()]).toEqual([["demo"], ["demo"]]);
  rememberPools(place, ["other"]);
  expect([known(), known()]).toEqual([
    ["demo", "other"],
    ["demo", "other"],
  ]);
  writeFileSync(knownPoolsPath(place.stateDir), "{");
  expect([known(), known()]).toEqual(["none", "none"]);
  rmSync(knownPoolsPath(place.stateDir));
  expect([known(), known()]).toEqual(["none", "none"]);
});

test("the pools of another workspaces directory are not missed", () => {
  const stateDir = join(root, "state");
  rememberPools({ workspacesDir: join(root, "before"), stateDir }, ["demo"]);
  expect(readKnownPools({ workspacesDir: join(root, "after"), stateDir })).toEqual({ names: undefined });
});
