import type { InspectedPool } from "../../inspection/inspection-result.ts";
import { KnownGoodStore, type HealthySlot } from "../../inspection/memory/known-good.ts";
import type { SlotInspection } from "../../inspection/slot-inspection.ts";
import type { Logger } from "../../platform/logger.ts";

/** Keeps copies of what is healthy, of each slot that was read in full: what is unchanged is in its copy already. */
export class BackupWriter {
  readonly #store: KnownGoodStore;
  readonly #logger: Logger;
  /** What each pool looked like when its copies were last made. */
  readonly #kept = new Map<string, string>();
  #hasSaidUnwritable = false;

  constructor({ stateDir, logger }: { stateDir: string; logger: Logger }) {
    this.#store = new KnownGoodStore(stateDir);
    this.#logger = logger;
  }

  async keep({ pool, inspections }: InspectedPool, now: Date): Promise<void> {
    const version = JSON.stringify([pool.record?.fields, pool.slots.map(({ number }) => number)]);
    const healthy = inspections.filter(wasReadInFull).flatMap(describeHealthy);
    if (healthy.length === 0 && this.#kept.get(pool.repoName) === version) return;
    const result = await this.#store.remember(pool, healthy, now);
    if (result.kind === "remembered") {
      this.#kept.set(pool.repoName, version);
      return;
    }
    if (!this.#hasSaidUnwritable) this.#logger.warn({ err: result.detail }, "known_good.unwritable");
    this.#hasSaidUnwritable = true;
  }
}

function wasReadInFull({ probedAt, inspectedAt }: SlotInspection): boolean {
  return probedAt.getTime() === inspectedAt.getTime();
}

/** Faulty metadata is not copied. A broken repository does not make its metadata faulty. */
function describeHealthy({ slot, findings, directories, unsupported }: SlotInspection): HealthySlot[] {
  const isWhole = findings.length === 0 && unsupported === undefined;
  if (slot.reading.kind === "unrecorded") return isWhole ? [{ slot, directories }] : [];
  if (slot.reading.kind !== "valid" || findings.some(({ code }) => code.startsWith("slot_"))) return [];
  return [{ slot, directories: isWhole ? directories : undefined }];
}
