import type { SlotReader } from "../../platform/slot-reader.ts";
import { describeUnread, type UnreadPlace } from "../../platform/unread-path.ts";
import type {
  JobProcess,
  Pool,
  PoolProblem,
  PoolSource,
  ReclaimSettings,
  SourcePermission,
} from "../pool.ts";
import type { RecordCache } from "../records/record-cache.ts";
import type { PathClaims } from "./path-claims.ts";
import type { SeenDirectories } from "./seen-directories.ts";

/** Where pools come from: the workspaces directory of the pool manager, worktrees of repositories, or checkouts. */
export const sourceKinds = ["managed", "worktrees", "checkouts"] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** The `source` label of the pool manager's workspaces directory; no other source may have it. */
export const workspacesSourceName = "workspaces";

/** One entry of `sources`. Patterns are absolute paths in the form of path-pattern.ts. */
export interface SourceSettings {
  /** The pools of a source without a name are named after their repositories alone. */
  readonly name: string;
  readonly kind: SourceKind;
  /** Of `worktrees`: the repositories. */
  readonly repositories: readonly string[];
  /** Of `worktrees`: which work trees, from the repository's directory; all of them if it is empty. */
  readonly include: readonly string[];
  /** Of `checkouts`: the directories. */
  readonly paths: readonly string[];
  /** Of `checkouts`: names, as patterns, that no part of a path matches which a `*` stands for. */
  readonly except?: readonly string[];
  readonly jobProcess?: JobProcess | undefined;
  readonly idleAfterSeconds: number | undefined;
  readonly allow: readonly SourcePermission[];
  readonly reclaim: ReclaimSettings;
}

/** What the pools of a source know of it. */
export function describeSource({
  name,
  idleAfterSeconds,
  allow,
  reclaim,
  jobProcess,
}: SourceSettings): PoolSource {
  return { name, idleAfterSeconds, allow, reclaim, jobProcess };
}

/** What a source without a pool manager yields. */
export interface SourceReading {
  readonly pools: readonly Pool[];
  /** What could not be looked at: the source is then not seen whole. */
  readonly errors: readonly SourceError[];
}

export const sourceErrorCodes = ["source_empty", "source_unread"] as const;
export type SourceErrorCode = (typeof sourceErrorCodes)[number];

export interface SourceError {
  readonly code: SourceErrorCode;
  readonly path?: string;
  readonly detail: string;
}

/** What a source must know of the others. */
export interface SourceContext {
  /** What is taken already: by the pool manager, or by a source before this one. */
  readonly claims: PathClaims;
  /** Names of pools that are taken. */
  readonly takenNames: ReadonlySet<string>;
  /** What is read once for all sources. */
  readonly seen: SeenDirectories;
  /** Spares reading files that have not changed since. */
  readonly cache?: RecordCache | undefined;
}

/** Reads the pools of a source, with a step now and then so that others can run. Reads alone; never throws. */
export type ReadSource = (
  settings: SourceSettings,
  context: SourceContext,
) => Generator<undefined, SourceReading>;

export function notWatched(path: string, why: string): PoolProblem {
  return { code: "not_watched", path, detail: `${path} is not watched: ${why}` };
}

export function asSourceErrors(unread: readonly UnreadPlace[]): SourceError[] {
  return unread.map((place) => ({ code: "source_unread", ...place }));
}

/** The paths of a source that could not be read. */
export function describeFailures({ failures }: SlotReader): SourceError[] {
  return asSourceErrors(
    [...failures].map(([path, errorCode]) => ({ path, detail: describeUnread(path, errorCode) })),
  );
}
