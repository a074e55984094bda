import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { isRefName, readHead } from "../../git/refs/head.ts";
import { isObjectId } from "../../git/objects/object-id.ts";
import { listLooseRefs, readLooseRef } from "../../git/refs/refs.ts";
import { readEntry, readRegularFile } from "../../platform/regular-file.ts";
import { readReflog } from "../../git/refs/reflog.ts";

export interface SlotRef {
  readonly name: string;
  readonly objectId: string;
}

/** Every name by which a slot knows its objects, as far as it can be read. */
export interface SlotTips {
  readonly branch: string | undefined;
  readonly commit: string | undefined;
  readonly refs: readonly SlotRef[];
  /** Newest first, as `git stash list` counts them. */
  readonly stashes: readonly { objectId: string; message: string }[];
  /** From reflogs, operations in progress, and loose objects that nothing may name any more. */
  readonly otherIds: ReadonlySet<string>;
  readonly looseIds: ReadonlySet<string>;
  /** What should be readable and is not: refs then do not tell all that is there. */
  readonly faults: readonly string[];
}

const maxFileBytes = 1024 * 1024;
const maxPackedRefsBytes = 256 * 1024 * 1024;
const objectIdInText = /\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b/g;
const operationFolders = ["rebase-merge", "rebase-apply", "sequencer"];

export function readSlotTips({ gitDirectory, commonDirectory }: GitDirectories): SlotTips {
  const faults: string[] = [];
  const refs = readRefs(gitDirectory, commonDirectory, faults);
  const gitDirectories = [
    ...new Set([gitDirectory, commonDirectory, ...listWorktreeFolders(commonDirectory)]),
  ];
  const otherIds = new Set<string>();
  for (const directory of gitDirectories) collectIds(directory, otherIds);
  const looseIds = listLooseIds(join(commonDirectory, "objects"));
  return {
    ...readPosition(gitDirectory, refs, faults),
    refs: [...refs].map(([name, objectId]) => ({ name, objectId })),
    stashes: readStashes(commonDirectory, refs.get("refs/stash")),
    otherIds,
    looseIds,
    faults,
  };
}

function readRefs(gitDirectory: string, commonDirectory: string, faults: string[]): Map<string, string> {
  const refs = readPackedRefsLeniently(commonDirectory, faults);
  if (readEntry(join(commonDirectory, "refs")).kind !== "directory") faults.push("refs");
  for (const directory of new Set([commonDirectory, gitDirectory])) {
    for (const name of listLooseRefs(directory)) {
      const ref = readLooseRef(directory, name);
      if (ref.kind === "commit" && isRefName(name)) refs.set(name, ref.objectId);
      else if (ref.kind !== "symbolic") faults.push(name);
    }
  }
  return refs;
}

/** Every sound line: one damaged one must not hide the others. */
function readPackedRefsLeniently(commonDirectory: string, faults: string[]): Map<string, string> {
  const refs = new Map<string, string>();
  const reading = readRegularFile(join(commonDirectory, "packed-refs"), { maxBytes: maxPackedRefsBytes });
  if (reading.kind === "missing") return refs;
  if (reading.kind !== "content") {
    faults.push("packed-refs");
    return refs;
  }
  const lines = reading.content.toString("utf8").split("\n");
  if (lines.pop() !== "") faults.push("packed-refs");
  for (const line of lines) {
    if (line.startsWith("#") || line.startsWith("^")) continue;
    const match = /^([0-9a-f]{40,64}) (refs\/.+)$/s.exec(line);
    if (match !== null && isObjectId(match[1] ?? "") && isRefName(match[2] ?? "")) {
      refs.set(match[2] ?? "", match[1] ?? "");
    } else if (!faults.includes("packed-refs")) {
      faults.push("packed-refs");
    }
  }
  return refs;
}

/** Where the agent was: from HEAD, else from what the reflog says last. */
function readPosition(
  gitDirectory: string,
  refs: ReadonlyMap<string, string>,
  faults: string[],
): Pick<SlotTips, "branch" | "commit"> {
  const head = readHead(gitDirectory);
  const log = readReflog(join(gitDirectory, "logs", "HEAD"));
  const lastCommit = log.at(-1)?.newId;
  if (head.kind === "detached") return { branch: undefined, commit: head.commit };
  if (head.kind === "branch") return { branch: head.ref, commit: refs.get(head.ref) ?? lastCommit };
  faults.push("HEAD");
  const checkout = log.findLast(({ message }) => message.startsWith("checkout: moving from "));
  const name = `refs/heads/${checkout?.message.split(" ").at(-1) ?? ""}`;
  return { branch: refs.has(name) ? name : undefined, commit: lastCommit };
}

function readStashes(commonDirectory: string, tip: string | undefined): SlotTips["stashes"] {
  const entries = readReflog(join(commonDirectory, "logs", "refs", "stash"));
  const stashes = entries.map(({ newId, message }) => ({ objectId: newId, message })).reverse();
  const isTipListed = tip === undefined || stashes.some(({ objectId }) => objectId === tip);
  return isTipListed ? stashes : [{ objectId: tip, message: "stash" }, ...stashes];
}

function listWorktreeFolders(commonDirectory: string): string[] {
  const folder = join(commonDirectory, "worktrees");
  return listNames(folder)
    .map((name) => join(folder, name))
    .filter((path) => readEntry(path).kind === "directory");
}

/** Ids in pseudo refs such as MERGE_HEAD, in operations in progress, and in all reflogs. */
function collectIds(gitDirectory: string, ids: Set<string>): void {
  const texts = listNames(gitDirectory).filter((name) => /^[A-Z][A-Z_]*$/.test(name));
  const ofOperations = operationFolders.flatMap((folder) =>
    listNames(join(gitDirectory, folder)).map((name) => join(folder, name)),
  );
  const ofRefs = listLooseRefs(gitDirectory);
  for (const name of [...texts, ...ofOperations, ...ofRefs]) {
    const reading = readRegularFile(join(gitDirectory, name), { maxBytes: maxFileBytes });
    if (reading.kind !== "content") continue;
    for (const [id] of reading.content.toString("latin1").matchAll(objectIdInText)) ids.add(id);
  }
  for (const name of listLooseRefs(gitDirectory, "logs")) collectLoggedIds(join(gitDirectory, name), ids);
}

const maxReflogBytes = 64 * 1024 * 1024;

function collectLoggedIds(path: string, ids: Set<string>): void {
  const reading = readRegularFile(path, { maxBytes: maxReflogBytes });
  if (reading.kind !== "content") return;
  for (const line of reading.content.toString("latin1").split("\n")) {
    for (const id of line.split(" ", 2)) if (isObjectId(id) && !/^0+$/.test(id)) ids.add(id);
  }
}

/** By their names alone. */
export function listLooseIds(objectsDirectory: string): Set<string> {
  const folders = listNames(objectsDirectory).filter((name) => /^[0-9a-f]{2}$/.test(name));
  const ids = folders.flatMap((folder) =>
    listNames(join(objectsDirectory, folder)).map((name) => folder + name),
  );
  return new Set(ids.filter(isObjectId));
}

/** Empty where it is no directory of its own, or cannot be read. */
export function listNames(directory: string): string[] {
  if (readEntry(directory).kind !== "directory") return [];
  try {
    return readdirSync(directory);
  } catch {
    // What cannot be listed is told by the snapshot of the same directory, with the system's error.
    return [];
  }
}
