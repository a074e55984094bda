import { selectPresent } from "../objects/missing-objects.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";
import { listIndexEntries, type NamedEntry } from "./list-index.ts";
import { formatIndexInfo, submoduleMode } from "./staged-entries.ts";

/**
 * Gives entries of the index whose content is lost the content of HEAD; everything else that was staged stays. Works on
 * the scratch repository's copy of the index. @returns how many entries changed.
 */
export async function resetLostEntries(
  scratch: ScratchRepository,
  headCommit: string | undefined,
): Promise<number> {
  if (scratch.format.isPartial) return 0;
  const entries = (await listIndexEntries(scratch)).filter(({ mode }) => mode !== submoduleMode);
  const present = await selectPresent(scratch, [...new Set(entries.map(({ objectId }) => objectId))]);
  const lost = new Set(entries.filter(({ objectId }) => !present.has(objectId)).map(({ path }) => path));
  if (lost.size === 0) return 0;
  const atHead = headCommit === undefined ? [] : await listTreeEntries(scratch, headCommit);
  const nullId = "0".repeat(scratch.format.idBytes * 2);
  const removals = [...lost].map((path) => formatIndexInfo({ mode: "0", objectId: nullId, path }));
  const restored = atHead.filter(({ path }) => lost.has(path)).map(formatIndexInfo);
  await scratch.run(["update-index", "-z", "--index-info"], { input: [...removals, ...restored].join("") });
  return lost.size;
}

async function listTreeEntries(scratch: ScratchRepository, commit: string): Promise<NamedEntry[]> {
  const listed = await scratch.run(["ls-tree", "-r", "-z", commit]);
  if (listed.kind !== "done") return [];
  return listed.stdout.split("\0").flatMap((line) => {
    const match = /^(\d+) \w+ ([0-9a-f]+)\t([^]+)$/.exec(line);
    return match === null ? [] : [{ mode: match[1] ?? "", objectId: match[2] ?? "", path: match[3] ?? "" }];
  });
}
