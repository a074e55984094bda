import { dirname } from "node:path";
import type { SnapshotService } from "../../anomalies/snapshot-service.ts";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import { InspectionMemory } from "../../inspection/memory/inspection-memory.ts";
import { rememberPools } from "../../inspection/memory/known-pools.ts";
import type { InspectedPool } from "../../inspection/inspection-result.ts";
import type { SlotInspection } from "../../inspection/slot-inspection.ts";
import type { Clock } from "../../platform/clock.ts";
import { asError } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import { RepeatLimit } from "../../platform/repeat-limit.ts";
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
 * The memory of `serve`: with it an unchanged slot costs a collection almost nothing, faults have a beginning, and each
 * snapshot includes what deep checks found. A recovery inspects without it.
 */
export class PoolWatch {
  readonly slotStates: SlotStateStore;
  readonly memory: InspectionMemory;
  readonly #backups: BackupWriter;
  readonly #clock: Clock;
  readonly #stateDir: string;
  readonly #logger: Logger;
  readonly #unwritable = new RepeatLimit({ mostPerPeriod: 1, periodSeconds: 3600 });
  #inspected: readonly InspectedPool[] = [];
  /** As the last look read them. */
  #knownPools: readonly string[] = [];

  /** @throws CodedError `STORED_FILE_NEWER` */
  constructor(options: PoolWatchOptions) {
    this.slotStates = new SlotStateStore(options);
    this.memory = new InspectionMemory({ fullProbePeriodSeconds: () => options.fullProbePeriodSeconds() });
    this.#backups = new BackupWriter(options);
    this.#clock = options.clock;
    this.#stateDir = options.stateDir;
    this.#logger = options.logger;
  }

  /** The pools as they are now, with what deep checks found and since when each slot is faulty. */
  async look(snapshots: Pick<SnapshotService, "inspect" | "judge">): Promise<Snapshot> {
    const inspection = await snapshots.inspect({}, { memory: this.memory });
    this.#inspected = inspection.pools;
    this.#knownPools = inspection.inventory.knownPools;
    const pools = inspection.pools.map((facts) => this.#withDeepKnowledge(facts));
    return this.slotStates.note(await snapshots.judge({ ...inspection, pools }, {}));
  }

  /** Writes down what the last look saw: copies of what is healthy, the pools, and since when each slot is faulty. */
  async remember(): Promise<void> {
    const now = this.#clock.now();
    for (const facts of this.#inspected) await this.#backups.keep(facts, now);
    this.#rememberPools(this.#inspected);
    this.slotStates.save();
  }

  /** The last inspection, without what deep checks found. */
  inspected(): readonly SlotInspection[] {
    return this.#inspected.flatMap(({ inspections }) => inspections);
  }

  /** Remembers the pools, so that one that vanishes is reported. A directory that was never read may be no pool. */
  #rememberPools(inspected: readonly InspectedPool[]): void {
    const pools = inspected
      .map(({ pool }) => pool)
      .filter(({ source, record, slots }) => source === undefined && (record ?? slots.length > 0));
    const [first] = pools;
    if (first === undefined) return;
    const place = { workspacesDir: dirname(first.directory), stateDir: this.#stateDir };
    const repoNames = pools.map(({ repoName }) => repoName);
    if (repoNames.every((name) => this.#knownPools.includes(name))) return;
    try {
      rememberPools(place, repoNames);
    } catch (error) {
      const err = asError(error).message;
      if (this.#unwritable.admit(err, this.#clock.now()).isAdmitted)
        this.#logger.warn({ err }, "known_pools.unwritable");
    }
  }

  #withDeepKnowledge({ pool, inspections }: InspectedPool): InspectedPool {
    return {
      pool,
      inspections: inspections.map((inspection) =>
        withDeepKnowledge(inspection, this.slotStates.deep(inspection.slot.slotId)),
      ),
    };
  }
}

/** Adds what deep checks found. A fault that both see is reported once, as the present inspection has it. */
function withDeepKnowledge(inspection: SlotInspection, deep: DeepKnowledge | undefined): SlotInspection {
  if (deep === undefined || inspection.unsupported !== undefined) return inspection;
  const seen = new Set(inspection.findings.map(({ code }) => code));
  const { unsavedWork, unsavedWorkSeenAt, diskBytes, worktreeChangedAt, verifiedAt } = deep;
  return {
    ...inspection,
    findings: [...inspection.findings, ...deep.findings.filter(({ code }) => !seen.has(code))],
    ...{ unsavedWork, unsavedWorkSeenAt, diskBytes, worktreeChangedAt, verifiedAt },
  };
}
