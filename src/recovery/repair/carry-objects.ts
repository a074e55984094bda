import { join } from "node:path";
import { describeGitFailure } from "../../git/run/git-command.ts";
import { runGit } from "../../git/run/run-git.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { findObjectDamage } from "./object-damage.ts";
import { anotherRepository } from "./remote-git.ts";
import { readRepositoryFormat } from "../../git/config/repository-format.ts";
import { rescueFromPacks } from "./rescue-packs.ts";
import { borrowSoundObjects } from "./sound-view.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { withRepairScratch } from "./repair-scratch.ts";

const listTimeoutSeconds = 600;

/**
 * Copies every object of a damaged repository that can still be read, and that the new one lacks, into the new one:
 * commits that were never pushed, stashes, and what only a reflog or an index names. The old store stays as it is.
 * @returns why it failed, if it did.
 */
export function carryObjects(
  context: RecoveryContext,
  from: string,
  fresh: string,
): Promise<{ readonly carried: number } | { readonly detail: string }> {
  const format = readRepositoryFormat(fresh);
  return withRepairScratch(context, format, async (scratch) => {
    await gatherReadable(scratch, join(from, "objects"));
    const old = await listObjects(scratch.directory);
    const known = await listObjects(fresh);
    if (old === undefined || known === undefined) return { detail: "the objects could not be listed" };
    if (isOtherRepository(old, known)) return { detail: anotherRepository };
    const lacking = [...old.keys()].filter((id) => !known.has(id));
    if (lacking.length === 0) return { carried: 0 };
    const packed = await scratch.run(["pack-objects", "--quiet", join(fresh, "objects", "pack", "pack")], {
      input: lacking.map((id) => `${id}\n`).join(""),
    });
    return packed.kind === "done" ? { carried: lacking.length } : { detail: describeGitFailure(packed) };
  });
}

async function gatherReadable(scratch: ScratchRepository, objects: string): Promise<void> {
  const damage = await findObjectDamage(scratch, objects);
  borrowSoundObjects(scratch, objects, damage);
  await rescueFromPacks(scratch, damage);
}

/** What the pool has of commits was fetched from its remote once: a remote without any of them is not that one. */
function isOtherRepository(old: ReadonlyMap<string, string>, known: ReadonlyMap<string, string>): boolean {
  const commits = [...old].filter(([, type]) => type === "commit");
  return commits.length > 0 && !commits.some(([id]) => known.has(id));
}

/** The type by the object id, whatever the number: the answer is read as it comes. */
async function listObjects(gitDirectory: string): Promise<Map<string, string> | undefined> {
  const types = new Map<string, string>();
  let rest = "";
  const listed = await runGit({
    args: ["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objecttype)"],
    gitDirectory,
    timeoutSeconds: listTimeoutSeconds,
    onOutput: (chunk) => {
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines)
        types.set(line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1));
    },
  });
  return listed.kind === "done" ? types : undefined;
}
