// `npm run bench -- webhook`: how fast the built `serve` answers a burst of 5,000 notifications of 20 alerts for 50 slots,
// of which some are broken and are recovered meanwhile. BENCH_NOTIFICATIONS sends fewer.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { burstHeaders, burstNotification, serveForBurst } from "../test/kit/alert-burst.ts";
import { RealPool } from "../test/kit/real-pool.ts";

const notificationCount = Number(process.env["BENCH_NOTIFICATIONS"] ?? 5000);
const slotCount = 50;
const connections = 10;

const pool = new RealPool(slotCount);
for (const number of [7, 19, 33, 50]) rmSync(join(pool.slotPath(number), ".git", "HEAD"));
const served = await serveForBurst(pool);
try {
  while ((await served.metric('repo_pool_up{pool="demo"}')) !== 1) await sleep(100);
  const statuses = new Map<number, number>();
  const latencies: number[] = [];
  const slotIds = Array.from({ length: slotCount }, (_, index) => pool.slotId(index + 1));
  const startsAt = new Date();
  let next = 0;
  const postInTurn = async (): Promise<void> => {
    for (let index = next++; index < notificationCount; index = next++) {
      const body = burstNotification(index, slotIds, startsAt);
      const begin = performance.now();
      const response = await fetch(`http://${served.address}/api/v1/alerts`, {
        method: "POST",
        headers: burstHeaders,
        body,
      });
      await response.arrayBuffer();
      latencies.push(performance.now() - begin);
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: connections }, postInTurn));
  const seconds = (performance.now() - begin) / 1000;
  latencies.sort((one, other) => one - other);
  const at = (share: number): string =>
    `${(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0).toFixed(1)} ms`;
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${served.pid}/status`, "utf8"))?.[1];
  console.log(
    `${notificationCount} notifications over ${connections} connections in ${seconds.toFixed(1)} s`,
  );
  console.log(`p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}; statuses ${JSON.stringify([...statuses])}`);
  console.log(`peak memory of serve: ${Math.round(Number(peak) / 1024)} MiB`);
} finally {
  await served.stop();
  pool.destroy();
}
