import { join, resolve } from "node:path";
import { uncachedReader } from "../platform/slot-reader.ts";

/** Names and places of a few hundred workspaces. */
const maxBytes = 1024 * 1024;

/**
 * Other workspaces of Jujutsu, outside of a work tree, that live by the repository in its `.jj`, and have no `.git`. jj notes
 * where they are: a message of Protocol Buffers has a message for each, of its name and its path from `.jj/repo`. Without a
 * path, as older versions note them, a workspace is not known. Measured with jj 0.46.
 */
export function listOutsideWorkspaces(workTree: string): string[] {
  const repository = join(workTree, ".jj", "repo");
  const reading = uncachedReader.readRegularFile(join(repository, "workspace_store", "index"), { maxBytes });
  if (reading.kind !== "content") return [];
  const places = listFields(reading.content, 1).flatMap((workspace) =>
    listFields(workspace, 2).map((path) => resolve(repository, path.toString())),
  );
  return places.filter(
    (place) => !uncachedReader.isReallyInside(workTree, place) && livesBy(place, repository),
  );
}

/** The `.jj/repo` of a workspace that has no repository of its own is a file that names one, from `.jj`. */
function livesBy(workspace: string, repository: string): boolean {
  const folder = join(workspace, ".jj");
  const link = uncachedReader.readRegularFile(join(folder, "repo"), { maxBytes });
  if (link.kind !== "content") return false;
  const target = uncachedReader.resolveLinks(resolve(folder, link.content.toString().trim()));
  return target !== undefined && target === uncachedReader.resolveLinks(repository);
}

/** Pure: the contents of each field of this number that has a length. What cannot be read ends the list. */
function listFields(message: Buffer, wanted: number): Buffer[] {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < message.length) {
    const key = readVarint(message, at);
    const length = key === undefined ? undefined : readVarint(message, key.end);
    // All fields of these messages have a length: any other kind is not known.
    if (key === undefined || length === undefined || key.value % 8 !== 2) break;
    const end = length.end + length.value;
    if (end > message.length) break;
    if (key.value >>> 3 === wanted) fields.push(message.subarray(length.end, end));
    at = end;
  }
  return fields;
}

function readVarint(message: Buffer, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let at = start; at < Math.min(start + 4, message.length); at++) {
    const byte = message.readUInt8(at);
    value += (byte & 0x7f) << (7 * (at - start));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}
