import { join } from "node:path";
import { sendToGit } from "../../git/run/feed-git.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { searchWorkTree } from "../../git/search-work-tree.ts";
import { decodeBytes, encodeBytes } from "../../platform/byte-text.ts";
import type { StagedContent } from "./staged-content.ts";

const timeoutSeconds = 60;

/**
 * Directories with one of the given names, such as `node_modules`, that git ignores and tracks nothing of, and that hold no
 * repository: somebody may work in one. If the tracked files cannot be read, nothing is excluded: that only costs space.
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
  const tracked = listTracked(slot.staged.entries, candidates);
  const untracked = candidates.filter((candidate) => !tracked.has(candidate.toString("latin1")));
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
  const excluded: Buffer[] = [];
  for (const path of untracked)
    if (ignored.has(path.toString("latin1")) && !(await holdsRepository(join(slot.path, decodeBytes(path)))))
      excluded.push(path);
  return excluded;
}

/** The candidates that git tracks something of, in latin1. */
function listTracked(
  entries: readonly { readonly path: Buffer }[],
  candidates: readonly Buffer[],
): Set<string> {
  const sought = new Set(candidates.map((candidate) => candidate.toString("latin1")));
  const tracked = new Set<string>();
  for (const entry of entries) {
    const path = entry.path.toString("latin1");
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
      const directory = path.slice(0, end);
      if (sought.has(directory)) tracked.add(directory);
    }
  }
  return tracked;
}

async function holdsRepository(directory: string): Promise<boolean> {
  const { repositories } = await searchWorkTree(directory);
  return repositories.length > 0;
}

/** Directories by these names, which are not looked into; git would read no rules there. */
async function listCandidates(
  directory: string,
  names: readonly string[],
): Promise<{ candidates: Buffer[]; hasSpecialRules: boolean }> {
  const start = directory.length + 1;
  const candidates: Buffer[] = [];
  const { specialRuleFiles } = await searchWorkTree(directory, (path, name) => {
    const isCandidate = names.includes(name);
    if (isCandidate) candidates.push(encodeBytes(path.slice(start)));
    return !isCandidate;
  });
  candidates.sort((one, other) => one.compare(other));
  return { candidates, hasSpecialRules: specialRuleFiles.length > 0 };
}
