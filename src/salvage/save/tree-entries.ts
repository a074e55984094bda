import type { ObjectTree } from "./import-files.ts";

export type TreeEntry = ObjectTree["entries"][number];

/** Entries that can be a tree under their names, and those that a tree cannot hold: they get a number for a name. */
export interface TreeEntries {
  readonly plain: readonly TreeEntry[];
  readonly odd: readonly TreeEntry[];
}

const slash = 0x2f;
const modes: readonly string[] = ["100644", "100755", "120000", "160000", "040000"];
/** Components of a path that git gives to no file of a tree. */
const forbiddenNames: readonly string[] = ["", ".", "..", ".git"];

/**
 * Pure: other programs write indexes with names such as `./`, with one name twice, with a file below another file, or with
 * modes of their own. Git works with those; a tree cannot hold them.
 */
export function sortTreeEntries(entries: readonly TreeEntry[]): TreeEntries {
  const sound = entries.map((entry) => ({
    ...entry,
    mode: modes.includes(entry.mode) ? entry.mode : "100644",
  }));
  const folders = new Set(sound.flatMap(({ path }) => foldersAbove(path)));
  const seen = new Set<string>();
  const plain: TreeEntry[] = [];
  const odd: TreeEntry[] = [];
  for (const entry of sound) {
    const name = entry.path.toString("latin1");
    const isPlain = isTreePath(name) && !folders.has(name) && !seen.has(name);
    seen.add(name);
    if (isPlain) plain.push(entry);
    else odd.push({ ...entry, path: Buffer.from(String(odd.length)) });
  }
  return { plain, odd };
}

/** False of a path that git gives to no file of a tree. */
export function isTreePath(name: string): boolean {
  return name.split("/").every((part) => !forbiddenNames.includes(part.toLowerCase()));
}

function foldersAbove(path: Buffer): string[] {
  const folders: string[] = [];
  for (let end = path.indexOf(slash); end !== -1; end = path.indexOf(slash, end + 1))
    folders.push(path.toString("latin1", 0, end));
  return folders;
}
