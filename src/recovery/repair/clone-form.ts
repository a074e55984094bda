import { parseGitConfig, readGitConfig } from "../../git/config/git-config.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import type { Slot } from "../../pool/pool.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { parseRepositoryFormat } from "../../git/config/repository-format.ts";
import { isShallow } from "../../git/refs/shallow.ts";
import { measureSiblingDepth } from "./sibling-history.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** How much of its remote a clone holds, so that a new clone of a large repository is no larger than the old one. */
export interface CloneForm {
  /** What a partial clone leaves out, for `git clone --filter`. */
  readonly filter: string | undefined;
  /** Commits of a shallow clone's history, for `git clone --depth`. */
  readonly depth: number | undefined;
}

const everything: CloneForm = { filter: undefined, depth: undefined };

/**
 * The form of a slot: by its own files, by our copy of them if they cannot be read, else by the first slot beside it
 * whose files can. Which files a sparse checkout shows is the work of the slot's agent, and is not carried over.
 */
export async function findCloneForm(context: RecoveryContext): Promise<CloneForm> {
  const { pool, slot, knownGood } = context;
  const siblings = pool.slots.filter(({ slotId }) => slotId !== slot.slotId);
  const copy = knownGood.readSlot(slot.slotId)?.files;
  const copied = copy?.get("config");
  const shown =
    readForm(context, slot) ??
    (copied === undefined ? undefined : formOf(copied, copy?.has("shallow") === true)) ??
    siblings.map((sibling) => readForm(context, sibling)).find((form) => form !== undefined);
  if (shown === undefined) return everything;
  // Where no sibling can tell: `git fetch --deepen` brings more.
  const depth = shown.isShallow ? ((await measureSiblingDepth(context)) ?? 1) : undefined;
  return { filter: shown.filter, depth };
}

/** Options of `git clone`. A shallow clone would otherwise follow one branch alone. */
export function cloneOptions({ filter, depth }: CloneForm): string[] {
  return [
    ...(filter === undefined ? [] : [`--filter=${filter}`]),
    ...(depth === undefined ? [] : [`--depth=${depth}`, "--no-single-branch"]),
  ];
}

interface ShownForm {
  readonly filter: string | undefined;
  readonly isShallow: boolean;
}

function readForm({ pool }: RecoveryContext, slot: Slot): ShownForm | undefined {
  const { directories } = locateRepository(uncachedReader, slot, pool.directory);
  if (directories === undefined) return undefined;
  const config = readGitConfig(directories.commonDirectory);
  const format = config === undefined ? undefined : parseRepositoryFormat(config);
  if (format === undefined) return undefined;
  return { filter: format.filter, isShallow: isShallow(directories.commonDirectory) };
}

function formOf(config: Buffer, isShallow: boolean): ShownForm | undefined {
  const parsed = parseGitConfig(config);
  const format = parsed.kind === "valid" ? parseRepositoryFormat(parsed.config) : undefined;
  return format === undefined ? undefined : { filter: format.filter, isShallow };
}
