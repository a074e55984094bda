import { z } from "zod";
import { remediationModes } from "../../remediation/alerts/policy.ts";
import { arrivals } from "../../inspection/finding.ts";
import { ownerEvidence } from "../../inspection/slot-owner.ts";
import { activityKinds, longAllocationReasons, orphanedLockReasons } from "../../anomalies/anomaly.ts";
import { corruptionReasons } from "../../anomalies/corruption-reason.ts";
import { triggers } from "../../journal/trigger.ts";
import { layoutKinds, registrationStates, sourcePermissions } from "../../pool/pool.ts";
import { slotStates } from "../../pool/records/slot-record.ts";
import { endConditions, stepPurposes } from "../../recovery/plan/recovery-plan.ts";
import { actionOutcomes, recoveryActions, refusalReasons } from "../../recovery/recovery-action.ts";
import { recoveryTasks } from "../../recovery/recovery-request.ts";
import { alertStatuses } from "../../remediation/alerts/notification.ts";
import { recoveryStates } from "../../remediation/queue/recovery-queue.ts";
import { webhookDecisions } from "../../remediation/alerts/webhook-decision.ts";

/** What a schema of an answer describes. */
export type AnswerOf<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;

type DeepReadonly<Value> = Value extends object
  ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
  : Value;

const arrivalOfWork = z
  .enum(arrivals)
  .nullish()
  .describe(
    "how a remote knows what was committed in a clean slot without a record: in_remote, or as a hint by_patch_id or by_content; null if it does not, or nobody asked",
  );

export const text = z.string();
export const count = z.int().nonnegative();
export const time = z.iso.datetime().meta({ id: "time" });
const seconds = z.number().nonnegative();
const layout = z.enum(layoutKinds);
const states = z.record(z.enum(slotStates), count);
const reasons = z.array(z.enum(corruptionReasons));

const problem = z
  .object({ code: text, slot_id: text.optional(), path: text.optional(), detail: text })
  .meta({ id: "problem" });
const lockHolder = z.object({ pid: count, command: text });
const lock = z.discriminatedUnion("kind", [
  z.object({ kind: z.enum(["free", "unknown"]) }),
  z.object({ kind: z.literal("held"), holders: z.array(lockHolder) }),
]);
const finding = z.object({
  ...{ code: text, path: text, expected: text, found: text, depth: text },
  is_shared: z.boolean().optional(),
});

export const slot = z
  .object({
    slot_id: text,
    repo_name: text,
    path: text,
    owner: z
      .object({ evidence: z.enum(ownerEvidence), detail: text })
      .nullish()
      .describe("who uses a slot whose pool keeps no records; null or absent for other slots"),
    state: z.enum(slotStates).nullable().describe("null if slot.json cannot be read"),
    branch: text.nullable(),
    commit: text.nullable(),
    allocation_count: z.number(),
    total_usage_seconds: z.number(),
    allocated_at: time.nullable().describe("only while allocated"),
    activity: z.enum(activityKinds).nullable().describe("only while allocated"),
    last_activity_at: time.nullable(),
    isolated_at: time.nullable(),
    isolation_reason: text.nullable(),
    processes: z
      .array(
        z.object({
          pid: count,
          command: text,
          role: z.enum(["work", "maintenance", "daemon"]),
          age_seconds: z.number().nullish(),
          parent: z.object({ pid: count, command: text }).nullish(),
        }),
      )
      .nullable()
      .describe("null if processes cannot be seen"),
    unsaved_work: z
      .array(text)
      .nullable()
      .describe("null if no deep check has looked; unknown if it saw none and the slot changed since"),
    unsaved_work_seen_at: time.nullable(),
    arrival: arrivalOfWork,
    changed_at: time.nullable(),
    lock,
    is_blocked: z
      .boolean()
      .describe("true if a lock of git, or a directory in the slot lock's place, stops an allocation"),
    disk_bytes: count.nullable(),
    verified_at: z.record(text, time).describe("when the slot last passed each deep check"),
    probed_at: time,
    reasons,
    evidence: z.array(finding),
    faulty_since: time.nullable(),
  })
  .meta({ id: "slot" });

export const pool = z
  .object({
    repo_name: text,
    layout,
    directory: text,
    repo_url: text.nullable().describe("without credentials"),
    is_up: z.boolean(),
    num_slots: z.int().nullable(),
    states,
    problems: z.array(problem),
    max_allocation_seconds: seconds,
    stale_lock_seconds: seconds,
    registrations: z
      .record(z.enum(registrationStates), count)
      .nullish()
      .describe(
        "linked work trees of the repository, by what becomes of them; only of a source of kind worktrees",
      ),
    source: text.nullish().describe("the source that yields the pool; null or absent for a pool manager's"),
    allow: z.array(z.enum(sourcePermissions)).nullish().describe("what may be done to the slots of a source"),
    slot_ids: z.array(text),
  })
  .meta({ id: "pool" });

const action = z.object({
  slot_id: text,
  repo_name: text,
  action: z.enum(recoveryActions),
  outcome: z.enum(actionOutcomes),
  reason: text,
  detail: text,
  duration_seconds: seconds,
  salvage_id: text.optional(),
  purpose: z.enum(stepPurposes).optional().describe("only of a planned step"),
  ends_when: z.enum(endConditions).optional().describe("only of a planned step"),
  refused_now: z
    .object({ reason: z.enum(refusalReasons), detail: text })
    .optional()
    .describe("the guard that would refuse the planned step now"),
});

