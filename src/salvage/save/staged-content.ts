import { join } from "node:path";
import {
  indexPath,
  isSharedIndexName,
  parseStagedEntries,
  type StagedEntry,
} from "../../git/index/staged-entries.ts";
import { runGit } from "../../git/run/run-git.ts";
import { commandTimeoutSeconds, copySlotFile } from "./salvage-repository.ts";
import { listAllNames } from "../../platform/directory.ts";

export type StagedContent =
  | { readonly kind: "read"; readonly entries: readonly StagedEntry[] }
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable"; readonly detail: string };

/** What a copy of the index lists; the copy, because git may be made to wait by a file that is none. */
export async function readStagedContent(
  slot: { gitDirectory: string; room: string },
  signal: AbortSignal,
): Promise<StagedContent> {
  const copy = indexPath(slot.room);
  const names = listAllNames(slot.gitDirectory);
  if (!names.includes("index")) return { kind: "missing" };
  if (!copySlotFile(indexPath(slot.gitDirectory), copy)) {
    return { kind: "unreadable", detail: "it is no file, or cannot be opened" };
  }
  for (const name of names.filter(isSharedIndexName)) {
    copySlotFile(join(slot.gitDirectory, name), join(slot.room, name));
  }
  const chunks: Buffer[] = [];
  const listed = await runGit({
    args: ["ls-files", "--stage", "-z"],
    gitDirectory: slot.room,
    env: { GIT_INDEX_FILE: copy },
    timeoutSeconds: commandTimeoutSeconds,
    signal,
    onOutput: (chunk) => chunks.push(chunk),
  });
  signal.throwIfAborted();
  if (listed.kind === "failed")
    return { kind: "unreadable", detail: `git ls-files exited with ${listed.exitCode}` };
  if (listed.kind !== "done") throw new Error("git ls-files did not end");
  return { kind: "read", entries: parseStagedEntries(Buffer.concat(chunks)) };
}
