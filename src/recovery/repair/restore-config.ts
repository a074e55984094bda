import type { FindingCode } from "../../inspection/finding.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  configPath,
  configValue,
  parseConfigBoolean,
  parseConfigInteger,
  parseGitConfig,
  readGitConfig,
  readGitConfigFile,
  worktreeConfigPath,
  type GitConfig,
  type GitSetting,
} from "../../git/config/git-config.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { findRefusedSettings } from "../../git/config/refused-settings.ts";
import { readPackedRefMap } from "../../git/refs/packed-refs.ts";
import { listLooseRefs } from "../../git/refs/refs.ts";
import { allBranches } from "../../git/refs/refspec.ts";
import { allFindings } from "../../inspection/probe/main-repository.ts";
import type { Slot } from "../../pool/pool.ts";
import { SlotState } from "../../pool/records/slot-record.ts";
import { copySlotFile } from "../../git/scratch/copy-slot-file.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { replaceFile } from "../steps/replace-file.ts";
import { isSafeRepoUrl } from "../../pool/repo-url.ts";
import { rebuildConfig } from "./rebuild-config.ts";
import { readRepositoryFormat } from "../../git/config/repository-format.ts";
import { withRepairScratch } from "./repair-scratch.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { KnownGoodFiles } from "../../inspection/memory/known-good.ts";

const configCodes: readonly FindingCode[] = ["config_missing", "config_invalid", "config_unsafe"];

/**
 * Repairs the configuration of a repository that is reported: if it can be read, only what is wrong in it changes; else
 * it is built again from our copy or from what the repository shows. The old file goes to quarantine.
 * @returns what was done; undefined if nothing was.
 */
export async function restoreConfig(
  context: RecoveryContext,
  directories: GitDirectories,
): Promise<string | undefined> {
  const { pool, slot } = context;
  if (!isConfigReported(context)) return undefined;
  const { commonDirectory } = directories;
  const repoUrl = pool.repoUrl !== undefined && isSafeRepoUrl(pool.repoUrl) ? pool.repoUrl : undefined;
  const isBare = directories.gitDirectory !== commonDirectory;
  const config = readGitConfig(commonDirectory);
  const known = readKnownConfig(context);
  const isReadable = config?.values.has("core.repositoryformatversion") === true;
  const ofWorktree = await restoreWorktreeConfig(context, directories, known);
  if (config !== undefined && isReadable) {
    if (known === undefined && mayBeOfLaterGit(config, slot)) return ofWorktree;
    const ofMain = isBare && leavesBareToWorktrees(config) ? await moveBare(context, commonDirectory) : [];
    const edits = [
      ...ofMain,
      ...planEdits(config, { isBare, repoUrl: isAllocated(slot) ? undefined : repoUrl }),
      ...(await planRefusedEdits(config, known)),
    ];
    const edited = await editConfig(context, configPath(commonDirectory), edits);
    const done = [edited, ofWorktree].filter((detail) => detail !== undefined);
    if (done.length > 0) return done.join("; ");
  }
  const content = rebuildConfig({
    isBare,
    repoUrl,
    format: readRepositoryFormat(commonDirectory),
    trackedBranches: listTrackedBranches(commonDirectory),
    before: isReadable ? config : (known ?? config),
  });
  return replaceFile(context, configPath(commonDirectory), content);
}

/** Our copy, made when the repository was last healthy; the same rules choose what of it is brought back. */
export function readKnownConfig(context: RecoveryContext): GitConfig | undefined {
  const content = readSharedFiles(context)?.get("config");
  const parsed = content === undefined ? undefined : parseGitConfig(content);
  return parsed?.kind === "valid" ? parsed.config : undefined;
}

/** Our copy of what the work trees of the slot's repository share: of a worktree pool, the main repository has it. */
export function readSharedFiles({ knownGood, slot }: RecoveryContext): KnownGoodFiles | undefined {
  const copy = slot.layout === "clone" ? knownGood.readSlot(slot.slotId) : knownGood.readPool(slot.repoName);
  return copy?.files;
}

function isConfigReported({ inspection, reasons }: RecoveryContext): boolean {
  // Only the pool knows which remote is right: it is no finding of the repository.
  return (
    allFindings(inspection).some(({ code }) => configCodes.includes(code)) ||
    reasons.includes("remote_changed")
  );
}

/** The user of an allocated slot may have a later git: only our copy can prove that a later format is damage. */
function mayBeOfLaterGit(config: GitConfig, slot: Slot): boolean {
  return (
    isAllocated(slot) &&
    (parseConfigInteger(configValue(config, "core.repositoryformatversion") ?? "") ?? 0) > 1
  );
}

/** The user of an allocated slot may give it another remote. */
function isAllocated({ reading }: Slot): boolean {
  return reading.kind === "valid" && reading.record.state === SlotState.ALLOCATED;
}

