import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import type { Journal } from "../../journal/journal.ts";
import { runLockPath } from "../../pool/locks/run-lock.ts";
import { tryAcquireSlotLock } from "../../pool/locks/slot-lock.ts";
import { asError } from "../../platform/coded-error.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { Trigger } from "../../journal/trigger.ts";
import { collectBases } from "../bases/collect-bases.ts";
import { finishRemoval, removeAbandoned, removeKept } from "../abandoned-salvage.ts";
import { forgetReturned, readReclaimed } from "../reclaimed-slot.ts";
import { selectExpired, type ExpiredWork, type RetentionLimits } from "./retention.ts";
import {
  countAge,
  readRetentionRecord,
  writeRetentionRecord,
  type RetentionRecord,
  type SeenWork,
} from "./retention-record.ts";
import { listKeptFolders, listQuarantine, listSalvages, type KeptWork } from "../salvage-store.ts";
import { makeStateDirectory } from "../../platform/state-directory.ts";
import { quarantineDirectory, salvageDirectory } from "../kept-directories.ts";

export interface PruneRequest {
  readonly stateDir: string;
  readonly limits: RetentionLimits;
  readonly journal: Journal;
  readonly trigger: Trigger;
  readonly requestedBy?: string | undefined;
  readonly now: Date;
  readonly dryRun: boolean;
}

export type PruneResult =
  | { readonly kind: "pruned"; readonly removed: readonly ExpiredWork[]; readonly errors: readonly string[] }
  /** A run may be writing what would be removed. */
  | { readonly kind: "busy"; readonly detail: string };

/**
 * Removes saved work and quarantined directories beyond the limits of age and space, which apply to each kind by itself. A
 * base goes with the last salvage that needs it. The journal has each removal before it begins and after it has ended.
 * @throws CodedError `STORED_FILE_NEWER`
 */
export async function pruneSaved(request: PruneRequest): Promise<PruneResult> {
  const { stateDir, limits, now } = request;
  const path = runLockPath(stateDir);
  makeStateDirectory(dirname(path));
  const lock = tryAcquireSlotLock(path);
  if (lock.kind === "busy")
    return { kind: "busy", detail: "a recovery is running: try again when it has ended" };
  try {
    const record = readRetentionRecord(stateDir);
    const kept = [listSalvages(stateDir), listQuarantine(stateDir)].map((each) =>
      countAge(each, record, now),
    );
    const expired = kept.flatMap((each) => selectExpired(each, limits, now));
    if (request.dryRun) return { kind: "pruned", removed: expired, errors: [] };
    writeRetentionRecord(stateDir, { prunedAt: now, seen: describeSeen(kept.flat(), expired) });
    for (const directory of [salvageDirectory(stateDir), quarantineDirectory(stateDir)]) {
      removeAbandoned(directory, now);
    }
    finishRemovalsElsewhere(stateDir);
    const isDue = request.trigger === "schedule" ? isConfirmedBy(record) : () => true;
    const { removed, errors } = removeAll(expired.filter(isDue), request);
    return { kind: "pruned", removed, errors: [...errors, ...(await collectBases(stateDir))] };
  } finally {
    lock.release();
  }
}

function describeSeen(kept: readonly KeptWork[], expired: readonly ExpiredWork[]): Map<string, SeenWork> {
  const tooOld = new Set(
    expired.filter(({ because }) => because === "max_age").map(({ kept: { id } }) => id),
  );
  return new Map(
    kept.map(({ id, createdAt }) => [id, { countedFrom: createdAt, isPastMaxAge: tooOld.has(id) }]),
  );
}

/** An unattended prune removes what two prunes in a row found too old: the clock may be ahead at one of them. */
function isConfirmedBy({ seen }: RetentionRecord): (expired: ExpiredWork) => boolean {
  return ({ kept, because }) => because !== "max_age" || seen.get(kept.id)?.isPastMaxAge === true;
}

/** What killed prunes left of slots that were reclaimed to a quarantine outside of the state directory. */
function finishRemovalsElsewhere(stateDir: string): void {
  const quarantine = quarantineDirectory(stateDir);
  for (const name of listKeptFolders(quarantine)) {
    const folder = join(quarantine, name);
    const keptAt = readReclaimed(folder)?.keptAt;
    if (keptAt !== undefined && finishRemoval(keptAt)) forgetReturned(folder, { isRemoved: true });
  }
}

function removeAll(
  expired: readonly ExpiredWork[],
  request: PruneRequest,
): Omit<Extract<PruneResult, { kind: "pruned" }>, "kind"> {
  const recoveryId = randomUUID();
  const removed: ExpiredWork[] = [];
  const errors: string[] = [];
  for (const each of expired) {
    const note = (detail: string): void => {
      appendNote(request, { recoveryId, detail, expired: each });
    };
    // A link in its place meanwhile gains nothing.
    if (readEntry(each.kept.path).kind !== "directory") continue;
    note(`removing ${each.kept.kind} ${each.kept.id}`);
    try {
      const elsewhere = readReclaimed(each.kept.path)?.keptAt;
      if (elsewhere !== undefined && readEntry(elsewhere).kind === "directory") removeKept(elsewhere);
      if (elsewhere !== each.kept.path) removeKept(each.kept.path);
      removed.push(each);
      note(`removed ${each.kept.kind} ${each.kept.id}`);
    } catch (error) {
      errors.push(`${each.kept.path}: ${asError(error).message}`);
      note(`could not remove ${each.kept.kind} ${each.kept.id}`);
    }
  }
  return { removed, errors };
}

function appendNote(
  { journal, trigger, requestedBy, now }: PruneRequest,
  about: { recoveryId: string; detail: string; expired: ExpiredWork },
): void {
  const { kept, because } = about.expired;
  journal.append(
    {
      kind: "note",
      recovery_id: about.recoveryId,
      trigger,
      mode: "live",
      ...(requestedBy === undefined ? {} : { requested_by: requestedBy }),
      repo_name: kept.repoName,
      slot_id: kept.slotId,
      detail: about.detail,
      data: { prune: { id: kept.id, kind: kept.kind, bytes: kept.bytes, because } },
    },
    now,
  );
}
