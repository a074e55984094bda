import { LineCounter, parseDocument, type Document } from "yaml";
import { z } from "zod";
import { stateDirectoryOf } from "./default-config.ts";
import { parseDurationSeconds } from "./duration.ts";
import { queueDrivers, remediationModes, type SidecarConfig } from "./sidecar-config.ts";
import { parseStorageLimit } from "./storage-limit.ts";
import { strategies } from "../recovery/recovery-options.ts";

export type ParsedConfig =
  | { readonly kind: "valid"; readonly config: SidecarConfig }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

const maxAliases = 50;

/** Reads a whole configuration file; every unknown key and wrong value is reported with its line. */
export function parseConfig(text: string, defaults: SidecarConfig): ParsedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    return {
      kind: "invalid",
      problems: document.errors.map((error) => error.message.split("\n")[0] ?? "not YAML"),
    };
  }
  const parsed = fileSchema.safeParse(document.toJS({ maxAliasCount: maxAliases }) ?? {});
  if (parsed.success) return { kind: "valid", config: mergeConfig(parsed.data, defaults) };
  return {
    kind: "invalid",
    problems: parsed.error.issues.flatMap((issue) => describeIssue(issue, document, lines)),
  };
}

function describeIssue(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): string[] {
  const at = (path: readonly PropertyKey[]): string => {
    const node = document.getIn(path, true);
    const hasRange =
      typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
    const line = hasRange ? lines.linePos(Number((node.range as unknown[])[0])).line : 1;
    return `line ${line}: ${path.map(String).join(".")}`;
  };
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `${at([...issue.path, key])}: unknown key`);
  return [`${at(issue.path)}: ${issue.message}`];
}

const positive = z.number().positive();
const ratio = z.number().positive().max(1);
const duration = z.string().transform((text, context) => {
  const seconds = parseDurationSeconds(text);
  if (seconds !== undefined) return seconds;
  context.addIssue({
    code: "custom",
    message: `expected a duration such as 10m, found ${JSON.stringify(text)}`,
  });
  return z.NEVER;
});
const storageLimit = z.string().transform((text, context) => {
  const limit = parseStorageLimit(text);
  if (limit !== undefined) return limit;
  context.addIssue({
    code: "custom",
    message: `expected a size such as 20GiB or 10%, found ${JSON.stringify(text)}`,
  });
  return z.NEVER;
});
const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape).default({} as never);

const policy = z.strictObject({
  name: z.string().min(1),
  matchers: z.array(z.string()).min(1),
  strategy: z.enum(strategies).optional(),
  options: z
    .strictObject({
      max_allocation_hours: positive.optional(),
      recover_corrupted: z.boolean().optional(),
      cleanup_orphaned_locks: z.boolean().optional(),
      force_release_long_allocated: z.boolean().optional(),
      include_alive: z.boolean().optional(),
      deep: z.boolean().optional(),
    })
    .optional(),
  mode: z.enum(remediationModes).optional(),
  scope: z.enum(["slot", "all"]).default("slot"),
  max_per_hour: positive.optional(),
});

