import { join } from "node:path";
import { decodeLatin1 } from "../../platform/byte-text.ts";
import { listIdsApart } from "../../git/objects/ids-apart.ts";
import { readObjectTypes } from "../../git/objects/object-batch.ts";
import type { YoungPacks } from "../../git/packs/young-packs.ts";
import { feedLines } from "../../git/run/feed-git.ts";
import { byLine } from "../../git/run/split-output.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";

/** What `git stash` writes: a merge of the branch's commit and the index, with such a subject. */
const stash = /^([0-9a-f]+) [0-9a-f]+( [0-9a-f]+)+\t((?:WIP on|On) .+)$/s;

/**
 * Subjects of stashes that no ref and no log names any more, by their ids. `git stash drop` and `pop` leave the commit among
 * the objects that nothing names, until a clean-up of git's finds it to be two weeks old. @throws if git fails.
 */
export async function listDroppedStashes(
  commonDirectory: string,
  packs: Pick<YoungPacks, "ids">,
  scratch: ScratchRepository,
): Promise<Map<string, string>> {
  const apart = new Set(packs.ids);
  for (const id of listIdsApart(join(commonDirectory, "objects"), scratch.format.idBytes)) apart.add(id);
  const { types } = await readObjectTypes(scratch.source, apart);
  const commits = [...types].flatMap(([id, type]) => (type === "commit" ? [id] : []));
  const dropped = new Map<string, string>();
  if (commits.length === 0) return dropped;
  const subjects = new Map<string, string>();
  await scratch.mustRun(["log", "--no-walk=unsorted", "--format=%H %P%x09%s", "--stdin"], {
    feed: feedLines(commits),
    onOutput: byLine((line) => {
      const [, id, , subject] = stash.exec(line) ?? [];
      if (id !== undefined && subject !== undefined) subjects.set(id, decodeLatin1(subject));
    }),
  });
  if (subjects.size === 0) return dropped;
  await scratch.mustRun(["rev-list", "--stdin", "--not", "--all", "--reflog"], {
    feed: feedLines(subjects.keys()),
    onOutput: byLine((line) => {
      const subject = subjects.get(line);
      if (subject !== undefined) dropped.set(line, subject);
    }),
  });
  return dropped;
}
