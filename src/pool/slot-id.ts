/** A pool's name becomes a directory and a part of lock names: one path segment, never an option or a hidden file. */
const repoNamePattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const slotIdPattern = /^workspace-([A-Za-z0-9_][A-Za-z0-9._-]{0,127})-slot([1-9][0-9]{0,8})$/;

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
  return match === null ? undefined : { repoName: match[1] ?? "", number: Number(match[2]) };
}

export function isRepoName(name: string): boolean {
  return repoNamePattern.test(name) && !reservedNames.some((reserved) => reserved === name);
}
