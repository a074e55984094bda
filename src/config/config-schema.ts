import { z } from "zod";
import { strategies } from "../recovery/plan/recovery-options.ts";
import { parseDurationSeconds } from "./duration.ts";
import { parseMatcher } from "../remediation/matcher.ts";
import { remediationModes } from "../remediation/policy.ts";
import { longestWindowSeconds } from "../schedule/cron-windows.ts";
import { validateSchedule } from "../schedule/schedule.ts";
import { queueDrivers } from "./sidecar-config.ts";
import { parseStorageLimit } from "./storage-limit.ts";

const positive = z.number().positive();
const count = z.int().positive();
const ratio = z.number().min(0).max(1);
const text = z.string().min(1);

const duration = z.string().transform((value, context) => {
  const seconds = parseDurationSeconds(value);
  if (seconds !== undefined) return seconds;
  context.addIssue({ code: "custom", message: "expected a duration such as 90s, 10m, 1h or 7d" });
  return z.NEVER;
});

const cron = text.refine((expression) => validateSchedule(expression), "expected a cron expression");

const windowDuration = duration.refine(
  (seconds) => seconds > 0 && seconds <= longestWindowSeconds,
  "expected more than nothing and at most 7d",
);

const timeZone = text.refine(isTimeZone, "expected a time zone such as Europe/Berlin");

const matcher = text.superRefine((written, context) => {
  const parsing = parseMatcher(written);
  if (parsing.kind === "invalid") context.addIssue({ code: "custom", message: parsing.detail });
});

const storageLimit = z.string().transform((value, context) => {
  const limit = parseStorageLimit(value);
  if (limit !== undefined) return limit;
  context.addIssue({ code: "custom", message: "expected 20GiB or 10% of the file system" });
  return z.NEVER;
});

const policyOptions = z
  .strictObject({
    max_allocation_hours: positive.optional(),
    recover_corrupted: z.boolean().optional(),
    cleanup_orphaned_locks: z.boolean().optional(),
    force_release_long_allocated: z.boolean().optional(),
    include_alive: z.boolean().optional(),
    deep: z.boolean().optional(),
    allow_pool_rebuild: z.boolean().optional(),
  })
  .transform((options) =>
    given({
      maxAllocationHours: options.max_allocation_hours,
      recoverCorrupted: options.recover_corrupted,
      cleanupOrphanedLocks: options.cleanup_orphaned_locks,
      forceReleaseLongAllocated: options.force_release_long_allocated,
      includeAlive: options.include_alive,
      deep: options.deep,
      allowPoolRebuild: options.allow_pool_rebuild,
    }),
  );

const policy = z
  .strictObject({
    name: text,
    matchers: z.array(matcher),
    strategy: z.enum(strategies).optional(),
    options: policyOptions.optional(),
    mode: z.enum(remediationModes).optional(),
    scope: z.enum(["slot", "all"]).default("slot"),
    max_per_hour: count.optional(),
  })
  .transform(({ max_per_hour, ...rest }) => ({
    ...rest,
    strategy: rest.strategy,
    mode: rest.mode,
    options: rest.options ?? {},
    maxPerHour: max_per_hour,
  }));

const maintenanceWindow = z
  .strictObject({ schedule: cron, duration: windowDuration, pool: text.optional() })
  .transform((window) => ({
    schedule: window.schedule,
    durationSeconds: window.duration,
    pool: window.pool,
  }));

const detection = z
  .strictObject({
    max_allocation_hours: positive.optional(),
    stale_lock_hours: positive.optional(),
    stale_git_lock_minutes: positive.optional(),
    stale_git_lock_minutes_allocated: positive.optional(),
    full_probe_period: duration.optional(),
    remote_aliases: z.array(text).optional(),
    heartbeat_max_age: duration.optional(),
  })
  .transform((section) =>
    given({
      maxAllocationHours: section.max_allocation_hours,
      staleLockHours: section.stale_lock_hours,
      staleGitLockMinutes: section.stale_git_lock_minutes,
      staleGitLockMinutesAllocated: section.stale_git_lock_minutes_allocated,
      fullProbePeriodSeconds: section.full_probe_period,
      remoteAliases: section.remote_aliases,
      heartbeatMaxAgeSeconds: section.heartbeat_max_age,
    }),
  );

const verification = z
  .strictObject({
    schedule: cron.optional(),
    connectivity_period: duration.optional(),
    full_period: duration.optional(),
    budget_ratio: ratio.optional(),
  })
  .transform((section) =>
    given({
      schedule: section.schedule,
      connectivityPeriodSeconds: section.connectivity_period,
      fullPeriodSeconds: section.full_period,
      budgetRatio: section.budget_ratio,
    }),
  );

