import { statfsSync } from "node:fs";
import { readLocks } from "../locks/lock-inspection.ts";
import type { PoolProblem } from "../pool/pool.ts";
import { findTimezoneMismatch } from "../pool/timezone-mismatch.ts";
import { readProcessSight, type ProcessSight } from "./activity.ts";
import { readHeartbeats } from "./heartbeats.ts";
import type { SlotSurroundings } from "./inspect-slot.ts";
import type {
  InspectedPoolFacts,
  InspectionError,
  InspectionResult,
  InspectionScope,
  InspectionSettings,
} from "./inspection-result.ts";
import type { UnreadPlace } from "./finding.ts";
import { findOwnershipProblems } from "./ownership.ts";
import { readReadablePools } from "./readable-pools.ts";
import { settleFaults } from "./settle-faults.ts";
import type { SlotInspection } from "./slot-inspection.ts";
import { SlotLooker } from "./slot-looker.ts";

/** Inspects pools one slot after another, giving the event loop a turn every few milliseconds. */
export async function inspectPools(
  settings: InspectionSettings,
  scope: InspectionScope,
): Promise<InspectionResult> {
  const { memory, slotId } = scope;
  const errors: InspectionError[] = [];
  const sight = readProcessSight(settings.workspacesDir);
  const looker = new SlotLooker(readSurroundings(settings, sight), memory);
  // The kernel takes its time to tell who holds which lock.
  const [{ locks, blindness }, looked] = await Promise.all([
    readLocks(settings.workspacesDir),
    lookAtPools(settings, scope, { looker, errors }),
  ]);
  let pools = await settleFaults(looked, { settings, scope, looker, locks });
  pools = await askGit(pools, settings.deepTimeoutSeconds);
  errors.push(...pools.flatMap(({ inspections }) => findUnread(inspections)));
  if (scope.deep === true) pools = await deepen(pools, { settings, scope, errors, looker });
  if (scope.pool === undefined && slotId === undefined) memory?.endCollection(allSlotIds(pools));
  return {
    pools: pools.map((facts) =>
      withProblems(facts, { settings, blindness: blindnessOf(sight) ?? blindness }),
    ),
    locks,
    errors,
    filesystem: readFilesystem(settings.workspacesDir),
    verifications: looker.verifications,
    verificationFailures: looker.failures,
  };
}

async function lookAtPools(
  settings: InspectionSettings,
  scope: InspectionScope,
  { looker, errors }: { looker: SlotLooker; errors: InspectionError[] },
): Promise<InspectedPoolFacts[]> {
  looker.beginLooks();
  const pools: InspectedPoolFacts[] = [];
  const giveWay = (): Promise<void> => looker.giveWay();
  for (const pool of await readReadablePools(settings, scope, { errors, giveWay })) {
    const slots = pool.slots.filter(({ slotId }) => scope.slotId === undefined || slotId === scope.slotId);
    const inspections: SlotInspection[] = [];
    for (const slot of slots) {
      const looked = looker.look(slot, pool);
      if (looked.kind === "inspected") inspections.push(looked.inspection);
      else errors.push(looked.error);
      await looker.giveWay();
    }
    pools.push({ pool, inspections });
  }
  return pools;
}

function blindnessOf(sight: ProcessSight): string | undefined {
  return sight.kind === "limited" ? sight.detail : undefined;
}

function readSurroundings(settings: InspectionSettings, sight: ProcessSight): SlotSurroundings {
  return {
    now: settings.clock.now(),
    timeZone: settings.timeZone,
    heartbeats: readHeartbeats(settings.stateDir),
    processes: sight.kind === "full" ? sight.places : undefined,
  };
}

