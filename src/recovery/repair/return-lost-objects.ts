import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { readRepositoryFormat } from "../../git/config/repository-format.ts";
import { indexPath, submoduleMode } from "../../git/index/staged-entries.ts";
import { readObjectTypes } from "../../git/objects/object-batch.ts";
import { readWorkTips } from "../../git/refs/tips.ts";
import { installObjects } from "../../git/scratch/install-objects.ts";
import { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { asError } from "../../platform/coded-error.ts";
import { countOf } from "../../platform/count-of.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { repositoryName } from "../../salvage/salvage-manifest.ts";
import { keptRegistration, type ReclaimedSlot } from "../../salvage/reclaimed-slot.ts";
import { readStagedContent } from "../../salvage/save/staged-content.ts";
import { stagingPath } from "./staging.ts";
import { makeStateDirectory } from "../../platform/state-directory.ts";
import { salvageDirectory } from "../../salvage/kept-directories.ts";

interface Place {
  readonly stateDir: string;
  readonly stamp: string;
}

/**
 * While a work tree was away nothing named its commits and what was staged in it, so that git may have collected them: what
 * is missing comes back from its salvage. @returns what was done, or what is still missing
 */
export async function returnLostObjects(slot: ReclaimedSlot, place: Place): Promise<string[]> {
  const { commonDirectory } = slot;
  if (commonDirectory === undefined) return [];
  const directory = stagingPath(place.stateDir, place.stamp, slot.slotId);
  makeStateDirectory(dirname(directory));
  const { idBytes } = readRepositoryFormat(commonDirectory);
  try {
    const scratch = new ScratchRepository(directory, { idBytes, isPartial: false });
    scratch.borrow(join(commonDirectory, "objects"));
    const lost = await listLost(slot, commonDirectory, scratch);
    if (lost.length === 0) return [];
    const saved = slot.salvageId === undefined ? undefined : savedObjects(place.stateDir, slot.salvageId);
    if (saved === undefined || readEntry(saved).kind !== "directory")
      return [`${countOf(lost.length, "object")} that it names are no longer in ${commonDirectory}`];
    cpSync(saved, scratch.objects, { recursive: true });
    installObjects(scratch, { objects: join(commonDirectory, "objects"), within: commonDirectory });
    return [`brought ${countOf(lost.length, "object")} back from ${slot.salvageId ?? ""}`];
  } catch (error) {
    return [`whether all its objects are there is not known: ${asError(error).message}`];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function savedObjects(stateDir: string, salvageId: string): string {
  return join(salvageDirectory(stateDir), salvageId, repositoryName, "objects");
}

async function listLost(
  slot: ReclaimedSlot,
  commonDirectory: string,
  scratch: ScratchRepository,
): Promise<string[]> {
  const gitDirectory = keptRegistration(slot);
  const { commit, otherIds } = readWorkTips({ gitDirectory, commonDirectory });
  const staged = await readStagedContent(indexPath(gitDirectory), scratch);
  const entries = staged.kind === "read" ? [...staged.entries, ...staged.resolved] : [];
  const ofFiles = entries.filter(({ mode }) => mode !== submoduleMode).map(({ objectId }) => objectId);
  const named = new Set([...(commit === undefined ? [] : [commit]), ...otherIds, ...ofFiles]);
  const { types } = await readObjectTypes(scratch.source, named);
  return [...named].filter((id) => !types.has(id));
}
