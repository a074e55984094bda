import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../../src/journal/journal.ts";
import { tryAcquireSlotLock } from "../../src/pool/locks/slot-lock.ts";
import { RealPool } from "../kit/real-pool.ts";
import { ServedProgram } from "../kit/served-program.ts";

let pool: RealPool;
let served: ServedProgram;

beforeEach(async () => {
  pool = new RealPool(2);
  const tokenFile = join(pool.root, "token");
  const poolsFile = join(pool.root, "pools.yaml");
  writeFileSync(tokenFile, "operations-token");
  writeFileSync(poolsFile, `pools: { fresh: { repo_url: "${pool.url}", num_slots: 1 } }\n`);
  served = await ServedProgram.start(pool, {
    config: `pools_config: ${poolsFile}
remediation: { auth: { bearer_token_file: ${tokenFile} } }
collector: { schedule: "* * * * * *" }
`,
  });
});
afterEach(async () => {
  await served.stop();
  pool.destroy();
});

const bearer = { authorization: "Bearer operations-token" };

async function post(path: string, body: object = {}): Promise<{ status: number; json: unknown }> {
  const headers = { ...bearer, "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`http://${served.address}/api/v1/${path}`, init);
  return { status: response.status, json: await response.json() };
}

test("a pool is made, grown, lent, taken back and shrunk over HTTP, and the journal names the operator", async () => {
  const slotId = "workspace-fresh-slot1";
  expect(await post("pools", { repo_name: "fresh" })).toMatchObject({
    status: 201,
    json: { repo_name: "fresh", num_slots: 1 },
  });
  expect(await post("pools", { repo_name: "fresh" })).toMatchObject({
    status: 409,
    json: { error: { code: "pool_exists" } },
  });
  expect(await post("pools/fresh/slots")).toMatchObject({
    status: 201,
    json: { slot_id: "workspace-fresh-slot2" },
  });
  expect(await post("slots/workspace-fresh-slot2/remove")).toMatchObject({ status: 200 });
  expect(await post("pools/fresh/allocate")).toMatchObject({
    status: 200,
    json: { slot: { slot_id: slotId, state: "allocated" }, path: join(pool.workspacesDir, "fresh/slot1") },
  });
  expect(await post("pools/fresh/allocate")).toMatchObject({
    status: 409,
    json: { error: { code: "none_available" } },
  });
  expect(await post(`slots/${slotId}/heartbeat`)).toMatchObject({ status: 200, json: { slot_id: slotId } });
  expect(await post(`slots/${slotId}/release`)).toMatchObject({
    status: 200,
    json: { slot: { state: "available" }, warnings: [] },
  });
  expect(await post(`slots/${slotId}/release`)).toMatchObject({
    status: 409,
    json: { error: { code: "not_allocated" } },
  });

  const notes = new Journal(pool.stateDir).read().filter(({ trigger }) => trigger === "api");
  expect(new Set(notes.map((note) => note.requested_by))).toEqual(new Set(["token"]));
  const ends = notes.filter(({ outcome }) => outcome !== undefined);
  expect(
    ends.map(({ action, outcome, reason }) => [action, outcome, reason].filter(Boolean).join(" ")),
  ).toEqual([
    "create_pool done",
    "create_pool refused pool_exists",
    "add_slot done",
    "remove_slot done",
    "allocate_slot done",
    "allocate_slot refused none_available",
    "release_slot done",
    "release_slot refused not_allocated",
  ]);
});

test("an orphaned lock is moved aside and an old lock directory ended over HTTP, each under the operator's name", async () => {
  const old = new Date(Date.now() - 48 * 3_600_000);
  const orphan = join(pool.workspacesDir, "locks", "workspace-gone-slot1.lock");
  writeFileSync(orphan, "");
  mkdirSync(pool.lockPath(1));
  for (const path of [orphan, pool.lockPath(1)]) utimesSync(path, old, old);

  expect(await post(`slots/${pool.slotId(1)}/unlock`)).toMatchObject({
    status: 200,
    json: { kind: "unlocked" },
  });
  expect(await post("locks/clean")).toEqual({ status: 200, json: { orphaned_locks_cleaned: 1, errors: [] } });
  expect([orphan, pool.lockPath(1)].map((path) => existsSync(path))).toEqual([false, false]);
  const moved = new Journal(pool.stateDir).read().find(({ action }) => action === "move_slot_lock");
  expect(moved).toMatchObject({ trigger: "api", requested_by: "token" });
});

test("a slot cannot be isolated while another run holds the journal, and a reload is noted with its operator", async () => {
  const config = join(pool.root, "sidecar.yaml");
  writeFileSync(config, `${readFileSync(config, "utf8")}recovery: { lock_timeout: 1s }\n`);
  const reload = () => fetch(`http://${served.address}/-/reload`, { method: "POST", headers: bearer });
  expect((await reload()).status).toBe(200);
  mkdirSync(join(pool.stateDir, "journal"), { recursive: true });
  const held = tryAcquireSlotLock(join(pool.stateDir, "journal", "run.lock"));
  const isolated = await post(`slots/${pool.slotId(1)}/isolate`, { reason: "a bad disk" });
  expect(isolated).toMatchObject({ status: 409, json: { error: { code: "busy" } } });
  if (held.kind === "held") held.release();
  expect(await post(`slots/${pool.slotId(1)}/isolate`, { reason: "a bad disk" })).toMatchObject({
    status: 200,
  });
  writeFileSync(config, "detecton: {}\n");
  expect((await reload()).status).toBe(422);
  const reloads = new Journal(pool.stateDir).read().filter(({ action }) => action === "reload");
  expect(reloads.map((note) => [note.requested_by, note.outcome])).toEqual([
    ["token", "reloaded"],
    ["token", "invalid"],
  ]);
});
