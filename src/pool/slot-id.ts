import { isUsablePath } from "./sources/path-pattern.ts";
import { isSourceSlotId } from "./sources/source-names.ts";

/** Of UTF-8: with what is put around it, the name of a lock file stays below the 255 bytes of a file name. */
const mostRepoNameBytes = 200;
const slotIdPattern = /^workspace-(.+)-slot([1-9][0-9]{0,8})$/u;

/** Names in the workspaces directory that are never a pool. */
export const reservedNames = ["locks", ".repo-pool-sidecar"] as const;

export interface SlotName {
  readonly repoName: string;
  readonly number: number;
}

export function formatSlotId(repoName: string, number: number): string {
  return `workspace-${repoName}-slot${number}`;
}

export function parseSlotId(slotId: string): SlotName | undefined {
  const match = slotIdPattern.exec(slotId);
  const repoName = match?.[1] ?? "";
  return match === null || !isRepoName(repoName) ? undefined : { repoName, number: Number(match[2]) };
}

/** True for the form of a slot_id, of a pool manager's slot or of a source without one. */
export function isSlotId(text: string): boolean {
  return parseSlotId(text) !== undefined || isSourceSlotId(text);
}

/**
 * Any name of a directory that the pool manager gives to a pool, such as `my pool` or `café`: one path segment, never
 * an option, a hidden file, or a directory of the manager or the sidecar.
 */
export function isRepoName(name: string): boolean {
  if (!/^[^-./][^/]*$/s.test(name) || !isUsablePath(name)) return false;
  return Buffer.byteLength(name) <= mostRepoNameBytes && !reservedNames.some((reserved) => reserved === name);
}
