/** How /proc/locks names a file: device and inode. */
export function inodeKey(device: number, inode: number): string {
  const major = ((device >>> 8) & 0xfff) | 0;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  const hex = (value: number): string => value.toString(16).padStart(2, "0");
  return `${hex(major)}:${hex(minor)}:${inode}`;
}

/** `->` marks who waits for a lock: that is no holder. */
const flockLine = /^\d+:\s+FLOCK\s+\S+\s+\S+\s+(-?\d+)\s+([0-9a-f]+:[0-9a-f]+:\d+)\s/;

/** Pids by the file, as `inodeKey` names it, that they hold a flock on. */
export function parseFlocks(text: string): Map<string, number[]> {
  const holders = new Map<string, number[]>();
  for (const line of text.split("\n")) {
    const match = flockLine.exec(line);
    if (match === null) continue;
    const key = match[2] ?? "";
    holders.set(key, [...(holders.get(key) ?? []), Number(match[1])]);
  }
  return holders;
}
