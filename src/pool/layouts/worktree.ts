import { join } from "node:path";
import type { Layout } from "./layout.ts";

/** Slots are git worktrees of the bare repository `.main_repo`; slot.json stands in a directory of its own. */
export const worktreeLayout: Layout = {
  kind: "worktree",
  slotPath: (poolDirectory, number) => join(poolDirectory, "worktrees", `slot${number}`),
  slotParents: (poolDirectory) => [poolDirectory, join(poolDirectory, "worktrees")],
};
