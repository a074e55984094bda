import { searchFolders, type FolderSearch } from "../platform/search-folders.ts";

/** Git opens these by their names in the directories of a work tree, whatever is there, but follows no link. */
const names = [".gitattributes", ".gitignore", ".gitmodules"];

/**
 * FIFOs, sockets and devices in the place of rules in a work tree: git would wait indefinitely for what writes to them. Our
 * git may be given the work tree only if there are none. `isEntered`: which directories to look into; all, if not given.
 */
export async function listSpecialRuleFiles(
  workTree: string,
  isEntered: FolderSearch["isEntered"] = () => true,
): Promise<string[]> {
  const special: string[] = [];
  await searchFolders(workTree, {
    isEntered: (path, name) => name !== ".git" && isEntered(path, name),
    onSpecial: (path, name) => {
      if (names.includes(name)) special.push(path);
    },
  });
  return special;
}
