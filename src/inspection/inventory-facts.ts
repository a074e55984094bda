import { join } from "node:path";
import type { PoolsReading } from "../pool/pool-store.ts";
import type { KnownPoolsReading } from "./memory/known-pools.ts";
import type { CheckError, InventoryFacts } from "./inspection-result.ts";
import { uncachedReader } from "../platform/slot-reader.ts";

/** Names in a message; the others are counted. */
const mostNames = 5;

/**
 * Compares what was read with the pools that were seen before. If none was ever seen, a directory of pools cannot be
 * told from an empty mount point or a mistyped path. Without the list of known pools, none can be reported as gone.
 */
export function assessInventory(
  { pools, unread, otherNames, listedNames }: PoolsReading,
  { names: known, unread: unreadList }: KnownPoolsReading,
  { workspacesDir, only }: { workspacesDir: string; only?: string | undefined },
): { inventory: InventoryFacts; errors: CheckError[] } {
  const present = new Set([...pools.map(({ repoName }) => repoName), ...unread.map(({ name }) => name)]);
  const isThere = (name: string): boolean =>
    present.has(name) || (only !== undefined && name !== only && listedNames.includes(name));
  const knownPools = known ?? [];
  const gonePools = knownPools.filter((name) => !isThere(name));
  const isEmpty = only === undefined && pools.length === 0 && unread.length === 0;
  const errors: CheckError[] = [
    ...unread.map(({ path, detail }) => ({ code: "pool_unread" as const, path, detail })),
    ...gonePools.map((name) => describeGone(name, workspacesDir)),
  ];
  if (isEmpty && gonePools.length === 0 && knownPools.length === 0)
    errors.push(describeEmptiness(workspacesDir, { otherNames, isKnown: known !== undefined }));
  const isUnread =
    unreadList !== undefined || pools.some(({ problems }) => problems.some(({ code }) => code === "unread"));
  return {
    inventory: {
      isReadable: !isEmpty || (known !== undefined && knownPools.length === 0),
      isWhole:
        !isUnread && unread.length === 0 && gonePools.length === 0 && !(isEmpty && known === undefined),
      ...{ knownPools, gonePools, otherNames },
    },
    errors,
  };
}

function describeGone(name: string, workspacesDir: string): CheckError {
  const path = join(workspacesDir, name);
  const detail = `the pool ${name} was at ${path} and is gone: mount its disk or rename it back; if it was removed, say so with \`pool remove\``;
  return { code: "pool_gone", path, detail };
}

/** Says what is in a directory without pools: people often name a directory of clones. */
function describeEmptiness(
  workspacesDir: string,
  { otherNames, isKnown }: { otherNames: readonly string[]; isKnown: boolean },
): CheckError {
  const repositories = otherNames.filter((name) => isRepository(join(workspacesDir, name)));
  const named = repositories.slice(0, mostNames).join(", ");
  const others = repositories.length > mostNames ? ", and others" : "";
  const what =
    repositories.length === 0
      ? "and no git repository right below it"
      : `but ${repositories.length} git ${repositories.length === 1 ? "repository" : "repositories"} (${named}${others}) that nobody watches`;
  const advice = isKnown
    ? "`pool create` makes one"
    : "check --workspaces-dir or --config.file, and that its disk is mounted; `pool create` makes the first pool";
  return {
    code: "no_pools",
    path: workspacesDir,
    detail: `${workspacesDir} holds no pool, ${what}: ${advice}`,
  };
}

/** A clone, a worktree, or a bare repository. */
function isRepository(path: string): boolean {
  const has = (name: string): boolean => uncachedReader.readEntry(join(path, name)).kind !== "missing";
  return has(".git") || (has("HEAD") && has("objects") && has("refs"));
}
