import { basename, join } from "node:path";
import { readBorrowedStores, type BorrowedStores } from "../../inspection/dependents.ts";
import { resolveLinks } from "../../platform/contained-path.ts";
import { asError, CodedError } from "../../platform/coded-error.ts";
import { createStamp } from "../../salvage/create-stamp.ts";
import { findReclaimed, type ReclaimedSlot } from "../../salvage/reclaimed-slot.ts";
import { saveWork, type SalvageResult } from "../../salvage/save/save-work.ts";
import { quarantineOf } from "../guards/reclaim-quarantine.ts";
import { placesOfReclaim } from "../guards/reclaim-guards.ts";
import type { Refusal } from "../refusal.ts";
import { reclaimReason } from "../plan/select-reclaimable.ts";
import { journaledPlacesOf, reclaim } from "../steps/reclaim.ts";
import { undoReclaim } from "../steps/undo-reclaim.ts";
import { judgeReclaim, type PlannedReclaim, type ReclaimPlan } from "./plan-reclaim.ts";
import { refuseUnsaved, salvageOf, type ActionResult } from "./recovery-context.ts";
import type { LiveParts } from "./recovery-parts.ts";
import { withSlotSession, type SlotSession } from "./slot-session.ts";

const action = "reclaim";

/**
 * Reclaims what is planned, the least recently active first, each slot after a look of its own under its lock.
 * @returns by slot_id, the ids to undo them by
 */
export async function reclaimSlots({ slots }: ReclaimPlan, live: LiveParts): Promise<Map<string, string>> {
  const reclaimed = new Map<string, string>();
  const age = ({ lastActiveAt }: PlannedReclaim): number => lastActiveAt?.getTime() ?? 0;
  for (const planned of slots.toSorted((one, other) => age(one) - age(other))) {
    if (live.parts.controls.signal?.aborted === true) break;
    const { slotId, repoName, refusal } = planned;
    if (refusal !== undefined) live.run.refuse({ slotId, repoName, action }, refusal);
    else
      await withSlotSession(planned, action, live, async (session) => {
        const id = await reclaimSlot(planned, session, live);
        if (id !== undefined) reclaimed.set(slotId, id);
      });
  }
  return reclaimed;
}

/** @returns the id to undo it by */
async function reclaimSlot(
  planned: PlannedReclaim,
  session: SlotSession,
  live: LiveParts,
): Promise<string | undefined> {
  const { slotId, repoName, olderSeconds } = planned;
  const refusal = await refuseNow(session, live, { olderSeconds, isLast: false });
  if (refusal !== undefined) {
    session.refuse(action, refusal);
    return undefined;
  }
  const stamp = createStamp(live.parts.inspection.clock.now());
  const slot = describe(session, live, stamp);
  const reason = reclaimReason(planned);
  const about = { slotId, repoName, action, reason, stamp, places: journaledPlacesOf(slot) } as const;
  const end = await live.run.step(about, async (note) => {
    const saved = await save(session, live, stamp);
    if (saved.kind === "incomplete") return refuseUnsaved(saved);
    const told = salvageOf(saved);
    // Saving a large tree takes time: somebody may have begun to work in it.
    const late = await refuseNow(session, live, { olderSeconds, isLast: true });
    if (late !== undefined) return { outcome: "refused", ...late, ...told };
    const { stateDir } = live.parts.inspection;
    return { ...attempt(() => reclaim({ ...slot, ...told }, { stateDir, note })), ...told };
  });
  if (end.outcome === "failed") session.fail(`${slotId}: ${end.detail}`);
  return end.outcome === "done" ? basename(slot.keptAt) : undefined;
}

/** Saved work is reported even if the slot could not be moved. */
function attempt(act: () => ActionResult): ActionResult {
  try {
    return act();
  } catch (error) {
    return { outcome: "failed", detail: asError(error).message };
  }
}

async function refuseNow(
  session: SlotSession,
  { parts }: LiveParts,
  { olderSeconds, isLast }: { olderSeconds: number | undefined; isLast: boolean },
): Promise<Refusal | undefined> {
  if ((await session.look({ isDeep: false })) === undefined)
    return { reason: "fault_gone", detail: "the slot is not there any more" };
  const { pool, inspection } = session.planner.assessment;
  // It costs a look at each slot of the pool, and only the last one counts: the plan has seen who borrowed before.
  const borrowed: BorrowedStores = isLast ? readBorrowedStores(pool) : new Map();
  const looked = { pool, inspection, borrowed };
  return (await judgeReclaim(looked, parts, olderSeconds)).refusal;
}

function describe(session: SlotSession, { parts }: LiveParts, stamp: string): ReclaimedSlot {
  const { pool, inspection } = session.planner.assessment;
  const { stateDir, clock } = parts.inspection;
  const { slotId, repoName, path } = inspection.slot;
  const [, registration] = placesOfReclaim(inspection);
  const real = registration === undefined ? undefined : resolveLinks(registration);
  return {
    ...{ slotId, repoName, path, registration: real, salvageId: undefined },
    commonDirectory:
      real === undefined ? undefined : resolveLinks(inspection.directories?.commonDirectory ?? ""),
    keptAt: join(quarantineOf(pool, stateDir), `${stamp}-${slotId}`),
    reclaimedAt: clock.now(),
  };
}

function save(session: SlotSession, { parts }: LiveParts, stamp: string): Promise<SalvageResult> {
  const { pool, inspection } = session.planner.assessment;
  const { salvage } = parts;
  const place = { pool, slot: inspection.slot, ...parts.inspection, stamp, salvage };
  return saveWork(place, action);
}

/** Brings a reclaimed slot back. @throws CodedError `SALVAGE_UNKNOWN` if none has this id */
export async function undoReclaimed(id: string, live: LiveParts): Promise<void> {
  const { stateDir, clock } = live.parts.inspection;
  const slot = readReclaimedById(stateDir, id);
  const undo = "undo_reclaim";
  await withSlotSession(slot, undo, live, async (session) => {
    const stamp = createStamp(clock.now());
    const { slotId, repoName } = slot;
    const about = { slotId, repoName, action: undo, reason: "requested", stamp } as const;
    const end = await live.run.step({ ...about, places: journaledPlacesOf(slot) }, (note) =>
      undoReclaim(slot, { stateDir, id, stamp, note }),
    );
    if (end.outcome === "failed") session.fail(`${slotId}: ${end.detail}`);
  });
}

/** @throws CodedError `SALVAGE_UNKNOWN` */
export function readReclaimedById(stateDir: string, id: string): ReclaimedSlot {
  const slot = findReclaimed(stateDir, id);
  if (slot !== undefined) return slot;
  throw new CodedError(
    "SALVAGE_UNKNOWN",
    `no reclaimed slot has the id ${JSON.stringify(id)}: \`salvage list\` names all that was moved aside`,
  );
}
