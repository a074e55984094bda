import { CodedError } from "../platform/coded-error.ts";
import type { UnreadPlace } from "./finding.ts";
import type { Pool } from "../pool/pool.ts";
import { readPoolsInSteps } from "../pool/pool-store.ts";
import type {
  InspectionError,
  InspectionScope,
  InspectionSettings,
  InventoryFacts,
} from "./inspection-result.ts";
import { assessInventory } from "./inventory-facts.ts";
import { KnownGoodStore } from "./memory/known-good.ts";
import { readKnownPools } from "./memory/known-pools.ts";

export interface ReadablePools {
  readonly pools: readonly Pool[];
  readonly inventory: InventoryFacts;
  /** What could not be looked at, or is not where it was. */
  readonly errors: readonly InspectionError[];
  /** The list of known pools, if it cannot be read. */
  readonly unread: UnreadPlace | undefined;
}

/** A workspaces directory that cannot be listed is one more thing that could not be looked at. */
export async function readReadablePools(
  settings: InspectionSettings,
  scope: InspectionScope,
  yieldToEventLoop: () => Promise<void>,
): Promise<ReadablePools> {
  const { workspacesDir, stateDir, timeZone } = settings;
  const knownGood = new KnownGoodStore(stateDir);
  const steps = readPoolsInSteps(workspacesDir, {
    timeZone,
    only: scope.pool,
    cache: scope.memory?.records,
    rememberedNumbers: (repoName) => knownGood.listSlotNumbers(repoName),
  });
  const known = readKnownPools(settings);
  const { unread } = known;
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) {
        const assessed = assessInventory(step.value, known, { workspacesDir, only: scope.pool });
        return { pools: step.value.pools, ...assessed, unread };
      }
      await yieldToEventLoop();
    }
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
