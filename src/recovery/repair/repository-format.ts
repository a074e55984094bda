import { readdirSync } from "node:fs";
import { join } from "node:path";
import { configValue, parseGitConfig, type GitConfig } from "../../git/config/git-config.ts";
import { readHead } from "../../git/refs/head.ts";
import { listLooseRefs, readLooseRef, readPackedRefs } from "../../git/refs/refs.ts";
import { readEntry, readRegularFile } from "../../platform/regular-file.ts";

/** What every git command on a repository's objects must know beforehand. */
export interface RepositoryFormat {
  readonly idBytes: 20 | 32;
  /** A partial clone: objects that its remote promises are absent and no fault. */
  readonly isPartial: boolean;
  /** What a partial clone leaves out, in the form of `git clone --filter`. */
  readonly filter: string | undefined;
}

const maxConfigBytes = 1024 * 1024;
const knownFilter = /^(?:blob:none|tree:\d+|blob:limit=\d+[kmg]?)$/;

/** From the configuration where it can be read, else from what the repository itself shows. */
export function readRepositoryFormat(commonDirectory: string): RepositoryFormat {
  const config = readConfig(commonDirectory);
  return (config === undefined ? undefined : formatOfConfig(config)) ?? inferFormat(commonDirectory);
}

/** Undefined for a configuration that is not a repository's. */
export function formatOfConfig(config: GitConfig): RepositoryFormat | undefined {
  if (!config.values.has("core.repositoryformatversion")) return undefined;
  const filters = [...config.values].filter(([key]) => key.endsWith(".partialclonefilter"));
  const filter = filters.at(-1)?.[1].at(-1);
  const isPromised = [...config.values.keys()].some((key) => key.endsWith(".promisor"));
  return {
    idBytes: configValue(config, "extensions.objectformat") === "sha256" ? 32 : 20,
    isPartial: isPromised || config.values.has("extensions.partialclone"),
    filter: filter !== undefined && knownFilter.test(filter) ? filter : undefined,
  };
}

export function readConfig(directory: string, name = "config"): GitConfig | undefined {
  const reading = readRegularFile(join(directory, name), { maxBytes: maxConfigBytes });
  const parsed = reading.kind === "content" ? parseGitConfig(reading.content) : undefined;
  return parsed?.kind === "valid" ? parsed.config : undefined;
}

function inferFormat(commonDirectory: string): RepositoryFormat {
  const packs = join(commonDirectory, "objects", "pack");
  const names = readEntry(packs).kind === "directory" ? readdirSync(packs) : [];
  const isPartial = names.some((name) => name.endsWith(".promisor"));
  return {
    idBytes: inferIdBytes(commonDirectory, names),
    isPartial,
    filter: isPartial ? "blob:none" : undefined,
  };
}

/** Names of packs, ids of refs and names of loose objects are as long as the object format makes them. */
function inferIdBytes(commonDirectory: string, packNames: readonly string[]): 20 | 32 {
  const packed = readPackedRefs(commonDirectory);
  const head = readHead(commonDirectory);
  const ids = [
    ...packNames.map((name) => /^pack-([0-9a-f]+)\.\w+$/.exec(name)?.[1]),
    ...(packed.kind === "valid" ? [...packed.refs.values()].slice(0, 1) : []),
    ...(head.kind === "detached" ? [head.commit] : []),
    ...listLooseRefs(commonDirectory).map((name) => {
      const ref = readLooseRef(commonDirectory, name);
      return ref.kind === "commit" ? ref.objectId : undefined;
    }),
    ...listLooseIds(join(commonDirectory, "objects")).slice(0, 1),
  ].filter((id) => id !== undefined);
  return ids.some((id) => id.length === 64) && ids.every((id) => id.length === 64) ? 32 : 20;
}

/** Ids of the loose objects of a store, by their names alone; links are not followed. */
export function listLooseIds(objects: string): string[] {
  if (readEntry(objects).kind !== "directory") return [];
  const folders = readdirSync(objects).filter((name) => /^[0-9a-f]{2}$/.test(name));
  return folders.flatMap((folder) => {
    const path = join(objects, folder);
    if (readEntry(path).kind !== "directory") return [];
    return readdirSync(path)
      .filter((name) => /^(?:[0-9a-f]{38}|[0-9a-f]{62})$/.test(name))
      .map((name) => folder + name);
  });
}
