import { configValue, parseGitConfig, readGitConfig, type GitConfig } from "../../git/config/git-config.ts";
import { parseSharedRights } from "../../git/scratch/shared-rights.ts";
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
  /** `core.sharedRepository`, with which several users of a group work in one repository. */
  readonly sharing: string | undefined;
}

const everything: CloneForm = { filter: undefined, depth: undefined, sharing: undefined };

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
  // If no sibling can tell: `git fetch --deepen` brings more.
  const depth = shown.isShallow ? ((await measureSiblingDepth(context)) ?? 1) : undefined;
  return { filter: shown.filter, depth, sharing: shown.sharing };
}

/** Options of `git clone`. A shallow clone would otherwise follow one branch alone. */
export function cloneOptions({ filter, depth, sharing }: CloneForm): string[] {
  return [
    ...(sharing === undefined ? [] : [`--config=core.sharedRepository=${sharing}`]),
    ...(filter === undefined ? [] : [`--filter=${filter}`]),
    ...(depth === undefined ? [] : [`--depth=${depth}`, "--no-single-branch"]),
  ];
}

interface ShownForm {
  readonly filter: string | undefined;
  readonly sharing: string | undefined;
  readonly isShallow: boolean;
}

function readForm({ pool }: RecoveryContext, slot: Slot): ShownForm | undefined {
  const { directories } = locateRepository(uncachedReader, slot, pool);
  if (directories === undefined) return undefined;
  const config = readGitConfig(directories.commonDirectory);
  return config === undefined ? undefined : describeForm(config, isShallow(directories.commonDirectory));
}

function formOf(config: Buffer, isShallow: boolean): ShownForm | undefined {
  const parsed = parseGitConfig(config);
  return parsed.kind === "valid" ? describeForm(parsed.config, isShallow) : undefined;
}

function describeForm(config: GitConfig, isShallow: boolean): ShownForm | undefined {
  const format = parseRepositoryFormat(config);
  if (format === undefined) return undefined;
  const isShared = parseSharedRights(config) !== undefined;
  const sharing = isShared ? configValue(config, "core.sharedrepository") : undefined;
  return { filter: format.filter, isShallow, sharing };
}
