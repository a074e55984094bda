import { readRegularFile } from "../platform/regular-file.ts";

export interface ReflogEntry {
  readonly newId: string;
  readonly message: string;
}

const maxReflogBytes = 64 * 1024 * 1024;

/** The entries of a reflog, oldest first; lines of another form are left out. Empty where there is none. */
export function readReflog(path: string): ReflogEntry[] {
  const reading = readRegularFile(path, { maxBytes: maxReflogBytes });
  if (reading.kind !== "content") return [];
  const lines = reading.content.toString("utf8").split("\n");
  return lines.flatMap((line) => {
    const match = /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) [^\t]*(?:\t(.*))?$/.exec(line);
    return match === null ? [] : [{ newId: match[1] ?? "", message: match[2] ?? "" }];
  });
}
