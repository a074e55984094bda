import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
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
  { commonDirectory, staged }: { commonDirectory: string; staged: StagedContent },
  scratch: ScratchRepository,
): Promise<TrackedFiles | undefined> {
  if (staged.kind !== "read") return undefined;
  const own = readRegularFile(join(commonDirectory, "info", "attributes"), { maxBytes: maxAttributesBytes });
  if (own.kind !== "missing" && own.kind !== "content") return undefined;
  if (own.kind === "content" && conversion.test(own.content.toString("latin1"))) return undefined;
  const rules = staged.entries.filter(({ path }) => /(?:^|\/)\.gitattributes$/.test(path.toString("latin1")));
  const ids = rules.map(({ objectId }) => objectId);
  if (ids.length > 0 && (await mayConvert(ids, scratch.source))) return undefined;
  const times = lstatSync(scratch.index, { bigint: true });
  return TrackedFiles.parse(readFileSync(scratch.index), scratch.format.idBytes, times);
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
