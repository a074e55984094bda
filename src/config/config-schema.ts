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
  max_allocation_hours: positive.prefault(24).describe("an allocation older than this is an anomaly"),
  stale_lock_hours: positive
    .prefault(24)
    .describe("the age from which a lock that nobody holds and no slot owns is orphaned"),
  stale_git_lock_minutes: positive.prefault(15).describe("a lock file of git older than this is stale"),
  stale_git_lock_minutes_allocated: positive.prefault(60).describe("the same in an allocated slot"),
  full_probe_period: duration
    .prefault("1h")
    .describe("a slot is probed at least this often, even if its files did not change"),
  remote_aliases: z.array(text).prefault([]).describe("other URLs of a pool's repository that are no fault"),
  heartbeat_max_age: duration
    .prefault("10m")
    .describe("an allocation with a heartbeat newer than this is alive"),
});

const verification = z.strictObject({
  schedule: cron.prefault("0 */5 * * * *").describe("when `serve` makes the deep checks that are due"),
  connectivity_period: duration.prefault("1d").describe("how often each slot is checked for missing objects"),
  full_period: duration.prefault("7d").describe("how often all objects of each slot are read"),
  unsaved_work_period: duration
    .prefault("1h")
    .describe("how often slots of sources are looked through for unsaved work, without reading objects"),
  budget_ratio: ratio.prefault(0.05).describe("the share of one core that deep checks may take"),
});

const recovery = z.strictObject({
  mode: z
    .enum(remediationModes)
    .prefault("live")
    .describe("what runs started by alerts and schedules may do: `off`, `dry_run`, `approve` or `live`"),
  strategy: z
    .enum(strategies)
    .prefault("conservative")
    .describe("the strategy of the scheduled recovery: `conservative`, `aggressive` or `maintenance`"),
  schedule: cron.optional().describe("when all pools are recovered; never without it"),
  concurrency: count.prefault(2).describe("recoveries at once"),
  budget_per_hour: count
    .prefault(30)
    .describe(
      "how many recoveries of slots unattended runs may begin in an hour; one slot can count more than once",
    ),
  cooldown: duration
    .prefault("10m")
    .describe(
      "how long unattended runs leave a slot alone after a failed recovery; doubles with each further failure",
    ),
  passes: count
    .prefault(1)
    .describe("how many passes a run makes; each takes up what the one before could not do"),
  pass_wait: duration.prefault("60s").describe("the wait between two passes"),
  lock_timeout: duration.prefault("30s").describe("how long to wait for a slot's lock"),
  slot_timeout: duration
    .prefault("2h")
    .describe("how long the recovery of one slot may take; then its git commands are ended"),
  storm_cooldown: duration.prefault("1h").describe("how long a pool is left alone after a storm"),
  max_unhealthy_ratio: ratio
    .prefault(0.5)
    .describe("a storm: more than this share of a pool's slots, and at least 3, are corrupted"),
  min_free_ratio: ratio
    .prefault(0.05)
    .describe("share of the file system that stays free when a clone or a salvage is made"),
});

const salvage = z.strictObject({
  max_age: duration.prefault("30d").describe("saved work older than this is removed"),
  min_age: duration.prefault("1d").describe("saved work younger than this is never removed"),
  max_bytes: storageLimit
    .prefault("10% of the file system")
    .describe(
      "the space that saved work may take, such as `20GiB`; the oldest is removed first. The same for quarantine",
    ),
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
  prune_schedule: cron.prefault("0 30 3 * * *").describe("when old saved work and quarantine are removed"),
});

