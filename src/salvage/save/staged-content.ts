import { join } from "node:path";
import { runGit } from "../../git/run/run-git.ts";
import { commandTimeoutSeconds, copySlotFile } from "./salvage-repository.ts";
import { listNames } from "./slot-tips.ts";

export interface StagedEntry {
  /** As git writes it: 100644, 100755, 120000, 160000. */
  readonly mode: string;
  readonly objectId: string;
  /** 1 to 3 in a conflict. */
  readonly stage: number;
  readonly path: Buffer;
}

export type StagedContent =
  | { readonly kind: "read"; readonly entries: readonly StagedEntry[] }
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable"; readonly detail: string };

/** What a copy of the index lists; the copy, because git may be made to wait by a file that is none. */
export async function readStagedContent(
  slot: { gitDirectory: string; room: string },
  signal: AbortSignal,
): Promise<StagedContent> {
  const copy = join(slot.room, "index");
  if (!listNames(slot.gitDirectory).includes("index")) return { kind: "missing" };
  if (!copySlotFile(join(slot.gitDirectory, "index"), copy)) {
    return { kind: "unreadable", detail: "it is no file, or cannot be opened" };
  }
  // A split index keeps most entries in a second file.
  for (const name of listNames(slot.gitDirectory).filter((each) => each.startsWith("sharedindex."))) {
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
  return { kind: "read", entries: parseEntries(Buffer.concat(chunks)) };
}

function parseEntries(output: Buffer): StagedEntry[] {
  const entries: StagedEntry[] = [];
  for (let start = 0; start < output.length;) {
    const end = output.indexOf(0, start);
    const tab = output.indexOf(9, start);
    if (end === -1 || tab === -1 || tab > end) break;
    const [mode = "", objectId = "", stage] = output.toString("latin1", start, tab).split(" ");
    entries.push({ mode, objectId, stage: Number(stage), path: output.subarray(tab + 1, end) });
    start = end + 1;
  }
  return entries;
}
