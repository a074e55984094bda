import type { SidecarConfig } from "../config/sidecar-config.ts";
import type { OperationOutcome, PoolOperations } from "../http/pool-operations.ts";
import type { Logger } from "../platform/logger.ts";
import type { Collector } from "./watch/collector.ts";
import type { LiveConfig } from "./config/live-config.ts";
import { OperationRunner } from "./operation-runner.ts";
import { runHeartbeat } from "./run-heartbeat.ts";
import {
  runAddSlot,
  runAllocate,
  runLocksClean,
  runLocksList,
  runLocksUnlock,
  runPoolCreate,
  runRelease,
  runRemoveSlot,
  type LendingOutcome,
} from "./run-lending.ts";
import { pruneKept } from "./run-salvage.ts";

export interface PoolOperationsWiring {
  readonly live: Pick<LiveConfig, "config">;
  readonly collector: Pick<Collector, "collect">;
  readonly logger: Logger;
}

/** The functions behind the commands, for requests over HTTP. */
export function createPoolOperations({ live, collector, logger }: PoolOperationsWiring): PoolOperations {
  const stateDir = live.config.stateDir;
  const desk = new OperationRunner({ stateDir, logger, onChanged: () => void collector.collect() });
  return {
    ...createLending(desk, () => live.config),
    heartbeat: ({ slotId }) => desk.answer(() => done(runHeartbeat(live.config, slotId))),
    unlock: ({ slotId, operator }) =>
      desk.perform({ action: "unlock", operator, slotId }, async () => {
        const result = await runLocksUnlock(live.config, slotId);
        return result.kind === "refused" ? result : done(result);
      }),
    listLocks: () => runLocksList(live.config),
    cleanLocks: ({ operator }) =>
      desk.perform({ action: "clean_locks", operator }, async () =>
        done(await runLocksClean(live.config, { trigger: "api", requestedBy: operator })),
      ),
    pruneSalvages: ({ operator, dryRun }) => {
      const prune = (): OperationOutcome => {
        const result = pruneKept(live.config, { trigger: "api", requestedBy: operator, dryRun });
        if (result.kind === "busy") return { kind: "refused", reason: "busy", detail: result.detail };
        return done({ dry_run: dryRun, removed: result.removed, errors: result.errors });
      };
      return dryRun ? desk.answer(prune) : desk.perform({ action: "prune", operator }, prune);
    },
  };
}

function createLending(
  desk: OperationRunner,
  config: () => SidecarConfig,
): Pick<PoolOperations, "createPool" | "addSlot" | "allocate" | "release" | "removeSlot"> {
  return {
    createPool: ({ operator, ...wanted }) =>
      desk.perform({ action: "create_pool", operator, repoName: wanted.repoName }, async () =>
        done(await runPoolCreate(config(), { ...wanted, onSlot: () => undefined })),
      ),
    addSlot: ({ repoName, operator }) =>
      desk.perform({ action: "add_slot", operator, repoName }, async () =>
        done(await runAddSlot(config(), repoName)),
      ),
    allocate: ({ repoName, operator }) =>
      desk.perform({ action: "allocate_slot", operator, repoName }, async () =>
        lent(await runAllocate(config(), repoName)),
      ),
    release: ({ slotId, operator }) =>
      desk.perform({ action: "release_slot", operator, slotId }, async () =>
        lent(await runRelease(config(), slotId)),
      ),
    removeSlot: ({ slotId, force, operator }) =>
      desk.perform({ action: "remove_slot", operator, slotId }, async () =>
        done(await runRemoveSlot(config(), slotId, { force })),
      ),
  };
}

function done(answer: unknown): OperationOutcome {
  return { kind: "done", answer };
}

function lent({ record, path, warnings, refusal }: LendingOutcome): OperationOutcome {
  return refusal === undefined ? done({ slot: record, path, warnings }) : { kind: "refused", ...refusal };
}
