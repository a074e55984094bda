import { readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { listIndexEntries } from "../index/list-index.ts";
import { frameObject, hashFramed, writeLooseObject } from "./whole-object.ts";
import type { MissingObject } from "./missing-objects.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

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
  if (!uncachedReader.isReallyInside(workTree, dirname(full))) return undefined;
  if (uncachedReader.readEntry(full).kind === "link") return readlinkSync(full, { encoding: "buffer" });
  const reading = uncachedReader.readRegularFile(full, { maxBytes: maxFileBytes });
  return reading.kind === "content" ? reading.content : undefined;
}
