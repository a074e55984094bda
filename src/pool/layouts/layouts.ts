import { join } from "node:path";
import type { LayoutKind } from "../pool.ts";

/** Where a layout keeps what belongs to a slot, inside the pool's directory. */
export interface Layout {
  /** The work tree of a slot. */
  slotPath(poolDirectory: string, number: number): string;
  /** The directories whose `slot<N>` entries name slots. */
  slotParents(poolDirectory: string): readonly string[];
}

export const layouts: Readonly<Record<LayoutKind, Layout>> = {
  /** Each slot is a full clone, with its slot.json untracked inside. */
  clone: {
    slotPath: (poolDirectory, number) => join(poolDirectory, `slot${number}`),
    slotParents: (poolDirectory) => [poolDirectory],
  },
  /** Slots are git worktrees of the bare repository `.main_repo`; slot.json stands in a directory of its own. */
  worktree: {
    slotPath: (poolDirectory, number) => join(poolDirectory, "worktrees", `slot${number}`),
    slotParents: (poolDirectory) => [poolDirectory, join(poolDirectory, "worktrees")],
  },
};
