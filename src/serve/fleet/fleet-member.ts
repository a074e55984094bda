import { hostname } from "node:os";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import type { SidecarConfig } from "../../config/sidecar-config.ts";
import type { ConnectionFiles } from "../../fleet/connection-settings.ts";
import { FleetCloneBudget } from "../../fleet/fleet-clone-budget.ts";
import { FleetHost } from "../../fleet/fleet-host.ts";
import { FleetLink } from "../../fleet/fleet-link.ts";
import type { HostAnnouncement } from "../../fleet/host-registry.ts";
import { loadPostgres } from "../../fleet/load-postgres.ts";
import { Journal } from "../../journal/journal.ts";
import { systemClock } from "../../platform/clock.ts";
import { UsageError } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import { approvalExpiresAt } from "../../remediation/approvals/approval-expiry.ts";
import { describeAlert, takeAlerts, takeDecision } from "./fleet-intake.ts";
import { readSidecarId } from "./sidecar-id.ts";
import type { SidecarParts } from "../sidecar-parts.ts";

/** One for polling and for claims of clones; nothing else of the program waits for PostgreSQL. */
const mostConnections = 1;
const mostStraySlots = 100;

export interface FleetMember {
  start(): void;
  stop(): Promise<void>;
}

/** @throws UsageError `FLEET_PACKAGE_MISSING` */
export async function createFleetMember(
  parts: SidecarParts,
  { logger, version }: { logger: Logger; version: string },
): Promise<FleetMember> {
  const { live, remediation, collector, leadership, metrics, fleetStatus, runner } = parts;
  const { stateDir } = live.config;
  const files = connectionFilesOf(live.config);
  const modules = await loadPostgres();
  const link = new FleetLink({
    modules,
    files,
    mostConnections,
    maintains: false,
    clock: systemClock,
    logger,
  });
  const identity = { sidecar: sidecarNameOf(live.config), sidecarId: readSidecarId(stateDir), version };
  const budgetPerHour = () => live.config.fleet.budgetPerHour;
  runner.boundClones(new FleetCloneBudget({ link, sidecar: identity.sidecar, budgetPerHour }));
  const host = new FleetHost({
    link,
    logger,
    clock: systemClock,
    isLeader: () => leadership.isLeader(),
    announcement: () => {
      const snapshot = collector.snapshot();
      return (
        snapshot && { ...identity, ...inventoryToAnnounce(snapshot), instance: live.remediation.instance }
      );
    },
    intake: {
      room: () => live.remediation.queueSize - remediation.queueDepth(),
      takeAlerts: (alerts) => takeAlerts(remediation, alerts),
      takeDecision: (decision) => {
        takeDecision(stateDir, decision);
      },
      describeAlert,
    },
    onState: ({ isUp }) => {
      metrics.setFleet({ isUp, queues: [] });
      fleetStatus.set(host.problem());
    },
    audit: {
      clock: systemClock,
      followJournal: () => new Journal(stateDir).follow(),
      records: () => remediation.list(),
      expiresAt: (record) => approvalExpiresAt(record, live.config.remediation),
    },
  });
  return {
    start: () => {
      host.start();
    },
    stop: () => host.stop(),
  };
}

/** @throws UsageError `FLEET_UNCONFIGURED` */
export function connectionFilesOf({ queue }: SidecarConfig): ConnectionFiles {
  const { connectionStringFile, caFile } = queue.postgres;
  if (queue.driver === "postgres" && connectionStringFile !== undefined)
    return { connectionStringFile, caFile };
  throw new UsageError(
    "FLEET_UNCONFIGURED",
    "a fleet needs queue.driver: postgres and queue.postgres.connection_string_file",
  );
}

function sidecarNameOf({ queue, remediation }: SidecarConfig): string {
  return queue.sidecar ?? remediation.instance ?? hostname();
}

function inventoryToAnnounce({
  pools,
  anomalies,
}: Snapshot): Pick<HostAnnouncement, "pools" | "orphanLockSlots"> {
  const names = pools.map(({ repoName }) => repoName);
  const strays = anomalies.orphanedLocks.filter(({ repoName }) => !names.includes(repoName));
  return { pools: names, orphanLockSlots: strays.slice(0, mostStraySlots).map(({ slotId }) => slotId) };
}
