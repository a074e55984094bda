import { measureDiskUsage } from "../../inspection/disk-usage.ts";
import { readUnsavedWork } from "../../inspection/deep/unsaved-work.ts";
import type { UnsavedWorkKind } from "../../inspection/finding.ts";
import { readBorrowedStores } from "../../inspection/dependents.ts";
import { inspectPools } from "../../inspection/inspect-pools.ts";
import type { SlotInspection } from "../../inspection/slot-inspection.ts";
import { secondsBetween } from "../../platform/clock.ts";
import type { Pool } from "../../pool/pool.ts";
import {
  lastActivityOf,
  placesOfReclaim,
  refuseReclaim,
  type ReclaimFacts,
} from "../guards/reclaim-guards.ts";
import { refuseByControls, refuseBySlot } from "../guards/slot-guards.ts";
import { isPermitted } from "../plan/permitted-actions.ts";
import { reclaimReason, selectReclaimable, type ReclaimCandidate } from "../plan/select-reclaimable.ts";
import { reportActions } from "../plan/report-plan.ts";
import { formatBytes } from "../../platform/readable-units.ts";
import type { ActionReport, RecoveryReport } from "../recovery-report.ts";
import type { Refusal } from "../refusal.ts";
import type { RunParts } from "./recovery-parts.ts";

/** Which slots a reclaim is about. */
export interface ReclaimScope {
  /** Their slot_ids; undefined for those that are beyond the limits of their sources. */
  readonly slotIds: readonly string[] | undefined;
  /** In place of a source's `max_age`; of named slots the only age that is asked for. */
  readonly olderSeconds: number | undefined;
  /** Leaves sources alone that set no limit. */
  readonly needsLimits?: boolean;
}

export interface PlannedReclaim extends ReclaimCandidate {
  readonly repoName: string;
  readonly path: string;
  readonly refusal: Refusal | undefined;
  /** It must still have been without activity for longer when it is moved; undefined if it is named, whatever its age. */
  readonly olderSeconds: number | undefined;
  /** Only of a dry run, and of a slot that nothing keeps. */
  readonly unsavedWork?: readonly UnsavedWorkKind[];
}

export interface ReclaimPlan {
  /** Those that are named or beyond a limit, the largest first. */
  readonly slots: readonly PlannedReclaim[];
  /** How many slots were asked about: those that are named, else those of sources that allow it. */
  readonly candidateCount: number;
  /** What could not be looked at, one sentence each. */
  readonly errors: readonly string[];
}

/** Of a source that sets no limit. */
const defaultMaxAgeSeconds = 7 * 24 * 3600;
const workTimeoutSeconds = 600;

/** Looks at every slot that may be meant, measures it and asks the guards. Changes nothing. */
export async function planReclaim(parts: RunParts, scope: ReclaimScope): Promise<ReclaimPlan> {
  const found = await inspectPools(parts.inspection, {});
  const candidates = found.pools.flatMap(({ pool, inspections }): LookedSlot[] => {
    const asked = inspections.filter(
      ({ slot }) => scope.slotIds?.includes(slot.slotId) ?? isPermitted("reclaim", pool),
    );
    if (asked.length === 0) return [];
    const borrowed = readBorrowedStores(pool);
    return asked.map((inspection) => ({ pool, inspection, borrowed }));
  });
  const slots: PlannedReclaim[] = [];
  for (const name of new Set(candidates.map(({ pool }) => pool.source?.name))) {
    const ofSource = candidates.filter(({ pool }) => pool.source?.name === name);
    slots.push(...(await planSource(ofSource, parts, scope)));
  }
  return {
    slots: slots.toSorted((one, other) => other.bytes - one.bytes),
    candidateCount: candidates.length,
    errors: found.errors.map(({ code, detail }) => `${code}: ${detail}`),
  };
}

/** A dry run's report: what would be moved aside, the largest slot first. */
export function reportReclaimPlan({ slots, errors }: ReclaimPlan): RecoveryReport {
  const actions = slots.map(({ slotId, repoName, refusal, ...slot }): ActionReport => {
    const about = { slotId, repoName, action: "reclaim", durationSeconds: 0 } as const;
    if (refusal !== undefined)
      return { ...about, outcome: "refused", reason: refusal.reason, detail: refusal.detail };
    return { ...about, outcome: "planned", reason: reclaimReason(slot), detail: describeReclaim(slot) };
  });
  return reportActions(actions, errors);
}

