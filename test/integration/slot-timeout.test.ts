import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { git, RealPool } from "../kit/real-pool.ts";

let pool: RealPool;
let silent: Server;
const connections = new Set<Socket>();

beforeEach(async () => {
  pool = new RealPool(2);
  silent = createServer((socket) => connections.add(socket)).listen(0, "127.0.0.1");
  await once(silent, "listening");
});

afterEach(() => {
  for (const socket of connections) socket.destroy();
  silent.close();
  pool.destroy();
});

test("a slot whose remote never answers is ended at its time limit, and the next slot is repaired", async () => {
  const { port } = silent.address() as AddressInfo;
  const url = `git://127.0.0.1:${port}/source.git`;
  for (const number of [1, 2]) {
    pool.writeRecord(number, { repo_url: url });
    git(pool.slotPath(number), "remote", "set-url", "origin", url);
  }
  const record = join(pool.directory, "pool.json");
  writeFileSync(record, readFileSync(record, "utf8").replace(pool.url, url));
  rmSync(join(pool.slotPath(1), ".git"), { recursive: true });
  writeFileSync(join(pool.slotPath(2), ".git", "HEAD"), "");
  const { workspacesDir, stateDir } = pool;
  const { recovery, ...config } = createDefaultConfig(pool.root);
  const limits = { concurrency: 1, slotTimeoutSeconds: 10 };
  const manager = new PoolManager({
    config: { ...config, workspacesDir, stateDir, recovery: { ...recovery, ...limits } },
  });
  const report = await manager.autoRecover({});
  expect(report).toMatchObject({ corruptedRecovered: 1, corruptedIsolated: 1 });
  expect(report.actions).toContainEqual(
    expect.objectContaining({
      slotId: pool.slotId(1),
      action: "reclone",
      detail: expect.stringContaining("did not end in time") as string,
    }),
  );
  expect(connections.size).toBeGreaterThan(0);
});
