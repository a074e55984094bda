import type { GitResult } from "../run/git-command.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";
import { parseStagedEntries } from "./staged-entries.ts";

/** The output of `git ls-files` about an index, whatever its size, for `parseStagedEntries`. */
export async function listStaged(
  scratch: ScratchRepository,
  { what = "--stage", ...options }: { what?: "--stage" | "--resolve-undo"; gitDirectory?: string } = {},
): Promise<{ readonly output: Buffer; readonly result: GitResult }> {
  const chunks: Buffer[] = [];
  const onOutput = (chunk: Buffer): void => void chunks.push(chunk);
  const result = await scratch.run(["ls-files", what, "-z"], { ...options, onOutput });
  return { output: Buffer.concat(chunks), result };
}

/** An entry of an index whose path is text. */
export interface NamedEntry {
  readonly mode: string;
  readonly objectId: string;
  readonly path: string;
}

/** The entries of the scratch repository's index. */
export async function listIndexEntries(scratch: ScratchRepository): Promise<NamedEntry[]> {
  const { output, result } = await listStaged(scratch);
  if (result.kind !== "done") return [];
  return parseStagedEntries(output).map((entry) => ({
    ...entry,
    path: entry.path.toString(),
  }));
}
