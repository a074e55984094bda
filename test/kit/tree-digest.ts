import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Every path below a directory with what is there, links not followed: two are equal when nothing was changed. */
export function digestTree(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(names.map((name) => [name, digestEntry(join(directory, name))]));
}

function digestEntry(path: string): string {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  if (!stats.isFile()) return "directory";
  return `${createHash("sha256").update(readFileSync(path)).digest("hex")} ${stats.mode.toString(8)}`;
}

/** As `digestTree`, with everything else that a write leaves behind: times of content and of rights, and which file it is. */
export function digestTreeWithTimes(directory: string): Record<string, string> {
  const names = ["", ...readdirSync(directory, { recursive: true, encoding: "utf8" }).sort()];
  return Object.fromEntries(
    names.map((name) => {
      const path = join(directory, name);
      const { mode, ino, mtimeNs, ctimeNs, uid } = lstatSync(path, { bigint: true });
      return [name, `${digestEntry(path)} ${[mode, ino, mtimeNs, ctimeNs, uid].join(" ")}`];
    }),
  );
}
