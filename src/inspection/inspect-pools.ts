import { readFileSystem } from "../platform/file-system.ts";
import { readLocks, type LockReading } from "../pool/locks/lock-inspection.ts";
import type { Pool, PoolProblem } from "../pool/pool.ts";
import { readHolds } from "../pool/sources/holds.ts";
import { includesManaged } from "../pool/sources/read-sources.ts";
import { findTimezoneMismatch } from "../pool/records/timezone-mismatch.ts";
import { readProcessSight, type ProcessSight } from "./activity.ts";
import { readHeartbeats, type Heartbeats } from "./heartbeats.ts";
import type { SlotSurroundings, UnrecordedSurroundings } from "./inspect-slot.ts";
import { readOccupants, type Occupants } from "./occupants.ts";
import type {
  InspectedPool,
  CheckError,
  InspectionResult,
  InspectionScope,
  InspectionSettings,
} from "./inspection-result.ts";
import { findOwnershipProblems } from "./ownership.ts";
import { readReadablePools, type ReadablePools } from "./readable-pools.ts";
import type { DeepCheckOptions } from "./deep/deep-check.ts";
import type { DeepInspection, FaultInspection, StoreGroup } from "./deep/deep-inspection.ts";
import { readRunnerJobs } from "./runner-jobs.ts";
import { settleFaults } from "./deep/settle-faults.ts";
import type { SlotInspection } from "./slot-inspection.ts";
import { SlotInspector } from "./slot-inspector.ts";
import type { UnreadPlace } from "../platform/unread-path.ts";

/** Inspects pools one slot after another, giving the event loop a turn every few milliseconds. */
export async function inspectPools(
  settings: InspectionSettings,
  scope: InspectionScope,
): Promise<InspectionResult> {
  const { memory, slotId } = scope;
  const errors: CheckError[] = [];
  const isManaged = includesManaged(settings.sources ?? []);
  const heartbeats = readHeartbeats(settings.stateDir);
  const sight = limitSight(isManaged ? readProcessSight(settings.workspacesDir) : nobodySeen, heartbeats);
  const inspector = new SlotInspector(readSurroundings(settings, sight, heartbeats), memory);
  // Reading /proc/locks takes time.
  const [{ locks, limitedVisibility, unread: unreadLocks }, { looked, inventory, unread, sources, limit }] =
    await Promise.all([
      isManaged ? readLocks(settings.workspacesDir) : noLocks,
      lookAtPools(settings, scope, { inspector, errors, heartbeats }),
    ]);
  let pools = await settleFaults(looked, { settings, scope, inspector, locks });
  pools = await askGit(pools, settings.deepTimeoutSeconds);
  errors.push(...pools.flatMap(({ inspections }) => findUnread(inspections)));
  if (scope.deep === true) pools = await deepen(pools, { settings, scope, errors, inspector });
  if (scope.surveySeconds !== undefined) pools = await survey(pools, settings, scope);
  if (scope.pool === undefined && slotId === undefined) memory?.endCollection(allSlotIds(pools));
  return {
    pools: pools.map((facts) =>
      withProblems(
        facts,
        settings,
        [unreadLocks, unread].filter((place) => place !== undefined),
      ),
    ),
    inventory,
    sources,
    locks,
    problems: describeLimits([sight.kind === "limited" ? sight.detail : undefined, limitedVisibility, limit]),
    errors,
    filesystem: readFileSystem(settings.workspacesDir),
    verifications: inspector.verifications,
    verificationFailures: inspector.failures,
  };
}

const nobodySeen: ProcessSight = { kind: "full", places: [] };
const noLocks: LockReading = { locks: [], limitedVisibility: undefined };

/** What was looked at, and why processes inside slots without a record cannot be seen, if they cannot. */
interface LookedPools extends Pick<ReadablePools, "inventory" | "unread" | "sources"> {
  readonly looked: InspectedPool[];
  readonly limit: string | undefined;
}

