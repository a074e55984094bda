import type { SidecarConfig } from "../../config/sidecar-config.ts";
import type { OperationOutcome, PoolOperations } from "../../http/pool-operations.ts";
import { writeHeartbeat } from "../../inspection/heartbeats.ts";
import { summarizePool } from "../../lending/pool-summary.ts";
import { systemClock } from "../../platform/clock.ts";
import { CodedError } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import { PoolManager } from "../../pool-manager.ts";
import { onlyOrphanedLocks } from "../../recovery/plan/recovery-options.ts";
import { pruneSalvages } from "./prune-salvages.ts";
import {
  createAllocationOutcome,
  createReleaseOutcome,
  type LendingOutcome,
} from "../../views/lending-outcome.ts";
import { createLockCleaningReport, createLockReports } from "../../views/lock-report.ts";
import { createPoolReport } from "../../views/pool-report.ts";
import { createPruneReport } from "../../views/salvage-report.ts";
import { createHeartbeatReport, createRemovedSlotReport } from "../../views/slot-report.ts";
import type { LiveConfig } from "../config/live-config.ts";
import { OperationRunner } from "./operation-runner.ts";
import type { Collector } from "../watch/collector.ts";

export interface PoolOperationsWiring {
  readonly live: Pick<LiveConfig, "config" | "services">;
  readonly collector: Pick<Collector, "collect" | "snapshot">;
  readonly logger: Logger;
}

/** What the commands do, for requests over HTTP: the answers are the JSON that the commands print. */
export function createPoolOperations(wiring: PoolOperationsWiring): PoolOperations {
  const { live, collector, logger } = wiring;
  const stateDir = live.config.stateDir;
  const runner = new OperationRunner({ stateDir, logger, onChanged: () => void collector.collect() });
  // Each operation uses the configuration that is in force when it begins.
  const openManager = (): PoolManager => new PoolManager({ config: live.config });
  return {
    ...createLendingOperations(runner, openManager),
    ...createLockOperations(runner, openManager),
    isolate: (request) => isolate(wiring, request),
    heartbeat: ({ slotId }) =>
      runner.answer(() => {
        openManager().requireWatchedSlot(slotId);
        const now = systemClock.now();
        writeHeartbeat(live.config.stateDir, slotId, now);
        return done(createHeartbeatReport(slotId, now));
      }),
    pruneSalvages: (request) => {
      const run = () => prune(live.config, request);
      const { operator, dryRun } = request;
      return dryRun ? runner.answer(run) : runner.perform({ action: "prune", operator }, run);
    },
  };
}

function createLendingOperations(
  runner: OperationRunner,
  openManager: () => PoolManager,
): Pick<PoolOperations, "createPool" | "forgetPool" | "addSlot" | "allocate" | "release" | "removeSlot"> {
  return {
    createPool: ({ operator, repoName, ...options }) =>
      runner.perform({ action: "create_pool", operator, repoName }, async () =>
        done(createPoolReport(summarizePool(await openManager().createPool(repoName, options)))),
      ),
    forgetPool: ({ operator, repoName }) =>
      runner.perform({ action: "remove_pool", operator, repoName }, () => {
        openManager().forgetPool(repoName);
        return Promise.resolve(done({ removed: repoName }));
      }),
    addSlot: ({ repoName, operator }) =>
      runner.perform({ action: "add_slot", operator, repoName }, async () =>
        done((await openManager().addSlot(repoName)).record?.fields ?? {}),
      ),
    allocate: ({ repoName, operator }) =>
      runner.perform({ action: "allocate_slot", operator, repoName }, async () =>
        ended(createAllocationOutcome(repoName, await openManager().allocateSlotDetailed(repoName))),
      ),
    release: ({ slotId, operator }) =>
      runner.perform({ action: "release_slot", operator, slotId }, async () =>
        ended(createReleaseOutcome(await openManager().releaseSlotDetailed(slotId))),
      ),
    removeSlot: ({ slotId, force, operator }) =>
      runner.perform({ action: "remove_slot", operator, slotId }, async () =>
        done(createRemovedSlotReport(slotId, await openManager().removeSlot(slotId, { force }))),
      ),
  };
}

function createLockOperations(
  runner: OperationRunner,
  openManager: () => PoolManager,
): Pick<PoolOperations, "listLocks" | "unlock" | "cleanLocks"> {
  return {
    listLocks: async () => {
      const manager = openManager();
      const orphaned = await manager.detectOrphanedLocks();
      return createLockReports(await manager.lockManager.list(), orphaned);
    },
    unlock: ({ slotId, operator }) =>
      runner.perform({ action: "unlock", operator, slotId }, async () => {
        const result = await openManager().lockManager.forceUnlock(slotId);
        return result.kind === "refused" ? result : done(result);
      }),
    cleanLocks: ({ operator }) =>
      runner.perform({ action: "clean_locks", operator }, async () => {
        const manager = openManager();
        const request = manager.createRequest({ slotId: undefined, force: false, input: onlyOrphanedLocks });
        const report = await manager.recover({ ...request, trigger: "api", requestedBy: operator });
        return done(createLockCleaningReport(report));
      }),
  };
}

async function prune(
  config: SidecarConfig,
  { operator, dryRun }: { readonly operator: string; readonly dryRun: boolean },
) {
  const result = await pruneSalvages(config, { trigger: "api", requestedBy: operator, dryRun });
  if (result.kind === "busy") return refused("busy", result.detail);
  return done(createPruneReport(result, { dryRun }));
}

/** The recovery service writes to the journal, so the runner need not. */
async function isolate(
  { collector, live }: PoolOperationsWiring,
  { slotId, reason, operator }: Parameters<PoolOperations["isolate"]>[0],
): ReturnType<PoolOperations["isolate"]> {
  const pool = collector.snapshot()?.pools.find(({ slots }) => slots.some((slot) => slot.slotId === slotId));
  if (pool === undefined) return { kind: "not_found", detail: "there is no such slot" };
  if (pool.source !== undefined)
    return refused("unsupported", "the slot has no pool manager that would respect the isolation");
  const { recovery } = live.services;
  const request = recovery.createRequest({ slotId, force: false, input: {} });
  try {
    const report = await recovery.isolate({ ...request, trigger: "api", requestedBy: operator }, reason);
    await collector.collect();
    const notDone = report.actions.find(({ outcome }) => outcome !== "done");
    if (notDone !== undefined) return refused(notDone.reason, notDone.detail);
    const [error] = report.errors;
    return error === undefined ? done({ slot_id: slotId, isolated: true }) : refused("failed", error);
  } catch (thrown) {
    if (!(thrown instanceof CodedError) || thrown.code !== "RUN_LOCK_HELD") throw thrown;
    return refused("busy", thrown.message);
  }
}

function done<const Answer>(answer: Answer): OperationOutcome<Answer> {
  return { kind: "done", answer };
}

function refused(reason: string, detail: string) {
  return { kind: "refused", reason, detail } as const;
}

/** A slot that was not refused has a record and a path. */
function ended({ record: slot = {}, path = "", warnings, refusal }: LendingOutcome) {
  return refusal === undefined ? done({ slot, path, warnings }) : refused(refusal.reason, refusal.detail);
}
