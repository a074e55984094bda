import { listAllNames } from "../../platform/directory.ts";
import { hashAlgorithm } from "../objects/object-id.ts";
import { looseIds } from "../objects/loose-object.ts";
import { readHead } from "../refs/head.ts";
import { readPackedRefs } from "../refs/packed-refs.ts";
import { listLooseRefs, readLooseRef } from "../refs/refs.ts";
import { configValue, parseConfigInteger, readGitConfig, type GitConfig } from "./git-config.ts";

/** How a repository's files are to be read: what every git command on its objects must know beforehand. */
export interface RepositoryFormat {
  /** Of object ids and of most checksums: 20 for SHA-1, 32 for SHA-256. */
  readonly idBytes: 20 | 32;
  /** A partial clone: objects that its promisor remote has may be absent, and are no fault. */
  readonly isPartial: boolean;
  /** What a partial clone leaves out, in the form of `git clone --filter`. Undefined for any other filter. */
  readonly filter: string | undefined;
  readonly hasWorktreeConfig: boolean;
}

export const objectFormats = ["sha1", "sha256"] as const;
export type ObjectFormat = (typeof objectFormats)[number];

/** The name by which git knows the length of ids. */
export function objectFormatOf({ idBytes }: Pick<RepositoryFormat, "idBytes">): ObjectFormat {
  return hashAlgorithm(idBytes);
}

export type FormatReading =
  | { readonly kind: "known"; readonly format: RepositoryFormat }
  /** Git may read it, this program cannot. */
  | { readonly kind: "unsupported"; readonly what: string }
  /** Git refuses it. */
  | { readonly kind: "invalid"; readonly expected: string; readonly found: string };

const extensionsOfAnyVersion = ["noop", "preciousobjects", "partialclone", "worktreeconfig"];
const extensionsOfVersionOne = [
  "noop-v1",
  "objectformat",
  "compatobjectformat",
  "refstorage",
  "relativeworktrees",
];
const knownFilter = /^(?:blob:none|tree:\d+|blob:limit=\d+[kmg]?)$/;

/** Judges a configuration as git does before it opens a repository. Source: git's setup.c. */
export function judgeRepositoryFormat(config: GitConfig): FormatReading {
  const text = configValue(config, "core.repositoryformatversion") ?? "0";
  const version = parseConfigInteger(text);
  if (version === undefined || version > 1)
    return { kind: "invalid", expected: "repository format 0 or 1", found: JSON.stringify(text) };
  const storage = configValue(config, "extensions.refstorage");
  if (storage !== undefined && storage !== "files")
    return { kind: "unsupported", what: `references in the format ${JSON.stringify(storage)}` };
  const named = [...config.values.keys()].filter((key) => /^extensions\.[^.]+$/.test(key));
  const extensions = named.map((key) => key.slice("extensions.".length));
  const known = [...extensionsOfAnyVersion, ...extensionsOfVersionOne];
  const unknown = extensions.find((extension) => !known.includes(extension));
  if (unknown !== undefined && version === 1)
    return { kind: "unsupported", what: `the repository extension ${unknown}` };
  const early = extensions.find((extension) => extensionsOfVersionOne.includes(extension));
  if (early !== undefined && version < 1)
    return { kind: "invalid", expected: "repository format 1", found: `format ${version} with ${early}` };
  const objectFormat = configValue(config, "extensions.objectformat") ?? "sha1";
  if (!objectFormats.some((format) => format === objectFormat))
    return { kind: "unsupported", what: `the object format ${JSON.stringify(objectFormat)}` };
  return { kind: "known", format: describeRepositoryFormat(config) };
}

/** The same. Undefined for one that is not a repository's. */
export function parseRepositoryFormat(config: GitConfig): RepositoryFormat | undefined {
  return config.values.has("core.repositoryformatversion") ? describeRepositoryFormat(config) : undefined;
}

/** What a configuration says, unjudged; of one that says nothing, SHA-1 and whole. */
export function describeRepositoryFormat(config: GitConfig): RepositoryFormat {
  const isPromise = (key: string): boolean =>
    key === "extensions.partialclone" || /^remote\..*\.promisor$/.test(key);
  const filters = [...config.values].filter(([key]) => key.endsWith(".partialclonefilter"));
  const filter = filters.at(-1)?.[1].at(-1);
  return {
    idBytes: configValue(config, "extensions.objectformat") === "sha256" ? 32 : 20,
    isPartial: [...config.values.keys()].some(isPromise),
    filter: filter !== undefined && knownFilter.test(filter) ? filter : undefined,
    hasWorktreeConfig: configValue(config, "extensions.worktreeconfig") === "true",
  };
}

/** From the configuration if it can be read, else from what the repository itself shows. */
export function readRepositoryFormat(commonDirectory: string): RepositoryFormat {
  const config = readGitConfig(commonDirectory);
  const format = config === undefined ? undefined : parseRepositoryFormat(config);
  if (config === undefined || format === undefined) return inferRepositoryFormat(commonDirectory);
  // A configuration that lost its extension is silent about the object format, as one that has no need of it.
  const isSilent = !config.values.has("extensions.objectformat");
  return isSilent ? { ...format, idBytes: inferIdBytes(commonDirectory) } : format;
}

/** Without a configuration: packs of a partial clone are marked as such, and every name shows how long ids are. */
export function inferRepositoryFormat(commonDirectory: string): RepositoryFormat {
  const isPartial = listPackNames(commonDirectory).some((name) => name.endsWith(".promisor"));
  return {
    idBytes: inferIdBytes(commonDirectory),
    isPartial,
    filter: isPartial ? "blob:none" : undefined,
    hasWorktreeConfig: false,
  };
}

/** So many refs are enough to tell. */
const askedRefs = 20;

/** The length that most names have: packs, refs and loose objects are named by ids, and a few may be damaged. */
function inferIdBytes(commonDirectory: string): 20 | 32 {
  const packed = readPackedRefs(commonDirectory);
  const head = readHead(commonDirectory);
  const [loose] = looseIds(`${commonDirectory}/objects`);
  const ids = [
    ...listPackNames(commonDirectory).map((name) => /^pack-([0-9a-f]+)\.\w+$/.exec(name)?.[1]),
    ...(packed.kind === "valid" ? [...packed.refs.values()].slice(0, 1) : []),
    ...(head.kind === "detached" ? [head.commit] : []),
    ...listLooseRefs(commonDirectory)
      .slice(0, askedRefs)
      .map((name) => {
        const ref = readLooseRef(commonDirectory, name);
        return ref.kind === "commit" ? ref.objectId : undefined;
      }),
    loose,
  ].filter((id) => id !== undefined);
  const longCount = ids.filter((id) => id.length === 64).length;
  return longCount > ids.length / 2 ? 32 : 20;
}

function listPackNames(commonDirectory: string): string[] {
  return listAllNames(`${commonDirectory}/objects/pack`);
}