async function lookAtPools(
  settings: InspectionSettings,
  scope: InspectionScope,
  {
    inspector,
    errors,
    heartbeats,
  }: { inspector: SlotInspector; errors: CheckError[]; heartbeats: Heartbeats },
): Promise<LookedPools> {
  inspector.beginLooks();
  const pools: InspectedPool[] = [];
  const yieldToEventLoop = (): Promise<void> => inspector.yieldToEventLoop();
  const readable = await readReadablePools(settings, scope, yieldToEventLoop);
  errors.push(...readable.errors);
  const unrecorded = readUnrecorded(settings, readable.pools, heartbeats);
  if (unrecorded !== undefined) inspector.surroundUnrecorded(unrecorded);
  for (const pool of readable.pools) {
    const slots = pool.slots.filter(({ slotId }) => scope.slotId === undefined || slotId === scope.slotId);
    const inspections: SlotInspection[] = [];
    for (const slot of slots) {
      const looked = inspector.look(slot, pool);
      if (looked.kind === "inspected") inspections.push(looked.inspection);
      else errors.push(looked.error);
      await inspector.yieldToEventLoop();
    }
    pools.push({ pool, inspections });
  }
  const { inventory, unread, sources } = readable;
  const limit = unrecorded?.occupants.kind === "unseen" ? unrecorded.occupants.detail : undefined;
  return { looked: pools, inventory, unread, sources, limit };
}

/** Reads every process, so it is left out unless it is needed. */
function readUnrecorded(
  settings: InspectionSettings,
  pools: readonly Pool[],
  { unread }: Heartbeats,
): UnrecordedSurroundings | undefined {
  const slots = pools.flatMap((pool) => pool.slots).filter(({ reading }) => reading.kind === "unrecorded");
  if (slots.length === 0) return undefined;
  const { stateDir, homeStateDir = stateDir, heartbeatMaxAgeSeconds } = settings;
  const occupants: Occupants =
    unread === undefined ? readOccupants(slots.map(({ path }) => path)) : { kind: "unseen", detail: unread };
  const holds = readHolds([stateDir, homeStateDir]);
  return { occupants, jobs: readRunnerJobs(pools), holds, heartbeatMaxAgeSeconds };
}

/** One cause may limit the view of processes and of locks alike. */
function describeLimits(details: readonly (string | undefined)[]): InspectionResult["problems"] {
  const told = new Set(details.filter((detail) => detail !== undefined));
  return [...told].map((detail) => ({ code: "limited_visibility", detail }));
}

/** Who works in a slot is unknown too if heartbeats are: a slot without a process may have one. */
function limitSight(sight: ProcessSight, { unread }: Heartbeats): ProcessSight {
  return unread === undefined ? sight : { kind: "limited", detail: unread };
}

function readSurroundings(
  settings: InspectionSettings,
  sight: ProcessSight,
  { times: heartbeats }: Heartbeats,
): SlotSurroundings {
  return {
    now: settings.clock.now(),
    timeZone: settings.timeZone,
    heartbeats,
    processes: sight.kind === "full" ? sight.places : undefined,
  };
}

/** Has git settle what reading could not. Loaded only if something is unverified: it starts git. */
async function askGit(pools: readonly InspectedPool[], timeoutSeconds: number): Promise<InspectedPool[]> {
  const isUnverified = ({ unverified, mainRepository }: SlotInspection): boolean =>
    unverified.length + (mainRepository?.unverified.length ?? 0) > 0;
  if (!pools.some(({ inspections }) => inspections.some(isUnverified))) return [...pools];
  const { verifyInspections } = await import("./deep/verify-inspections.ts");
  const asked: InspectedPool[] = [];
  for (const { pool, inspections } of pools)
    asked.push({ pool, inspections: await verifyInspections(inspections, timeoutSeconds) });
  return asked;
}

/** What was not looked at: the many places of one repository are one entry. */
function findUnread(inspections: readonly SlotInspection[]): CheckError[] {
  const describe = (places: readonly UnreadPlace[]): UnreadPlace[] => {
    const [first] = places;
    const rest = places.length > 1 ? `, and ${places.length - 1} more places` : "";
    return first === undefined ? [] : [{ path: first.path, detail: `${first.detail}${rest}` }];
  };
  const code = "unread" as const;
  const ofMain = describe(inspections[0]?.mainRepository?.unread ?? []).map((place) => ({ code, ...place }));
  const ofSlots = inspections.flatMap(({ slot, unread }) =>
    describe(unread).map((place) => ({ code, slotId: slot.slotId, ...place })),
  );
  return [...ofMain, ...ofSlots];
}

