import type { SlotSnapshot, Snapshot } from "../anomalies/snapshot.ts";
import type { ProposedConfig } from "../pool/sources/propose-sources.ts";
import type { Scan } from "../pool/sources/scan-directory.ts";
import type { SourceError } from "../pool/sources/source.ts";
import { reportProblem } from "./check-report.ts";

export type DiscoverReport = ReturnType<typeof createDiscoverReport>;
export type RepositoryReport = DiscoverReport["repositories"][number];
export type WorkTreeReport = RepositoryReport["work_trees"][number];

export interface Discovery {
  readonly scan: Scan;
  readonly snapshot: Snapshot;
  /** What the scan could not look at. */
  readonly errors: readonly SourceError[];
  readonly config: ProposedConfig | undefined;
}

/** What `discover --json` prints; the names are a contract. */
export function createDiscoverReport({ scan, snapshot, errors, config }: Discovery) {
  const allErrors = [...errors, ...snapshot.errors];
  return {
    checked_at: snapshot.checkedAt.toISOString(),
    directories: scan.roots,
    directory_count: scan.directoryCount,
    /** False if a part could not be looked at, or not in the time. */
    is_whole: allErrors.length === 0,
    repositories: listRepositories(scan, snapshot),
    managed_pools: scan.managedPools,
    config: config ?? null,
    problems: snapshot.problems.map(reportProblem),
    errors: allErrors.map(reportProblem),
  };
}

/** By path; each with its own work tree first, if it has one. */
function listRepositories({ checkouts, bare }: Scan, { pools }: Snapshot) {
  const linkedPools = new Map(
    pools.filter(({ layout }) => layout === "worktree").map((pool) => [pool.directory, pool]),
  );
  const ofCheckouts = pools.filter(({ layout }) => layout === "clone");
  const mains = new Map(ofCheckouts.flatMap(({ slots }) => slots).map((slot) => [slot.path, slot]));
  const paths = new Set([...checkouts, ...bare, ...linkedPools.keys()]);
  return [...paths].sort().map((path) => {
    const main = mains.get(path);
    const linked = linkedPools.get(path);
    return {
      path,
      is_bare: bare.includes(path),
      work_trees: [
        ...(main === undefined ? [] : [reportWorkTree(main, true)]),
        ...(linked?.slots ?? []).map((slot) => reportWorkTree(slot, false)),
      ],
      problems: [
        ...(linked?.problems ?? []),
        ...ofCheckouts.flatMap(({ problems }) => problems.filter((problem) => problem.path === path)),
      ].map(reportProblem),
    };
  });
}

function reportWorkTree(slot: SlotSnapshot, isMain: boolean) {
  return {
    path: slot.path,
    is_main: isMain,
    branch: slot.branch ?? null,
    owner: slot.owner ?? null,
    last_activity_at: slot.lastActivityAt?.toISOString() ?? null,
    /** Null if there was no time to measure it. */
    disk_bytes: slot.diskBytes ?? null,
    unsaved_work: slot.unsavedWork ?? (["unknown"] as const),
    /** Null if there was no time to look. */
    unsaved_work_seen_at: slot.unsavedWorkSeenAt?.toISOString() ?? null,
    reasons: slot.reasons,
  };
}
