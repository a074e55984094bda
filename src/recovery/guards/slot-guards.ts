import { dirname } from "node:path";
import { judgeActivity } from "../../anomalies/detect-long-allocated-slot.ts";
import type { Thresholds } from "../../anomalies/thresholds.ts";
import { stateOf, type SlotOwner } from "../../inspection/slot-owner.ts";
import type { SlotInspection } from "../../inspection/slot-inspection.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { HeldSlotLock } from "../../pool/locks/slot-lock.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import { isStillAsRead } from "../../pool/pool-store.ts";
import { SlotState } from "../../pool/records/slot-record.ts";
import type { RunParts } from "../execute/recovery-parts.ts";
import { isManual, type RecoveryRequest } from "../recovery-request.ts";
import { readForcedReasons } from "./forced-availability.ts";
import { leadsOutOfPool, type Refusal } from "../refusal.ts";
import type { NamedSlot } from "../plan/slot-facts.ts";

/** Guards that need no look at the slot: asked before it is locked, and again before each step. */
export function refuseByControls(
  slot: NamedSlot,
  { request, controls, pausePolicy }: Pick<RunParts, "request" | "controls" | "pausePolicy">,
): Refusal | undefined {
  if (!isManual(request) && controls.isLeader?.() === false)
    return { reason: "not_leader", detail: "another sidecar leads on this state directory" };
  const target = { slotId: slot.slotId, pool: slot.repoName };
  const pause = pausePolicy.findPause(target, request.trigger);
  return pause === undefined ? undefined : { reason: "paused", detail: pause };
}

interface JudgedSlot {
  readonly pool: Pool;
  readonly inspection: SlotInspection;
  /** What is wrong with the slot now; empty if nothing is. */
  readonly reasons: readonly string[];
  readonly thresholds: Thresholds;
  readonly now: Date;
}

/** Guards that are judged by what the slot is while its lock is ours. */
export function refuseBySlot(locked: JudgedSlot, request: RecoveryRequest): Refusal | undefined {
  return refuseOutside(locked) ?? refuseInPlace(locked, request);
}

/** For every step that writes into the slot. Its record may be elsewhere, and may be written: see `refuseRecord`. */
export function refuseOutside({
  pool,
  inspection: { slot },
}: Pick<JudgedSlot, "pool" | "inspection">): Refusal | undefined {
  // In the last place a link is replaced, not followed.
  const root = slot.root ?? pool.directory;
  const place = [slot.path, dirname(slot.recordPath)].find((path) => !isReallyInside(root, path));
  if (place === undefined || readEntry(slot.path).kind === "missing") return undefined;
  return leadsOutOfPool(place);
}

/** For what writes the slot's record alone, such as an isolation: a person's wish, or the end of a plan. */
export function refuseRecord({
  pool,
  slot,
}: {
  readonly pool: Pool;
  readonly slot: Slot;
}): Refusal | undefined {
  const { recordPath } = slot;
  return isReallyInside(pool.directory, dirname(recordPath)) ? undefined : leadsOutOfPool(recordPath);
}

/**
 * Another program may have the slot although its lock is ours: somebody removed the lock file, and it locked a new one; or
 * it asks for no lock. Then what is known of the slot is out of date.
 */
export function refuseTaken(
  slot: Slot,
  lock: Pick<HeldSlotLock, "isInPlace" | "path">,
  timeZone: string,
): Refusal | undefined {
  if (!lock.isInPlace())
    return { reason: "lock_held", detail: `${lock.path} was removed or replaced while it was locked` };
  if (isStillAsRead(slot, timeZone)) return undefined;
  return { reason: "lock_held", detail: `another program wrote ${slot.recordPath} since it was read` };
}

/** The other guards, which hold wherever the slot leads. */
export function refuseInPlace(locked: JudgedSlot, request: RecoveryRequest): Refusal | undefined {
  const { pool, inspection } = locked;
  const { slot } = inspection;
  if (pool.vantage !== undefined) return { reason: "vantage_suspect", detail: pool.vantage.detail };
  if (inspection.unsupported !== undefined)
    return { reason: "unsupported", detail: `${slot.path}: ${inspection.unsupported}` };
  return (
    refuseForeignOwner([pool.directory, slot.path], request.options.allowRoot) ??
    refuseForced(locked, request) ??
    refuseAlive(locked, request)
  );
}

function refuseForeignOwner(paths: readonly string[], allowRoot: boolean): Refusal | undefined {
  if (process.getuid?.() !== 0 || allowRoot) return undefined;
  for (const path of paths) {
    const owner = readEntry(path).stats?.uid;
    if (owner === undefined || owner === 0) continue;
    const detail = `${path} belongs to uid ${owner}: run as that user, or give --allow-root`;
    return { reason: "unsafe_path", detail };
  }
  return undefined;
}

/** A person made the slot available with its fault: only another fault, or a person, starts its recovery again. */
function refuseForced({ inspection, reasons }: JudgedSlot, request: RecoveryRequest): Refusal | undefined {
  if (request.slotId !== undefined && isManual(request)) return undefined;
  const { reading } = inspection.slot;
  const forced = reading.kind === "valid" ? readForcedReasons(reading.record.metadata) : undefined;
  if (forced === undefined) return undefined;
  const hasChanged = reasons.length !== forced.length || reasons.some((reason) => !forced.includes(reason));
  if (reasons.length === 0 || hasChanged) return undefined;
  return { reason: "forced", detail: "a person made the slot available although this was not repaired" };
}

/** Without a record, an agent may own the slot without working in it at this moment. */
function refuseOwned({ evidence, detail }: SlotOwner): Refusal {
  const reason = evidence === "unseen" ? "activity_unknown" : "allocation_alive";
  return { reason, detail: `somebody may use it (${evidence}): ${detail}` };
}

/** Even a repair in place would change files under a working agent. */
function refuseAlive(locked: JudgedSlot, { options }: RecoveryRequest): Refusal | undefined {
  const { owner } = locked.inspection;
  if (options.includeAlive || stateOf(locked.inspection) !== SlotState.ALLOCATED) return undefined;
  if (owner !== undefined) return refuseOwned(owner);
  if (judgeActivity(locked.inspection, locked.thresholds, locked.now) !== "alive") return undefined;
  return {
    reason: "allocation_alive",
    detail: "a heartbeat or a process shows that the agent still works: --include-alive overrides this",
  };
}