/** With settings for each work tree, git takes a `core.bare` that all of them share for a linked work tree's too. */
function leavesBareToWorktrees(config: GitConfig): boolean {
  const isOn = parseConfigBoolean(configValue(config, "extensions.worktreeconfig") ?? "false") === true;
  return isOn && config.values.has("core.bare");
}

/** As `git worktree` does it. The main repository says of itself alone that it is bare. @returns the edits that remain. */
async function moveBare(context: RecoveryContext, commonDirectory: string): Promise<string[][]> {
  const path = worktreeConfigPath(commonDirectory);
  const moved = await editConfig(context, path, [["--replace-all", "core.bare", "true"]]);
  return moved === undefined ? [] : [["--unset-all", "core.bare"]];
}

/** `git config` commands that take away what is wrong, and nothing else. */
function planEdits(
  config: GitConfig,
  { isBare, repoUrl }: { isBare: boolean; repoUrl: string | undefined },
): string[][] {
  const edits = planPlaceEdits(config, isBare);
  const version = configValue(config, "core.repositoryformatversion");
  const hasExtension = [...config.values.keys()].some((key) => key.startsWith("extensions."));
  if (version !== "0" && version !== "1")
    edits.push(["--replace-all", "core.repositoryformatversion", hasExtension ? "1" : "0"]);
  if (repoUrl !== undefined && !isBare && configValue(config, "remote.origin.url") !== repoUrl)
    edits.push(["--replace-all", "remote.origin.url", repoUrl]);
  if (repoUrl !== undefined && !isBare && !config.values.has("remote.origin.fetch"))
    edits.push(["--replace-all", "remote.origin.fetch", allBranches]);
  return edits;
}

/** Removes settings that say where the work tree is: git knows that from where the repository is. */
function planPlaceEdits(config: GitConfig, isBare: boolean): string[][] {
  const bare = parseConfigBoolean(configValue(config, "core.bare") ?? String(isBare));
  return [
    ...(bare === undefined || (bare && !isBare) ? [["--replace-all", "core.bare", String(isBare)]] : []),
    ...(config.values.has("core.worktree") ? [["--unset-all", "core.worktree"]] : []),
  ];
}

/** The settings of one work tree; undefined if it has none, or nothing is wrong with them. */
async function restoreWorktreeConfig(
  context: RecoveryContext,
  { gitDirectory }: GitDirectories,
  known: GitConfig | undefined,
): Promise<string | undefined> {
  const path = worktreeConfigPath(gitDirectory);
  const reading = readGitConfigFile(uncachedReader, path);
  // Git determines each of them without the setting.
  if (reading.kind === "invalid") return replaceFile(context, path, "");
  if (reading.kind !== "valid") return undefined;
  const { config } = reading;
  const edits = [...planPlaceEdits(config, false), ...(await planRefusedEdits(config, known))];
  return editConfig(context, path, edits);
}

/** Takes out each value that git refuses. A setting that has no other gets what it was when the repository was healthy. */
async function planRefusedEdits(config: GitConfig, known: GitConfig | undefined): Promise<string[][]> {
  const refused = await findRefusedSettings(config);
  const isRefused = ({ name, line }: GitSetting): boolean =>
    refused.some((each) => each.name === name && each.line === line);
  return [...new Set(refused.map(({ name }) => name))].flatMap((name) => {
    const others = config.settings.filter((setting) => setting.name === name && !isRefused(setting));
    const kept = others.length > 0 ? others.map(({ value = "true" }) => value) : known?.values.get(name);
    return [["--unset-all", name], ...(kept ?? []).map((value) => ["--add", name, value])];
  });
}

/** On the sidecar's own copy, by git itself: comments, order and everything else stay as they were. */
export function editConfig(
  context: RecoveryContext,
  path: string,
  edits: readonly string[][],
): Promise<string | undefined> {
  if (edits.length === 0) return Promise.resolve(undefined);
  return withRepairScratch(context, { idBytes: 20, isPartial: false }, async (scratch) => {
    const copy = join(scratch.directory, "edited");
    copySlotFile(path, copy);
    for (const edit of edits) {
      const edited = await scratch.run(["config", "--file", copy, ...edit]);
      if (edited.kind !== "done") return undefined;
    }
    return replaceFile(context, path, readFileSync(copy));
  });
}

function listTrackedBranches(commonDirectory: string): string[] {
  const names = new Set([
    ...listLooseRefs(uncachedReader, commonDirectory),
    ...readPackedRefMap(commonDirectory).keys(),
  ]);
  return [...names].flatMap((name) => {
    const branch = /^refs\/heads\/(.+)$/s.exec(name)?.[1];
    return branch !== undefined && names.has(`refs/remotes/origin/${branch}`) ? [branch] : [];
  });
}
