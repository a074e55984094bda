import { describeGitFailure, runGit } from "../git/git-command.ts";
import type { GitDirectories } from "../git/git-directory.ts";
import { withCleanRoom } from "./clean-room.ts";
import type { Finding } from "./finding.ts";

export type DeepCheck =
  | { readonly kind: "checked"; readonly findings: readonly Finding[] }
  | { readonly kind: "unchecked"; readonly detail: string };

/** fsck's exit code is a bit mask. Source: git-fsck(1) and its source, measured. */
const fsckBits = [
  [1, "object_corrupt"],
  [2, "object_missing"],
  [4, "pack_corrupt"],
  [8, "ref_invalid"],
  [16, "commit_graph_corrupt"],
  [32, "multi_pack_index_corrupt"],
] as const;

/**
 * Runs `git fsck` on a copy of the refs in a directory of ours that borrows the slot's objects: even fsck executes
 * what the slot's own configuration names (measured), so that configuration is never read by git.
 */
export function checkDeep(
  directories: GitDirectories,
  options: { depth: "connectivity" | "full"; timeoutSeconds: number },
): Promise<DeepCheck> {
  return withCleanRoom(directories, async (room) => {
    const mode = options.depth === "full" ? "--full" : "--connectivity-only";
    const args = ["fsck", mode, "--no-progress", "--no-dangling"];
    const result = await runGit({ args, gitDirectory: room, timeoutSeconds: options.timeoutSeconds });
    if (result.kind === "done") return { kind: "checked", findings: [] };
    if (result.kind !== "failed" || result.exitCode >= 64) {
      return { kind: "unchecked", detail: describeGitFailure(result) };
    }
    const found = describeGitFailure(result).replaceAll(room, directories.gitDirectory);
    const findings = fsckBits
      .filter(([bit]) => (result.exitCode & bit) !== 0)
      .map(([, code]) => ({
        code,
        path: directories.commonDirectory,
        expected: "git fsck without errors",
        found,
        depth: options.depth,
      }));
    return { kind: "checked", findings };
  });
}
