import { createSnapshot } from "../../src/anomalies/create-snapshot.ts";
import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import { defaultThresholds } from "./default-thresholds.ts";
import type { Thresholds } from "../../src/anomalies/thresholds.ts";
import { inspectPools } from "../../src/inspection/inspect-pools.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { systemTimeZone } from "../../src/pool/records/local-time.ts";
import type { RealPool } from "./real-pool.ts";

/** The system's time; nobody else writes the pool, so a second look need not wait. */
const impatientClock: Clock = { now: () => new Date(), sleep: () => Promise.resolve() };

export interface Look {
  readonly deep?: boolean;
  /** Does not look for unsaved work. */
  readonly faultsOnly?: boolean;
  /** This slot alone. */
  readonly slotId?: string;
  readonly thresholds?: Partial<Thresholds>;
  readonly clock?: Clock;
}

/** What a check finds in a real pool, as one snapshot. */
export async function lookAtPool(pool: RealPool, look: Look = {}): Promise<Snapshot> {
  const clock = look.clock ?? impatientClock;
  const timeZone = systemTimeZone();
  const settings = {
    workspacesDir: pool.workspacesDir,
    stateDir: pool.stateDir,
    timeZone,
    clock,
    deepTimeoutSeconds: 60,
    heartbeatMaxAgeSeconds: defaultThresholds.heartbeatMaxAgeSeconds,
  };
  const { slotId } = look;
  const only = slotId === undefined ? {} : { slotId };
  const facts = await inspectPools(settings, {
    deep: look.deep ?? false,
    faultsOnly: look.faultsOnly ?? false,
    ...only,
  });
  return createSnapshot({
    inspectedPools: facts.pools,
    orphanedLocks: [],
    slotLocks: new Map(),
    lockDirectories: new Set(),
    thresholds: { ...defaultThresholds, ...look.thresholds },
    now: clock.now(),
    timeZone,
    durationSeconds: 0,
    isDeep: look.deep ?? false,
    problems: facts.problems,
    errors: facts.errors,
    inventory: facts.inventory,
    filesystem: facts.filesystem,
  });
}
