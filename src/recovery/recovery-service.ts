import { randomUUID } from "node:crypto";
import { commandOperator } from "../journal/command-operator.ts";
import type { ReclaimResult, ReclaimScope } from "./execute/plan-reclaim.ts";
import type { RecoveryEngine, RecoveryEngineOptions } from "./execute/recovery-engine.ts";
import type { RunControls } from "./execute/run-controls.ts";
import {
  defaultRecoveryOptions,
  onlyOrphanedLocks,
  resolveRecoveryOptions,
  type RecoveryOptionsInput,
} from "./plan/recovery-options.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { listPoolDirectories } from "../pool/pool-directories.ts";
import { includesManaged } from "../pool/sources/read-sources.ts";
import type { RecoveryReport } from "./recovery-report.ts";
import type { RecoveryRequest } from "./recovery-request.ts";
import type { SlotSave } from "./save-slot.ts";

export interface RecoveryServiceOptions extends RecoveryEngineOptions {
  /** How long a run waits for another one, unless its request says otherwise. */
  readonly lockTimeoutSeconds: number;
}

/** What a person asks for; the rest of a request follows from it. */
export interface RequestedRecovery {
  readonly slotId: string | undefined;
  readonly force: boolean;
  readonly input: RecoveryOptionsInput;
}

/** Runs recoveries. The engine is loaded with the first of them: a check that changes nothing does not pay for it. */
export class RecoveryService {
  readonly #options: RecoveryServiceOptions;
  /** One for all runs, which wait for each other. */
  #engine: Promise<RecoveryEngine> | undefined;

  constructor(options: RecoveryServiceOptions) {
    this.#options = options;
  }

  /** A request of the user who runs this process. */
  createRequest({ slotId, force, input }: RequestedRecovery): RecoveryRequest {
    const { lockTimeoutSeconds } = this.#options;
    return {
      recoveryId: randomUUID(),
      trigger: "command",
      requestedBy: commandOperator(),
      slotId,
      force,
      options: resolveRecoveryOptions(input, { ...defaultRecoveryOptions, lockTimeoutSeconds }),
    };
  }

  /** @throws as `RecoveryEngine.run` */
  async run(request: RecoveryRequest, controls: RunControls = {}): Promise<RecoveryReport> {
    return (await this.#loadEngine()).run(request, controls);
  }

  /** Saves a slot's unsaved work, and changes nothing. @throws as `saveSlot` */
  async saveSlot(found: { readonly pool: Pool; readonly slot: Slot }): Promise<SlotSave> {
    const { saveSlot } = await import("./save-slot.ts");
    const { inspection, journal, salvage, lockTimeoutSeconds } = this.#options;
    const request = this.createRequest({ slotId: found.slot.slotId, force: false, input: {} });
    const scope = { ...inspection, journal, salvage, lockTimeoutSeconds };
    return saveSlot(found, request, scope);
  }

  /** @throws as `RecoveryEngine.reclaim` */
  async reclaim(
    request: RecoveryRequest,
    scope: ReclaimScope,
    controls: RunControls = {},
  ): Promise<ReclaimResult> {
    return (await this.#loadEngine()).reclaim(request, scope, controls);
  }

  /** @throws as `RecoveryEngine.undoReclaim` */
  async undoReclaim(request: RecoveryRequest, id: string): Promise<RecoveryReport> {
    return (await this.#loadEngine()).undoReclaim(request, id);
  }

  /** Takes a slot out of rotation. */
  async isolate(request: RecoveryRequest, reason: string): Promise<RecoveryReport> {
    return (await this.#loadEngine()).isolate(request, reason);
  }

  /**
   * Finishes or undoes what killed runs left, as the start of any run does. A release is left to a run that may act,
   * unless `mayRelease`. @returns what could not be settled.
   */
  async settleInterrupted({ mayRelease }: { mayRelease: boolean }): Promise<string[]> {
    const input = { dryRun: !mayRelease };
    const request = this.createRequest({ slotId: undefined, force: false, input });
    return (await this.#loadEngine()).settle({ ...request, trigger: "schedule" });
  }

  /** A recovery of orphaned locks alone, that are older than this. @returns how many were moved aside. */
  async moveStaleLocks(staleLockHours: number): Promise<number> {
    listPoolDirectories(this.#options.inspection.workspacesDir);
    const thresholds = { ...this.#options.thresholds, staleLockHours };
    const engine = await createEngine({ ...this.#options, thresholds });
    const wanted = { slotId: undefined, force: false, input: onlyOrphanedLocks };
    const report = await engine.run(this.createRequest(wanted));
    return report.orphanedLocksCleaned;
  }

  /** @throws CodedError `WORKSPACES_UNREADABLE`: otherwise a run would create the missing directory. */
  #loadEngine(): Promise<RecoveryEngine> {
    const { workspacesDir, sources = [] } = this.#options.inspection;
    if (includesManaged(sources)) listPoolDirectories(workspacesDir);
    this.#engine ??= createEngine(this.#options);
    return this.#engine;
  }
}

async function createEngine(options: RecoveryEngineOptions): Promise<RecoveryEngine> {
  const { RecoveryEngine } = await import("./execute/recovery-engine.ts");
  return new RecoveryEngine(options);
}
