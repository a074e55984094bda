import { hash } from "node:crypto";
import { basename } from "node:path";

const mostNameCharacters = 60;
const sourceSlotIdPattern = /^[A-Za-z0-9._-]{1,200}-[A-Za-z0-9._-]{1,60}-[0-9a-f]{6}$/;

/** As much of a name as a label, a file name and a shell word can hold. */
export function safeName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+/, "");
  return safe.slice(0, mostNameCharacters) || "x";
}

/** Six hex digits of a real path: they tell directories of one name apart, and stay the same. */
export function pathDigest(realPath: string): string {
  return hash("sha256", realPath).slice(0, 6);
}

/** `<pool>-<directory name made safe>-<6 hex digits of the real path>` */
export function formatSourceSlotId(poolName: string, realPath: string): string {
  return `${poolName}-${safeName(basename(realPath))}-${pathDigest(realPath)}`;
}

/** True for what `formatSourceSlotId` makes; no slot_id of a pool manager has this form. */
export function isSourceSlotId(text: string): boolean {
  return sourceSlotIdPattern.test(text);
}