/** A path that could not be read is not checked deep either: it is neither healthy nor faulty. */
function findUnchecked({ slot, isBlind, mainRepository }: SlotInspection): CheckError[] {
  if (isBlind !== true && mainRepository?.isBlind !== true) return [];
  const { slotId, path } = slot;
  return [
    { code: "deep_check_failed", slotId, path, detail: `${path} could not be read, so git did not check it` },
  ];
}

interface Deepening {
  readonly settings: InspectionSettings;
  readonly scope: InspectionScope;
  readonly errors: CheckError[];
  readonly inspector: SlotInspector;
}

type InspectGroup = (
  group: StoreGroup,
  options: DeepCheckOptions,
) => Promise<readonly (FaultInspection & Partial<DeepInspection>)[]>;

/** Loaded only if it is asked for: it starts git. */
async function deepen(
  pools: readonly InspectedPool[],
  { settings, scope, errors, inspector }: Deepening,
): Promise<InspectedPool[]> {
  const { groupByStore, inspectDeep, inspectFaults } = await import("./deep/deep-inspection.ts");
  const { findArrival } = await import("./deep/arrival.ts");
  const inspect: InspectGroup = scope.faultsOnly === true ? inspectFaults : inspectDeep;
  const groups = pools.flatMap(({ inspections }) => groupByStore(inspections));
  const deepened = new Map<string, SlotInspection>();
  const { deepTimeoutSeconds: timeoutSeconds, remadeNames } = settings;
  const options = { depth: "full" as const, timeoutSeconds, remadeNames, measuresSizes: false };
  for (const [index, group] of groups.entries()) {
    scope.onProgress?.(index, groups.length);
    const byId = new Map(group.members.map((member) => [member.slot.slotId, member]));
    // Taken before, so that a change during the inspection counts as one after it.
    const unsavedWorkSeenAt = settings.clock.now();
    for (const { slotId, check, ...worktree } of await inspect(group, options)) {
      const member = byId.get(slotId);
      if (member === undefined) continue;
      inspector.count("full", check.kind === "unchecked");
      if (check.kind === "unchecked")
        errors.push({ code: "deep_check_failed", slotId, path: member.slot.path, detail: check.detail });
      const findings = [...member.findings, ...(check.kind === "checked" ? check.findings : [])];
      const { unsavedWork } = worktree;
      const arrival = unsavedWork && (await findArrival(member, unsavedWork, options));
      deepened.set(slotId, { ...member, ...worktree, unsavedWorkSeenAt, arrival, findings });
    }
  }
  scope.onProgress?.(groups.length, groups.length);
  errors.push(...pools.flatMap(({ inspections }) => inspections.flatMap(findUnchecked)));
  return pools.map(({ pool, inspections }) => ({
    pool,
    inspections: inspections.map((inspection) => deepened.get(inspection.slot.slotId) ?? inspection),
  }));
}

/** Loaded only if it is asked for: it starts git. */
async function survey(
  pools: readonly InspectedPool[],
  { remadeNames }: InspectionSettings,
  { surveySeconds: seconds = 0, onProgress }: InspectionScope,
): Promise<InspectedPool[]> {
  const { surveySlots } = await import("./deep/survey.ts");
  const inspected = pools.flatMap(({ inspections }) => inspections);
  const surveyed = await surveySlots(inspected, { seconds, remadeNames, onProgress });
  return pools.map(({ pool, inspections }) => ({
    pool,
    inspections: inspections.map((each) => ({ ...each, ...surveyed.get(each.slot.slotId) })),
  }));
}

/** Without the slot locks or the list of known pools, every pool is seen in part. */
function withProblems(
  { pool, inspections }: InspectedPool,
  { workspacesDir }: InspectionSettings,
  unread: readonly UnreadPlace[],
): InspectedPool {
  const mismatch = findTimezoneMismatch(pool.slots);
  const problems: PoolProblem[] = [
    ...pool.problems,
    ...unread.map((place) => ({ code: "unread" as const, ...place })),
    ...(mismatch === undefined ? [] : [{ code: "timezone_mismatch" as const, detail: mismatch }]),
    ...findOwnershipProblems(workspacesDir, pool, inspections),
  ];
  return { pool: { ...pool, problems }, inspections };
}

function allSlotIds(pools: readonly InspectedPool[]): Set<string> {
  return new Set(pools.flatMap(({ pool }) => pool.slots.map(({ slotId }) => slotId)));
}
