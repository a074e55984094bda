import { losslessFilter, namesFilter, readTrustedFilters } from "../../git/config/trusted-filters.ts";
import { byAttribute, byEntry } from "../../git/run/split-output.ts";
import type { UnsavedWorkKind } from "../finding.ts";
import type { Scope, UnsavedWorkOptions } from "./unsaved-work-scope.ts";

export async function readFiles(scope: Scope): Promise<Iterable<UnsavedWorkKind>> {
  const isRevealed = await revealAssumedUnchanged(scope);
  const kinds = await readChanges(scope);
  return isRevealed ? kinds : [...kinds, "unknown"];
}

async function readChanges(scope: Scope): Promise<Iterable<UnsavedWorkKind>> {
  // Where LFS may run, git is asked for filters first, so that it looks at the files once.
  const asksFirst = scope.options.runsLfs === true && hasAttributes(scope);
  const early = asksFirst ? await readFilterSettings(scope) : [];
  const seen = await readStatus(scope, early);
  if (seen === undefined) return ["unknown"];
  if (isEnough(seen, scope.options)) return seen;
  const asksNow = !asksFirst && (seen.has("untracked") || hasAttributes(scope));
  const settings = asksNow ? await readFilterSettings(scope) : early;
  if (settings === undefined) return [...seen, "unknown"];
  if (!asksNow || settings.length === 0) return seen;
  return (await readStatus(scope, settings)) ?? [...seen, "unknown"];
}

/** Only what git calls changed may be as it was committed, once the filter has run. */
function isEnough(
  seen: ReadonlySet<UnsavedWorkKind>,
  { endsAtFirst = false, runsLfs = false }: UnsavedWorkOptions,
): boolean {
  return endsAtFirst && (seen.has("untracked") || (seen.size > 0 && !runsLfs));
}

/** Undefined if git did not list all of it. */
async function readStatus(
  scope: Scope,
  settings: readonly string[] = [],
): Promise<Set<UnsavedWorkKind> | undefined> {
  const kinds = new Set<UnsavedWorkKind>();
  const readEntryOfStatus = byEntry((entry) => {
    if (entry.length > 3 && !isRecordAlone(entry, scope) && !isDisregarded(entry, scope))
      kinds.add(/^(?:\?\?|!!)/.test(entry) ? "untracked" : "uncommitted");
  });
  const args = [
    ...["status", "--porcelain=v1", "-z", "--untracked-files=all", "--ignored=matching"],
    ...["--ignore-submodules=all", "--no-renames"],
  ];
  return (await scope.list(args, readEntryOfStatus, { settings })) ? kinds : undefined;
}

/**
 * What a filter makes of a file is not known without running it: such a file can be called neither changed nor not. Only one
 * that is trusted and hides nothing is run.
 * @returns the settings with which git runs it; none if no file has a filter, undefined if one needs another
 */
async function readFilterSettings(scope: Scope): Promise<readonly string[] | undefined> {
  const filters = await readFilters(scope);
  if (filters === undefined || filters.length === 0) return filters;
  const { runsLfs = false, timeoutSeconds } = scope.options;
  if (!runsLfs || !filters.every((name) => name === losslessFilter)) return undefined;
  return (await readTrustedFilters(timeoutSeconds)).get(losslessFilter);
}

/**
 * Whether attributes are tracked or the repository's own; untracked ones are untracked files. Most repositories have none,
 * and to ask for those of each path costs as much as a status. True if it cannot be told.
 */
function hasAttributes({ index, scratch }: Scope): boolean {
  return scratch.hasInfo("attributes") || !index.isWhole || index.hasAttributes;
}

/** Whatever the file of that name holds is the pool's; what an agent staged under that name is the agent's. */
function isRecordAlone(entry: string, { depth, options }: Scope): boolean {
  const isStaged = !/^[ ?!]/.test(entry);
  return options.holdsRecord && depth === 0 && entry.slice(3) === "slot.json" && !isStaged;
}

function isDisregarded(entry: string, { workTree, repositories, options }: Scope): boolean {
  return options.disregard?.(workTree, entry, repositories) === true;
}

/**
 * An edit that `update-index --assume-unchanged` hides is an edit: our copy of the index forgets the mark.
 * @returns false if it stays hidden.
 */
async function revealAssumedUnchanged({ git, index }: Scope): Promise<boolean> {
  if (!index.isWhole) return false;
  if (index.assumedUnchanged.length === 0) return true;
  const args = ["update-index", "--no-assume-unchanged", "-z", "--stdin"];
  const input = index.assumedUnchanged.map((path) => `${path}\0`).join("");
  return (await git(args, Buffer.from(input, "latin1"))).kind === "done";
}

/** The filters that attributes name for tracked files. Undefined if git cannot tell. */
async function readFilters({ list }: Scope): Promise<readonly string[] | undefined> {
  const paths: Buffer[] = [];
  if (!(await list(["ls-files", "-z"], (chunk) => paths.push(chunk)))) return undefined;
  const filters = new Set<string>();
  const readValue = byAttribute((value) => {
    if (namesFilter(value)) filters.add(value);
  });
  const args = ["check-attr", "-z", "--stdin", "filter"];
  return (await list(args, readValue, { input: Buffer.concat(paths) })) ? [...filters] : undefined;
}
