import { readObjectTypes } from "../../git/objects/object-batch.ts";
import { selectRemoteIds } from "../../git/refs/remote-commits.ts";
import { readRefIds } from "../../git/refs/tips.ts";
import { readTipSource, type TipPlace } from "./own-tips.ts";

/** Below these refs name commits, or tags, of which nothing tells whether a fetch brought them. */
const foldersOfCommits = ["refs/heads/", "refs/notes/", "refs/remotes/", "refs/stash", "refs/tags/"];

/**
 * Whether a ref names a tree or a blob that no remote gave, as some tools keep states and snapshots: a walk over commits does
 * not come to it. Of a linked work tree only its private refs count. @throws if git fails
 */
export async function namesOwnContent(place: TipPlace): Promise<boolean> {
  const refs = [...readRefIds(place.directories.gitDirectory)];
  const ids = refs.flatMap(([name, objectId]) =>
    foldersOfCommits.some((folder) => name.startsWith(folder)) ? [] : [objectId],
  );
  const { types, result } = await readObjectTypes(place.scratch.source, ids);
  if (result.kind !== "done") throw new Error("git cannot tell what refs name");
  const content = [...types].flatMap(([id, type]) => (type === "tree" || type === "blob" ? [id] : []));
  if (content.length === 0) return false;
  const given = selectRemoteIds(readTipSource(place));
  return content.some((id) => !given.has(id));
}
