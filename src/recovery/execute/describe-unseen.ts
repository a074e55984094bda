import { isManual, type RecoveryRequest } from "../recovery-request.ts";
import type { FoundTargets } from "./find-targets.ts";

/** Behind these a pool or slot may hold faults that the run neither sees nor repairs. */
const unseenCodes: readonly string[] = [
  ...["workspaces_unreadable", "no_pools", "pool_gone", "pool_unread", "pool_metadata_invalid"],
  ...["unread", "slot_uninspectable"],
];

/**
 * What a person's run could not read: it must not end with success. Scheduled runs come again, and collections report the
 * same.
 */
export function describeUnseen(
  request: RecoveryRequest,
  { snapshot: { errors, pools }, admitted }: Pick<FoundTargets, "snapshot" | "admitted">,
): string[] {
  if (request.slotId !== undefined || !isManual(request)) return [];
  const actedOn = new Set(admitted.map(({ target }) => target.slotId));
  return [...errors, ...pools.flatMap(({ problems }) => problems)]
    .filter(
      ({ code, slotId }) => unseenCodes.includes(code) && !(slotId !== undefined && actedOn.has(slotId)),
    )
    .map(({ code, detail }) => `${code}: ${detail}`);
}
