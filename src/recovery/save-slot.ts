import type { SalvageSettings } from "../salvage/save/save-work.ts";
import { startStopwatch, type Clock } from "../platform/clock.ts";
import type { Journal } from "../journal/journal.ts";
import { requireGit } from "../git/run/git-version.ts";
import { readEntry } from "../platform/regular-file.ts";
import { acquireLockOfSlot } from "../pool/locks/slot-lock.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { createStamp } from "../salvage/create-stamp.ts";
import { saveWork, type SalvageResult } from "../salvage/save/save-work.ts";
import type { RecoveryRequest } from "./recovery-request.ts";

export interface SaveScope {
  readonly workspacesDir: string;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly salvage: SalvageSettings;
  readonly lockTimeoutSeconds: number;
}

/** `busy`: somebody else changes the slot at this moment. */
export type SlotSave = SalvageResult | { readonly kind: "busy"; readonly detail: string };

/** An agent at work leaves pauses between its changes. */
const attempts = 5;

/**
 * Saves a slot's unsaved work because somebody asks for it; the journal has what was saved. Nothing is written into the
 * slot or its repository. @throws CodedError `GIT_TOO_OLD`, `GIT_UNAVAILABLE`, `SLOT_LOCK_UNUSABLE`, or the journal's
 */
export async function saveSlot(
  found: { readonly pool: Pool; readonly slot: Slot },
  request: Pick<RecoveryRequest, "recoveryId" | "trigger" | "requestedBy">,
  scope: SaveScope,
): Promise<SlotSave> {
  requireGit();
  const { clock, lockTimeoutSeconds: timeoutSeconds } = scope;
  const { slotId, path } = found.slot;
  const isThere = (): boolean => readEntry(path).kind !== "missing";
  const wasThere = isThere();
  const lock = await acquireLockOfSlot(slotId, scope, { timeoutSeconds, clock });
  if (lock.kind === "busy") return { kind: "busy", detail: lock.detail };
  try {
    // A salvage without its files would pass for one of a slot that has none.
    if (wasThere && !isThere())
      return { kind: "busy", detail: `${path} was moved away by who held the lock of the slot` };
    const elapsedSeconds = startStopwatch();
    const place = { ...scope, ...found, stamp: createStamp(clock.now()) };
    const saved = await saveWork(place, request.trigger, { attempts });
    if (saved.kind !== "nothing_unsaved") journalSave(saved, { found, request, scope, elapsedSeconds });
    return saved;
  } finally {
    lock.release();
  }
}

function journalSave(
  saved: Exclude<SalvageResult, { readonly kind: "nothing_unsaved" }>,
  about: {
    readonly found: { readonly slot: Slot };
    readonly request: Pick<RecoveryRequest, "recoveryId" | "trigger" | "requestedBy">;
    readonly scope: SaveScope;
    readonly elapsedSeconds: () => number;
  },
): void {
  const { slotId: slot_id, repoName: repo_name } = about.found.slot;
  const { recoveryId: recovery_id, trigger, requestedBy: requested_by } = about.request;
  about.scope.journal.append(
    {
      ...{ kind: "outcome", recovery_id, trigger, requested_by, mode: "live", slot_id, repo_name },
      ...{ action: "salvage", reason: "requested", detail: saved.detail },
      outcome: saved.kind === "saved" ? "done" : "failed",
      duration_seconds: about.elapsedSeconds(),
      salvage_id: saved.kind === "saved" ? saved.salvageId : undefined,
    },
    about.scope.clock.now(),
  );
}
