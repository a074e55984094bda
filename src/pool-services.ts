import type { SalvageSettings } from "./salvage/save/save-work.ts";
import { HealthNotifier } from "./anomalies/health-notifier.ts";
import { SnapshotService } from "./anomalies/snapshot-service.ts";
import type { SidecarConfig } from "./config/sidecar-config.ts";
import type { InspectionSettings } from "./inspection/inspection-result.ts";
import { KnownGoodStore } from "./inspection/memory/known-good.ts";
import { forgetPool } from "./inspection/memory/known-pools.ts";
import { Journal } from "./journal/journal.ts";
import type { Lending } from "./lending/lending.ts";
import { LockManager } from "./lending/lock-manager.ts";
import { systemClock, type Clock } from "./platform/clock.ts";
import { PoolInventory } from "./pool/pool-inventory.ts";
import { systemTimeZone } from "./pool/records/local-time.ts";
import { PausePolicy } from "./recovery/guards/pause-policy.ts";
import { Pauses } from "./recovery/guards/pauses.ts";
import { RecoveryService } from "./recovery/recovery-service.ts";

const deepTimeoutSeconds = 3600;

/** Everything that is done with the pools of one configuration. */
export interface PoolServices {
  readonly inventory: PoolInventory;
  readonly snapshots: SnapshotService;
  readonly pausePolicy: PausePolicy;
  readonly recovery: RecoveryService;
  readonly lockManager: LockManager;
  readonly notifier: HealthNotifier;
  /** Loaded when something is to be allocated or released: it costs a check nothing. */
  lending(): Promise<Lending>;
}

export interface PoolServicesOptions {
  readonly clock?: Clock | undefined;
  /** By default the pauses of the state directory, without maintenance windows. */
  readonly pausePolicy?: PausePolicy | undefined;
}

export function createPoolServices(config: SidecarConfig, options: PoolServicesOptions = {}): PoolServices {
  const { clock = systemClock } = options;
  const {
    workspacesDir,
    stateDir,
    homeStateDir,
    detection: thresholds,
    recovery: settings,
    salvage,
  } = config;
  const timeZone = config.timezone ?? systemTimeZone();
  const { heartbeatMaxAgeSeconds } = thresholds;
  const places = { workspacesDir, stateDir, homeStateDir, timeZone, clock };
  const inspection = { ...places, deepTimeoutSeconds, heartbeatMaxAgeSeconds };
  const { sources } = config;
  const watched = { ...inspection, sources, remadeNames: salvage.exclude };
  const snapshots = new SnapshotService({ inspection: watched, thresholds });
  // Slot locks are those of the manager alone.
  const managed = new SnapshotService({ inspection, thresholds });
  const { pausePolicy = new PausePolicy({ pauses: new Pauses(stateDir), clock }) } = options;
  const knownGood = new KnownGoodStore(stateDir);
  const recovery = new RecoveryService({
    ...{ inspection: watched, thresholds, settings, pausePolicy, snapshots },
    journal: new Journal(stateDir),
    salvage: salvageSettingsOf(config),
    lockTimeoutSeconds: settings.lockTimeoutSeconds,
    releaseSlot: async (held) => (await loadLending(config, inspection, knownGood)).endUse(held),
  });
  const { staleLockHours } = thresholds;
  return {
    ...{ snapshots, pausePolicy, recovery },
    inventory: new PoolInventory({
      ...{ workspacesDir, stateDir, timeZone, sources },
      rememberedNumbers: (repoName) => knownGood.listSlotNumbers(repoName),
      forgetKnown: (repoName) => forgetPool({ workspacesDir, stateDir }, repoName),
    }),
    lockManager: new LockManager({
      workspacesDir,
      stateDir,
      clock,
      staleLockHours,
      snapshots: managed,
      recovery,
    }),
    notifier: new HealthNotifier({ webhookUrlFile: config.healthCheck.webhookUrlFile, clock }),
    lending: () => loadLending(config, inspection, knownGood),
  };
}

function salvageSettingsOf({
  salvage: { exclude, whole },
  recovery: { minFreeRatio },
}: SidecarConfig): SalvageSettings {
  return { exclude, whole, minFreeRatio };
}

async function loadLending(
  config: SidecarConfig,
  inspection: InspectionSettings,
  knownGood: KnownGoodStore,
): Promise<Lending> {
  const { Lending } = await import("./lending/lending.ts");
  const { detection, lending, recovery, sources } = config;
  const { workspacesDir, stateDir, timeZone, clock } = inspection;
  const context = {
    ...{ workspacesDir, stateDir, timeZone, clock, knownGood, sources },
    thresholds: detection,
    lockTimeoutSeconds: recovery.lockTimeoutSeconds,
    cleanupTimeoutSeconds: lending.cleanupTimeoutSeconds,
    salvage: salvageSettingsOf(config),
  };
  return new Lending(context, lending);
}
