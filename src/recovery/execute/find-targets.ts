import type { SnapshotService } from "../../anomalies/snapshot-service.ts";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import type { OrphanedLock } from "../../anomalies/anomaly.ts";
import { parseSlotId } from "../../pool/slot-id.ts";
import type { RecoveryMemory, SlotRecovery } from "../guards/recovery-memory.ts";
import { refuseUnattended, type UnattendedFacts } from "../guards/unattended-guards.ts";
import { hasWork, selectTargets, withFoundFault, type SlotTarget } from "../plan/select-targets.ts";
import { isManual } from "../recovery-request.ts";
import type { Refusal } from "../refusal.ts";
import { assessSlot } from "./assess-slot.ts";
import type { RunParts } from "./recovery-parts.ts";

/** What a run asks of the pools and of the journal before it comes to a slot. */
export interface TargetSources {
  readonly snapshots: Pick<SnapshotService, "take">;
  readonly memory: RecoveryMemory;
}

export interface AdmittedTarget {
  readonly target: SlotTarget;
  /** What would stop an unattended run; a person's run reports it and continues. */
  readonly notice: Refusal | undefined;
}

export interface FoundTargets {
  readonly snapshot: Snapshot;
  readonly admitted: readonly AdmittedTarget[];
  readonly refused: readonly { readonly target: SlotTarget; readonly refusal: Refusal }[];
  readonly lockMoves: readonly OrphanedLock[];
}

/** Looks at the pools, selects what the run acts on, and asks the guards of unattended runs. Changes nothing. */
export async function findTargets(parts: RunParts, sources: TargetSources): Promise<FoundTargets> {
  const { request } = parts;
  const snapshot = await takeSnapshot(parts, sources);
  const { slots, lockMoves, leftIsolated } = selectTargets(snapshot, request);
  const detail = "the slot waits for a person: recover it by name";
  const refused: { target: SlotTarget; refusal: Refusal }[] = leftIsolated.map((repair) => ({
    target: {
      slotId: repair.slotId,
      repoName: repair.repoName,
      release: undefined,
      repair,
      isIsolated: true,
    },
    refusal: { reason: "isolated", detail },
  }));
  sources.memory.refresh();
  const admitted: AdmittedTarget[] = [];
  for (const selected of slots) {
    const target = request.slotId === undefined ? selected : await lookDeep(selected, parts);
    if (!hasWork(target)) continue;
    const refusal = refuseTarget(target, { parts, snapshot, memory: sources.memory, admitted });
    if (refusal !== undefined && !isManual(request)) refused.push({ target, refusal });
    // What keeps unattended runs from an isolated slot is the isolation, which this run ends.
    else admitted.push({ target, notice: target.isIsolated ? undefined : refusal });
  }
  return { snapshot, admitted, refused, lockMoves };
}

/** As deep as the request says, and of the named slot's pool alone. */
function takeSnapshot({ request, thresholds }: RunParts, { snapshots }: TargetSources): Promise<Snapshot> {
  const { slotId, options } = request;
  const { maxAllocationHours } = options;
  const pool = options.pool ?? (slotId === undefined ? undefined : parseSlotId(slotId)?.repoName);
  const deep = options.deep && slotId === undefined;
  const { staleLockHours } = thresholds;
  return snapshots.take({ pool, deep, maxAllocationHours, staleLockHours });
}

/** A fault may lie deep. A target that has work anyway is looked at as deep once it is locked. */
async function lookDeep(target: SlotTarget, parts: RunParts): Promise<SlotTarget> {
  const { inspection, thresholds, request } = parts;
  if (hasWork(target) || !request.options.recoverCorrupted) return target;
  const { slotId, repoName } = target;
  const look = await assessSlot({ slotId, repoName }, { inspection, thresholds, isDeep: true });
  return look === undefined ? target : withFoundFault(target, look, request);
}

function refuseTarget(
  target: SlotTarget,
  scope: {
    parts: RunParts;
    snapshot: Snapshot;
    memory: RecoveryMemory;
    admitted: readonly AdmittedTarget[];
  },
): Refusal | undefined {
  const { inspection, request, settings } = scope.parts;
  const runId = request.recoveryId;
  const begun = scope.admitted.map(({ target: { slotId } }) => ({ slotId, runId }));
  const memory = withAdmitted(scope.memory, begun);
  const facts = { snapshot: scope.snapshot, memory, runId, now: inspection.clock.now() };
  return refuseUnattended(target, facts, settings);
}

/** What a pass has let through counts before its first step is in the journal. */
function withAdmitted(memory: RecoveryMemory, admitted: readonly SlotRecovery[]): UnattendedFacts["memory"] {
  return {
    failuresOf: (slotId) => memory.failuresOf(slotId),
    lastStormOf: (repoName) => memory.lastStormOf(repoName),
    recoveriesSince: (since) => {
      const known = memory.recoveriesSince(since);
      const isKnown = ({ slotId, runId }: SlotRecovery): boolean =>
        known.some((recovery) => recovery.slotId === slotId && recovery.runId === runId);
      return [...known, ...admitted.filter((recovery) => !isKnown(recovery))];
    },
  };
}