const recovery = z
  .strictObject({
    strategy: z.enum(strategies).optional(),
    schedule: cron.optional(),
    concurrency: count.optional(),
    budget_per_hour: count.optional(),
    cooldown: duration.optional(),
    passes: count.optional(),
    pass_wait: duration.optional(),
    lock_timeout: duration.optional(),
    storm_cooldown: duration.optional(),
    max_unhealthy_ratio: ratio.optional(),
    min_free_ratio: ratio.optional(),
  })
  .transform((section) =>
    given({
      strategy: section.strategy,
      schedule: section.schedule,
      concurrency: section.concurrency,
      budgetPerHour: section.budget_per_hour,
      cooldownSeconds: section.cooldown,
      passes: section.passes,
      passWaitSeconds: section.pass_wait,
      lockTimeoutSeconds: section.lock_timeout,
      stormCooldownSeconds: section.storm_cooldown,
      maxUnhealthyRatio: section.max_unhealthy_ratio,
      minFreeRatio: section.min_free_ratio,
    }),
  );

const salvage = z
  .strictObject({
    max_age: duration.optional(),
    min_age: duration.optional(),
    max_bytes: storageLimit.optional(),
    exclude: z.array(text).optional(),
    prune_schedule: cron.optional(),
  })
  .transform((section) =>
    given({
      maxAgeSeconds: section.max_age,
      minAgeSeconds: section.min_age,
      maxBytes: section.max_bytes,
      exclude: section.exclude,
      pruneSchedule: section.prune_schedule,
    }),
  );

const remediation = z
  .strictObject({
    enabled: z.boolean().optional(),
    mode: z.enum(remediationModes).optional(),
    policies: z.array(policy).superRefine(refuseEqualNames).optional(),
    auth: z.strictObject({ bearer_token_file: text.optional() }).optional(),
    queue_size: count.optional(),
    approval_timeout: duration.optional(),
    maintenance_windows: z.array(maintenanceWindow).optional(),
    instance: text.optional(),
  })
  .transform((section) =>
    given({
      enabled: section.enabled,
      mode: section.mode,
      policies: section.policies,
      bearerTokenFile: section.auth?.bearer_token_file,
      queueSize: section.queue_size,
      approvalTimeoutSeconds: section.approval_timeout,
      maintenanceWindows: section.maintenance_windows,
      instance: section.instance,
    }),
  );

const postgres = z.strictObject({
  connection_string_file: text.optional(),
  ca_file: text.optional(),
});

const sidecarName = text.max(200).regex(/^\P{Cc}*$/u, "no control characters");

const queue = z
  .strictObject({
    driver: z.enum(queueDrivers).optional(),
    sidecar: sidecarName.optional(),
    postgres: postgres.optional(),
  })
  .superRefine((section, context) => {
    if (section.driver !== "postgres" || section.postgres?.connection_string_file !== undefined) return;
    const path = ["postgres", "connection_string_file"];
    context.addIssue({ code: "custom", path, message: "needed for queue.driver: postgres" });
  });

/** The configuration file; each section comes out with the names of `SidecarConfig`. */
export const configSchema = z.strictObject({
  workspaces_dir: text.optional(),
  state_dir: text.optional(),
  pools_config: text.optional(),
  timezone: timeZone.optional(),
  collector: z.strictObject({ schedule: cron }).optional(),
  detection: detection.optional(),
  verification: verification.optional(),
  recovery: recovery.optional(),
  salvage: salvage.optional(),
  remediation: remediation.optional(),
  health_check: z.strictObject({ webhook_url_file: text.optional() }).optional(),
  queue: queue.optional(),
  metrics: z.strictObject({ per_slot: z.boolean() }).optional(),
});

export type ConfigFile = z.output<typeof configSchema>;

/** A policy's name is how its hourly limit and the log refer to it. */
function refuseEqualNames(policies: readonly { name: string }[], context: z.RefinementCtx): void {
  policies.forEach(({ name }, index) => {
    if (policies.findIndex((other) => other.name === name) < index)
      context.addIssue({ code: "custom", path: [index, "name"], message: `another policy is named ${name}` });
  });
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    // What Intl does not know is what the message says.
    return false;
  }
}

type Given<Settings> = { [Key in keyof Settings]?: Exclude<Settings[Key], undefined> };

/** Without the settings that were not given, so that a spread leaves their defaults alone. */
function given<Settings extends object>(settings: Settings): Given<Settings> {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<Settings>;
}
