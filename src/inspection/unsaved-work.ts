import { join } from "node:path";
import { runGit } from "../git/git-command.ts";
import type { GitDirectories } from "../git/git-directory.ts";
import { readEntry } from "../platform/regular-file.ts";
import { withCleanRoom } from "./clean-room.ts";
import type { UnsavedWorkKind } from "./finding.ts";

const operationFiles = [
  "MERGE_HEAD",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "rebase-merge",
  "rebase-apply",
  "BISECT_LOG",
];

/**
 * Which work exists in this slot alone. Whatever cannot be read counts as `unknown`, and unknown counts as unsaved.
 * Git runs with our git directory and the slot as its work tree, so that no filter of the slot runs.
 */
export function readUnsavedWork(
  directories: GitDirectories,
  slotPath: string,
  options: { timeoutSeconds: number },
): Promise<UnsavedWorkKind[]> {
  return withCleanRoom(directories, async (room) => {
    const { timeoutSeconds } = options;
    const status = await runGit({
      args: [
        ...["status", "--porcelain=v1", "-z", "--untracked-files=all", "--ignored=matching"],
        // Git would look into each with the submodule's own settings, which can name programs (measured).
        "--ignore-submodules=all",
      ],
      gitDirectory: room,
      workTree: slotPath,
      settings: ["core.bare=false"],
      timeoutSeconds,
    });
    const unpushed = await runGit({
      args: ["rev-list", "--max-count=1", "--all", "--reflog", "HEAD", "--not", "--remotes"],
      gitDirectory: room,
      timeoutSeconds,
    });
    const kinds = new Set<UnsavedWorkKind>();
    if (status.kind !== "done" || unpushed.kind !== "done") kinds.add("unknown");
    if (await hasSubmodules(room, slotPath, timeoutSeconds)) kinds.add("unknown");
    if (status.kind === "done") classifyStatus(status.stdout).forEach((kind) => kinds.add(kind));
    if (unpushed.kind === "done" && unpushed.stdout.trim() !== "") kinds.add("unpushed");
    if (readEntry(join(directories.commonDirectory, "refs", "stash")).kind !== "missing") kinds.add("stash");
    const isBusy = operationFiles.some(
      (name) => readEntry(join(directories.gitDirectory, name)).kind !== "missing",
    );
    if (isBusy) kinds.add("in_progress");
    return [...kinds];
  });
}

/** True where the index names a submodule whose repository is there: what it holds cannot be told from outside. */
async function hasSubmodules(room: string, slotPath: string, timeoutSeconds: number): Promise<boolean> {
  const listed = await runGit({ args: ["ls-files", "--stage", "-z"], gitDirectory: room, timeoutSeconds });
  if (listed.kind !== "done") return true;
  const links = listed.stdout.split("\0").filter((entry) => entry.startsWith("160000 "));
  return links.some((entry) => {
    const path = entry.slice(entry.indexOf("\t") + 1);
    return readEntry(join(slotPath, path, ".git")).kind !== "missing";
  });
}

function classifyStatus(porcelain: string): UnsavedWorkKind[] {
  const entries = porcelain.split("\0").filter((entry) => entry.length > 3 && entry.slice(3) !== "slot.json");
  return entries.map((entry) => (/^(?:\?\?|!!)/.test(entry) ? "untracked" : "uncommitted"));
}
