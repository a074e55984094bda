import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../../src/journal/journal.ts";
import { burstHeaders, burstNotification, serveForBurst } from "../kit/alert-burst.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { runsInFull } from "../kit/sample.ts";
import type { ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

const notificationCount = runsInFull ? 5000 : 150;
const slotCount = 50;
const brokenSlots = [7, 19, 33, 50];
const connections = 20;
const memoryLimitKibibytes = 300 * 1024;

let pool: RealPool;
let served: ServedProgram;

beforeEach(async () => {
  pool = new RealPool(slotCount);
  for (const number of brokenSlots) rmSync(join(pool.slotPath(number), ".git", "HEAD"));
  served = await serveForBurst(pool);
  await until("the first collection", async () =>
    (await served.metric('repo_pool_up{pool="demo"}')) === 1 ? true : undefined,
  );
}, 240_000);

afterEach(async () => {
  await served.stop();
  pool.destroy();
});

/** Each connection posts one notification after the other; what is refused for now is sent again. @returns all statuses */
async function postAll(): Promise<Set<number>> {
  const slotIds = Array.from({ length: slotCount }, (_, index) => pool.slotId(index + 1));
  const startsAt = new Date();
  const statuses = new Set<number>();
  let next = 0;
  const postInTurn = async (): Promise<void> => {
    for (let index = next++; index < notificationCount; index = next++) {
      const body = burstNotification(index, slotIds, startsAt);
      let status = 503;
      while (status === 503) {
        const url = `http://${served.address}/api/v1/alerts`;
        const response = await fetch(url, { method: "POST", headers: burstHeaders, body });
        await response.arrayBuffer();
        status = response.status;
        statuses.add(status);
        if (status === 503) await sleep(200);
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, postInTurn));
  return statuses;
}

/** Scrapes until it is told to end. @returns how many scrapes did not show the pool */
async function scrapeUntil(signal: AbortSignal): Promise<{ scrapes: number; failures: number }> {
  const result = { scrapes: 0, failures: 0 };
  while (!signal.aborted) {
    const text = await served.get("/metrics").catch(() => "");
    result.scrapes++;
    if (!text.includes('repo_pool_up{pool="demo"} 1')) result.failures++;
    await sleep(100);
  }
  return result;
}

function runsThatActedOn(number: number): string[] {
  const outcomes = new Journal(pool.stateDir)
    .read()
    .filter(({ kind, outcome }) => kind === "outcome" && outcome !== "refused")
    .filter(({ slot_id: slotId }) => slotId === pool.slotId(number));
  return [...new Set(outcomes.map(({ recovery_id: recoveryId }) => recoveryId))];
}

function peakMemoryKibibytes(): number {
  const status = readFileSync(`/proc/${served.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
}

test(`a burst of ${notificationCount} notifications recovers each broken slot once, within 300 MiB, and scrapes go on`, async () => {
  const ending = new AbortController();
  const scraping = scrapeUntil(ending.signal);
  const statuses = await postAll();
  await until(
    "the queue to be empty",
    async () => ((await served.metric("repo_pool_queue_depth")) === 0 ? true : undefined),
    240,
  );
  await until(
    "every slot to be healthy",
    async () =>
      (await served.metric('repo_pool_anomalies{pool="demo",kind="corrupted_slot"}')) === 0
        ? true
        : undefined,
    240,
  );
  ending.abort();
  const { scrapes, failures } = await scraping;

  expect([...statuses].filter((status) => status !== 503)).toEqual([202]);
  expect(scrapes).toBeGreaterThan(0);
  expect(failures).toBe(0);
  for (const number of brokenSlots) {
    expect(git(pool.slotPath(number), "log", "-1", "--format=%s")).toBe("first");
    expect(runsThatActedOn(number)).toHaveLength(1);
  }
  expect(runsThatActedOn(1)).toEqual([]);
  expect(peakMemoryKibibytes()).toBeLessThan(memoryLimitKibibytes);
}, 900_000);
