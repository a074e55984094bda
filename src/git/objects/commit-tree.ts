/** The tree that the content of a commit names. Undefined if it names none. */
export function treeOf(commit: Buffer): string | undefined {
  return /^tree ([0-9a-f]+)\n/.exec(commit.toString("latin1", 0, 80))?.[1];
}
