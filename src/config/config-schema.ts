import { z } from "zod";
import { strategies } from "../recovery/plan/recovery-options.ts";
import { durationSchema as duration } from "./duration-schema.ts";
import { refuseUnclearSources, sourceSchema } from "./source-schema.ts";
import { parseMatcher } from "../remediation/alerts/matcher.ts";
import { policyScopes, remediationModes } from "../remediation/alerts/policy.ts";
import { longestWindowSeconds } from "../schedule/cron-windows.ts";
import { validateSchedule } from "../schedule/schedule.ts";
import { roles } from "../http/auth/role.ts";
import { parseStorageLimit, storageLimitPattern } from "./storage-limit.ts";

const queueDrivers = ["local", "postgres"] as const;

const positive = z.number().positive();
const count = z.int().positive();
const ratio = z.number().min(0).max(1);
const text = z.string().min(1);
const flag = z.boolean();

const windowDuration = duration.refine(
  ({ seconds }) => seconds > 0 && seconds <= longestWindowSeconds,
  "expected more than nothing and at most 7d",
);

const cron = z.string().refine((expression) => validateSchedule(expression), "expected a cron expression");

const timeZone = z.string().refine(isTimeZone, "expected a time zone such as Europe/Berlin");

const matcher = z.string().superRefine((written, context) => {
  const parsing = parseMatcher(written);
  if (parsing.kind === "invalid") context.addIssue({ code: "custom", message: parsing.detail });
});

const aStorageLimit = "expected 20GiB or 10% of the file system";
const storageLimit = z
  .string({ error: aStorageLimit })
  .transform((written, context) => {
    const limit = parseStorageLimit(written);
    if (limit !== undefined) return limit;
    context.addIssue({ code: "custom", message: aStorageLimit });
    return z.NEVER;
  })
  .meta({ pattern: storageLimitPattern.source });

const detection = z.strictObject({
  max_allocation_hours: positive.prefault(24).describe("an older allocation is a long one"),
  stale_lock_hours: positive.prefault(24).describe("an older lock file that nobody holds is orphaned"),
  stale_git_lock_minutes: positive.prefault(15).describe("an older lock file of git is left over"),
  stale_git_lock_minutes_allocated: positive.prefault(60).describe("the same in an allocated slot"),
  full_probe_period: duration.prefault("1h").describe("how long a slot may go by its signature alone"),
  remote_aliases: z
    .array(text)
    .prefault([])
    .describe("other spellings of a pool's repository that are no fault"),
  heartbeat_max_age: duration.prefault("10m").describe("a newer heartbeat shows an allocation alive"),
});

const verification = z.strictObject({
  schedule: cron.prefault("0 */5 * * * *").describe("when the deep rotation takes its next slots"),
  connectivity_period: duration
    .prefault("1d")
    .describe("within which each slot's objects are checked for completeness"),
  full_period: duration.prefault("7d").describe("within which each slot's objects are all read"),
  unsaved_work_period: duration
    .prefault("1h")
    .describe("within which slots of sources are looked at for unsaved work, without reading objects"),
  budget_ratio: ratio.prefault(0.05).describe("share of one core that this may take"),
});

const recovery = z.strictObject({
  mode: z
    .enum(remediationModes)
    .prefault("live")
    .describe(
      "what runs that no person started may do, alerts and schedules alike: `off`, `dry_run`, `approve` or `live`",
    ),
  strategy: z
    .enum(strategies)
    .prefault("conservative")
    .describe("of the scheduled recovery: `conservative`, `aggressive` or `maintenance`"),
  schedule: cron.optional().describe("when all pools are recovered; never, without it"),
  concurrency: count.prefault(2).describe("recoveries at once"),
  budget_per_hour: count
    .prefault(30)
    .describe(
      "recoveries of slots that runs which nobody asked for may begin; one slot can count more than once",
    ),
  cooldown: duration
    .prefault("10m")
    .describe("after a failed recovery of a slot; doubles with each in a row"),
  passes: count.prefault(1).describe("how often a run looks again at what it could not do"),
  pass_wait: duration.prefault("60s").describe("between two passes"),
  lock_timeout: duration.prefault("30s").describe("how long a slot's lock is waited for"),
  slot_timeout: duration
    .prefault("2h")
    .describe("how long the recovery of one slot may take; its git commands are ended then"),
  storm_cooldown: duration.prefault("1h").describe("how long a pool is left alone after a storm"),
  max_unhealthy_ratio: ratio
    .prefault(0.5)
    .describe("more corrupted slots of a pool than this, and at least 3, are a storm"),
  min_free_ratio: ratio
    .prefault(0.05)
    .describe("share of the file system that stays free when a clone or a salvage is made"),
});

