// `npm run bench -- webhook`: how fast the built `serve` answers a burst of 5,000 notifications of 20 alerts for 50 slots,
// of which some are broken and are recovered meanwhile, beside a server that only reads them. BENCH_NOTIFICATIONS sends
// fewer.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { burstHeaders, burstNotification, serveForBurst } from "../test/kit/alert-burst.ts";
import { RealPool } from "../test/kit/real-pool.ts";
import { buildProgram } from "./compare-looks.ts";
import { compareRounds, recordFigure } from "./figure.ts";

const notificationCount = Number(process.env["BENCH_NOTIFICATIONS"] ?? 5000);
const slotCount = 50;
const connections = 10;
/** Ours and the rival take turns. */
const rounds = 3;

interface Burst {
  readonly seconds: number;
  readonly latencies: readonly number[];
  readonly statuses: ReadonlyMap<number, number>;
}

buildProgram();
const pool = new RealPool(slotCount);
for (const number of [7, 19, 33, 50]) rmSync(join(pool.slotPath(number), ".git", "HEAD"));
const slotIds = Array.from({ length: slotCount }, (_, index) => pool.slotId(index + 1));
const startsAt = new Date();
const served = await serveForBurst(pool);
const rival = fork(fileURLToPath(new URL("webhook-server.ts", import.meta.url)), {
  execArgv: ["--import", "tsx"],
});
try {
  const [message] = (await once(rival, "message")) as unknown[];
  const { port } = z.object({ port: z.number() }).parse(message);
  while ((await served.metric('repo_pool_up{pool="demo"}')) !== 1) await sleep(100);
  const bursts: { ours: Burst; rivals: Burst }[] = [];
  for (let round = 0; round < rounds; round++)
    bursts.push({ ours: await post(served.address, round), rivals: await post(`127.0.0.1:${port}`, round) });
  const compared = compareRounds(
    bursts.map(({ ours }) => millisecondsOf(ours)),
    bursts.map(({ rivals }) => millisecondsOf(rivals)),
  );
  const what = "a notification of 20 alerts, while slots are recovered";
  recordFigure({ what, rival: "a server that only parses it", unit: "ms", ...compared });
  console.log(`${notificationCount} notifications over ${connections} connections`);
  console.log(`ours: ${describe(bursts.map(({ ours }) => ours))}`);
  console.log(`a server that only parses them: ${describe(bursts.map(({ rivals }) => rivals))}`);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${served.pid}/status`, "utf8"))?.[1];
  console.log(`peak memory of serve: ${Math.round(Number(peak) / 1024)} MiB`);
} finally {
  rival.kill();
  await served.stop();
  pool.destroy();
}

/** Each connection posts one notification after the other. */
async function post(address: string, round: number): Promise<Burst> {
  const [first, end] = [round, round + 1].map((each) => Math.floor((each * notificationCount) / rounds));
  const statuses = new Map<number, number>();
  const latencies: number[] = [];
  let next = first ?? 0;
  const postInTurn = async (): Promise<void> => {
    for (let index = next++; index < (end ?? 0); index = next++) {
      const body = burstNotification(index, slotIds, startsAt);
      const begin = performance.now();
      const response = await fetch(`http://${address}/api/v1/alerts`, {
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
  return { seconds: (performance.now() - begin) / 1000, latencies, statuses };
}

function millisecondsOf({ seconds, latencies }: Burst): number {
  return (seconds * 1000) / latencies.length;
}

function describe(bursts: readonly Burst[]): string {
  const latencies = bursts.flatMap((burst) => burst.latencies).sort((one, other) => one - other);
  const at = (share: number): string =>
    `${(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0).toFixed(1)} ms`;
  const seconds = bursts.reduce((sum, burst) => sum + burst.seconds, 0).toFixed(1);
  const statuses = JSON.stringify(bursts.flatMap((burst) => [...burst.statuses]));
  return `${seconds} s; p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}; statuses ${statuses}`;
}
