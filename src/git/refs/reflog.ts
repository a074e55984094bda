import { readRegularFile } from "../../platform/regular-file.ts";

export interface ReflogEntry {
  readonly oldId: string;
  readonly newId: string;
  readonly message: string;
  /** Name, address, time and zone of who moved the ref, as written. */
  readonly who: string;
}

const maxReflogBytes = 64 * 1024 * 1024;
const reflogLine = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([^\t]*)(?:\t(.*))?$/;

/** The entries of a reflog, oldest first; lines of another form are left out. Empty where there is none. */
export function readReflog(path: string): ReflogEntry[] {
  const reading = readRegularFile(path, { maxBytes: maxReflogBytes });
  if (reading.kind !== "content") return [];
  const lines = reading.content.toString("utf8").split("\n");
  return lines.flatMap((line) => {
    const match = reflogLine.exec(line);
    if (match === null) return [];
    return [{ oldId: match[1] ?? "", newId: match[2] ?? "", who: match[3] ?? "", message: match[4] ?? "" }];
  });
}

/** Without the entries that lead to objects which are lost; each entry left begins where the one before it ended. */
export function dropReflogEntries(
  entries: readonly ReflogEntry[],
  isWhole: (objectId: string) => boolean,
): ReflogEntry[] {
  const kept: ReflogEntry[] = [];
  for (const entry of entries.filter(({ newId }) => isWhole(newId))) {
    const before = kept.at(-1)?.newId;
    const isKnown = isWhole(entry.oldId) || /^0+$/.test(entry.oldId);
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
