import { join } from "node:path";
import { describeGitFailure } from "../../git/run/git-command.ts";
import { readAllObjectTypes, type BatchSource, type ObjectType } from "../../git/objects/object-batch.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { findObjectDamage } from "../../git/objects/object-damage.ts";
import { anotherRepository } from "./remote-git.ts";
import { readRepositoryFormat } from "../../git/config/repository-format.ts";
import { rescueFromPacks } from "../../git/packs/rescue-pack.ts";
import { borrowSoundObjects } from "../../git/objects/sound-view.ts";
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
    const old = await listObjects(scratch.source);
    const known = await listObjects({ gitDirectory: fresh, timeoutSeconds: listTimeoutSeconds });
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
  await rescueFromPacks(damage.packs, scratch);
}

/** What the pool has of commits was fetched from its remote once: a remote without any of them is not that one. */
function isOtherRepository(old: ReadonlyMap<string, string>, known: ReadonlyMap<string, string>): boolean {
  const commits = [...old].filter(([, type]) => type === "commit");
  return commits.length > 0 && !commits.some(([id]) => known.has(id));
}

/** Undefined if they cannot be listed whole. */
async function listObjects(source: BatchSource): Promise<ReadonlyMap<string, ObjectType> | undefined> {
  const { types, result } = await readAllObjectTypes(source);
  return result.kind === "done" ? types : undefined;
}