const fileSchema = z.strictObject({
  workspaces_dir: z.string().min(1).optional(),
  state_dir: z.string().min(1).optional(),
  pools_config: z.string().min(1).optional(),
  timezone: z.string().refine(isTimeZone, "unknown time zone").optional(),
  collector: section({ schedule: z.string().optional() }),
  detection: section({
    max_allocation_hours: positive.optional(),
    stale_lock_hours: positive.optional(),
    stale_git_lock_minutes: positive.optional(),
    stale_git_lock_minutes_allocated: positive.optional(),
    full_probe_period: duration.optional(),
    remote_aliases: z.array(z.string()).optional(),
    heartbeat_max_age: duration.optional(),
  }),
  verification: section({
    schedule: z.string().optional(),
    connectivity_period: duration.optional(),
    full_period: duration.optional(),
    budget_ratio: ratio.optional(),
  }),
  recovery: section({
    strategy: z.enum(strategies).optional(),
    schedule: z.string().optional(),
    concurrency: z.int().positive().optional(),
    budget_per_hour: z.int().positive().optional(),
    cooldown: duration.optional(),
    passes: z.int().positive().optional(),
    pass_wait: duration.optional(),
    lock_timeout: duration.optional(),
    storm_cooldown: duration.optional(),
    max_unhealthy_ratio: ratio.optional(),
    min_free_ratio: ratio.optional(),
  }),
  salvage: section({
    max_age: duration.optional(),
    max_bytes: storageLimit.optional(),
    min_age: duration.optional(),
    exclude: z.array(z.string()).optional(),
    prune_schedule: z.string().optional(),
  }),
  remediation: section({
    enabled: z.boolean().optional(),
    mode: z.enum(remediationModes).optional(),
    policies: z.array(policy).optional(),
    auth: section({ bearer_token_file: z.string().min(1).optional() }),
    queue_size: z.int().positive().optional(),
    approval_timeout: duration.optional(),
    maintenance_windows: z
      .array(z.strictObject({ schedule: z.string(), duration, pool: z.string().optional() }))
      .optional(),
    instance: z.string().optional(),
  }),
  health_check: section({ webhook_url_file: z.string().optional() }),
  queue: section({
    driver: z.enum(queueDrivers).optional(),
    postgres: section({ connection_string_file: z.string().optional(), ca_file: z.string().optional() }),
  }),
  metrics: section({ per_slot: z.boolean().optional() }),
});

type FileConfig = z.infer<typeof fileSchema>;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    // RangeError is how Intl says that it knows no such zone.
    return false;
  }
}

/** Keys whose name on disk has no unit get one here. */
const unitNames: Readonly<Record<string, string>> = {
  full_probe_period: "fullProbePeriodSeconds",
  heartbeat_max_age: "heartbeatMaxAgeSeconds",
  connectivity_period: "connectivityPeriodSeconds",
  full_period: "fullPeriodSeconds",
  cooldown: "cooldownSeconds",
  pass_wait: "passWaitSeconds",
  lock_timeout: "lockTimeoutSeconds",
  storm_cooldown: "stormCooldownSeconds",
  max_age: "maxAgeSeconds",
  min_age: "minAgeSeconds",
  approval_timeout: "approvalTimeoutSeconds",
};

function camelCase(key: string): string {
  return unitNames[key] ?? key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function settings<T extends object>(given: object, defaults: T): T {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    ...defaults,
    ...Object.fromEntries(entries.map(([key, value]) => [camelCase(key), value as unknown])),
  };
}

function mergeConfig(file: FileConfig, defaults: SidecarConfig): SidecarConfig {
  const workspacesDir = file.workspaces_dir ?? defaults.workspacesDir;
  const { auth, policies, maintenance_windows: windows, ...remediation } = file.remediation;
  return {
    workspacesDir,
    stateDir: file.state_dir ?? stateDirectoryOf(workspacesDir),
    poolsConfig: file.pools_config ?? defaults.poolsConfig,
    timezone: file.timezone ?? defaults.timezone,
    collector: settings(file.collector, defaults.collector),
    detection: settings(file.detection, defaults.detection),
    verification: settings(file.verification, defaults.verification),
    recovery: settings(file.recovery, defaults.recovery),
    salvage: settings(file.salvage, defaults.salvage),
    remediation: {
      ...settings(remediation, defaults.remediation),
      bearerTokenFile: auth.bearer_token_file,
      policies: policies?.map((given) => ({
        name: given.name,
        matchers: given.matchers,
        strategy: given.strategy,
        options: settings(given.options ?? {}, {}),
        mode: given.mode,
        scope: given.scope,
        maxPerHour: given.max_per_hour,
      })),
      maintenanceWindows: (windows ?? []).map((window) => ({
        schedule: window.schedule,
        durationSeconds: window.duration,
        pool: window.pool,
      })),
    },
    healthCheck: settings(file.health_check, defaults.healthCheck),
    queue: {
      driver: file.queue.driver ?? defaults.queue.driver,
      postgres: settings(file.queue.postgres, defaults.queue.postgres),
    },
    metrics: settings(file.metrics, defaults.metrics),
  };
}
