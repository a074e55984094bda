import { rmSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import PgBoss from "pg-boss";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { FleetCloneBudget } from "../../src/fleet/fleet-clone-budget.ts";
import { FleetLink } from "../../src/fleet/fleet-link.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { RealFleet } from "../kit/fleet.ts";
import { RealPostgres } from "../kit/postgres.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { RecordingLogger } from "../kit/recording-logger.ts";
import { runProgram, type ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

let postgres: RealPostgres;
const cleanUps: (() => unknown)[] = [];
beforeAll(async () => {
  postgres = await RealPostgres.start();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(() => postgres.destroy());

const reclones = 'repo_pool_recovery_actions_total{action="reclone",mode="live"';
const refusals = 'repo_pool_recovery_skipped_total{action="reclone",reason="budget"}';

/** The sum of a counter's series that begin so, over all hosts. */
async function sumOf(hosts: readonly ServedProgram[], series: string): Promise<number> {
  const pages = await Promise.all(hosts.map((host) => host.get("/metrics")));
  const lines = pages.flatMap((page) => page.split("\n").filter((line) => line.startsWith(series)));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

const countClaims = async () =>
  Number((await postgres.query("select count(*) from repopool_fleet.clone"))[0]?.["count"]);

function aBrokenPool(): RealPool {
  const pool = new RealPool(2);
  cleanUps.push(() => {
    pool.destroy();
  });
  for (const number of [1, 2]) rmSync(join(pool.slotPath(number), ".git"), { recursive: true });
  return pool;
}

test("two hosts together clone no more within an hour than the fleet's budget, and more once it is over", async () => {
  const pools = [aBrokenPool(), aBrokenPool()];
  const fleet = new RealFleet(postgres);
  cleanUps.push(() => fleet.stop());
  const config = {
    fleet: { budget_per_hour: 1 },
    recovery: { schedule: "* * * * * *", budget_per_hour: 1000, max_unhealthy_ratio: 1, concurrency: 3 },
  };
  const hosts = await Promise.all(
    pools.map((pool, index) => fleet.startHost(pool, { sidecar: `clones ${index}`, config })),
  );
  // A host that has a slot left to clone is refused: none waits that could clone.
  await until("each host to be refused", async () => {
    const counts = await Promise.all(hosts.map((host) => host.metric(refusals)));
    return counts.every((count) => (count ?? 0) > 0) || undefined;
  });
  await until("the one clone", async () => (await sumOf(hosts, reclones)) === 1 || undefined);
  expect(await countClaims()).toBe(1);

  await postgres.query("update repopool_fleet.clone set begun_at = begun_at - interval '1 hour'");
  await until("one more clone", async () => (await sumOf(hosts, reclones)) === 2 || undefined);
  expect(await countClaims()).toBe(1);

  const left = pools.flatMap((pool) => [1, 2].map((number) => ({ pool, number })));
  const broken = left.find(({ pool, number }) => !isRepository(pool.slotPath(number)));
  expect(broken).toBeDefined();
  if (broken === undefined) return;
  // A person's recovery is neither held back nor counted.
  const { status } = runProgram(broken.pool, ["recover", broken.pool.slotId(broken.number)]);
  expect(status).toBe(0);
  expect(isRepository(broken.pool.slotPath(broken.number))).toBe(true);
  expect(await countClaims()).toBe(1);
});

function isRepository(path: string): boolean {
  try {
    return git(path, "rev-parse", "--git-dir") === ".git";
  } catch {
    // git says so by failing.
    return false;
  }
}

function aBudget(budgetPerHour: number): FleetCloneBudget {
  const link = new FleetLink({
    modules: { Pool: pg.Pool, PgBoss },
    files: { connectionStringFile: postgres.connectionStringFile, caFile: undefined },
    mostConnections: 4,
    maintains: false,
    clock: systemClock,
    logger: new RecordingLogger(),
  });
  cleanUps.push(() => link.close());
  return new FleetCloneBudget({ link, sidecar: "one of many", budgetPerHour: () => budgetPerHour });
}

test("claims at the same moment do not exceed the budget", async () => {
  const budgets = [aBudget(3), aBudget(3), aBudget(3)];
  await budgets[0]?.claim({ slotId: "opens the database", recoveryId: "a" });
  await postgres.query("delete from repopool_fleet.clone");
  const claims = await Promise.all(
    budgets.flatMap((budget) =>
      Array.from({ length: 8 }, (_, index) => budget.claim({ slotId: `slot${index}`, recoveryId: "b" })),
    ),
  );
  expect(claims.filter((refusal) => refusal === undefined)).toHaveLength(3);
  expect(claims.find((refusal) => refusal !== undefined)).toEqual({
    reason: "budget",
    detail: "the fleet has begun 3 clones within an hour, the limit of fleet.budget_per_hour",
  });
});

test("while PostgreSQL does not answer nothing is cloned", async () => {
  const budget = aBudget(3);
  await postgres.kill();
  expect(await budget.claim({ slotId: "slot1", recoveryId: "c" })).toMatchObject({ reason: "budget" });
  await postgres.start();
});
