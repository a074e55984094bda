import { isRefName } from "./refs/head.ts";
import { listLooseRefs, readLooseRef } from "./refs/refs.ts";
import { uncachedReader } from "../platform/slot-reader.ts";

/** Files that name the commits of an operation in progress. A commit ends on one that holds no object ids. */
export const operationHeads = ["CHERRY_PICK_HEAD", "MERGE_HEAD", "REVERT_HEAD"] as const;

export const foldersOfOperations = ["rebase-apply", "rebase-merge", "sequencer"] as const;

/**
 * Of a merge of notes with conflicts: what is merged so far, its target, and the notes that a person edits, whose folder
 * outlives the merge.
 */
const notesMerge = ["NOTES_MERGE_PARTIAL", "NOTES_MERGE_REF", "NOTES_MERGE_WORKTREE"] as const;

/** Files that git keeps while an operation is in progress: each is the sign of one. */
const signsOfOperations: readonly string[] = [
  ...operationHeads,
  "BISECT_LOG",
  "NOTES_MERGE_PARTIAL",
  ...foldersOfOperations,
];

/** Files that may be restored with saved work. Not those of a rebase, whose list can name programs to run. */
export const harmlessOperationFiles: readonly string[] = [
  ...operationHeads,
  "AUTO_MERGE",
  "BISECT_ANCESTORS_OK",
  "BISECT_EXPECTED_REV",
  "BISECT_FIRST_PARENT",
  "BISECT_HEAD",
  "BISECT_LOG",
  "BISECT_NAMES",
  "BISECT_START",
  "BISECT_TERMS",
  "MERGE_MODE",
  "MERGE_MSG",
  "ORIG_HEAD",
  "SQUASH_MSG",
];

/**
 * The paths of a stopped merge, with rerere: the next commit, whatever it is of, records what each of them holds then as the
 * resolution of its conflict. Empty after each commit that recorded what there was.
 */
export const rerereList = "MERGE_RR";

export const operationFiles: readonly string[] = [
  ...harmlessOperationFiles.filter((name) => name !== "ORIG_HEAD"),
  "BISECT_RUN",
  "MERGE_AUTOSTASH",
  rerereList,
  "REBASE_HEAD",
];

/** Everything that belongs to a merge, rebase, pick, revert or bisection that somebody began and did not end. */
export const operationEntries: readonly string[] = [...operationFiles, ...notesMerge, ...foldersOfOperations];

/** The list of a rebase grows with its commits. */
const maxFileBytes = 16 * 1024 * 1024;
const objectIdInText = /\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b/gi;

/** Names of the files and folders that show an operation in progress. */
export function listOperations(gitDirectory: string): string[] {
  return signsOfOperations.filter(
    (name) => uncachedReader.readEntry(`${gitDirectory}/${name}`).kind !== "missing",
  );
}

export function isRebasing(gitDirectory: string): boolean {
  return ["rebase-apply", "rebase-merge"].some((name) =>
    uncachedReader.isDirectory(`${gitDirectory}/${name}`),
  );
}

/** What lies among refs without being one; of a clone that is cut off in one place, `shallow` looks like one. */
const filesBesideRefs: readonly string[] = ["packed-refs", "shallow"];

/**
 * Refs that somebody made at the top of the git directory, as `git update-ref wip` does. Git names them as it names any
 * other, and its garbage collection does not know them.
 */
function readTopRefIds(gitDirectory: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    if (filesBesideRefs.includes(name) || !isRefName(`refs/${name}`)) return [];
    const ref = readLooseRef(uncachedReader, gitDirectory, name);
    return ref.kind === "commit" ? [ref.objectId] : [];
  });
}

/**
 * Every object id in the text of pseudo refs such as MERGE_HEAD and of operations in progress, and of loose refs, those of
 * somebody's own names at the top included.
 */
export function readOperationIds(gitDirectory: string): Set<string> {
  const names = uncachedReader.listAllNames(gitDirectory);
  const pseudoRefs = names.filter((name) => /^[A-Z][A-Z_]*$/.test(name));
  const ofOperations = foldersOfOperations.flatMap((folder) =>
    uncachedReader.listAllNames(`${gitDirectory}/${folder}`).map((name) => `${folder}/${name}`),
  );
  const ids = new Set(readTopRefIds(gitDirectory, names));
  for (const name of [...pseudoRefs, ...ofOperations, ...listLooseRefs(uncachedReader, gitDirectory)]) {
    const reading = uncachedReader.readRegularFile(`${gitDirectory}/${name}`, { maxBytes: maxFileBytes });
    if (reading.kind !== "content") continue;
    for (const [id] of reading.content.toString("latin1").matchAll(objectIdInText)) ids.add(id.toLowerCase());
  }
  return ids;
}
