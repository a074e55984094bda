import { idBytesOf } from "../objects/object-id.ts";
import { looseIds } from "../objects/loose-object.ts";
import { readHead } from "../refs/head.ts";
import { readPackedRefs } from "../refs/packed-refs.ts";
import { listLooseRefs, readLooseRef } from "../refs/refs.ts";
import { describeTooOldGit, isAtLeast, readHostGitVersion, type GitVersion } from "../run/git-version.ts";
import {
  configValue,
  hasWorktreeConfig,
  parseConfigInteger,
  readGitConfig,
  type GitConfig,
} from "./git-config.ts";
import { uncachedReader, type SlotReader } from "../../platform/slot-reader.ts";

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

export type FormatReading =
  | { readonly kind: "known"; readonly format: RepositoryFormat }
  /** This program or the git of this host cannot read it. */
  | { readonly kind: "unsupported"; readonly what: string }
  /** Git refuses it. */
  | { readonly kind: "invalid"; readonly expected: string; readonly found: string };

/** A format before 1 has no need of their names: git reads them there too, and passes over all others. */
const extensionsOfAnyVersion = ["noop", "preciousobjects", "partialclone", "worktreeconfig"];
/** By the first git that knows each; that git refuses it in a format before 1. Source: git's setup.c and release notes. */
const extensionsOfVersionOne: ReadonlyMap<string, GitVersion> = new Map([
  ["noop-v1", [2, 28]],
  ["objectformat", [2, 28]],
  ["compatobjectformat", [2, 45]],
  ["refstorage", [2, 45]],
  ["relativeworktrees", [2, 48]],
  ["submodulepathconfig", [2, 54]],
]);
const knownFilter = /^(?:blob:none|tree:\d+|blob:limit=\d+[kmg]?)$/;

/**
 * Judges a configuration as the git of this host does before it opens a repository. `hostGit` is asked only for what not
 * every git knows; undefined stands for one that knows everything. Source: git's setup.c.
 */
export function judgeRepositoryFormat(
  config: GitConfig,
  hostGit: () => GitVersion | undefined = readHostGitVersion,
): FormatReading {
  const text = configValue(config, "core.repositoryformatversion");
  const version = text === undefined ? undefined : parseConfigInteger(text);
  if (text !== undefined && (version === undefined || version > 1))
    return { kind: "invalid", expected: "repository format 0 or 1", found: JSON.stringify(text) };
  const named = [...config.values.keys()].filter((key) => /^extensions\.[^.]+$/.test(key));
  const extensions = named.map((key) => key.slice("extensions.".length));
  const refused = version === 1 ? extensions.find((each) => !isKnownTo(hostGit, each)) : undefined;
  const storage = configValue(config, "extensions.refstorage") ?? "files";
  if (storage !== "files") {
    const remedy =
      refused === undefined
        ? ""
        : `: ${describeTooOldGit(extensionsOfVersionOne.get("refstorage"), hostGit())}`;
    return { kind: "unsupported", what: `references in the format ${JSON.stringify(storage)}${remedy}` };
  }
  if (refused !== undefined)
    return {
      kind: "unsupported",
      what: `the repository extension ${refused}: ${describeTooOldGit(extensionsOfVersionOne.get(refused), hostGit())}`,
    };
  const early = describeEarlyExtension(config, { version, extensions, hostGit });
  if (early !== undefined) return { kind: "invalid", expected: "repository format 1", found: early };
  const objectFormat = configValue(config, "extensions.objectformat") ?? "sha1";
  if (objectFormat !== "sha1" && objectFormat !== "sha256")
    return { kind: "unsupported", what: `the object format ${JSON.stringify(objectFormat)}` };
  return { kind: "known", format: describeRepositoryFormat(config) };
}

/** What needs format 1 and does not have it: git refuses it in format 0, and without a format goes by no extension. */
function describeEarlyExtension(
  config: GitConfig,
  {
    version,
    extensions,
    hostGit,
  }: { version: number | undefined; extensions: readonly string[]; hostGit: () => GitVersion | undefined },
): string | undefined {
  if (version === undefined)
    return describeRepositoryFormat(config).idBytes === 20 ? undefined : "none, with objectformat";
  const early = version === 0 ? extensions.find((each) => isLateAndKnownTo(hostGit, each)) : undefined;
  return early === undefined ? undefined : `format 0 with ${early}`;
}

