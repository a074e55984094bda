import { z } from "zod";
import { layoutKinds } from "../../pool/pool.ts";
import { isRepoName, isSlotId, parseSlotId } from "../../pool/slot-id.ts";
import type { Pause } from "../../recovery/guards/pauses.ts";
import { strategies } from "../../recovery/plan/recovery-options.ts";
import { alertStatuses, notificationLimits } from "../../remediation/alerts/notification.ts";
import { RequestRefusal } from "../request-refusal.ts";
import { toCamelCase } from "../snake-case-json.ts";

const plainText = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .regex(/^\P{Cc}*$/u, "no control characters");
const slotId = z
  .string()
  .refine((text) => parseSlotId(text) !== undefined, "expected workspace-<pool>-slot<N>");
const poolName = z.string().min(1).max(128);

/** A path or a `file:` URL would let a request reach any directory of this host: those are for pools.yaml. */
const remoteUrl = z
  .string()
  .max(2048)
  .regex(
    /^(?:(?:https?|ssh|git):\/\/|[A-Za-z0-9][\w.-]*@[A-Za-z0-9][\w.-]*:)[^\s:]\S*$/,
    "expected https://, http://, ssh://, git:// or user@host:path",
  );

/** For routes that look a name up in the inventory. */
export const slotInPath = z.object({ id: z.string() }).transform(({ id }) => ({ slotId: id }));
/** Names become parts of paths on the disk, so one that cannot be a slot's is refused at once. */
export const slotOnDiskInPath = z
  .object({ id: z.string().refine((id) => parseSlotId(id) !== undefined, "there is no such slot") })
  .transform(({ id }) => ({ slotId: id }));
/** The same, also of a slot without a pool manager. */
export const watchedSlotInPath = z
  .object({ id: z.string().refine(isSlotId, "there is no such slot") })
  .transform(({ id }) => ({ slotId: id }));
export const poolInPath = z
  .object({ name: z.string().refine(isRepoName, "there is no such pool") })
  .transform(({ name }) => ({ repoName: name }));
export const runbookInPath = z.object({
  name: z.string().regex(/^RepoPool[A-Za-z]+$/, "there is no such runbook"),
});
export const recoveryInPath = z.object({ id: z.string() }).transform(({ id }) => ({ recoveryId: id }));
export const hostInPath = z.object({ id: z.string() }).transform(({ id }) => ({ sidecar: id }));

/** For routes without fields. */
export const nothing = z.strictObject({});
export const removal = z.strictObject({ force: z.boolean().default(false) });
export const isolation = z.strictObject({ reason: plainText });
export const resumption = z.strictObject({ name: plainText });
export const pruning = z.strictObject({ dry_run: z.boolean().default(false) }).transform(toCamelCase);

/** Fields that are not given stay out, so that they do not override a strategy. */
const slotRecoveryFields = z.strictObject({
  force: z.boolean().default(false),
  strategy: z.enum(strategies).optional(),
  max_allocation_hours: z.number().positive().max(1_000_000).optional(),
  recover_corrupted: z.boolean().optional(),
  cleanup_orphaned_locks: z.boolean().optional(),
  force_release_long_allocated: z.boolean().optional(),
  include_alive: z.boolean().optional(),
  deep: z.boolean().optional(),
  dry_run: z.boolean().optional(),
  allow_pool_rebuild: z.boolean().optional(),
  allow_root: z.boolean().optional(),
  lock_timeout_seconds: z.number().nonnegative().max(3600).optional(),
});
export const slotRecovery = slotRecoveryFields.transform(toCamelCase);
export const recovery = slotRecoveryFields
  .extend({
    slot_id: z.string().refine(isSlotId, "expected a slot_id").optional(),
    pool: poolName.optional(),
  })
  .transform(toCamelCase);

export const pause = z
  .strictObject({
    name: plainText,
    reason: plainText,
    expires_at: z.iso.datetime({ offset: true }).optional(),
    pool: poolName.optional(),
    slot_id: slotId.optional(),
  })
  .transform(toCamelCase);

export const poolCreation = z
  .strictObject({
    repo_name: z.string().refine(isRepoName, "cannot name a pool"),
    repo_url: remoteUrl.optional(),
    num_slots: z.int().min(1).max(10_000).optional(),
    layout: z.enum(layoutKinds).optional(),
  })
  .transform(toCamelCase);

const notificationSchema = z.looseObject({
  version: z.literal("4"),
  alerts: z
    .array(
      z.looseObject({
        status: z.enum(alertStatuses),
        fingerprint: z.string().regex(/^[0-9a-f]{1,64}$/),
        startsAt: z.string(),
        labels: z.record(z.string(), z.string()),
      }),
    )
    .max(notificationLimits.alertCount),
  groupLabels: z.record(z.string(), z.string()).optional(),
  truncatedAlerts: z.int().nonnegative().optional(),
});

/** Alertmanager's payload: documented here, read by `parseNotification`, which holds it to more than a schema can say. */
export const notification = z.unknown().meta(z.toJSONSchema(notificationSchema, { io: "input" }));

/** @throws RequestRefusal if the pause would already be over */
export function toPause(body: z.output<typeof pause>, operator: string, now: Date): Pause {
  const expiresAt = body.expiresAt === undefined ? undefined : new Date(body.expiresAt);
  if (expiresAt !== undefined && expiresAt <= now)
    throw new RequestRefusal(400, "expired", "expires_at is in the past");
  return { name: body.name, reason: body.reason, operator, expiresAt, pool: body.pool, slotId: body.slotId };
}