export const recovery = z
  .object({
    recovery_id: text,
    task: z.enum(recoveryTasks),
    status: z.enum(recoveryStates),
    trigger: z.enum(triggers),
    requested_by: text,
    slot_id: text.nullable().describe("null if the run covers more than one slot"),
    dry_run: z.boolean(),
    requested_at: time,
    finished_at: time.nullable(),
    expires_at: time.nullable().describe("only while it waits for approval"),
    actions: z.array(action),
    errors: z.array(text),
  })
  .meta({ id: "recovery" });

/** What became of each alert of a notification. */
export const decisions = z.object({
  decisions: z.array(
    z.object({
      fingerprint: text.describe("empty for the alerts that the sender left out"),
      status: z.enum(alertStatuses),
      decision: z.enum(webhookDecisions),
      slot_id: text.optional(),
      pool: text.optional(),
      recovery_id: text.optional(),
      sidecar: text.optional().describe("a gateway's answer: the host whose queue has it"),
      detail: text.optional(),
    }),
  ),
});

export const checkReport = z
  .object({
    checked_at: time,
    duration_seconds: seconds,
    deep: z.boolean(),
    problems: z.array(problem).describe("of the host as a whole"),
    pools: z.array(
      z.object({
        repo_name: text,
        layout,
        num_slots: z.int().nullable(),
        states: z.record(text, count),
        problems: z.array(problem),
      }),
    ),
    long_allocated_slots: z.array(
      z.object({
        slot_id: text,
        repo_name: text,
        reason: z.enum(longAllocationReasons),
        allocated_hours: z.number(),
        activity: z.enum(activityKinds),
        last_activity_at: time.nullable(),
      }),
    ),
    corrupted_slots: z.array(z.object({ slot_id: text, repo_name: text, reasons, detail: text })),
    orphaned_locks: z.array(
      z.object({
        slot_id: text,
        path: text,
        reason: z.enum(orphanedLockReasons),
        owner_uid: z.number(),
        age_hours: z.number(),
      }),
    ),
    unsaved_work: z
      .array(
        z.object({
          slot_id: text,
          repo_name: text,
          kinds: z.array(text),
          seen_at: time.nullable(),
          arrival: arrivalOfWork,
        }),
      )
      .describe("of each slot that a deep check looked through; no kinds: none"),
    isolated_slots: z.array(z.object({ slot_id: text, isolated_at: time, isolation_reason: text })),
    errors: z.array(problem),
  })
  .meta({ id: "check_report" });

export const salvage = z
  .object({
    kind: z.enum(["salvage", "quarantine"]),
    id: text,
    slot_id: text,
    repo_name: text,
    created_at: time,
    reason: text,
    bytes: count,
    path: text,
    complete: z.boolean(),
    restore_command: text.describe("for a shell; DIR is the operator's to choose"),
  })
  .meta({ id: "salvage" });

export const pause = z
  .object({
    name: text,
    reason: text,
    operator: text,
    expires_at: time.nullable(),
    pool: text.nullable(),
    slot_id: text.nullable(),
  })
  .meta({ id: "pause" });

export const status = z
  .object({
    version: text,
    ready: z.boolean(),
    not_ready_reason: text.nullable(),
    checked_at: time.nullable().describe("of the last collection"),
    recovery_mode: z.enum(remediationModes).describe("what runs that no person started may do"),
    remediation_enabled: z.boolean().describe("whether alerts are taken"),
    leads: z.boolean().describe("false while another process of the state directory acts and answers alerts"),
    pauses: z.array(pause),
    maintenance_windows: z.array(
      z.object({
        schedule: text,
        duration_seconds: z.number(),
        pool: text.nullable().describe("null covers every pool"),
        ends_at: time
          .nullable()
          .describe("null while it is closed; an open one holds back alerts and schedules"),
      }),
    ),
  })
  .meta({ id: "status" });

/** The pool manager's record: other programs may have put more into it. */
export const slotRecord: z.ZodType<Readonly<Record<string, unknown>>> = z
  .looseObject({ slot_id: text, repo_name: text, state: z.enum(slotStates) })
  .meta({ id: "slot_record" });

export const allocation = z.object({ slot: slotRecord, path: text, warnings: z.array(text) });
export const removedSlot = z.object({ slot_id: text, moved_to: z.array(text), salvage_id: text.nullable() });
export const removedPool = z.object({ removed: text });
export const unlocked = z.object({ kind: z.enum(["unlocked", "not_locked"]), detail: text });
export const heartbeat = z.object({ slot_id: text, heartbeat_at: time });
export const isolatedSlot = z.object({ slot_id: text, isolated: z.literal(true) });

export const createdPool = z.object({
  repo_name: text,
  layout,
  num_slots: z.int().nullable(),
  states,
  unreadable: count,
  total_allocations: z.number(),
  total_usage_seconds: z.number(),
});

export const slotLock = z.object({
  slot_id: text,
  path: text,
  held: z.boolean(),
  holders: z.array(lockHolder),
  orphaned: z.enum(orphanedLockReasons).nullable(),
});
export const cleanedLocks = z.object({ orphaned_locks_cleaned: count, errors: z.array(text) });

const removal = z.object({
  id: text,
  kind: z.enum(["salvage", "quarantine"]),
  bytes: count,
  because: z.enum(["max_age", "max_bytes"]),
});
export const pruned = z.object({ dry_run: z.boolean(), removed: z.array(removal), errors: z.array(text) });
