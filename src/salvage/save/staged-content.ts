import { listStaged } from "../../git/index/list-index.ts";
import { parseStagedEntries, type StagedEntry } from "../../git/index/staged-entries.ts";
import { describeGitFailure } from "../../git/run/git-command.ts";
import { isUncopyable } from "../../git/scratch/copy-slot-file.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { asError } from "../../platform/coded-error.ts";
import { readEntry } from "../../platform/regular-file.ts";

export type StagedContent =
  | {
      readonly kind: "read";
      readonly entries: readonly StagedEntry[];
      /** What conflicts consisted of before they were resolved: an index keeps it until the next checkout. */
      readonly resolved: readonly StagedEntry[];
    }
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable"; readonly detail: string };

/** What a copy of an index lists; the copy, because git may be made to wait by a FIFO in its place. */
export async function readStagedContent(path: string, scratch: ScratchRepository): Promise<StagedContent> {
  if (readEntry(path).kind === "missing") return { kind: "missing" };
  try {
    if (!scratch.copyIndex(path)) return { kind: "unreadable", detail: "it is no file" };
  } catch (error) {
    if (!isUncopyable(error)) throw error;
    return { kind: "unreadable", detail: asError(error).message };
  }
  const entries = await listEntries("--stage", scratch);
  if (typeof entries === "string") return { kind: "unreadable", detail: entries };
  const resolved = await listEntries("--resolve-undo", scratch);
  return { kind: "read", entries, resolved: typeof resolved === "string" ? [] : resolved };
}

/** Or why git could not tell. */
async function listEntries(
  what: "--stage" | "--resolve-undo",
  scratch: ScratchRepository,
): Promise<StagedEntry[] | string> {
  const { output, result } = await listStaged(scratch, { what });
  scratch.throwIfAborted();
  if (result.kind === "failed") return `git ls-files exited with ${result.exitCode}`;
  if (result.kind !== "done") throw new Error(`git ls-files: ${describeGitFailure(result)}`);
  return parseStagedEntries(output);
}