function describeReclaim({
  path,
  bytes,
  lastActiveAt,
  unsavedWork = [],
}: Pick<PlannedReclaim, "path" | "bytes" | "lastActiveAt" | "unsavedWork">): string {
  const active = lastActiveAt === undefined ? [] : [`last active ${lastActiveAt.toISOString()}`];
  const work = unsavedWork.length === 0 ? "no unsaved work" : `${unsavedWork.join(", ")} work is saved first`;
  return [path, formatBytes(bytes), ...active, work].join(", ");
}

/** What a reclaim found, and what it did. */
export interface ReclaimResult {
  readonly plan: ReclaimPlan;
  /** By slot_id, the ids to undo them by. */
  readonly reclaimed: ReadonlyMap<string, string>;
  /** Undefined of a dry run. */
  readonly report: RecoveryReport | undefined;
}

type LookedSlot = Pick<ReclaimFacts, "pool" | "inspection" | "borrowed">;

async function planSource(
  candidates: readonly LookedSlot[],
  parts: RunParts,
  { slotIds, olderSeconds, needsLimits = false }: ReclaimScope,
): Promise<PlannedReclaim[]> {
  if (needsLimits && !candidates.some(({ pool }) => hasLimit(pool))) return [];
  const now = parts.inspection.clock.now();
  const slots: PlannedReclaim[] = [];
  const askedSeconds = slotIds === undefined ? undefined : olderSeconds;
  for (const each of candidates) slots.push(await planSlot(each, parts, askedSeconds));
  const [first] = candidates;
  if (slotIds !== undefined || first === undefined) return slots;
  return selectReclaimable(slots, limitsOf(first.pool, olderSeconds), now).map((slot) => ({
    ...slot,
    // A long run comes to it much later: somebody may have begun to work there, with no process inside.
    olderSeconds: secondsBetween(slot.lastActiveAt ?? now, now),
  }));
}

function limitsOf({ source }: Pick<Pool, "source">, olderSeconds: number | undefined) {
  const { maxAgeSeconds, maxBytes } = source?.reclaim ?? {};
  if (olderSeconds !== undefined) return { maxAgeSeconds: olderSeconds, maxBytes: undefined };
  return { maxAgeSeconds: hasLimit({ source }) ? maxAgeSeconds : defaultMaxAgeSeconds, maxBytes };
}

function hasLimit({ source }: Pick<Pool, "source">): boolean {
  return source?.reclaim.maxAgeSeconds !== undefined || source?.reclaim.maxBytes !== undefined;
}

async function planSlot(
  looked: LookedSlot,
  parts: RunParts,
  olderSeconds: number | undefined,
): Promise<PlannedReclaim> {
  const { inspection } = looked;
  const { slotId, repoName, path } = inspection.slot;
  const { facts, refusal } = await judgeReclaim(looked, parts, olderSeconds);
  const ofRegistration = placesOfReclaim(inspection).slice(1);
  const registration = await Promise.all(
    ofRegistration.map((directory) => measureDiskUsage({ path: directory, recordPath: directory })),
  );
  const bytes = [facts.usage, ...registration].reduce((sum, usage) => sum + (usage?.bytes ?? 0), 0);
  const planned = {
    ...{ slotId, repoName, path, bytes, olderSeconds },
    ...{ refusal, isKept: refusal !== undefined },
  };
  const lastActiveAt = lastActivityOf(facts);
  if (refusal !== undefined || !parts.request.options.dryRun) return { ...planned, lastActiveAt };
  return { ...planned, lastActiveAt, unsavedWork: await readWork(inspection) };
}

/** The facts about a slot now, and what keeps it from being reclaimed. */
export async function judgeReclaim(
  looked: LookedSlot,
  parts: RunParts,
  olderSeconds: number | undefined,
): Promise<{ facts: ReclaimFacts; refusal: Refusal | undefined }> {
  const { pool, inspection } = looked;
  const { stateDir, clock } = parts.inspection;
  const usage = await measureDiskUsage(inspection.slot, parts.controls.signal);
  const facts = { ...looked, usage, stateDir, olderSeconds, now: clock.now() };
  const { request, thresholds } = parts;
  const locked = { pool, inspection, reasons: [], thresholds, now: facts.now };
  const refusal =
    refuseByControls(inspection.slot, parts) ?? refuseReclaim(facts) ?? refuseBySlot(locked, request);
  return { facts, refusal };
}

async function readWork({ directories, slot }: SlotInspection): Promise<readonly UnsavedWorkKind[]> {
  if (directories === undefined) return ["unknown"];
  return readUnsavedWork(directories, slot.path, { holdsRecord: false, timeoutSeconds: workTimeoutSeconds });
}
