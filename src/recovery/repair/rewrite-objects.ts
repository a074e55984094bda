import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { deflateSync } from "node:zlib";
import { hashAlgorithm } from "../../git/objects/object-id.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { readIndex } from "../../git/index/index-file.ts";
import { looseObjectPath } from "../../git/objects/loose-object.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry, readRegularFile } from "../../platform/regular-file.ts";
import type { MissingObject } from "./missing-objects.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";

export interface IndexEntry {
  readonly mode: string;
  readonly objectId: string;
  readonly stage: string;
  readonly path: string;
}

/** A copy of the slot's index for the scratch repository. False where the slot's own cannot be read. */
export function copyIndex(scratch: ScratchRepository, { gitDirectory }: GitDirectories): boolean {
  const path = join(gitDirectory, "index");
  if (readIndex(path, scratch.format.idBytes).kind !== "valid") return false;
  copyFileSync(path, join(scratch.directory, "index"));
  const shared = readdirSync(gitDirectory).filter((name) => /^sharedindex\.[0-9a-f]+$/.test(name));
  for (const name of shared) copyFileSync(join(gitDirectory, name), join(scratch.directory, name));
  return true;
}

export async function listIndexEntries(scratch: ScratchRepository): Promise<IndexEntry[]> {
  const listed = await scratch.run(["ls-files", "--stage", "-z"]);
  if (listed.kind !== "done") return [];
  return listed.stdout.split("\0").flatMap((line) => {
    const match = /^(\d+) ([0-9a-f]+) (\d)\t([^]+)$/.exec(line);
    if (match === null) return [];
    return [{ mode: match[1] ?? "", objectId: match[2] ?? "", stage: match[3] ?? "", path: match[4] ?? "" }];
  });
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
    const framed = Buffer.concat([Buffer.from(`blob ${content.length}\0`), content]);
    const objectId = hashOf(framed, scratch.format.idBytes);
    if (wanted.has(objectId)) writeLoose(scratch, objectId, framed);
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

function hashOf(framed: Buffer, idBytes: 20 | 32): string {
  return createHash(hashAlgorithm(idBytes)).update(framed).digest("hex");
}

function writeLoose(scratch: ScratchRepository, objectId: string, framed: Buffer): void {
  const path = looseObjectPath(scratch.objects, objectId);
  if (readEntry(path).kind !== "missing") return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, deflateSync(framed), { mode: 0o444 });
}
