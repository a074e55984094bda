import { z } from "zod";
import { isRepoName, parseSlotId } from "../pool/slot-id.ts";
import { strategies, type RecoveryOptionsInput } from "../recovery/plan/recovery-options.ts";
import type { Pause } from "../recovery/guards/pauses.ts";
import { RequestRefusal } from "./request-refusal.ts";

const plainText = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .regex(/^\P{Cc}*$/u, "no control characters");
const slotId = z
  .string()
  .refine((text) => parseSlotId(text) !== undefined, "expected workspace-<pool>-slot<N>");

/** A path or a `file:` URL would let a request reach any directory of this host: those are for pools.yaml. */
const remoteUrl = z
  .string()
  .max(2048)
  .regex(
    /^(?:(?:https?|ssh|git):\/\/|[A-Za-z0-9][\w.-]*@[A-Za-z0-9][\w.-]*:)[^\s:]\S*$/,
    "expected https://, http://, ssh://, git:// or user@host:path",
  );

const slotRecovery = {
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
};

export const requestSchemas = {
  slotRecovery: z.strictObject({ ...slotRecovery, force: z.boolean().default(false) }),
  recovery: z.strictObject({
    ...slotRecovery,
    slot_id: slotId.optional(),
    pool: z.string().min(1).max(128).optional(),
    force: z.boolean().default(false),
  }),
  isolation: z.strictObject({ reason: plainText }),
  pause: z.strictObject({
    name: plainText,
    reason: plainText,
    expires_at: z.iso.datetime({ offset: true }).optional(),
    pool: z.string().min(1).max(128).optional(),
    slot_id: slotId.optional(),
  }),
  resume: z.strictObject({ name: plainText }),
  poolCreation: z.strictObject({
    repo_name: z.string().refine(isRepoName, "cannot name a pool"),
    repo_url: remoteUrl.optional(),
    num_slots: z.int().min(1).max(10_000).optional(),
    layout: z.enum(["clone", "worktree"]).optional(),
  }),
  removal: z.strictObject({ force: z.boolean().default(false) }),
  prune: z.strictObject({ dry_run: z.boolean().default(false) }),
  /** For what takes no parameter. */
  nothing: z.strictObject({}),
} as const;

/** @throws RequestRefusal 400 `malformed` that names every field at fault */
export function parseRequest<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  throw new RequestRefusal(400, "malformed", problems.join("; "));
}

type RecoveryBody = z.infer<typeof requestSchemas.slotRecovery> & { pool?: string | undefined };

/** Fields that were not given stay out, so that they do not override a strategy. */
export function toRecoveryOptions(body: RecoveryBody): RecoveryOptionsInput {
  const options = {
    strategy: body.strategy,
    maxAllocationHours: body.max_allocation_hours,
    recoverCorrupted: body.recover_corrupted,
    cleanupOrphanedLocks: body.cleanup_orphaned_locks,
    forceReleaseLongAllocated: body.force_release_long_allocated,
    includeAlive: body.include_alive,
    pool: body.pool,
    deep: body.deep,
    dryRun: body.dry_run,
    allowPoolRebuild: body.allow_pool_rebuild,
    allowRoot: body.allow_root,
    lockTimeoutSeconds: body.lock_timeout_seconds,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** @throws RequestRefusal where the pause would already be over */
export function toPause(body: z.infer<typeof requestSchemas.pause>, operator: string, now: Date): Pause {
  const expiresAt = body.expires_at === undefined ? undefined : new Date(body.expires_at);
  if (expiresAt !== undefined && expiresAt <= now) {
    throw new RequestRefusal(400, "expired", "expires_at is in the past");
  }
  return { name: body.name, reason: body.reason, operator, expiresAt, pool: body.pool, slotId: body.slot_id };
}