const salvage = z.strictObject({
  max_age: duration.prefault("30d").describe("saved work is kept so long"),
  min_age: duration.prefault("1d").describe("and at least so long, whatever the space"),
  max_bytes: storageLimit.prefault("10% of the file system").describe("or `20GiB`: the oldest goes first"),
  exclude: z
    .array(text)
    .prefault([
      "node_modules",
      ".venv",
      "target",
      ".cache",
      "__pycache__",
      ".gradle",
      ".next",
      "build",
      "dist",
      "out",
      "vendor",
    ])
    .describe("ignored directories that are not saved, if they hold no repository"),
  whole: z
    .boolean()
    .prefault(false)
    .describe("each salvage has the files of its base commits too, instead of sharing them with others"),
  prune_schedule: cron.prefault("0 30 3 * * *").describe("when what is past its time is removed"),
});

/** What a policy may set of a run's options; what it leaves out is the strategy's. */
const policyOptions = z.strictObject({
  max_allocation_hours: positive.optional().describe("the strategy's without it, as for all options"),
  recover_corrupted: flag.optional().describe("corrupted slots"),
  cleanup_orphaned_locks: flag.optional().describe("orphaned locks"),
  force_release_long_allocated: flag
    .optional()
    .describe("long allocations: their work is saved, and they end"),
  include_alive: flag.optional().describe("those too that show a sign of life"),
  deep: flag.optional().describe("look with `git fsck`"),
  allow_pool_rebuild: flag.optional().describe("the main repository of a worktree pool may be replaced"),
});

const policy = z.strictObject({
  name: text.describe("required; names the policy in limits and log lines"),
  matchers: z.array(matcher).describe("required; Alertmanager's matchers, all of which must hold"),
  strategy: z.enum(strategies).optional().describe("`conservative` without it"),
  mode: z.enum(remediationModes).optional().describe("`recovery.mode` without it; can only be stricter"),
  scope: z
    .enum(policyScopes)
    .prefault("slot")
    .describe("`slot`, or `all`: also an alert that names neither slot nor pool"),
  max_per_hour: count.optional().describe("recoveries that the policy may queue"),
  options: policyOptions.prefault({}),
});

const maintenanceWindow = z.strictObject({
  schedule: cron.describe("required; when a window begins"),
  duration: windowDuration.describe("required; at most `7d`"),
  pool: text.optional().describe("every pool without it"),
});

const credential = z
  .strictObject({
    token_file: text.optional().describe("a file with a token; or"),
    user: text.optional().describe("a user of the web configuration; or"),
    certificate: text
      .optional()
      .describe("the common name of a client certificate that `client_ca_file` verifies"),
    name: text.optional().describe("required for a token: the name under which it is recorded"),
    role: z
      .enum(roles)
      .describe("required; `read`: look and scrape, `webhook`: post alerts alone, `operate`: everything"),
  })
  .superRefine((written, context) => {
    const named = [written.token_file, written.user, written.certificate].filter((one) => one !== undefined);
    const refuse = (message: string): void => {
      context.addIssue({ code: "custom", message });
    };
    if (named.length !== 1) refuse("expected one of token_file, user and certificate");
    if (written.token_file !== undefined && written.name === undefined) refuse("a token needs a name");
  });

const remediation = z.strictObject({
  enabled: flag.prefault(false).describe("whether alerts and the API may recover; needs authentication"),
  mode: z
    .enum(remediationModes)
    .optional()
    .describe("older name of `recovery.mode`; the stricter of both holds"),
  policies: z
    .array(policy)
    .superRefine(refuseEqualNames)
    .optional()
    .describe(
      'the first that matches an alert decides; without it the shipped alerts with `auto_recover="true"` are answered conservatively',
    ),
  auth: z
    .strictObject({
      bearer_token_file: text
        .optional()
        .describe("a file with the operators' token, which may do everything"),
      credentials: z
        .array(credential)
        .prefault([])
        .describe(
          "tokens, users and certificates with a role of their own; once a user is listed, the others may only look, and so for certificates",
        ),
      open_probes: flag
        .prefault(false)
        .describe("`/-/healthy` and `/-/ready` need no authentication if the rest does"),
    })
    .prefault({}),
  queue_size: count.prefault(1000).describe("recoveries that may wait; more are answered 503"),
  approval_timeout: duration.prefault("1h").describe("how long a recovery waits for a person"),
  maintenance_windows: z
    .array(maintenanceWindow)
    .prefault([])
    .describe("when alerts and schedules are held back"),
  instance: text.optional().describe("this host's `instance` label: alerts with another are not ours"),
});

