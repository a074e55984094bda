import { existsSync, statSync } from "node:fs";
import type { SidecarConfig } from "../../config/sidecar-config.ts";
import { systemErrorCode, UsageError } from "../../platform/coded-error.ts";
import type { Scan, ScanLimits } from "../../pool/sources/scan-directory.ts";
import type { SourceError, SourceKind, SourceSettings } from "../../pool/sources/source.ts";
import type { Slot, SourcePermission } from "../../pool/pool.ts";
import {
  configOf,
  openPools,
  type CommandContext,
  type CommonOptions,
  type OpenedPools,
} from "./command-context.ts";

export interface OpenedDirectories extends OpenedPools {
  readonly scan: Scan;
  /** What the scan could not look at. */
  readonly errors: readonly SourceError[];
}

export interface DirectoryOptions {
  readonly limits?: ScanLimits;
  /** What the person who names them lets the program do there, by kind; nothing by default. */
  readonly allow?: Partial<Record<SourceKind, readonly SourcePermission[]>>;
}

const defaultLimits: ScanLimits = { depth: 6, seconds: 10 };

/**
 * Watches, for once, the git work trees below directories.
 * @throws UsageError as `configOf`, and `OPTION_INVALID` for what is no directory
 */
export async function openDirectories(
  directories: readonly string[],
  options: CommonOptions,
  context: CommandContext,
  { limits = defaultLimits, allow = {} }: DirectoryOptions = {},
): Promise<OpenedDirectories> {
  for (const directory of directories) requireDirectory(directory);
  const config = await configOfTrees(options, context);
  const { describeScan, scanDirectories, sourcesOf } = await import("../../pool/sources/scan-directory.ts");
  const { takeAllSteps } = await import("../../platform/steps.ts");
  const scan = takeAllSteps(scanDirectories(directories, limits));
  const { defaultIdleAfterSeconds } = await import("../../config/default-config.ts");
  const sources = sourcesOf(scan, defaultIdleAfterSeconds).map((source) => ({
    ...source,
    allow: allow[source.kind] ?? [],
  }));
  const opened = await openSources(sources, config);
  return { ...opened, scan, errors: describeScan(scan, limits) };
}

/** The configuration, with the state directory of work trees that a person names. @throws UsageError as `configOf` */
export async function configOfTrees(options: CommonOptions, context: CommandContext): Promise<SidecarConfig> {
  const config = await configOf(options, context);
  const { stateDirectoryOfTrees } = await import("../../config/default-config.ts");
  return { ...config, stateDir: stateDirectoryOfTrees(config) };
}

/**
 * The configuration, for commands that show the state alone. @throws UsageError as `configOf`; CodedError
 * `WORKSPACES_UNREADABLE` if the state stands in a workspaces directory that was named and is not there: nothing was looked at
 */
export async function configWithState(
  options: CommonOptions,
  context: CommandContext,
): Promise<SidecarConfig> {
  const config = await configOf(options, context);
  const { createDefaultConfig } = await import("../../config/default-config.ts");
  const { requireWorkspacesOf } = await import("../../platform/state-directory.ts");
  // Without a pool manager there is no workspaces directory at the usual place.
  if (config.workspacesDir !== createDefaultConfig(context.homeDirectory).workspacesDir)
    requireWorkspacesOf(config.stateDir);
  return config;
}

/**
 * Where saved work and the journal may be: in the state directory of the configuration, and in that of work trees that a person named.
 * @throws as `configWithState`
 */
export async function stateDirectoriesOf(options: CommonOptions, context: CommandContext): Promise<string[]> {
  const { stateDir } = await configWithState(options, context);
  const ofTrees = await configOfTrees(options, context);
  return [...new Set([stateDir, ofTrees.stateDir])];
}

/** A directory may be named, but for one that has the name of a slot. */
export async function isPath(named: string): Promise<boolean> {
  const { parseSlotId } = await import("../../pool/slot-id.ts");
  return named.includes("/") || (parseSlotId(named) === undefined && existsSync(named));
}

/** The work tree that a path is in. @throws UsageError `SLOT_UNKNOWN` if it is in none */
export async function requireWorkTree(path: string): Promise<string> {
  const { findWorkTree } = await import("../../pool/sources/find-repository.ts");
  const workTree = findWorkTree(path);
  if (workTree !== undefined) return workTree;
  throw unknownWorkTree(path);
}

function unknownWorkTree(path: string): UsageError {
  return new UsageError("SLOT_UNKNOWN", `${path} is no slot, and in no git work tree`);
}

