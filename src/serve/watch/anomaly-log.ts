import type { Anomaly } from "../../anomalies/anomaly.ts";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import { secondsBetween } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { RepeatLimit } from "../../platform/repeat-limit.ts";

interface OpenAnomaly {
  readonly anomaly: Anomaly;
  readonly reasons: readonly string[];
  readonly since: Date;
}

/** Logs when an anomaly begins, changes its reasons or ends. For one that comes and goes, a few lines an hour are logged. */
export class AnomalyLog {
  readonly #logger: Logger;
  readonly #limit = new RepeatLimit({ mostPerPeriod: 6, periodSeconds: 3600 });
  #open = new Map<string, OpenAnomaly>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  note({ anomalies, pools, checkedAt }: Snapshot): void {
    const { longAllocatedSlots, corruptedSlots, orphanedLocks } = anomalies;
    const found = new Map<string, OpenAnomaly>();
    for (const anomaly of [...longAllocatedSlots, ...corruptedSlots, ...orphanedLocks]) {
      const key = keyOf(anomaly);
      const before = this.#open.get(key);
      const open = { anomaly, reasons: reasonsOf(anomaly), since: before?.since ?? checkedAt };
      found.set(key, open);
      if (before === undefined) this.#say(key, open, "anomaly.began", checkedAt);
      else if (before.reasons.join() !== open.reasons.join())
        this.#say(key, open, "anomaly.changed", checkedAt);
    }
    const unreadable = new Set(pools.filter(({ isUp }) => !isUp).map(({ repoName }) => repoName));
    for (const [key, open] of this.#open) {
      if (found.has(key)) continue;
      // A pool that cannot be read is not healthy.
      if (unreadable.has(open.anomaly.repoName)) found.set(key, open);
      else this.#say(key, open, "anomaly.ended", checkedAt);
    }
    this.#open = found;
  }

  #say(key: string, { anomaly, reasons, since }: OpenAnomaly, event: string, now: Date): void {
    const { isAdmitted, suppressedCount } = this.#limit.admit(key, now);
    if (!isAdmitted) return;
    const { kind, slotId, repoName: pool } = anomaly;
    const repeated = suppressedCount === 0 ? {} : { suppressedCount };
    const fields = { kind, pool, slotId, reasons, ...repeated };
    if (event === "anomaly.ended")
      this.#logger.info({ ...fields, durationSeconds: secondsBetween(since, now) }, event);
    else this.#logger.warn(fields, event);
  }
}

function keyOf(anomaly: Anomaly): string {
  return `${anomaly.kind} ${anomaly.kind === "orphaned_lock" ? anomaly.path : anomaly.slotId}`;
}

function reasonsOf(anomaly: Anomaly): readonly string[] {
  return anomaly.kind === "corrupted_slot" ? [...anomaly.reasons].sort() : [anomaly.reason];
}
