import { readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ServedProgram } from "../../test/kit/served-program.ts";
import { collectEachSecond, readCollections, type Collections } from "../collections.ts";
import type { BigPool } from "./big-pool.ts";
import { mebibytesIn } from "./costs.ts";

/** Git and we both trust no time that is younger. */
const settleMilliseconds = 4000;
const roundCount = 10;

export interface BusyCollections {
  /** Of the process, for each collection, with the scrapes in it. */
  readonly cpuSeconds: number;
  readonly readMebibytes: number;
  readonly indexMebibytes: number;
  readonly longestScrapeMilliseconds: number;
}

/** `serve` while the index of each slot changes between two collections, and somebody scrapes. */
export async function watchBusySlots(pool: BigPool): Promise<BusyCollections> {
  const served = await ServedProgram.start(pool, { config: collectEachSecond });
  try {
    while ((await readUse(served)).count === 0) await sleep(200);
    await sleep(settleMilliseconds);
    const indexes = pool.slotNumbers.map((number) => join(pool.slotPath(number), ".git", "index"));
    const before = await readUse(served);
    let longestScrapeMilliseconds = 0;
    while ((await readUse(served)).count - before.count < roundCount) {
      for (const index of indexes) utimesSync(index, new Date(), new Date());
      for (let scrape = 0; scrape < 5; scrape++) {
        const startedAt = performance.now();
        await served.get("/metrics");
        longestScrapeMilliseconds = Math.max(longestScrapeMilliseconds, performance.now() - startedAt);
        await sleep(200);
      }
    }
    const after = await readUse(served);
    const count = after.count - before.count;
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

async function readUse(served: ServedProgram): Promise<Collections & { readMebibytes: number }> {
  const readMebibytes = mebibytesIn(readFileSync(`/proc/${served.pid}/io`, "utf8"), "rchar");
  return { ...readCollections(await served.get("/metrics")), readMebibytes };
}
