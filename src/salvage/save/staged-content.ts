import { indexPath, parseStagedEntries, type StagedEntry } from "../../git/index/staged-entries.ts";
import { isUncopyable } from "../../git/scratch/copy-slot-file.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { asError } from "../../platform/coded-error.ts";
import { readEntry } from "../../platform/regular-file.ts";

export type StagedContent =
  | { readonly kind: "read"; readonly entries: readonly StagedEntry[] }
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable"; readonly detail: string };

/** What a copy of the index lists; the copy, because git may be made to wait by a file that is none. */
export async function readStagedContent(
  gitDirectory: string,
  scratch: ScratchRepository,
): Promise<StagedContent> {
  if (readEntry(indexPath(gitDirectory)).kind === "missing") return { kind: "missing" };
  try {
    if (!scratch.copyIndex(gitDirectory)) return { kind: "unreadable", detail: "it is no file" };
  } catch (error) {
    if (!isUncopyable(error)) throw error;
    return { kind: "unreadable", detail: asError(error).message };
  }
  const chunks: Buffer[] = [];
  const listed = await scratch.run(["ls-files", "--stage", "-z"], {
    onOutput: (chunk) => chunks.push(chunk),
  });
  scratch.throwIfAborted();
  if (listed.kind === "failed")
    return { kind: "unreadable", detail: `git ls-files exited with ${listed.exitCode}` };
  if (listed.kind !== "done") throw new Error("git ls-files did not end");
  return { kind: "read", entries: parseStagedEntries(Buffer.concat(chunks)) };
}
