import { UsageError } from "../platform/coded-error.ts";
import { nearestNames } from "../platform/nearest-names.ts";
import { listManagedPools } from "./managed-pools.ts";
import type { Pool } from "./pool.ts";
import { listSourcePools, type SourcesPlace } from "./sources/read-sources.ts";

interface NamesPlace extends SourcesPlace {
  readonly timeZone: string;
}

/** The pool manager has no pool of this name. A pool that a source yields is told: `status` shows it. */
export function unknownPool(repoName: string, place: NamesPlace): UsageError {
  const managed = listManagedPools(place, place);
  const ofSource = listSourcePools(place, managed).find((pool) => pool.repoName === repoName);
  if (ofSource !== undefined)
    return new UsageError("POOL_UNKNOWN", `the pool ${repoName} ${noManagerOf(ofSource)}`);
  const names = managed.map((pool) => pool.repoName);
  return new UsageError("POOL_UNKNOWN", `no pool is named ${repoName}${nearestNames(repoName, names)}`);
}

/** The pool manager has no slot of this slot_id. A slot that a source yields is told: `slots` shows it. */
export function unknownSlot(slotId: string, place: NamesPlace): UsageError {
  const managed = listManagedPools(place, place);
  const ofSource = listSourcePools(place, managed).find(({ slots }) =>
    slots.some((slot) => slot.slotId === slotId),
  );
  if (ofSource !== undefined)
    return new UsageError("SLOT_UNKNOWN", `the slot ${slotId} ${noManagerOf(ofSource)}`);
  const names = managed.flatMap(({ slots }) => slots.map((slot) => slot.slotId));
  return new UsageError("SLOT_UNKNOWN", `no slot is named ${slotId}${nearestNames(slotId, names)}`);
}

function noManagerOf({ source }: Pool): string {
  return `is of the source ${source?.name ?? ""}, which has no pool manager: use \`recover SLOT\`, \`reclaim\` or \`hold\` for one of its slots`;
}
