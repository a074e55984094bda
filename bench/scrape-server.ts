// The process that bench/scrape.ts measures: it serves /metrics of a snapshot of the asked size, and takes orders from
// its parent: "renew" renders the snapshot again, "reset" and "report" bound a measurement of the event loop.
import { createServer } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { SlotSnapshot, Snapshot } from "../src/anomalies/snapshot.ts";
import { Metrics } from "../src/metrics/metrics.ts";
import { aPool, aSlot, aSnapshot, snapshotTime } from "../test/kit/a-snapshot.ts";

const nanosecondsPerMillisecond = 1e6;
/** Series of each slot below. */
const seriesPerSlot = 4;
const slotsPerPool = 50;
const wantedSeries = Number(process.argv[2]);
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();

const metrics = new Metrics({
  version: "0.0.0",
  collectionIntervalSeconds: 30,
  perSlot: true,
  maxSlotSeries: 1000,
});
const snapshot = await buildSnapshot();

const server = createServer((request, response) => {
  const { accept, "accept-encoding": acceptEncoding } = request.headers;
  const headers = {
    ...(accept === undefined ? {} : { accept }),
    ...(typeof acceptEncoding === "string" ? { acceptEncoding } : {}),
  };
  void metrics.render(headers).then(({ contentType, contentEncoding, body }) => {
    response.setHeader("Content-Type", contentType);
    if (contentEncoding !== undefined) response.setHeader("Content-Encoding", contentEncoding);
    response.setHeader("Content-Length", body.length);
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : undefined });
});

process.on("message", (order) => {
  void obey(String(order));
});
process.on("disconnect", () => process.exit(0));

async function obey(order: string): Promise<void> {
  if (order === "reset") delays.reset();
  if (order === "renew") {
    metrics.update(snapshot);
    await metrics.settled();
  }
  if (order === "report") {
    // One more tick of the monitor, so that the last delay is in.
    await sleep(5);
    process.send?.({ longestDelayMilliseconds: delays.max / nanosecondsPerMillisecond });
  }
}

/** As many slots as it takes to come to the wanted number of series, all that the sidecar has anyway included. */
async function buildSnapshot(): Promise<Snapshot> {
  let slotCount = 1;
  for (;;) {
    const built = aSnapshotOf(slotCount);
    metrics.update(built);
    await metrics.settled();
    const missing = wantedSeries - (await countSeries());
    if (missing < seriesPerSlot) return built;
    slotCount += Math.max(1, Math.floor(missing / (seriesPerSlot + 1)));
  }
}

async function countSeries(): Promise<number> {
  const { body } = await metrics.render({});
  return body.toString().match(/^[^#\n]/gm)?.length ?? 0;
}

function aSnapshotOf(slotCount: number): Snapshot {
  const pools = Array.from({ length: Math.ceil(slotCount / slotsPerPool) }, (_, index) => {
    const repoName = `pool${index + 1}`;
    const count = Math.min(slotsPerPool, slotCount - index * slotsPerPool);
    return aPool({ repoName, slots: Array.from({ length: count }, (_, slot) => aBusySlot(repoName, slot)) });
  });
  return aSnapshot({ pools });
}

function aBusySlot(repoName: string, index: number): SlotSnapshot {
  return aSlot({
    repoName,
    slotId: `workspace-${repoName}-slot${index + 1}`,
    state: "allocated",
    allocatedAt: new Date(snapshotTime.getTime() - index * 1001),
    lastActivityAt: new Date(snapshotTime.getTime() - index * 503),
    diskBytes: 1_048_576 + index,
  });
}
