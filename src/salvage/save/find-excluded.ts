import { listSpecialRuleFiles } from "../../git/rule-files.ts";
import { sendToGit } from "../../git/run/feed-git.ts";
import { encodeBytes } from "../../platform/byte-text.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import type { StagedContent } from "./staged-content.ts";

const timeoutSeconds = 60;

/**
 * Directories with one of the given names, such as `node_modules`, that git ignores and tracks nothing of. If it
 * cannot be known what is tracked, none is left out: what is not needed only costs space.
 */
export async function findExcluded(
  slot: { path: string; gitDirectory: string; staged: StagedContent },
  names: readonly string[],
  scratch: ScratchRepository,
): Promise<Buffer[]> {
  if (slot.staged.kind !== "read" || names.length === 0) return [];
  const { candidates, hasSpecialRules } = await listCandidates(slot.path, names);
  // Else each path of the index is made a text for nothing.
  if (candidates.length === 0 || hasSpecialRules) return [];
  const tracked = slot.staged.entries.map(({ path }) => path.toString("latin1"));
  const untracked = candidates.filter((candidate) => {
    const below = `${candidate.toString("latin1")}/`;
    return !tracked.some((path) => path.startsWith(below));
  });
  if (untracked.length === 0) return [];
  scratch.copyInfo(slot.gitDirectory, "exclude");
  const chunks: Buffer[] = [];
  const result = await scratch.run(["check-ignore", "--stdin", "-z", "--no-index"], {
    workTree: slot.path,
    timeoutSeconds,
    feed: (stdin) => sendToGit(stdin, Buffer.concat(untracked.flatMap((path) => [path, Buffer.from([0])]))),
    onOutput: (chunk) => chunks.push(chunk),
  });
  scratch.throwIfAborted();
  if (result.kind !== "done") return [];
  const ignored = new Set(Buffer.concat(chunks).toString("latin1").split("\0"));
  return untracked.filter((path) => ignored.has(path.toString("latin1")));
}

/** Directories by these names, which are not looked into; git would read no rules there. */
async function listCandidates(
  directory: string,
  names: readonly string[],
): Promise<{ candidates: Buffer[]; hasSpecialRules: boolean }> {
  const start = directory.length + 1;
  const candidates: Buffer[] = [];
  const special = await listSpecialRuleFiles(directory, (path, name) => {
    const isCandidate = names.includes(name);
    if (isCandidate) candidates.push(encodeBytes(path.slice(start)));
    return !isCandidate;
  });
  candidates.sort((one, other) => one.compare(other));
  return { candidates, hasSpecialRules: special.length > 0 };
}
