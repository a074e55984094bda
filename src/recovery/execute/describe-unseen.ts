import { isManual, type RecoveryRequest } from "../recovery-request.ts";
import type { FoundTargets } from "./find-targets.ts";

/** Behind these a pool or slot may hold faults that the run neither sees nor repairs. */
const unseenCodes: readonly string[] = [
  ...["workspaces_unreadable", "no_pools", "pool_gone", "pool_unread", "pool_metadata_invalid"],
  ...["unread", "slot_uninspectable", "unsupported"],
];

/**
 * What a person's run could not read: it must not end with success. Scheduled runs come again, and collections report the
 * same. Of a run about one slot, what concerns that slot, or the repository of all slots of its pool.
 */
export function describeUnseen(
  request: Pick<RecoveryRequest, "slotId" | "trigger">,
  { snapshot: { errors, pools }, admitted }: Pick<FoundTargets, "snapshot" | "admitted">,
): string[] {
  if (!isManual(request)) return [];
  const actedOn = new Set(admitted.map(({ target }) => target.slotId));
  const isAsked = (code: string, slotId: string | undefined): boolean =>
    request.slotId === undefined ||
    slotId === request.slotId ||
    (slotId === undefined && code === "unsupported");
  return [...errors, ...pools.flatMap(({ problems }) => problems)]
    .filter(({ code, slotId }) => unseenCodes.includes(code) && isAsked(code, slotId))
    .filter(({ slotId }) => slotId === undefined || !actedOn.has(slotId))
    .map(({ code, detail }) => `${code}: ${detail}`);
}
