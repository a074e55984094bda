import { copyFileSync, readdirSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { GitDirectories } from "../../git/git-directory.ts";
import { readIndex } from "../../git/index/index-file.ts";
import { indexPath, isSharedIndexName, parseStagedEntries } from "../../git/index/staged-entries.ts";
import { frameObject, hashFramed, writeLooseObject } from "../../git/objects/loose-object.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry, readRegularFile } from "../../platform/regular-file.ts";
import type { MissingObject } from "./missing-objects.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";

/** An entry of an index whose path is text. */
export interface NamedEntry {
  readonly mode: string;
  readonly objectId: string;
  readonly path: string;
}

/** A copy of the slot's index for the scratch repository. False where the slot's own cannot be read. */
export function copyIndex(scratch: ScratchRepository, { gitDirectory }: GitDirectories): boolean {
  const path = indexPath(gitDirectory);
  if (readIndex(path, scratch.format.idBytes).kind !== "valid") return false;
  copyFileSync(path, indexPath(scratch.directory));
  const shared = readdirSync(gitDirectory).filter(isSharedIndexName);
  for (const name of shared) copyFileSync(join(gitDirectory, name), join(scratch.directory, name));
  return true;
}

/** The entries of the scratch repository's index. */
export async function listIndexEntries(scratch: ScratchRepository): Promise<NamedEntry[]> {
  const chunks: Buffer[] = [];
  const onOutput = (chunk: Buffer): void => void chunks.push(chunk);
  const listed = await scratch.run(["ls-files", "--stage", "-z"], { onOutput });
  if (listed.kind !== "done") return [];
  return parseStagedEntries(Buffer.concat(chunks)).map((entry) => ({
    ...entry,
    path: entry.path.toString(),
  }));
}

/**
 * Makes lost objects again from what is in the work tree and the index: a file whose hash is a lost blob is that blob,
 * and the index as a tree may be the lost tree. Nothing is filtered or converted.
 */
export async function rewriteObjects(
  scratch: ScratchRepository,
  missing: readonly MissingObject[],
  workTree: string,
): Promise<void> {
  const wanted = new Set(missing.map(({ objectId }) => objectId));
  if (missing.some(({ type }) => type === "tree")) await scratch.run(["write-tree", "--missing-ok"]);
  if (!missing.some(({ type }) => type === "blob" || type === "commit")) return;
  const paths = new Set((await listIndexEntries(scratch)).map(({ path }) => path));
  for (const path of paths) {
    const content = readTracked(workTree, path);
    if (content === undefined) continue;
    const framed = frameObject("blob", content);
    const objectId = hashFramed(framed, scratch.format.idBytes);
    if (wanted.has(objectId)) writeLooseObject(scratch.objects, objectId, framed);
    await nextTurn();
  }
}

const maxFileBytes = 512 * 1024 * 1024;

/** A file's content, or the target of a symbolic link; a path that leads out of the slot has none. */
function readTracked(workTree: string, path: string): Buffer | undefined {
  const full = join(workTree, path);
  if (!isReallyInside(workTree, dirname(full))) return undefined;
  if (readEntry(full).kind === "link") return readlinkSync(full, { encoding: "buffer" });
  const reading = readRegularFile(full, { maxBytes: maxFileBytes });
  return reading.kind === "content" ? reading.content : undefined;
}