/** What a policy may set of a run's options; what it leaves out is the strategy's. */
const policyOptions = z.strictObject({
  max_allocation_hours: positive
    .optional()
    .describe("the age of a long allocation; as for all options, the strategy's if not set"),
  recover_corrupted: flag.optional().describe("repair corrupted slots"),
  cleanup_orphaned_locks: flag.optional().describe("move orphaned locks aside"),
  force_release_long_allocated: flag
    .optional()
    .describe("release long-allocated slots; their work is saved first"),
  include_alive: flag.optional().describe("also release allocations that are alive"),
  deep: flag.optional().describe("also check every object, as `git fsck` does"),
  allow_pool_rebuild: flag.optional().describe("the main repository of a worktree pool may be cloned again"),
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
    token_file: text
      .optional()
      .describe("a file with a token. Each entry has one of `token_file`, `user` and `certificate`"),
    user: text.optional().describe("a user of the web configuration"),
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
        .superRefine(refuseEqualCredentials)
        .prefault([])
        .describe(
          "tokens, users and certificates with their roles. If a user is listed, users that are not listed have the role `read`; the same for certificates",
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
  instance: text
    .optional()
    .describe("this host's `instance` label; alerts with another one are not for this host (`not_ours`)"),
});

const postgres = z.strictObject({
  connection_string_file: text
    .optional()
    .describe(
      "a file with `postgres://user:password@host/database`, needed for `postgres`; read again when it changes",
    ),
  ca_file: text
    .optional()
    .describe("the certificate authority of the server; makes TLS with a verified name compulsory"),
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
      "how many clones unattended runs may begin in an hour, on all hosts of the fleet together; no limit without it ([fleet.md](fleet.md))",
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
        "where journal, queue and saved work are kept; `~/.local/state/repo-pool-sidecar` if there are `sources` and none is `managed`",
    }),
    pools_config: text.prefault("~/.necrocode/config/pools.yaml").describe("the pool manager's own settings"),
    timezone: timeZone
      .optional()
      .describe(
        "the time zone of schedules, and of times in slot.json that have none; the system's without it",
      ),
    sources: z
      .array(sourceSchema)
      .superRefine(refuseUnclearSources)
      .prefault([])
      .describe(
        "where pools come from ([sources.md](sources.md)). Without sources: the workspaces directory. With sources, that is watched only if one is of kind `managed`",
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
            "when slots of sources beyond `reclaim.max_age` or `reclaim.max_bytes` are reclaimed, if `recovery.mode` permits it; never without it",
          ),
      })
      .prefault({}),
    remediation: remediation.prefault({}),
    health_check: z
      .strictObject({
        webhook_url_file: text
          .optional()
          .describe("a file with the address to which `healthCheck()` posts anomalies"),
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
            "how many slots of each source without a pool manager have series; those with the oldest unsaved work first",
          ),
      })
      .prefault({}),
  })
  .superRefine(({ queue: { driver }, fleet: { budget_per_hour: budget } }, context) => {
    if (driver === "postgres" || budget === undefined) return;
    // Without PostgreSQL nothing would enforce the limit.
    const path = ["fleet", "budget_per_hour"];
    context.addIssue({ code: "custom", path, message: "needs queue.driver: postgres, which enforces it" });
  });

/** A policy's name is how its hourly limit and the log refer to it. */
function refuseEqualNames(policies: readonly { name: string }[], context: z.RefinementCtx): void {
  refuseEqual(policies, "name", context, (name) => `another policy is named ${name}`);
}

/** Two entries of one credential could give it two roles. */
function refuseEqualCredentials(
  credentials: readonly z.output<typeof credential>[],
  context: z.RefinementCtx,
): void {
  for (const key of ["token_file", "user", "certificate"] as const)
    refuseEqual(credentials, key, context, (value) => `another credential has the ${key} ${value}`);
}

function refuseEqual<Key extends string>(
  entries: readonly Partial<Readonly<Record<Key, string | undefined>>>[],
  key: Key,
  context: z.RefinementCtx,
  messageOf: (value: string) => string,
): void {
  entries.forEach(({ [key]: value }, index) => {
    if (value !== undefined && entries.findIndex((other) => other[key] === value) < index)
      context.addIssue({ code: "custom", path: [index, key], message: messageOf(value) });
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
