import type { Snapshot } from "../../anomalies/snapshot.ts";
import { isManual, type RecoveryRequest } from "../recovery-request.ts";

const unseenCodes: readonly string[] = ["workspaces_unreadable", "no_pools", "pool_gone", "pool_unread"];

/**
 * Pools that a person's run over everything did not see: it must not end as if all of them were well. The schedule's
 * runs come again, and a collection tells the same.
 */
export function describeUnseen(request: RecoveryRequest, { errors, pools }: Snapshot): string[] {
  if (request.slotId !== undefined || !isManual(request)) return [];
  const unread = pools.flatMap(({ problems }) => problems.filter(({ code }) => code === "unread"));
  return [...errors.filter(({ code }) => unseenCodes.includes(code)), ...unread].map(({ detail }) => detail);
}
