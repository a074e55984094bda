import { expect, test } from "vitest";
import type { CorruptionReason } from "../../../src/anomalies/corruption-reason.ts";
import type { Snapshot } from "../../../src/anomalies/snapshot.ts";
import { AnomalyLog } from "../../../src/serve/watch/anomaly-log.ts";
import type { LogFields, Logger } from "../../../src/platform/logger.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { aPool, aSnapshot, snapshotTime } from "../../kit/a-snapshot.ts";

const slotId = "workspace-demo-slot2";

function aLog() {
  const lines: [event: string, fields: LogFields][] = [];
  const write = (fields: LogFields, event: string): void => void lines.push([event, fields]);
  const logger: Logger = { ...silentLogger, info: write, warn: write };
  return { log: new AnomalyLog(logger), lines };
}

function snapshotWith(
  reasons: readonly CorruptionReason[],
  { afterSeconds = 0, isUp = true } = {},
): Snapshot {
  const corrupted = { kind: "corrupted_slot", slotId, repoName: "demo", reasons, detail: "" } as const;
  return aSnapshot({
    checkedAt: new Date(snapshotTime.getTime() + afterSeconds * 1000),
    pools: [aPool({ repoName: "demo", isUp })],
    anomalies: {
      longAllocatedSlots: [],
      corruptedSlots: reasons.length === 0 ? [] : [corrupted],
      orphanedLocks: [],
    },
  });
}

test("an anomaly is said once when it begins, when its reasons change, and when it ends", () => {
  const { log, lines } = aLog();
  log.note(snapshotWith(["head_invalid"]));
  log.note(snapshotWith(["head_invalid"], { afterSeconds: 30 }));
  log.note(snapshotWith(["index_missing", "head_invalid"], { afterSeconds: 60 }));
  log.note(snapshotWith([], { afterSeconds: 90 }));
  log.note(snapshotWith([], { afterSeconds: 120 }));
  const fields = { kind: "corrupted_slot", pool: "demo", slotId };
  expect(lines).toEqual([
    ["anomaly.began", { ...fields, reasons: ["head_invalid"] }],
    ["anomaly.changed", { ...fields, reasons: ["head_invalid", "index_missing"] }],
    ["anomaly.ended", { ...fields, reasons: ["head_invalid", "index_missing"], durationSeconds: 90 }],
  ]);
});

test("an anomaly of a pool that cannot be read has not ended", () => {
  const { log, lines } = aLog();
  log.note(snapshotWith(["head_invalid"]));
  log.note(snapshotWith([], { afterSeconds: 30, isUp: false }));
  expect(lines.map(([event]) => event)).toEqual(["anomaly.began"]);
});

test("an anomaly that comes and goes is said six times an hour, and then how often it was not", () => {
  const { log, lines } = aLog();
  for (let tick = 0; tick < 20; tick++)
    log.note(snapshotWith(tick % 2 === 0 ? ["head_invalid"] : [], { afterSeconds: tick * 30 }));
  expect(lines).toHaveLength(6);
  log.note(snapshotWith(["head_invalid"], { afterSeconds: 3600 }));
  expect(lines.at(-1)).toMatchObject(["anomaly.began", { suppressedCount: 14 }]);
});