/** The git that this program needs at least knows what is as old. */
const oldestHostGit: GitVersion = [2, 39];

function isKnownTo(hostGit: () => GitVersion | undefined, extension: string): boolean {
  return extensionsOfAnyVersion.includes(extension) || isLateAndKnownTo(hostGit, extension);
}

function isLateAndKnownTo(hostGit: () => GitVersion | undefined, extension: string): boolean {
  const since = extensionsOfVersionOne.get(extension);
  if (since === undefined) return false;
  if (isAtLeast(oldestHostGit, since)) return true;
  const host = hostGit();
  return host === undefined || isAtLeast(host, since);
}

/** The same. Undefined for one that is not a repository's. */
export function parseRepositoryFormat(config: GitConfig): RepositoryFormat | undefined {
  return config.values.has("core.repositoryformatversion") ? describeRepositoryFormat(config) : undefined;
}

/** The format that a configuration declares, unchecked; by default SHA-1 and not partial. */
export function describeRepositoryFormat(config: GitConfig): RepositoryFormat {
  const isPromise = (key: string): boolean =>
    key === "extensions.partialclone" || /^remote\..*\.promisor$/s.test(key);
  const filters = [...config.values].filter(([key]) => key.endsWith(".partialclonefilter"));
  const filter = filters.at(-1)?.[1].at(-1);
  return {
    idBytes: idBytesOf(configValue(config, "extensions.objectformat")),
    isPartial: [...config.values.keys()].some(isPromise),
    filter: filter !== undefined && knownFilter.test(filter) ? filter : undefined,
    hasWorktreeConfig: hasWorktreeConfig(config),
  };
}

/** From the configuration if it can be read, else from what the repository itself shows. */
export function readRepositoryFormat(commonDirectory: string): RepositoryFormat {
  const config = readGitConfig(commonDirectory);
  const format = config === undefined ? undefined : parseRepositoryFormat(config);
  if (config === undefined || format === undefined)
    return inferRepositoryFormat(uncachedReader, commonDirectory);
  // A configuration that lost its extension is silent about the object format, as one that has no need of it.
  const isSilent = !config.values.has("extensions.objectformat");
  return isSilent ? { ...format, idBytes: inferIdBytes(uncachedReader, commonDirectory) } : format;
}

/** Without a configuration: packs of a partial clone are marked as such, and every name shows how long ids are. */
export function inferRepositoryFormat(reader: SlotReader, commonDirectory: string): RepositoryFormat {
  const isPartial = listPackNames(reader, commonDirectory).some((name) => name.endsWith(".promisor"));
  return {
    idBytes: inferIdBytes(reader, commonDirectory),
    isPartial,
    filter: isPartial ? "blob:none" : undefined,
    hasWorktreeConfig: false,
  };
}

/** How many refs are read to find the length of ids. */
const askedRefs = 20;

/** The length that most names have: packs, refs and loose objects are named by ids, and a few may be damaged. */
function inferIdBytes(reader: SlotReader, commonDirectory: string): 20 | 32 {
  const packed = readPackedRefs(reader, commonDirectory);
  const head = readHead(reader, commonDirectory);
  const [loose] = looseIds(reader, `${commonDirectory}/objects`);
  const ids = [
    ...listPackNames(reader, commonDirectory).map((name) => /^pack-([0-9a-f]+)\.\w+$/.exec(name)?.[1]),
    ...(packed.kind === "valid" ? [...packed.refs.values()].slice(0, 1) : []),
    ...(head.kind === "detached" ? [head.commit] : []),
    ...listLooseRefs(reader, commonDirectory)
      .slice(0, askedRefs)
      .map((name) => {
        const ref = readLooseRef(reader, commonDirectory, name);
        return ref.kind === "commit" ? ref.objectId : undefined;
      }),
    loose,
  ].filter((id) => id !== undefined);
  const longCount = ids.filter((id) => id.length === 64).length;
  return longCount > ids.length / 2 ? 32 : 20;
}

function listPackNames(reader: SlotReader, commonDirectory: string): string[] {
  return reader.listAllNames(`${commonDirectory}/objects/pack`);
}
