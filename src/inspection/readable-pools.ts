import { CodedError } from "../platform/coded-error.ts";
import { takeSteps } from "../platform/steps.ts";
import type { Pool } from "../pool/pool.ts";
import { readPoolsInSteps } from "../pool/pool-store.ts";
import { includesManaged, readSources } from "../pool/sources/read-sources.ts";
import type {
  CheckError,
  InspectionScope,
  InspectionSettings,
  InventoryFacts,
  SourceFacts,
} from "./inspection-result.ts";
import { assessInventory } from "./inventory-facts.ts";
import { KnownGoodStore } from "./memory/known-good.ts";
import { readKnownPools } from "./memory/known-pools.ts";
import type { UnreadPlace } from "../platform/unread-path.ts";

export interface ReadablePools {
  readonly pools: readonly Pool[];
  readonly inventory: InventoryFacts;
  /** What could not be looked at, or has disappeared. */
  readonly errors: readonly CheckError[];
  /** The list of known pools, if it cannot be read. */
  readonly unread: UnreadPlace | undefined;
  /** How each source without a pool manager was read. */
  readonly sources: readonly SourceFacts[];
}

/** The pools of every source: of the manager's workspaces directory, and of those without a pool manager. */
export async function readReadablePools(
  settings: InspectionSettings,
  scope: InspectionScope,
  yieldToEventLoop: () => Promise<void>,
): Promise<ReadablePools> {
  const { sources = [] } = settings;
  const managed = includesManaged(sources)
    ? await readManagedPools(settings, scope, yieldToEventLoop)
    : nothingManaged;
  const readings = await takeSteps(
    readSources({ ...settings, sources, cache: scope.memory?.records }, managed.pools),
    yieldToEventLoop,
  );
  const isWanted = ({ repoName }: Pool): boolean => scope.pool === undefined || repoName === scope.pool;
  return {
    ...managed,
    pools: [...managed.pools, ...readings.flatMap(({ pools }) => pools).filter(isWanted)],
    errors: [
      ...managed.errors,
      ...(scope.pool === undefined ? readings.flatMap(({ errors }) => errors) : []),
    ],
    sources: readings.map(({ name, errors }) => ({ name, isReadable: errors.length === 0 })),
  };
}

type ManagedPools = Omit<ReadablePools, "sources">;

const nothingManaged: ManagedPools = {
  pools: [],
  inventory: {
    isReadable: true,
    isWatched: false,
    isWhole: true,
    knownPools: [],
    gonePools: [],
    otherNames: [],
  },
  errors: [],
  unread: undefined,
};

/** A workspaces directory that cannot be listed is an error of the inspection. */
async function readManagedPools(
  settings: InspectionSettings,
  scope: InspectionScope,
  yieldToEventLoop: () => Promise<void>,
): Promise<ManagedPools> {
  const { workspacesDir, stateDir, timeZone } = settings;
  const knownGood = new KnownGoodStore(stateDir);
  const steps = readPoolsInSteps(workspacesDir, {
    timeZone,
    only: scope.pool,
    cache: scope.memory?.records,
    rememberedNumbers: (repoName) => knownGood.listSlotNumbers(repoName),
  });
  const known = readKnownPools(settings, scope.memory?.records);
  const { unread } = known;
  try {
    const reading = await takeSteps(steps, yieldToEventLoop);
    const assessed = assessInventory(reading, known, { workspacesDir, only: scope.pool });
    return { pools: reading.pools, ...assessed, unread };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const unreadable = { code: "workspaces_unreadable" as const, path: workspacesDir, detail: error.message };
    const knownPools = known.names ?? [];
    const inventory = {
      isReadable: false,
      isWhole: false,
      knownPools,
      gonePools: knownPools,
      otherNames: [],
    };
    return { pools: [], inventory, errors: [unreadable], unread };
  }
}
