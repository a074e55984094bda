import { join } from "node:path";
import { submoduleMode } from "../../git/index/staged-entries.ts";
import { byEntry } from "../../git/run/split-output.ts";
import { decodeLatin1 } from "../../platform/byte-text.ts";
import type { IndexMarks, Scope } from "./unsaved-work-scope.ts";

/** By one listing, because a large index takes time. */
export async function readIndexMarks(list: Scope["list"], workTree: string): Promise<IndexMarks> {
  const assumedUnchanged: string[] = [];
  const submodules: { commit: string; path: string }[] = [];
  let hasAttributes = false;
  const readEntry = byEntry((entry) => {
    const isAssumed = /^[a-z]/.test(entry);
    const isSubmodule = entry.startsWith(submoduleMode, 2);
    const mayBeAttributes = entry.endsWith(attributesName);
    if (!isAssumed && !isSubmodule && !mayBeAttributes) return;
    const [, commit = "", path = ""] = /^\S \d+ ([0-9a-f]+) \d\t(.+)$/s.exec(entry) ?? [];
    if (isAssumed) assumedUnchanged.push(path);
    if (isSubmodule) submodules.push({ commit, path: join(workTree, decodeLatin1(path)) });
    hasAttributes ||= path === attributesName || path.endsWith(`/${attributesName}`);
  });
  const isWhole = await list(["ls-files", "-v", "--stage", "-z"], readEntry);
  return { isWhole, assumedUnchanged, hasAttributes, submodules };
}

const attributesName = ".gitattributes";
