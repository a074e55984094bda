import type { WorktreeLock } from "../git/worktrees.ts";
import { ageOfProcess, readProcessStat } from "../platform/process-identity.ts";
import type { Slot } from "../pool/pool.ts";
import type { Hold } from "../pool/sources/holds.ts";
import { SlotState, type SlotStateName } from "../pool/records/slot-record.ts";
import { secondsBetween } from "../platform/clock.ts";
import { selectWork } from "./activity.ts";
import { isFreshHeartbeat } from "./heartbeats.ts";
import type { Occupants } from "./occupants.ts";
import type { SlotProcess } from "./slot-process.ts";

/** What shows that somebody uses a slot without a record, strongest first. `unseen`: nobody can be ruled out. */
export const ownerEvidence = [
  "hold",
  "heartbeat",
  "git_lock",
  "process",
  "runner",
  "unseen",
  "none",
] as const;
export type OwnerEvidence = (typeof ownerEvidence)[number];

/** Who uses a slot, as far as it can be known. Modification times prove nothing, and are no evidence. */
export interface SlotOwner {
  readonly evidence: OwnerEvidence;
  readonly detail: string;
}

/** What is known about the use of a slot at one moment. */
export interface OwnerFacts {
  readonly now: Date;
  readonly hold: Hold | undefined;
  readonly heartbeatAt: Date | undefined;
  readonly heartbeatMaxAgeSeconds: number;
  readonly worktreeLock: WorktreeLock | undefined;
  /** Of the process that the lock names; undefined if it names none. */
  readonly lockOwner: LockOwner | undefined;
  /** Undefined if they cannot be seen. */
  readonly processes: readonly SlotProcess[] | undefined;
  /** The process that runs a job of the slot's runner; undefined if none is seen. */
  readonly job?: SlotProcess | undefined;
}

/** The first evidence counts; weaker evidence is not looked for. */
export function judgeOwner(facts: OwnerFacts): SlotOwner {
  const { now, hold, heartbeatAt, worktreeLock, lockOwner, processes, job } = facts;
  if (hold !== undefined && hold.until > now)
    return { evidence: "hold", detail: `held by ${hold.owner} until ${hold.until.toISOString()}` };
  if (heartbeatAt && isFreshHeartbeat(heartbeatAt, now, facts.heartbeatMaxAgeSeconds))
    return { evidence: "heartbeat", detail: `heartbeat of ${heartbeatAt.toISOString()}` };
  if (worktreeLock !== undefined && lockOwner?.state !== "dead")
    return { evidence: "git_lock", detail: describeLock(worktreeLock, lockOwner) };
  const [first, ...others] = selectWork(processes ?? []);
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  if (first !== undefined)
    return { evidence: "process", detail: `${first.command} (${first.pid})${more} inside` };
  if (job !== undefined) return { evidence: "runner", detail: `${job.command} (${job.pid}) runs a job` };
  if (processes === undefined) return { evidence: "unseen", detail: "its processes cannot be seen" };
  return { evidence: "none", detail: "no hold, heartbeat, lock or process" };
}

function describeLock({ text }: WorktreeLock, owner: LockOwner | undefined): string {
  const words = text === "" ? "git's lock without a reason" : `git's lock: ${text}`;
  return owner?.state === "unknown" ? `${words}; whether process ${owner.pid} lives cannot be told` : words;
}

/** The process that a lock's text names. */
export interface LockOwner {
  readonly pid: number;
  readonly state: "alive" | "dead" | "unknown";
}

/** Clocks of file systems, and the seconds that start times are rounded by. */
const startSlackSeconds = 5;

/**
 * The process that locked a work tree, by the `(pid N)` or `pid: N` in the lock's text. It is dead if no such process is, or
 * if it began after the lock was written: pids are used again. @returns undefined if the text names none
 */
export function readLockOwner(
  lock: WorktreeLock,
  { now, canSeeProcesses }: { now: Date; canSeeProcesses: boolean },
): LockOwner | undefined {
  const pid = Number(/\bpid[ :=]{1,2}(\d{1,9})\b/i.exec(lock.text)?.[1] ?? 0);
  if (pid === 0) return undefined;
  if (!canSeeProcesses) return { pid, state: "unknown" };
  const stat = readProcessStat(pid);
  if (stat === undefined || stat.state === "Z") return { pid, state: "dead" };
  const ageSeconds = ageOfProcess(stat);
  if (ageSeconds === undefined) return { pid, state: "unknown" };
  const lockAgeSeconds = secondsBetween(lock.modifiedAt, now);
  return { pid, state: lockAgeSeconds > ageSeconds + startSlackSeconds ? "dead" : "alive" };
}

/** What is seen inside a slot; undefined if its user's processes cannot be seen. */
export function processesOf(
  slot: Pick<Slot, "path">,
  occupants: Occupants,
  ownerUid: number | undefined,
): readonly SlotProcess[] | undefined {
  if (occupants.kind === "unseen") return undefined;
  const isOfOthers = occupants.uid !== undefined && ownerUid !== undefined && ownerUid !== occupants.uid;
  const inside = occupants.byPath.get(slot.path) ?? [];
  return isOfOthers && inside.length === 0 ? undefined : inside;
}

/** As the pool's record has it; without one, a slot is allocated unless nobody uses it. Undefined if the record cannot be read. */
export function stateOf({
  slot: { reading },
  owner,
}: {
  readonly slot: Pick<Slot, "reading">;
  readonly owner?: SlotOwner | undefined;
}): SlotStateName | undefined {
  if (reading.kind === "valid") return reading.record.state;
  if (owner === undefined) return undefined;
  return owner.evidence === "none" ? SlotState.AVAILABLE : SlotState.ALLOCATED;
}
