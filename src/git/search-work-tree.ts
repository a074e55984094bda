import { dirname, join } from "node:path";
import { searchFolders, type FolderSearch } from "../platform/search-folders.ts";
import { uncachedReader } from "../platform/slot-reader.ts";

/** Git opens these by their names in the directories of a work tree, whatever is there, but follows no link. */
const ruleNames = [".gitattributes", ".gitignore", ".gitmodules"];

/**
 * Where other version control systems keep what was committed, or what they know of a work tree; to git they are directories
 * like any other. Those of Fossil are files.
 */
const otherStoreNames = [".bzr", ".got", ".hg", ".jj", ".pijul", ".sl", ".svn", "_darcs"];
const otherStoreFileNames = [".fslckout", "_FOSSIL_"];

export interface WorkTreeSearch {
  /**
   * FIFOs, sockets and devices in the place of rules: git would wait indefinitely for what writes to them. Our git may be
   * given the work tree only if there are none.
   */
  readonly specialRuleFiles: readonly string[];
  /**
   * Directories that hold a repository, by their `.git` (of a linked work tree and of a submodule a file, with some tools a
   * link), by the directory of another version control system or, if bare, by their own names; the work tree itself too,
   * if it does.
   */
  readonly repositories: readonly string[];
}

/** `isEntered`: which directories to look into; all, if not given. No `.git` is looked into. */
export async function searchWorkTree(
  workTree: string,
  isEntered: FolderSearch["isEntered"] = () => true,
): Promise<WorkTreeSearch> {
  const specialRuleFiles: string[] = [];
  const repositories: string[] = [];
  await searchFolders(workTree, {
    isEntered: (path, name) => {
      if (name === "objects" && isBareRepository(dirname(path))) repositories.push(dirname(path));
      if (otherStoreNames.includes(name)) repositories.push(dirname(path));
      if (name !== ".git") return isEntered(path, name);
      repositories.push(dirname(path));
      return false;
    },
    onFile: (folder, name) => {
      if (name === ".git" || otherStoreFileNames.includes(name)) repositories.push(folder);
    },
    onSpecial: (path, name) => {
      if (ruleNames.includes(name)) specialRuleFiles.push(path);
    },
  });
  return { specialRuleFiles, repositories };
}

/** By what git itself looks for beside `objects`. */
function isBareRepository(directory: string): boolean {
  return (
    uncachedReader.isDirectory(join(directory, "refs")) &&
    ["file", "link"].includes(uncachedReader.readEntry(join(directory, "HEAD")).kind)
  );
}
