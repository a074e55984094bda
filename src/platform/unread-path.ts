import type { Stats } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { readEntry } from "./regular-file.ts";

/** What was not looked at, and why: known neither as healthy nor as a fault. */
export interface UnreadPlace {
  readonly path: string;
  readonly detail: string;
}

/**
 * Why a path cannot be read, or written, for the person who can change it: the path, or the directory above that denies
 * access, its owner and mode, and the user of this program.
 */
export function describeUnread(path: string, errorCode: string, use: "read" | "written" = "read"): string {
  const { path: place, stats } = nearestVisible(path);
  const asker = `this program runs as ${describeUser()}`;
  if (stats === undefined) return `${path} cannot be ${use} (${errorCode}): ${asker}`;
  const owned = `${place} belongs to user ${stats.uid}, group ${stats.gid}, with mode ${formatMode(stats)}`;
  return `${path} cannot be ${use} (${errorCode}): ${owned}; ${asker}`;
}

/** The permissions of a file as `chmod` takes them: `0755`. */
export function formatMode({ mode }: Pick<Stats, "mode">): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

function nearestVisible(path: string): { path: string; stats: Stats | undefined } {
  for (let place = path; ; place = dirname(place)) {
    const { stats } = readEntry(place);
    if (stats !== undefined || place === dirname(place)) return { path: place, stats };
  }
}

function describeUser(): string {
  const uid = process.geteuid?.() ?? -1;
  try {
    return `user ${uid} (${userInfo().username})`;
  } catch {
    // Containers often run as a user that no passwd file names.
    return `user ${uid}`;
  }
}
