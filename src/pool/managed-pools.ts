import type { Pool } from "./pool.ts";
import { readPools, type PoolReadingOptions } from "./pool-store.ts";
import { includesManaged, type SourcesPlace } from "./sources/read-sources.ts";

/** The pool manager's pools: none if no source is of the pool manager and the workspaces directory is not there. */
export function listManagedPools(
  { workspacesDir, sources }: SourcesPlace,
  options: PoolReadingOptions,
): Pool[] {
  try {
    return readPools(workspacesDir, options);
  } catch (error) {
    if (includesManaged(sources)) throw error;
    return [];
  }
}
