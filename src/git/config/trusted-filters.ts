import { runGit } from "../run/run-git.ts";
import { parseConfigList } from "./git-config.ts";

/** Filters that the configuration of the user or the system defines, as `-c` settings by the filter's name. */
export type TrustedFilters = ReadonlyMap<string, readonly string[]>;

/** The only filters that may run over a slot's files: never those that a slot's own configuration defines. */
export async function readTrustedFilters(timeoutSeconds: number): Promise<TrustedFilters> {
  const result = await runGit({
    args: ["config", "--includes", "--null", "--get-regexp", "^filter\\."],
    timeoutSeconds,
    trusts: "settings",
  });
  const filters = new Map<string, string[]>();
  if (result.kind !== "done") return filters;
  for (const [key, value] of parseConfigList(result.stdout)) {
    const name = /^filter\.(.+)\.[^.]+$/s.exec(key)?.[1];
    if (name !== undefined) filters.set(name, [...(filters.get(name) ?? []), `${key}=${value}`]);
  }
  return filters;
}

/**
 * The filter of Git LFS: what it stores is the checksum of the whole file, so that no edit can hide behind it. Others leave
 * something out, such as the output in notebooks.
 */
export const losslessFilter = "lfs";

/** What git says of the attribute `filter` if it names none: one that is merely set, as by `*.txt filter`, has no name. */
const nameless: readonly string[] = ["unspecified", "unset", "set"];

export function namesFilter(attribute: string): boolean {
  return !nameless.includes(attribute);
}
