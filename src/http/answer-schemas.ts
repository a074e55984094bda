import { z } from "zod";
import { activityKinds, longAllocationReasons, orphanedLockReasons } from "../anomalies/anomaly.ts";
import { corruptionReasons } from "../anomalies/corruption-reason.ts";
import { layoutKinds } from "../pool/pool.ts";
import { slotStates } from "../pool/records/slot-record.ts";
import { triggers } from "../journal/trigger.ts";
import { actionOutcomes, recoveryActions } from "../recovery/recovery-action.ts";
import { alertStatuses } from "../remediation/notification.ts";
import { recoveryStates } from "../remediation/recovery-queue.ts";
import { webhookDecisions } from "../remediation/webhook-decision.ts";

const text = z.string();
const count = z.int().nonnegative();
const time = z.iso.datetime();
const seconds = z.number().nonnegative();
const layout = z.enum(layoutKinds);

const problem = z.object({
  code: text,
  slot_id: text.optional(),
  path: text.optional(),
  detail: text,
});
const states = z.record(z.enum(slotStates), count);
const lockHolder = z.object({ pid: count, command: text });

const slot = z.object({
  slot_id: text,
  repo_name: text,
  path: text,
  state: z.enum(slotStates).nullable().describe("null where slot.json cannot be read"),
  branch: text.nullable(),
  commit: text.nullable(),
  allocation_count: z.number(),
  total_usage_seconds: z.number(),
  allocated_at: time.nullable().describe("only while allocated"),
  activity: z.enum(activityKinds).nullable().describe("only while allocated"),
  last_activity_at: time.nullable(),
  isolated_at: time.nullable(),
  isolation_reason: text.nullable(),
  unsaved_work: z.array(text).nullable().describe("null where no deep check has looked"),
  lock: z.object({
    kind: z.enum(["free", "held", "unknown"]),
    holders: z.array(lockHolder).optional().describe("where it is held"),
  }),
  disk_bytes: count.nullable(),
  verified_at: z.record(text, time).describe("when the slot last passed each deep check"),
  probed_at: time,
  reasons: z.array(z.enum(corruptionReasons)),
  evidence: z.array(
    z.object({
      code: text,
      path: text,
      expected: text,
      found: text,
      depth: text,
      is_shared: z.boolean().optional(),
    }),
  ),
  faulty_since: time.nullable(),
});

const pool = z.object({
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
  slot_ids: z.array(text),
});

const recovery = z.object({
  recovery_id: text,
  status: z.enum(recoveryStates),
  trigger: z.enum(triggers),
  requested_by: text,
  slot_id: text.nullable().describe("null where the run covers pools"),
  dry_run: z.boolean(),
  requested_at: time,
  finished_at: time.nullable(),
  expires_at: time.nullable().describe("only while it waits for approval"),
  actions: z.array(
    z.object({
      slot_id: text,
      repo_name: text,
      action: z.enum(recoveryActions),
      outcome: z.enum(actionOutcomes),
      reason: text,
      detail: text,
      duration_seconds: seconds,
      salvage_id: text.optional(),
    }),
  ),
  errors: z.array(text),
});

const checkReport = z.object({
  checked_at: time,
  duration_seconds: seconds,
  deep: z.boolean(),
  pools: z.array(
    z.object({
      repo_name: text,
      layout,
      num_slots: z.int().nullable(),
      states: z.partialRecord(z.enum(slotStates), count),
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
  corrupted_slots: z.array(
    z.object({
      slot_id: text,
      repo_name: text,
      reasons: z.array(z.enum(corruptionReasons)),
      detail: text,
    }),
  ),
  orphaned_locks: z.array(
    z.object({ slot_id: text, path: text, reason: z.enum(orphanedLockReasons), age_hours: z.number() }),
  ),
  isolated_slots: z.array(z.object({ slot_id: text, isolated_at: time, isolation_reason: text })),
  errors: z.array(problem),
});

const salvage = z.object({
  kind: z.literal("salvage"),
  id: text,
  slot_id: text,
  repo_name: text,
  created_at: time,
  reason: text,
  bytes: count,
  path: text,
  complete: z.boolean(),
  restore_command: text.describe("for a shell; DIR is the operator's to choose"),
});

const pause = z.object({
  name: text,
  reason: text,
  operator: text,
  expires_at: time.nullable(),
  pool: text.nullable(),
  slot_id: text.nullable(),
});

/** The pool manager's record: other programs may have put more into it. */
const slotRecord = z.looseObject({ slot_id: text, repo_name: text, state: z.enum(slotStates) });

/** The JSON of every answer that is no error. */
export const answerSchemas = {
  reloaded: z.object({
    reloaded: z.literal(true),
    restart_needed: z.array(text).describe("keys whose change waits for a restart"),
  }),
  pause,
  pauses: z.array(pause),
  resumed: z.object({ resumed: text }),
  decisions: z.object({
    decisions: z.array(
      z.object({
        fingerprint: text.describe("empty for the alerts that the sender left out"),
        status: z.enum(alertStatuses),
        decision: z.enum(webhookDecisions),
        slot_id: text.optional(),
        pool: text.optional(),
        recovery_id: text.optional(),
        detail: text.optional(),
      }),
    ),
  }),
  checkReport,
  pools: z.array(pool),
  slots: z.array(slot),
  slot,
  recoveries: z.array(recovery),
  recovery,
  queued: z.object({ recovery_id: text }),
  decided: z.object({ recovery_id: text, decision: z.enum(["approve", "reject"]) }),
  isolated: z.object({ slot_id: text, isolated: z.literal(true) }),
  salvages: z.array(salvage),
  pruned: z.object({
    dry_run: z.boolean(),
    removed: z.array(
      z.object({
        id: text,
        kind: z.enum(["salvage", "quarantine"]),
        bytes: count,
        because: z.enum(["max_age", "max_bytes"]),
      }),
    ),
    errors: z.array(text),
  }),
  createdPool: z.object({
    repo_name: text,
    layout,
    num_slots: z.int().nullable(),
    states,
    unreadable: count,
    total_allocations: z.number(),
    total_usage_seconds: z.number(),
  }),
  slotRecord,
  lent: z.object({ slot: slotRecord, path: text, warnings: z.array(text) }),
  removedSlot: z.object({ slot_id: text, moved_to: z.array(text), salvage_id: text.nullable() }),
  unlocked: z.object({ kind: z.enum(["unlocked", "not_locked"]), detail: text }),
  heartbeat: z.object({ slot_id: text, heartbeat_at: time }),
  locks: z.array(
    z.object({
      slot_id: text,
      path: text,
      held: z.boolean(),
      holders: z.array(lockHolder),
      orphaned: z.enum(orphanedLockReasons).nullable(),
    }),
  ),
  cleanedLocks: z.object({ orphaned_locks_cleaned: count, errors: z.array(text) }),
  openapi: z.looseObject({ openapi: text, paths: z.record(text, z.unknown()) }),
} as const;

export type AnswerName = keyof typeof answerSchemas;
