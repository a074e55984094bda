import { expect, test } from "vitest";
import { createDefaultConfig } from "../../../src/config/default-config.ts";
import { Metrics } from "../../../src/metrics/metrics.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { Collector, type CollectorOptions } from "../../../src/serve/watch/collector.ts";
import { until } from "../../kit/until.ts";
import { aSnapshot } from "../../kit/a-snapshot.ts";

const settings = { version: "0", collectionIntervalSeconds: 30, perSlot: true, maxSlotSeries: 1000 };

test("a collection is published before what it saw is written down, and ends after that", async () => {
  let finishWriting: (() => void) | undefined;
  const remember = (): Promise<void> => new Promise((resolve) => (finishWriting = resolve));
  const live = { config: createDefaultConfig("/pools"), services: {} } as unknown as CollectorOptions["live"];
  const collector = new Collector({
    ...{ logger: silentLogger, metrics: new Metrics(settings), live },
    watch: { look: () => Promise.resolve(aSnapshot()), remember },
    deepChecks: { hasChangedFaults: () => false, run: () => Promise.resolve() },
    journalFeed: { read: () => undefined },
    fleet: { problem: () => undefined },
  });
  let hasEnded = false;
  const collecting = collector.collect().then(() => (hasEnded = true));
  const write = await until("the writing", () => finishWriting);
  expect(collector.snapshot()).toBeDefined();
  expect(hasEnded).toBe(false);
  write();
  await collecting;
});
