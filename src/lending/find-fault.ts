import { countSlots } from "../anomalies/create-snapshot.ts";
import { detectCorruptedSlot } from "../anomalies/detect-corrupted-slot.ts";
import { describeClosedPlace, findClosedPlace } from "../anomalies/find-problems.ts";
import type { Thresholds } from "../anomalies/thresholds.ts";
import type { SlotInspection } from "../inspection/slot-inspection.ts";
import type { Pool } from "../pool/pool.ts";

/** Why a slot must not be allocated, for a person to read; undefined if it is sound. */
export function findFault(
  { pool, inspection }: { pool: Pool; inspection: SlotInspection },
  thresholds: Thresholds,
): string | undefined {
  const blind = [inspection, inspection.mainRepository].find((facts) => facts?.isBlind === true);
  if (blind !== undefined) return blind.unread.map(({ path, detail }) => `${path}: ${detail}`).join("; ");
  const corruption = detectCorruptedSlot(inspection, countSlots(pool), thresholds)?.detail;
  const closed = findClosedPlace([...inspection.findings, ...(inspection.mainRepository?.findings ?? [])]);
  return inspection.unsupported ?? corruption ?? (closed && describeClosedPlace(closed));
}
