import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeBytes } from "../../platform/byte-text.ts";
import { TrackedFiles } from "../../git/index/tracked-files.ts";
import { readObjects, type BatchSource } from "../../git/objects/object-batch.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { readRegularFile } from "../../platform/regular-file.ts";
import type { StagedContent } from "./staged-content.ts";

const maxAttributesBytes = 1024 * 1024;
/** What lets git take a file for its blob although the bytes differ, and their number need not. */
const conversion = /filter|working-tree-encoding/;

/**
 * Reads from the index that `scratch` has a copy of which files are as git left them. Undefined if it cannot be told without
 * reading the files: line ends and `ident` change a file's size, but a filter or another encoding need not.
 */
export async function readTrackedFiles(
  { path, commonDirectory, staged }: { path: string; commonDirectory: string; staged: StagedContent },
  scratch: ScratchRepository,
): Promise<TrackedFiles | undefined> {
  if (staged.kind !== "read") return undefined;
  if (mayFileConvert(join(commonDirectory, "info", "attributes"))) return undefined;
  for (const directory of directoriesOf(staged.entries.map((entry) => decodeBytes(entry.path))))
    if (mayFileConvert(join(path, directory, ".gitattributes"))) return undefined;
  const rules = staged.entries.filter(({ path }) => /(?:^|\/)\.gitattributes$/.test(path.toString("latin1")));
  const ids = rules.map(({ objectId }) => objectId);
  if (ids.length > 0 && (await mayConvert(ids, scratch.source))) return undefined;
  const times = lstatSync(scratch.index);
  return TrackedFiles.parse(readFileSync(scratch.index), scratch.format.idBytes, times);
}

/** Attributes need not be tracked. True also of a file that cannot be read. */
function mayFileConvert(path: string): boolean {
  const reading = readRegularFile(path, { maxBytes: maxAttributesBytes });
  if (reading.kind === "content") return conversion.test(reading.content.toString("latin1"));
  return reading.kind !== "missing";
}

/** Of all the paths, with those above; the work tree itself is "". */
function directoriesOf(paths: readonly string[]): ReadonlySet<string> {
  const directories = new Set([""]);
  for (const path of paths)
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const directory = path.slice(0, end);
      if (directories.has(directory)) break;
      directories.add(directory);
    }
  return directories;
}

/** True also if one of the blobs cannot be read. */
async function mayConvert(ids: readonly string[], source: BatchSource): Promise<boolean> {
  const harmless: boolean[] = [];
  let text: string | undefined;
  const result = await readObjects(source, ids, {
    start: (_id, type, bytes) => {
      text = type === "blob" && bytes <= maxAttributesBytes ? "" : undefined;
    },
    content: (chunk) => {
      if (text !== undefined) text += chunk.toString("latin1");
    },
    end: () => {
      harmless.push(text !== undefined && !conversion.test(text));
    },
  });
  return result.kind !== "done" || harmless.length < ids.length || harmless.includes(false);
}
