import type { CorruptionReason } from "../../../src/anomalies/corruption-reason.ts";
import type { Depth } from "../../../src/inspection/finding.ts";
import type { LayoutKind } from "../../../src/pool/pool.ts";
import type { SlotPlace } from "../slot-place.ts";

/** One way to break a slot for real, and what a check has to say about it. */
export interface Fault {
  readonly name: string;
  readonly layouts: readonly LayoutKind[];
  readonly reason: CorruptionReason;
  /** The cheapest depth that sees it. */
  readonly depth: Depth;
  /** `repository`: in the worktree layout it is a fault of the repository that all slots share. */
  readonly scope: "slot" | "repository";
  readonly inject: (slot: SlotPlace) => void;
}

export type FaultDetails = Partial<Pick<Fault, "layouts" | "depth" | "scope">>;

const both: readonly LayoutKind[] = ["clone", "worktree"];

/** A fault of one slot, in both layouts, that a probe sees, unless the details say otherwise. */
export function fault(
  name: string,
  reason: CorruptionReason,
  inject: Fault["inject"],
  details: FaultDetails = {},
): Fault {
  return { name, reason, inject, layouts: both, depth: "probe", scope: "slot", ...details };
}

export const inClones: FaultDetails = { layouts: ["clone"] };
export const inWorktrees: FaultDetails = { layouts: ["worktree"] };
export const shared: FaultDetails = { scope: "repository" };

/** An object id that no object has. */
export const absentId = "1".repeat(40);
export const garbage = Buffer.from([0, 1, 103, 97, 114, 98, 97, 103, 101]);
export const empty = Buffer.alloc(0);
