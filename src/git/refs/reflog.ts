import { decodeBytes } from "../../platform/byte-text.ts";
import { isNullId, isObjectId } from "../objects/object-id.ts";
import { uncachedReader, type SlotReader } from "../../platform/slot-reader.ts";

export interface ReflogEntry {
  readonly oldId: string;
  readonly newId: string;
  readonly message: string;
  /** Name, address, time and zone of who moved the ref, as written. */
  readonly who: string;
}

const maxReflogBytes = 64 * 1024 * 1024;
const reflogLine = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([^\t]*)(?:\t(.*))?$/s;

/** Where all reflogs are. */
export function logsDirectory(directory: string): string {
  return `${directory}/logs`;
}

/** The reflog of HEAD or of a ref. Each work tree has its own for HEAD; those of branches are in the common directory. */
export function reflogPath(directory: string, ref: string): string {
  return `${directory}/logs/${ref}`;
}

/** The folders above the reflogs of branches, from the outermost. */
export function reflogFolders(directory: string): string[] {
  return ["logs", "logs/refs", "logs/refs/heads"].map((folder) => `${directory}/${folder}`);
}

/** The entries of a reflog, oldest first; lines of another form are left out. Empty if there is none. */
export function readReflog(reader: SlotReader, path: string): ReflogEntry[] {
  const reading = reader.readRegularFile(path, { maxBytes: maxReflogBytes });
  return reading.kind === "content" ? parseReflog(decodeBytes(reading.content)) : [];
}

/** Pure: the same from the text of the file. */
function parseReflog(text: string): ReflogEntry[] {
  return text.split("\n").flatMap((line) => {
    const match = reflogLine.exec(line);
    if (match === null) return [];
    return [{ oldId: match[1] ?? "", newId: match[2] ?? "", who: match[3] ?? "", message: match[4] ?? "" }];
  });
}

/** True if the ref is gone because somebody deleted it, and its log was kept and says so. */
export function tellsDeletion(entries: readonly ReflogEntry[]): boolean {
  const last = entries.at(-1);
  return last !== undefined && isNullId(last.newId);
}

/** Every object that a reflog names, of damaged lines too. */
export function readLoggedIds(path: string): string[] {
  const reading = uncachedReader.readRegularFile(path, { maxBytes: maxReflogBytes });
  const lines = reading.kind === "content" ? reading.content.toString("latin1").split("\n") : [];
  const ids = lines.flatMap((line) => line.split(" ", 2)).filter((id) => isObjectId(id) && !isNullId(id));
  return [...new Set(ids)];
}

/** Without the entries that lead to objects which are lost; each entry left begins where the one before it ended. */
export function dropReflogEntries(
  entries: readonly ReflogEntry[],
  isWhole: (objectId: string) => boolean,
): ReflogEntry[] {
  const kept: ReflogEntry[] = [];
  for (const entry of entries.filter(({ newId }) => isWhole(newId))) {
    const before = kept.at(-1)?.newId;
    const isKnown = isWhole(entry.oldId) || isNullId(entry.oldId);
    const oldId = isKnown ? entry.oldId : (before ?? "0".repeat(entry.newId.length));
    kept.push({ ...entry, oldId });
  }
  return kept;
}

export function formatReflog(entries: readonly ReflogEntry[]): string {
  const lines = entries.map(({ oldId, newId, who, message }) => {
    const tail = message === "" ? "" : `\t${message}`;
    return `${oldId} ${newId} ${who}${tail}\n`;
  });
  return lines.join("");
}
