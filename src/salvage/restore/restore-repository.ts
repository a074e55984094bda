import { copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeText } from "../../platform/write-text.ts";
import { configPath } from "../../git/config/git-config.ts";
import { indexPath } from "../../git/index/staged-entries.ts";
import { alternatesPath } from "../../git/objects/alternates.ts";
import { idBytesOf } from "../../git/objects/object-id.ts";
import { readAllObjectTypes } from "../../git/objects/object-batch.ts";
import { harmlessOperationFiles } from "../../git/operations.ts";
import { formatRefFile, headPath } from "../../git/refs/head.ts";
import { packedRefsPath } from "../../git/refs/packed-refs.ts";
import { formatReflog, readReflog, reflogPath, type ReflogEntry } from "../../git/refs/reflog.ts";
import { shallowPath } from "../../git/refs/shallow.ts";
import { runGit } from "../../git/run/run-git.ts";
import { copyIndexes } from "../../git/scratch/copy-state.ts";
import { formatScratchConfig } from "../../git/scratch/scratch-config.ts";
import { readEntry, readRegularFile } from "../../platform/regular-file.ts";
import type { SalvageManifest } from "../salvage-manifest.ts";
import { commandTimeoutSeconds } from "../save/save-directory.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** Objects, refs and HEAD of a salvage, with a configuration that the sidecar writes. */
export function restoreRepository(saved: string, gitDirectory: string, manifest: SalvageManifest): void {
  cpSync(join(saved, "objects"), join(gitDirectory, "objects"), { recursive: true });
  // What it borrows comes from there: see `restoreBase`.
  rmSync(alternatesPath(join(gitDirectory, "objects")), { force: true });
  for (const pathIn of [packedRefsPath, shallowPath]) {
    if (readEntry(pathIn(saved)).kind === "file") copyFileSync(pathIn(saved), pathIn(gitDirectory));
  }
  cpSync(join(saved, "refs"), join(gitDirectory, "refs"), { recursive: true });
  const { branch, commit } = manifest;
  writeText(headPath(gitDirectory), formatRefFile(branch ?? commit ?? "refs/heads/main"));
  // A nested repository keeps its own settings as files: git must not go into it unasked.
  const careful = "[diff]\n\tignoreSubmodules = all\n[submodule]\n\trecurse = false\n";
  const format = { idBytes: idBytesOf(manifest.object_format), isPartial: false };
  const config = formatScratchConfig(format, ["bare = false", "logAllRefUpdates = true"]);
  writeText(configPath(gitDirectory), config + careful);
}

/** The index as it was, if git can read it; else one of the commit, so that edits show as edits. */
export async function restoreIndex(gitDirectory: string, manifest: SalvageManifest): Promise<void> {
  if (manifest.index === "saved") {
    copyIndexes(indexPath(join(gitDirectory, "salvage", "git")), gitDirectory);
    return;
  }
  if (manifest.commit === null) return;
  await runGit({
    args: ["read-tree", manifest.commit],
    gitDirectory,
    settings: ["core.bare=false"],
    timeoutSeconds: commandTimeoutSeconds,
  });
}

/** Reflogs of HEAD, of the branches and of the stash, which is nothing but its reflog: lines whose commit is here. */
export async function restoreLogs(gitDirectory: string, manifest: SalvageManifest): Promise<void> {
  const source = { gitDirectory, timeoutSeconds: commandTimeoutSeconds };
  const { types } = await readAllObjectTypes(source);
  const isHere = ({ newId }: ReflogEntry): boolean => types.get(newId) === "commit";
  const folders = ["git", "common"].map((root) => join(gitDirectory, "salvage", root));
  const branches = manifest.refs.filter(({ name }) => name.startsWith("refs/heads/"));
  for (const name of ["HEAD", ...branches.map((ref) => ref.name)]) {
    const logs = folders.map((folder) => readReflog(uncachedReader, reflogPath(folder, name)));
    const log = logs.find(({ length }) => length > 0) ?? [];
    writeLog(reflogPath(gitDirectory, name), log.filter(isHere));
  }
  const seconds = Math.floor(new Date(manifest.created_at).getTime() / 1000);
  const who = `repo-pool-sidecar <repo-pool-sidecar> ${seconds} +0000`;
  const stashes = manifest.stashes.map(({ object, message }) => ({
    oldId: "",
    newId: object,
    who,
    message,
  }));
  writeLog(reflogPath(gitDirectory, "refs/stash"), stashes.reverse().filter(isHere));
}

/** Each entry begins where the one before it ended. */
function writeLog(path: string, present: readonly ReflogEntry[]): void {
  if (present.length === 0) return;
  const chained = present.map((entry, index) => ({
    ...entry,
    oldId: present[index - 1]?.newId ?? "0".repeat(entry.newId.length),
  }));
  writeText(path, formatReflog(chained));
}

/** State of a merge, cherry-pick, revert or bisect, and ignored names: data alone. */
export function restoreOperations(gitDirectory: string): void {
  const saved = join(gitDirectory, "salvage", "git");
  for (const name of harmlessOperationFiles) {
    const reading = readRegularFile(join(saved, name), { maxBytes: 1024 * 1024 });
    if (reading.kind === "content") writeFileSync(join(gitDirectory, name), reading.content);
  }
  const exclude = readRegularFile(join(saved, "info", "exclude"), { maxBytes: 1024 * 1024 });
  if (exclude.kind !== "content") return;
  mkdirSync(join(gitDirectory, "info"), { recursive: true });
  writeFileSync(join(gitDirectory, "info", "exclude"), exclude.content);
}