const postgres = z.strictObject({
  connection_string_file: text
    .optional()
    .describe(
      "a file with `postgres://user:password@host/database`, needed for `postgres`; read again when it changes",
    ),
  ca_file: text.optional().describe("the certificate authority that the server must prove its name by"),
});

const sidecarName = text.max(200).regex(/^\P{Cc}*$/u, "expected no control characters");

const queue = z
  .strictObject({
    driver: z
      .enum(queueDrivers)
      .prefault("local")
      .describe("where recoveries wait; `postgres` joins a fleet ([fleet.md](fleet.md))"),
    sidecar: sidecarName
      .optional()
      .describe("this host's name in the fleet; `remediation.instance`, else the system's host name"),
    postgres: postgres.prefault({}),
  })
  .superRefine((section, context) => {
    if (section.driver !== "postgres" || section.postgres.connection_string_file !== undefined) return;
    const path = ["postgres", "connection_string_file"];
    context.addIssue({ code: "custom", path, message: "needed for queue.driver: postgres" });
  });

const fleet = z.strictObject({
  budget_per_hour: count
    .optional()
    .describe(
      "clones that runs which nobody asked for may begin within an hour on all hosts of the fleet together; unbounded without it ([fleet.md](fleet.md))",
    ),
});

/**
 * The configuration file: each key once, with its default, its check and its meaning. From it come the settings in code
 * (camelCase, a duration with `Seconds`: `CodeNames`), their defaults (default-settings.ts), docs/configuration.md and
 * what `config schema` prints. Defaults are in the form of the file, so that the page and an editor show them as written.
 */
export const configSchema = z
  .strictObject({
    workspaces_dir: text.prefault("~/.necrocode/workspaces").describe("the directory of the pools"),
    state_dir: text.optional().meta({
      default: "~/.necrocode/workspaces/.repo-pool-sidecar",
      description:
        "where journal, queue and saved work are kept: in the workspaces directory, or in `~/.local/state/repo-pool-sidecar` if `sources` leaves that out",
    }),
    pools_config: text.prefault("~/.necrocode/config/pools.yaml").describe("the pool manager's own settings"),
    timezone: timeZone
      .optional()
      .describe("of times without a zone in slot.json, and of schedules; the system's"),
    sources: z
      .array(sourceSchema)
      .superRefine(refuseUnclearSources)
      .prefault([])
      .describe(
        "where pools come from ([sources.md](sources.md)); without any, from the workspaces directory. With some, that is watched only if one is of kind `managed`",
      ),
    collector: z
      .strictObject({ schedule: cron.prefault("*/30 * * * * *").describe("when the pools are looked at") })
      .prefault({}),
    detection: detection.prefault({}),
    verification: verification.prefault({}),
    recovery: recovery.prefault({}),
    salvage: salvage.prefault({}),
    reclaim: z
      .strictObject({
        schedule: cron
          .optional()
          .describe(
            "when slots of sources beyond their `reclaim.max_age` and `reclaim.max_bytes` are reclaimed, as far as `recovery.mode` permits; never, without it",
          ),
      })
      .prefault({}),
    remediation: remediation.prefault({}),
    health_check: z
      .strictObject({
        webhook_url_file: text
          .optional()
          .describe("a file with the address that `healthCheck()` posts to when something is wrong"),
      })
      .prefault({}),
    queue: queue.prefault({}),
    fleet: fleet.prefault({}),
    metrics: z
      .strictObject({
        per_slot: flag.prefault(true).describe("series for each slot"),
        max_slot_series: count
          .prefault(1000)
          .describe(
            "of each source without a pool manager, so many slots at most have series: the oldest unsaved work first",
          ),
      })
      .prefault({}),
  })
  .superRefine(({ queue: { driver }, fleet: { budget_per_hour: budget } }, context) => {
    if (driver === "postgres" || budget === undefined) return;
    // Who writes it counts on a bound that nothing would hold.
    const path = ["fleet", "budget_per_hour"];
    context.addIssue({ code: "custom", path, message: "needs queue.driver: postgres, which holds it" });
  });

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
