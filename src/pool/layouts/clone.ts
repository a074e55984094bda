import { join } from "node:path";
import type { Layout } from "./layout.ts";

/** Each slot is a full clone, with its slot.json untracked inside. */
export const cloneLayout: Layout = {
  kind: "clone",
  slotPath: (poolDirectory, number) => join(poolDirectory, `slot${number}`),
  slotParents: (poolDirectory) => [poolDirectory],
};
