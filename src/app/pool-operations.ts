import type { SidecarConfig } from "../config/sidecar-config.ts";
import { PoolManager, type SnapshotScope } from "../pool-manager.ts";
import type { RecoveryOptionsInput } from "../recovery/recovery-options.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { Snapshot } from "../anomalies/snapshot.ts";
import { UsageError } from "../platform/coded-error.ts";
import { nearestNames } from "../platform/nearest-names.ts";

/** Looks at the pools once. @throws UsageError `POOL_UNKNOWN` with the nearest names. */
export async function takeSnapshot(config: SidecarConfig, scope: SnapshotScope): Promise<Snapshot> {
  const manager = new PoolManager({ config });
  await requirePool(manager, scope.pool);
  return manager.snapshot(scope);
}

export async function recoverPools(
  config: SidecarConfig,
  request: { slotId: string | undefined; force: boolean; options: RecoveryOptionsInput },
): Promise<RecoveryReport> {
  const manager = new PoolManager({ config });
  await requirePool(manager, request.options.pool);
  if (request.slotId !== undefined) await requireSlot(manager, request.slotId);
  return manager.recover(manager.createRequest({ ...request, input: request.options }));
}

export async function isolateSlot(
  config: SidecarConfig,
  slotId: string,
  reason: string,
): Promise<RecoveryReport> {
  const manager = new PoolManager({ config });
  await requireSlot(manager, slotId);
  return manager.isolateSlot(slotId, reason);
}

async function requirePool(manager: PoolManager, name: string | undefined): Promise<void> {
  if (name === undefined) return;
  const names = (await manager.listPools()).map((pool) => pool.repoName);
  if (!names.includes(name))
    throw new UsageError("POOL_UNKNOWN", `no pool is named ${name}${nearestNames(name, names)}`);
}

async function requireSlot(manager: PoolManager, slotId: string): Promise<void> {
  const ids = (await manager.listPools()).flatMap((pool) => pool.slots.map((slot) => slot.slotId));
  if (!ids.includes(slotId))
    throw new UsageError("SLOT_UNKNOWN", `no slot is named ${slotId}${nearestNames(slotId, ids)}`);
}
