import type { SidecarConfig } from "../config/sidecar-config.ts";
import type { OperationOutcome, PoolOperations } from "../http/pool-operations.ts";
import { writeHeartbeat } from "../inspection/heartbeats.ts";
import { Journal } from "../journal/journal.ts";
import { summarizePool } from "../lending/pool-summary.ts";
import { systemClock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { PoolManager } from "../pool-manager.ts";
import { onlyOrphanedLocks } from "../recovery/plan/recovery-options.ts";
import { pruneSaved } from "../salvage/retention/prune-saved.ts";
import { retentionLimitsOf } from "../salvage/retention/retention-limits.ts";
import {
  createAllocationOutcome,
  createReleaseOutcome,
  type LendingOutcome,
} from "../views/lending-outcome.ts";
import { createLockCleaningReport, createLockReports } from "../views/lock-report.ts";
import { createPoolReport } from "../views/pool-report.ts";
import { createPruneReport } from "../views/salvage-report.ts";
import { createHeartbeatReport, createRemovedSlotReport } from "../views/slot-report.ts";
import type { LiveConfig } from "./config/live-config.ts";
import { OperationRunner } from "./operation-runner.ts";
import type { Collector } from "./watch/collector.ts";

export interface PoolOperationsWiring {
  readonly live: Pick<LiveConfig, "config">;
  readonly collector: Pick<Collector, "collect">;
  readonly logger: Logger;
}

/** What the commands do, for requests over HTTP: the answers are the JSON that the commands print. */
export function createPoolOperations({ live, collector, logger }: PoolOperationsWiring): PoolOperations {
  const stateDir = live.config.stateDir;
  const runner = new OperationRunner({ stateDir, logger, onChanged: () => void collector.collect() });
  // Each operation uses the configuration that is in force when it begins.
  const openManager = (): PoolManager => new PoolManager({ config: live.config });
  return {
    ...createLendingOperations(runner, openManager),
    ...createLockOperations(runner, openManager),
    heartbeat: ({ slotId }) =>
      runner.answer(() => {
        openManager().requireSlot(slotId);
        const now = systemClock.now();
        writeHeartbeat(live.config.stateDir, slotId, now);
        return done(createHeartbeatReport(slotId, now));
      }),
    pruneSalvages: (request) => {
      const prune = (): OperationOutcome => pruneSalvages(live.config, request);
      const { operator, dryRun } = request;
      return dryRun ? runner.answer(prune) : runner.perform({ action: "prune", operator }, prune);
    },
  };
}

function createLendingOperations(
  runner: OperationRunner,
  openManager: () => PoolManager,
): Pick<PoolOperations, "createPool" | "addSlot" | "allocate" | "release" | "removeSlot"> {
  return {
    createPool: ({ operator, repoName, ...options }) =>
      runner.perform({ action: "create_pool", operator, repoName }, async () =>
        done(createPoolReport(summarizePool(await openManager().createPool(repoName, options)))),
      ),
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

function pruneSalvages(
  config: SidecarConfig,
  { operator, dryRun }: { readonly operator: string; readonly dryRun: boolean },
): OperationOutcome {
  const result = pruneSaved({
    stateDir: config.stateDir,
    limits: retentionLimitsOf(config.salvage, config),
    journal: new Journal(config.stateDir),
    trigger: "api",
    requestedBy: operator,
    now: systemClock.now(),
    dryRun,
  });
  if (result.kind === "busy") return { kind: "refused", reason: "busy", detail: result.detail };
  return done(createPruneReport(result, { dryRun }));
}

function done(answer: unknown): OperationOutcome {
  return { kind: "done", answer };
}

function ended({ record, path, warnings, refusal }: LendingOutcome): OperationOutcome {
  return refusal === undefined ? done({ slot: record, path, warnings }) : { kind: "refused", ...refusal };
}
