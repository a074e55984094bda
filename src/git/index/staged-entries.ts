/** An entry of an index, as `git ls-files --stage` lists it. */
export interface StagedEntry {
  /** As git writes it: 100644, 100755, 120000, 160000. */
  readonly mode: string;
  readonly objectId: string;
  /** 1 to 3 in a conflict. */
  readonly stage: number;
  /** Its bytes: a path need not be UTF-8. */
  readonly path: Buffer;
}

/** A commit of another repository: a submodule. */
export const submoduleMode = "160000";

/** Pure: the output of `git ls-files --stage -z`, up to the first line of another form. */
export function parseStagedEntries(output: Buffer): StagedEntry[] {
  const entries: StagedEntry[] = [];
  for (let start = 0; start < output.length;) {
    const end = output.indexOf(0, start);
    const tab = output.indexOf(9, start);
    if (end === -1 || tab === -1 || tab > end) break;
    const [mode = "", objectId = "", stage] = output.toString("latin1", start, tab).split(" ");
    entries.push({ mode, objectId, stage: Number(stage), path: output.subarray(tab + 1, end) });
    start = end + 1;
  }
  return entries;
}

/** The input of `git update-index -z --index-info` that gives the index an entry, or takes all of a path away. */
export function formatIndexInfo(entry: {
  readonly mode: string;
  readonly objectId: string;
  readonly path: string;
}): string {
  return `${entry.mode} ${entry.objectId}\t${entry.path}\0`;
}

const sharedIndexName = /^sharedindex\.[0-9a-f]+$/;

export function indexPath(gitDirectory: string): string {
  return `${gitDirectory}/index`;
}

/** A split index keeps most of its entries in files of such names beside it. */
export function isSharedIndexName(name: string): boolean {
  return sharedIndexName.test(name);
}
