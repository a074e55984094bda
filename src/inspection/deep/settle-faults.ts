import type { LockFacts } from "../../pool/locks/lock-inspection.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import type { Finding } from "../finding.ts";
import type { InspectedPool, InspectionScope, InspectionSettings } from "../inspection-result.ts";
import { allFindings } from "../probe/main-repository.ts";
import { readReadablePools } from "../readable-pools.ts";
import type { SlotInspection } from "../slot-inspection.ts";
import type { SlotInspector } from "../slot-inspector.ts";

/** The wait before the second inspection. */
const secondLookAfterMilliseconds = 1_000;
/** How many more inspections are made until two in a row agree. */
const mostLooks = 3;

interface Settling {
  readonly settings: InspectionSettings;
  readonly scope: InspectionScope;
  readonly inspector: SlotInspector;
  readonly locks: readonly LockFacts[];
}

/**
 * The neighbour rewrites slot.json in place, clones and removes slots for minutes, and git moves packs about: what is
 * half done looks like damage. A fault counts only if a second look, a second later and with the slot lock unheld,
 * shows the same; what goes on changing is left to the next collection.
 */
export async function settleFaults(
  pools: readonly InspectedPool[],
  settling: Settling,
): Promise<InspectedPool[]> {
  let settled = [...pools];
  const unconfirmed = new Map<string, string>();
  for (const { pool, inspections } of pools)
    for (const inspection of inspections)
      if (isUnverified(inspection, settling))
        unconfirmed.set(inspection.slot.slotId, fingerprint(inspection, pool));
  for (let look = 0; look < mostLooks && unconfirmed.size > 0; look++) {
    await settling.settings.clock.sleep(secondLookAfterMilliseconds);
    settled = await lookAgain(settled, unconfirmed, settling);
  }
  return settled.map((facts) => leaveOut(facts, unconfirmed, settling));
}

function isUnverified(inspection: SlotInspection, { inspector, locks }: Settling): boolean {
  const { slot } = inspection;
  if (!isFaulty(inspection)) return false;
  return !inspector.isConfirmed(slot.slotId) && findHolder(slot, locks) !== "us";
}

function isFaulty({ slot, findings, mainRepository }: SlotInspection): boolean {
  const all = allFindings({ findings, mainRepository });
  // A write that is under way never looks like missing rights.
  return !isReadable(slot) || all.some(({ code }) => code !== "ownership");
}

/** True if its record can be read, or if its pool keeps none. */
function isReadable({ reading }: Slot): boolean {
  return reading.kind === "valid" || reading.kind === "unrecorded";
}

/** `us` during a recovery of the slot, which holds its lock itself: then nobody else writes there. Undefined if nobody holds it. */
function findHolder({ slotId }: Slot, locks: readonly LockFacts[]): "us" | "others" | undefined {
  const holder = locks.find((lock) => lock.slotId === slotId)?.holder;
  if (holder?.kind !== "held") return undefined;
  return holder.processes.every(({ pid }) => pid === process.pid) ? "us" : "others";
}

async function lookAgain(
  pools: readonly InspectedPool[],
  unconfirmed: Map<string, string>,
  settling: Settling,
): Promise<InspectedPool[]> {
  const { settings, scope, inspector } = settling;
  inspector.beginLooks();
  const yieldToEventLoop = (): Promise<void> => inspector.yieldToEventLoop();
  const { pools: present } = await readReadablePools(settings, scope, yieldToEventLoop);
  const now = new Map(present.map((pool) => [pool.repoName, pool]));
  const looked: InspectedPool[] = [];
  for (const facts of pools) {
    const pool = now.get(facts.pool.repoName);
    if (pool === undefined) {
      for (const { slotId } of facts.pool.slots) unconfirmed.delete(slotId);
      looked.push(describeVanished(facts.pool));
    } else if (!facts.pool.slots.some(({ slotId }) => unconfirmed.has(slotId))) looked.push(facts);
    else looked.push(await lookAgainAtPool(facts, pool, unconfirmed, settling));
  }
  return looked;
}

/** Its slots are reported as unread: neither faulty nor sound. */
function describeVanished(pool: Pool): InspectedPool {
  const detail = `${pool.directory} was moved or removed while it was looked at`;
  const problem = { code: "unread", path: pool.directory, detail } as const;
  return { pool: { ...pool, slots: [], problems: [...pool.problems, problem] }, inspections: [] };
}

/** The pool as it is now; slots without an unconfirmed fault keep their first inspection. */
async function lookAgainAtPool(
  facts: InspectedPool,
  pool: Pool,
  unconfirmed: Map<string, string>,
  { inspector, scope }: Settling,
): Promise<InspectedPool> {
  const before = new Map(facts.inspections.map((inspection) => [inspection.slot.slotId, inspection]));
  const inspections: SlotInspection[] = [];
  for (const slot of pool.slots) {
    const { slotId } = slot;
    if (scope.slotId !== undefined && slotId !== scope.slotId) continue;
    const known = before.get(slotId);
    const looked = known !== undefined && !unconfirmed.has(slotId) ? undefined : inspector.look(slot, pool);
    if (looked === undefined && known !== undefined) inspections.push(known);
    if (looked?.kind !== "inspected") continue;
    const isStillFaulty = isFaulty(looked.inspection);
    const seen = fingerprint(looked.inspection, pool);
    if (!isStillFaulty || unconfirmed.get(slotId) === seen) {
      unconfirmed.delete(slotId);
      if (isStillFaulty) inspector.confirm(slotId);
    } else {
      unconfirmed.set(slotId, seen);
    }
    inspections.push(looked.inspection);
    await inspector.yieldToEventLoop();
  }
  const present = new Set(inspections.map(({ slot }) => slot.slotId));
  for (const { slotId } of facts.pool.slots) if (!present.has(slotId)) unconfirmed.delete(slotId);
  return { pool, inspections };
}

/** Everything that two inspections must agree on. */
function fingerprint(inspection: SlotInspection, pool: Pool): string {
  const { slot, findings, mainRepository, gitActivityAt } = inspection;
  const { reading } = slot;
  const version = reading.kind === "valid" || reading.kind === "invalid" ? reading.version : reading.kind;
  const poolVersion = pool.record === undefined ? "" : JSON.stringify(pool.record.fields);
  return JSON.stringify([version, poolVersion, findings, mainRepository?.findings, gitActivityAt]);
}

/** The holder of the slot lock may be writing these at this moment. */
function isMetadataFaulty(slot: Slot, findings: readonly Finding[]): boolean {
  return !isReadable(slot) || findings.some(({ code }) => code === "slot_missing");
}

/** A fault that is changing, or whose slot is locked, is not reported. */
function leaveOut(
  { pool, inspections }: InspectedPool,
  unconfirmed: ReadonlyMap<string, string>,
  { inspector, locks }: Settling,
): InspectedPool {
  const isInMotion = ({ slot, findings }: SlotInspection): boolean =>
    unconfirmed.has(slot.slotId) ||
    (findHolder(slot, locks) === "others" && isMetadataFaulty(slot, findings));
  const moving = new Set(inspections.filter(isInMotion).map(({ slot }) => slot.slotId));
  if (moving.size === 0) return { pool, inspections };
  for (const slotId of moving) inspector.forget(slotId);
  return {
    pool: {
      ...pool,
      slots: pool.slots.filter((slot) => !moving.has(slot.slotId) || isReadable(slot)),
    },
    inspections: inspections.flatMap((inspection) => {
      if (!moving.has(inspection.slot.slotId)) return [inspection];
      return isReadable(inspection.slot) ? [{ ...inspection, findings: [] }] : [];
    }),
  };
}
