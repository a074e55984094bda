import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Pool } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readConnectionSettings, readMissingLimits } from "../../src/fleet/connection-settings.ts";
import { readCodeBlocks } from "../kit/code-blocks.ts";
import { aFiring, getJson, postAlerts, RealFleet } from "../kit/fleet.ts";
import { RealPgBouncer } from "../kit/pgbouncer.ts";
import { RealPostgres } from "../kit/postgres.ts";
import { RealPool } from "../kit/real-pool.ts";
import { until } from "../kit/until.ts";

const limits = ["idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout"];
let postgres: RealPostgres;
let bouncer: RealPgBouncer;

beforeEach(async () => {
  postgres = await RealPostgres.start();
  bouncer = await RealPgBouncer.start(postgres, documented("ini"));
});
afterEach(async () => {
  await bouncer.stop();
  await postgres.destroy();
});

/** The page's last block of a language: what it says is what is tried. */
function documented(language: string): string {
  return readCodeBlocks("docs/fleet.md").findLast((block) => block.language === language)?.code ?? "";
}

/** With the settings of a host, directly or by way of PgBouncer. */
async function asHost<Result>(connectionString: string, work: (pool: Pool) => Promise<Result>) {
  const connectionStringFile = join(postgres.root, "tried-connection-string");
  writeFileSync(connectionStringFile, connectionString);
  const pool = new Pool(readConnectionSettings({ connectionStringFile, caFile: undefined }, 1));
  // PgBouncer may close an idle connection.
  pool.on("error", () => undefined);
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

const missingBy = (connectionString: string) =>
  asHost(connectionString, (pool) =>
    readMissingLimits({
      query: async (text, values = []) => (await pool.query<Record<string, unknown>>(text, [...values])).rows,
    }),
  );

test("PgBouncer drops a client's time limits, and those that the documentation sets on the role hold", async () => {
  const pooled = bouncer.connectionString;
  expect(await missingBy(postgres.connectionString)).toEqual([]);
  expect(await missingBy(pooled)).toEqual(limits);
  await postgres.query(documented("sql"));
  await bouncer.command("RECONNECT");
  expect(await missingBy(pooled)).toEqual([]);
  await postgres.query("alter role sidecar set statement_timeout = '200ms'");
  await bouncer.command("RECONNECT");
  const canceled = { code: "57014" };
  await expect(asHost(pooled, (pool) => pool.query("select pg_sleep(60)"))).rejects.toMatchObject(canceled);
});

test("a fleet works by way of PgBouncer, and a host says which limits are missing", async () => {
  writeFileSync(postgres.connectionStringFile, bouncer.connectionString);
  const pool = new RealPool(1);
  const fleet = new RealFleet(postgres);
  try {
    const gateway = await fleet.startGateway();
    const host = await fleet.startHost(pool, { sidecar: "build1" });
    await until("the host to register", async () =>
      (await gateway.get("/api/v1/hosts")).includes('"build1"') ? true : undefined,
    );
    rmSync(join(pool.slotPath(1), ".git", "HEAD"));
    await postAlerts(gateway, [aFiring({ pool: "demo", slot: pool.slotId(1) })]);
    await until("the recovery in the fleet's audit", async () => {
      const recoveries = (await getJson(gateway, "/api/v1/recoveries")) as { status: string }[];
      return recoveries.find(({ status }) => status === "finished");
    });
    expect(host.events("fleet.limits_missing")).toMatchObject([{ settings: limits }]);
  } finally {
    await fleet.stop();
    pool.destroy();
  }
});