/** Watches, for once, the work tree that a path is in, or that is registered at it. @throws as `openDirectories` */
async function openWorkTree(
  path: string,
  options: CommonOptions,
  context: CommandContext,
  { allow = {} }: Pick<DirectoryOptions, "allow"> = {},
): Promise<OpenedPools> {
  const { findWorkTree } = await import("../../pool/sources/find-repository.ts");
  const workTree = findWorkTree(path);
  if (workTree === undefined) return openLostTree(path, options, context, allow.worktrees);
  return openDirectories([workTree], options, context, { limits: { depth: 0, seconds: 10 }, allow });
}

/** Watches, for once, a linked work tree that is gone, or has no `.git`. @throws UsageError as `configOf` */
async function openLostTree(
  path: string,
  options: CommonOptions,
  context: CommandContext,
  allow: readonly SourcePermission[] = [],
): Promise<OpenedPools> {
  const config = await configOfTrees(options, context);
  const { sourceOfLostTree } = await import("../../pool/sources/scan-directory.ts");
  const { defaultIdleAfterSeconds } = await import("../../config/default-config.ts");
  const source = sourceOfLostTree(path, defaultIdleAfterSeconds);
  return openSources(source === undefined ? [] : [{ ...source, allow }], config);
}

/** Watches, for once, the work trees that paths are in. Undefined if one of them is in none. @throws as `openDirectories` */
export async function openWorkTrees(
  paths: readonly string[],
  options: CommonOptions,
  context: CommandContext,
  allow: DirectoryOptions["allow"] = {},
): Promise<OpenedPools | undefined> {
  const { findWorkTree } = await import("../../pool/sources/find-repository.ts");
  const trees = paths.flatMap((path) => findWorkTree(path) ?? []);
  if (trees.length < paths.length) return undefined;
  return openDirectories(trees, options, context, { limits: { depth: 0, seconds: 10 }, allow });
}

/** The state directory in which something was reclaimed under an id. @throws UsageError as `configOf` */
export async function openReclaimed(
  id: string,
  options: CommonOptions,
  context: CommandContext,
): Promise<OpenedPools> {
  const { findReclaimed } = await import("../../salvage/reclaimed-slot.ts");
  const opened = await openPools(options, context);
  const ofTrees = await configOfTrees(options, context);
  const isOther = ofTrees.stateDir !== opened.config.stateDir;
  const isUnknown = findReclaimed(opened.config.stateDir, id) === undefined;
  // In a directory for both, what is not a source's was a work tree that a person named: there may be no pool at all.
  const isOfPerson = isOther ? isUnknown : opened.config.sources.length === 0;
  return isOfPerson ? openSources([], ofTrees) : opened;
}

/** The slot of the configuration that a slot_id or path names; a path that no pool has is looked at by itself. */
export async function openSlot(
  slotIdOrPath: string,
  options: CommonOptions,
  context: CommandContext,
  trees: Pick<DirectoryOptions, "allow"> = {},
): Promise<OpenedPools & { readonly slot: Slot }> {
  const opened = await openPools(options, context);
  try {
    return { ...opened, slot: opened.manager.requireWatchedSlot(slotIdOrPath) };
  } catch (error) {
    if (!existsSync(slotIdOrPath) && !slotIdOrPath.includes("/")) throw error;
    const alone = await openWorkTree(slotIdOrPath, options, context, trees);
    const slot = alone.manager.findWatchedSlot(slotIdOrPath);
    if (slot === undefined) throw unknownWorkTree(slotIdOrPath);
    return { ...alone, slot };
  }
}

/** Nothing is looked at if there is no source: the pools of the manager are not meant. */
async function openSources(sources: readonly SourceSettings[], config: SidecarConfig): Promise<OpenedPools> {
  const { PoolManager } = await import("../../pool-manager.ts");
  const { unnamedSource } = await import("../../pool/sources/scan-directory.ts");
  const none: SourceSettings = { ...unnamedSource, kind: "checkouts" };
  const opened = { ...config, sources: sources.length === 0 ? [none] : sources };
  return { config: opened, manager: new PoolManager({ config: opened }) };
}

function requireDirectory(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  } catch (error) {
    throw new UsageError(
      "OPTION_INVALID",
      `${path} cannot be looked at (${systemErrorCode(error) ?? "EIO"})`,
    );
  }
  throw new UsageError("OPTION_INVALID", `${path} is no directory`);
}
