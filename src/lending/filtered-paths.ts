import { namesFilter, readTrustedFilters, type TrustedFilters } from "../git/config/trusted-filters.ts";
import type { GitResult } from "../git/run/git-command.ts";
import { byAttribute } from "../git/run/split-output.ts";
import type { ScratchRepository } from "../git/scratch/scratch-repository.ts";

export interface FilteredPaths {
  /** Paths whose filter we do not have, as bytes in latin1: without it git would replace their content. */
  readonly untouchable: readonly string[];
  /** `-c` settings of the trusted filters that the attributes name. */
  readonly settings: readonly string[];
}

/**
 * Which of the index's paths go through a filter, by the attributes of the index itself and of `info/attributes`.
 * The failed command's result if git cannot tell.
 */
export async function findFilteredPaths(
  scratch: ScratchRepository,
): Promise<FilteredPaths | Exclude<GitResult, { kind: "done" }>> {
  const paths: Buffer[] = [];
  const listed = await scratch.run(["ls-files", "--cached", "-z"], {
    onOutput: (chunk) => paths.push(chunk),
  });
  if (listed.kind !== "done") return listed;
  const filters: FilteredPath[] = [];
  const asked = await scratch.run(["check-attr", "--cached", "--stdin", "-z", "filter"], {
    input: Buffer.concat(paths),
    onOutput: byAttribute((filter, path) => {
      if (namesFilter(filter)) filters.push({ path, filter });
    }),
  });
  if (asked.kind !== "done") return asked;
  if (filters.length === 0) return { untouchable: [], settings: [] };
  return sortByTrust(filters, await readTrustedFilters(scratch.source.timeoutSeconds));
}

interface FilteredPath {
  readonly path: string;
  readonly filter: string;
}

function sortByTrust(filtered: readonly FilteredPath[], trusted: TrustedFilters): FilteredPaths {
  const used = new Set(filtered.map(({ filter }) => filter));
  return {
    untouchable: filtered.filter(({ filter }) => !trusted.has(filter)).map(({ path }) => path),
    settings: [...used].flatMap((name) => trusted.get(name) ?? []),
  };
}
