import { readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ServedProgram } from "../../test/kit/served-program.ts";
import type { BigPool } from "./big-pool.ts";
import { mebibytesIn } from "./costs.ts";

const config = `
collector: { schedule: "* * * * * *" }
# Deep checks are none of this.
verification: { schedule: "0 0 0 1 1 *" }
`;
/** Git and we both trust no time that is younger. */
const settleMilliseconds = 4000;
const roundCount = 10;
const ticksPerSecond = 100;

export interface BusyCollections {
  /** Of the process, for each collection, with the scrapes in it. */
  readonly cpuSeconds: number;
  readonly readMebibytes: number;
  readonly indexMebibytes: number;
  readonly longestScrapeMilliseconds: number;
}

/** `serve` while the index of each slot changes between two collections, and somebody scrapes. */
export async function watchBusySlots(pool: BigPool): Promise<BusyCollections> {
  const served = await ServedProgram.start(pool, { config });
  try {
    while (((await served.metric(collections)) ?? 0) === 0) await sleep(200);
    await sleep(settleMilliseconds);
    const indexes = pool.slotNumbers.map((number) => join(pool.slotPath(number), ".git", "index"));
    const before = await readUse(served);
    let longestScrapeMilliseconds = 0;
    while ((await collectionsSince(served, before)) < roundCount) {
      for (const index of indexes) utimesSync(index, new Date(), new Date());
      for (let scrape = 0; scrape < 5; scrape++) {
        const startedAt = performance.now();
        await served.get("/metrics");
        longestScrapeMilliseconds = Math.max(longestScrapeMilliseconds, performance.now() - startedAt);
        await sleep(200);
      }
    }
    const after = await readUse(served);
    const count = after.collections - before.collections;
    return {
      cpuSeconds: (after.cpuSeconds - before.cpuSeconds) / count,
      readMebibytes: (after.readMebibytes - before.readMebibytes) / count,
      indexMebibytes: indexes.reduce((sum, index) => sum + statSync(index).size, 0) / 1024 ** 2,
      longestScrapeMilliseconds,
    };
  } finally {
    await served.stop();
  }
}

const collections = "repo_pool_collection_duration_seconds_count";

interface Use {
  readonly collections: number;
  readonly cpuSeconds: number;
  readonly readMebibytes: number;
}

async function readUse(served: ServedProgram): Promise<Use> {
  const stat = readFileSync(`/proc/${served.pid}/stat`, "utf8");
  const [userTicks, systemTicks] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
  return {
    collections: (await served.metric(collections)) ?? 0,
    cpuSeconds: ((userTicks ?? 0) + (systemTicks ?? 0)) / ticksPerSecond,
    readMebibytes: mebibytesIn(readFileSync(`/proc/${served.pid}/io`, "utf8"), "rchar"),
  };
}

async function collectionsSince(served: ServedProgram, before: Use): Promise<number> {
  return ((await served.metric(collections)) ?? 0) - before.collections;
}
