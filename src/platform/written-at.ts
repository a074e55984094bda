import type { Stats } from "node:fs";

/**
 * When a file was last written. A file that was unpacked or touched may be dated in the future, where its age would be below
 * any limit: then the time counts at which the kernel last changed its inode, which nobody sets.
 */
export function writtenAt({ mtime, ctime }: Pick<Stats, "mtime" | "ctime">): Date {
  return mtime > ctime ? ctime : mtime;
}
