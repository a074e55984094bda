import { statfsSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { readLocks, type LockFacts } from "../locks/lock-inspection.ts";
import { asError, CodedError } from "../platform/coded-error.ts";
import type { Clock } from "../platform/clock.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { readPools, readSlotRecord } from "../pool/pool-store.ts";
import { readProcessPlaces, type ProcessPlace } from "./activity.ts";
import { checkDeep } from "./deep-check.ts";
import { inspectSlot } from "./inspect-slot.ts";
import type { SlotInspection } from "./slot-inspection.ts";
import { locateRepository } from "./worktree-links.ts";

export interface InspectionSettings {
  readonly workspacesDir: string;
  readonly stateDir: string;
  readonly timeZone: string;
  readonly clock: Clock;
  readonly deepTimeoutSeconds: number;
}

export interface InspectionScope {
  readonly pool?: string;
  readonly slotId?: string;
  readonly deep?: boolean;
}

/** The facts of one collection. `errors` has what could not be looked at. */
export interface InspectionResult {
  readonly pools: readonly { readonly pool: Pool; readonly inspections: readonly SlotInspection[] }[];
  readonly locks: readonly LockFacts[];
  readonly errors: readonly {
    readonly code: string;
    readonly slotId?: string;
    readonly path?: string;
    readonly detail: string;
  }[];
  readonly filesystem: { readonly sizeBytes: number; readonly availBytes: number } | undefined;
}

/** Inspects pools one slot after another, giving the event loop a turn between slots. */
export async function inspectPools(
  settings: InspectionSettings,
  scope: InspectionScope,
): Promise<InspectionResult> {
  const errors: InspectionResult["errors"][number][] = [];
  const processes = readProcessPlaces();
  const locks = readLocks(settings.workspacesDir);
  const pools = [];
  for (const read of readReadablePools(settings, scope, errors)) {
    const pool = await confirmRecords(read, locks, settings);
    const inspections = [];
    for (const slot of pool.slots) {
      if (scope.slotId !== undefined && slot.slotId !== scope.slotId) continue;
      const result = await inspectOne(slot, { pool, processes, settings, isDeep: scope.deep === true });
      if (result.kind === "inspected") inspections.push(result.inspection);
      else
        errors.push({
          code: "slot_uninspectable",
          slotId: slot.slotId,
          path: slot.path,
          detail: result.detail,
        });
      if (result.kind === "inspected" && result.unchecked !== undefined) {
        errors.push({
          code: "deep_check_failed",
          slotId: slot.slotId,
          path: slot.path,
          detail: result.unchecked,
        });
      }
      await nextTurn();
    }
    pools.push({ pool, inspections });
  }
  return { pools, locks, errors, filesystem: readFilesystem(settings.workspacesDir) };
}

/** A workspaces directory that cannot be listed is one more thing that could not be looked at. */
function readReadablePools(
  { workspacesDir, timeZone }: InspectionSettings,
  scope: InspectionScope,
  errors: InspectionResult["errors"][number][],
): Pool[] {
  try {
    return readPools(workspacesDir, { timeZone, only: scope.pool });
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    errors.push({ code: "workspaces_unreadable", path: workspacesDir, detail: error.message });
    return [];
  }
}

type OneInspection =
  | { readonly kind: "inspected"; readonly inspection: SlotInspection; readonly unchecked?: string }
  | { readonly kind: "failed"; readonly detail: string };

interface OneScope {
  readonly pool: Pool;
  readonly processes: readonly ProcessPlace[] | undefined;
  readonly settings: InspectionSettings;
  readonly isDeep: boolean;
}

async function inspectOne(
  slot: Slot,
  { pool, processes, settings, isDeep }: OneScope,
): Promise<OneInspection> {
  const { timeZone, stateDir, clock } = settings;
  const context = { pool, processes, now: clock.now(), timeZone, stateDir };
  try {
    const inspection = inspectSlot(slot, context);
    const directories = isDeep ? locateRepository(slot, pool.directory).directories : undefined;
    if (directories === undefined || inspection.findings.length > 0) return { kind: "inspected", inspection };
    const deep = await checkDeep(directories, { depth: "full", timeoutSeconds: settings.deepTimeoutSeconds });
    if (deep.kind === "unchecked") return { kind: "inspected", inspection, unchecked: deep.detail };
    return { kind: "inspected", inspection: { ...inspection, findings: deep.findings } };
  } catch (error) {
    return { kind: "failed", detail: asError(error).message };
  }
}

const secondReadAfterMilliseconds = 1_000;

/**
 * The neighbour rewrites slot.json in place, so a half-written file is normal: a fault of metadata counts only where a
 * second reading, a second later and with the slot lock unheld, shows the same file.
 */
async function confirmRecords(
  pool: Pool,
  locks: readonly LockFacts[],
  settings: InspectionSettings,
): Promise<Pool> {
  if (pool.slots.every((slot) => slot.reading.kind === "valid")) return pool;
  await settings.clock.sleep(secondReadAfterMilliseconds);
  const held = new Set(locks.filter((lock) => isHeldByOthers(lock)).map((lock) => lock.slotId));
  const slots = pool.slots.flatMap((slot) => {
    if (slot.reading.kind === "valid") return [slot];
    const reading = readSlotRecord(slot.recordPath, settings.timeZone);
    const isSame = versionOf(slot.reading) === versionOf(reading) && !held.has(slot.slotId);
    return reading.kind === "valid" || isSame ? [{ ...slot, reading }] : [];
  });
  return { ...pool, slots };
}

/** A recovery looks again while it holds the slot lock itself. */
function isHeldByOthers({ holder }: LockFacts): boolean {
  return holder.kind === "held" && holder.processes.some(({ pid }) => pid !== process.pid);
}

function versionOf(reading: Slot["reading"]): string {
  return reading.kind === "invalid" ? reading.version : reading.kind;
}

function readFilesystem(directory: string): InspectionResult["filesystem"] {
  try {
    const { bsize, blocks, bavail } = statfsSync(directory);
    return { sizeBytes: bsize * blocks, availBytes: bsize * bavail };
  } catch {
    // Not every file system answers; the metric is then absent.
    return undefined;
  }
}