/** Has git settle what reading could not. Loaded only where there is a doubt: it starts git. */
async function askGit(
  pools: readonly InspectedPoolFacts[],
  timeoutSeconds: number,
): Promise<InspectedPoolFacts[]> {
  const isDoubted = ({ doubts, mainRepository }: SlotInspection): boolean =>
    doubts.length + (mainRepository?.doubts.length ?? 0) > 0;
  if (!pools.some(({ inspections }) => inspections.some(isDoubted))) return [...pools];
  const { settleInspections } = await import("./settle-doubts.ts");
  const asked: InspectedPoolFacts[] = [];
  for (const { pool, inspections } of pools)
    asked.push({ pool, inspections: await settleInspections(inspections, timeoutSeconds) });
  return asked;
}

/** What was not looked at: the many places of one repository are one entry. */
function findUnread(inspections: readonly SlotInspection[]): InspectionError[] {
  const describe = (places: readonly UnreadPlace[]): { path: string; detail: string }[] => {
    const [first] = places;
    const rest = places.length > 1 ? `, and ${places.length - 1} more places` : "";
    return first === undefined ? [] : [{ path: first.path, detail: `${first.detail}${rest}` }];
  };
  const code = "slot_partly_unread";
  const ofMain = describe(inspections[0]?.mainRepository?.unread ?? []).map((place) => ({ code, ...place }));
  const ofSlots = inspections.flatMap(({ slot, unread }) =>
    describe(unread).map((place) => ({ code, slotId: slot.slotId, ...place })),
  );
  return [...ofMain, ...ofSlots];
}

interface Deepening {
  readonly settings: InspectionSettings;
  readonly scope: InspectionScope;
  readonly errors: InspectionError[];
  readonly looker: SlotLooker;
}

/** Loaded only where it is asked for: it starts git. */
async function deepen(
  pools: readonly InspectedPoolFacts[],
  { settings, scope, errors, looker }: Deepening,
): Promise<InspectedPoolFacts[]> {
  const { groupByStore, inspectDeep } = await import("./deep-inspection.ts");
  const groups = pools.flatMap(({ inspections }) => groupByStore(inspections));
  const deepened = new Map<string, SlotInspection>();
  const options = { depth: "full" as const, timeoutSeconds: settings.deepTimeoutSeconds };
  for (const [index, group] of groups.entries()) {
    scope.onProgress?.(index, groups.length);
    const byId = new Map(group.members.map((member) => [member.slot.slotId, member]));
    for (const { slotId, check, unsavedWork, diskBytes, worktreeChangedAt } of await inspectDeep(
      group,
      options,
    )) {
      const member = byId.get(slotId);
      if (member === undefined) continue;
      looker.count("full", check.kind === "unchecked");
      if (check.kind === "unchecked")
        errors.push({ code: "deep_check_failed", slotId, path: member.slot.path, detail: check.detail });
      const findings = check.kind === "checked" ? check.findings : [];
      deepened.set(slotId, { ...member, findings, unsavedWork, diskBytes, worktreeChangedAt });
    }
  }
  scope.onProgress?.(groups.length, groups.length);
  return pools.map(({ pool, inspections }) => ({
    pool,
    inspections: inspections.map((inspection) => deepened.get(inspection.slot.slotId) ?? inspection),
  }));
}

function withProblems(
  { pool, inspections }: InspectedPoolFacts,
  { settings, blindness }: { settings: InspectionSettings; blindness: string | undefined },
): InspectedPoolFacts {
  const mismatch = findTimezoneMismatch(pool.slots);
  const problems: PoolProblem[] = [
    ...pool.problems,
    ...(blindness === undefined ? [] : [{ code: "limited_visibility" as const, detail: blindness }]),
    ...(mismatch === undefined ? [] : [{ code: "timezone_mismatch" as const, detail: mismatch }]),
    ...findOwnershipProblems(settings.workspacesDir, inspections),
  ];
  return { pool: { ...pool, problems }, inspections };
}

function allSlotIds(pools: readonly InspectedPoolFacts[]): Set<string> {
  return new Set(pools.flatMap(({ pool }) => pool.slots.map(({ slotId }) => slotId)));
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
