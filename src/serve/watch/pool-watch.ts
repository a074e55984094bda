import { setImmediate as nextTurn } from "node:timers/promises";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import { InspectionMemory } from "../../inspection/memory/inspection-memory.ts";
import type { InspectedPoolFacts } from "../../inspection/inspection-result.ts";
import type { SlotInspection } from "../../inspection/slot-inspection.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { PoolManager } from "../../pool-manager.ts";
import { BackupWriter } from "./backup-writer.ts";
import { SlotStateStore } from "./slot-state-store.ts";
import type { DeepKnowledge } from "./watch-state.ts";

export interface PoolWatchOptions {
  readonly stateDir: string;
  readonly logger: Logger;
  readonly clock: Clock;
  fullProbePeriodSeconds(): number;
}

/**
 * The memory of `serve`: by it a quiet slot costs a collection nearly nothing, faults have a beginning, and what deep
 * checks found is part of each snapshot. Whoever decides about a recovery looks without it.
 */
export class PoolWatch {
  readonly slotStates: SlotStateStore;
  readonly memory: InspectionMemory;
  readonly #backups: BackupWriter;
  readonly #clock: Clock;
  #inspected: readonly SlotInspection[] = [];

  /** @throws CodedError `STORED_FILE_NEWER` */
  constructor(options: PoolWatchOptions) {
    this.slotStates = new SlotStateStore(options);
    this.memory = new InspectionMemory({ fullProbePeriodSeconds: () => options.fullProbePeriodSeconds() });
    this.#backups = new BackupWriter(options);
    this.#clock = options.clock;
  }

  async takeSnapshot(manager: PoolManager): Promise<Snapshot> {
    const { memory } = this;
    const snapshot = await manager.snapshot({}, { memory, enrich: (pools) => this.#enrich(pools) });
    const noted = this.slotStates.note(snapshot);
    this.slotStates.save();
    return noted;
  }

  /** What the last look showed, without what deep checks found. */
  inspected(): readonly SlotInspection[] {
    return this.#inspected;
  }

  async #enrich(pools: readonly InspectedPoolFacts[]): Promise<readonly InspectedPoolFacts[]> {
    this.#inspected = pools.flatMap(({ inspections }) => inspections);
    const now = this.#clock.now();
    // The end of an inspection goes over every slot at once.
    await nextTurn();
    for (const facts of pools) await this.#backups.keep(facts, now);
    return pools.map(({ pool, inspections }) => ({
      pool,
      inspections: inspections.map((inspection) =>
        withDeepKnowledge(inspection, this.slotStates.deep(inspection.slot.slotId)),
      ),
    }));
  }
}

/** A fault that both see is told once, as the look at this moment has it. */
function withDeepKnowledge(inspection: SlotInspection, deep: DeepKnowledge | undefined): SlotInspection {
  if (deep === undefined || inspection.unsupported !== undefined) return inspection;
  const seen = new Set(inspection.findings.map(({ code }) => code));
  const { unsavedWork, diskBytes, worktreeChangedAt, verifiedAt } = deep;
  return {
    ...inspection,
    findings: [...inspection.findings, ...deep.findings.filter(({ code }) => !seen.has(code))],
    ...{ unsavedWork, diskBytes, worktreeChangedAt, verifiedAt },
  };
}
