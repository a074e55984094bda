import { recoveryStates, type RecoveryState } from "../remediation/queue/recovery-queue.ts";
import { triggers, type Trigger } from "../journal/trigger.ts";
import { actionOutcomes, recoveryActions } from "../recovery/recovery-action.ts";
import type { ActionReport } from "../recovery/recovery-report.ts";
import { fleetSchema } from "./fleet-schema.ts";
import type { Row, Sql } from "./sql.ts";
import { storableText } from "./storable-text.ts";
import { asOneOf } from "../platform/stored-fields.ts";

/** `not_found`: an alert reached its host, which no longer has the pool or slot. */
const auditedStates = [...recoveryStates, "not_found"] as const;
export type AuditedState = RecoveryState | "not_found";

/** What a host writes about a recovery. Ages instead of times: hosts' clocks differ, the database has one. */
export interface AuditedRecovery {
  readonly recoveryId: string;
  readonly state: AuditedState;
  readonly trigger: Trigger;
  readonly requestedBy: string;
  readonly policy: string | undefined;
  readonly alert:
    { readonly name: string; readonly fingerprint: string; readonly startsAt: Date } | undefined;
  readonly target: string;
  readonly slotId: string | undefined;
  readonly dryRun: boolean;
  readonly requestedAgeSeconds: number;
  readonly finishedAgeSeconds: number | undefined;
  readonly expiresInSeconds: number | undefined;
  /** Of a dry run, or of one that waits for approval. */
  readonly planned: readonly ActionReport[];
  readonly errors: readonly string[];
}

/** A step that the host's journal says has ended. */
export interface AuditedStep {
  readonly recoveryId: string;
  readonly stepId: string;
  readonly ageSeconds: number;
  readonly report: ActionReport;
}

/** A recovery with its steps, as a gateway shows it. */
export interface FleetRecovery {
  readonly recoveryId: string;
  readonly sidecar: string;
  readonly state: AuditedState;
  readonly trigger: Trigger;
  readonly requestedBy: string;
  readonly slotId: string | undefined;
  readonly target: string;
  readonly dryRun: boolean;
  readonly requestedAt: Date;
  readonly finishedAt: Date | undefined;
  readonly expiresAt: Date | undefined;
  readonly actions: readonly ActionReport[];
  readonly errors: readonly string[];
}

const mostListed = 1000;
const batchSize = 500;

/** What has ended stays ended; first times stay, since each writing computes them again from ages. */
const upsertRecoveries = `
insert into ${fleetSchema}.recovery as known (recovery_id, sidecar, state, trigger, requested_by, policy, alert,
  target, slot_id, dry_run, requested_at, finished_at, expires_at, planned, errors)
select "recoveryId", $1, state, trigger, "requestedBy", policy, alert, target, "slotId", "dryRun",
  now() - make_interval(secs => "requestedAgeSeconds"), now() - make_interval(secs => "finishedAgeSeconds"),
  now() + make_interval(secs => "expiresInSeconds"), planned, errors
from jsonb_to_recordset($2) as given ("recoveryId" text, state text, trigger text, "requestedBy" text, policy text,
  alert jsonb, target text, "slotId" text, "dryRun" boolean, "requestedAgeSeconds" float8,
  "finishedAgeSeconds" float8, "expiresInSeconds" float8, planned jsonb, errors jsonb)
on conflict (recovery_id) do update set
  state = excluded.state, policy = coalesce(excluded.policy, known.policy),
  alert = coalesce(excluded.alert, known.alert), expires_at = coalesce(known.expires_at, excluded.expires_at),
  finished_at = coalesce(known.finished_at, excluded.finished_at), planned = excluded.planned,
  errors = excluded.errors, recorded_at = now()
where known.sidecar = excluded.sidecar and (known.finished_at is null or excluded.finished_at is not null)`;

const insertSteps = `
insert into ${fleetSchema}.step (recovery_id, step_id, sidecar, slot_id, repo_name, action, outcome, reason, detail,
  duration_seconds, salvage_id, at)
select "recoveryId", "stepId", $1, report->>'slotId', report->>'repoName', report->>'action', report->>'outcome',
  report->>'reason', report->>'detail', (report->>'durationSeconds')::float8, report->>'salvageId',
  now() - make_interval(secs => "ageSeconds")
from jsonb_to_recordset($2) as given ("recoveryId" text, "stepId" text, "ageSeconds" float8, report jsonb)
on conflict do nothing`;

/** Written again, the same rows change nothing. */
export async function writeRecoveries(
  sql: Sql,
  sidecar: string,
  recoveries: readonly AuditedRecovery[],
): Promise<void> {
  for (const batch of batchesOf(recoveries)) await sql.query(upsertRecoveries, [sidecar, asJson(batch)]);
}

/** Written again, the same rows change nothing. */
export async function writeSteps(sql: Sql, sidecar: string, steps: readonly AuditedStep[]): Promise<void> {
  for (const batch of batchesOf(steps)) await sql.query(insertSteps, [sidecar, asJson(batch)]);
}

const countSteps = `
select recovery.recovery_id, count(step.step_id)::int as steps
from ${fleetSchema}.recovery left join ${fleetSchema}.step using (recovery_id)
where recovery.sidecar = $1 and recovery.finished_at is not null group by 1`;

/** How many steps the audit has of each recovery of the host that has ended. */
export async function readStepCounts(sql: Sql, sidecar: string): Promise<ReadonlyMap<string, number>> {
  const rows = await sql.query(countSteps, [sidecar]);
  return new Map(rows.map((row) => [String(row["recovery_id"]), Number(row["steps"])]));
}

const closeUnknown = `
update ${fleetSchema}.recovery set state = 'failed', finished_at = now(), recorded_at = now(),
  errors = errors || '["the host no longer knows this recovery"]'::jsonb
where sidecar = $1 and finished_at is null and not recovery_id = any($2::text[])`;

/** Ends recoveries that a host will never end because it lost its state. */
export async function endUnknown(sql: Sql, sidecar: string, openIds: readonly string[]): Promise<void> {
  await sql.query(closeUnknown, [sidecar, [...openIds]]);
}

const selectRecoveries = `
select recovery.*, coalesce(steps.actions, '[]'::jsonb) as actions
from ${fleetSchema}.recovery
left join lateral (
  select jsonb_agg(to_jsonb(step) order by at, step_id) as actions
  from ${fleetSchema}.step where step.recovery_id = recovery.recovery_id
) steps on true`;

/** The newest; open ones first of all, so that no crowd of ended ones hides what waits. */
export async function listRecoveries(sql: Sql): Promise<readonly FleetRecovery[]> {
  const text = `${selectRecoveries} order by (finished_at is null) desc, requested_at desc limit ${mostListed}`;
  const recoveries = (await sql.query(text)).map(readRecovery);
  return recoveries.toSorted((one, other) => other.requestedAt.getTime() - one.requestedAt.getTime());
}

export async function findRecovery(sql: Sql, recoveryId: string): Promise<FleetRecovery | undefined> {
  const rows = await sql.query(`${selectRecoveries} where recovery.recovery_id = $1`, [recoveryId]);
  return rows.map(readRecovery)[0];
}

function readRecovery(row: Row): FleetRecovery {
  const steps = (row["actions"] as readonly Row[]).flatMap((step) => readStep(step) ?? []);
  const planned = row["planned"] as readonly ActionReport[];
  return {
    recoveryId: String(row["recovery_id"]),
    sidecar: String(row["sidecar"]),
    state: asOneOf(auditedStates, row["state"]) ?? "failed",
    trigger: asOneOf(triggers, row["trigger"]) ?? "alert",
    requestedBy: String(row["requested_by"]),
    slotId: typeof row["slot_id"] === "string" ? row["slot_id"] : undefined,
    target: String(row["target"]),
    dryRun: row["dry_run"] === true,
    requestedAt: row["requested_at"] as Date,
    finishedAt: row["finished_at"] instanceof Date ? row["finished_at"] : undefined,
    expiresAt: row["expires_at"] instanceof Date ? row["expires_at"] : undefined,
    actions: [...planned, ...steps],
    errors: row["errors"] as readonly string[],
  };
}

/** Undefined if a newer host wrote words that this program does not know. */
function readStep(step: Row): ActionReport | undefined {
  const action = asOneOf(recoveryActions, step["action"]);
  const outcome = asOneOf(actionOutcomes, step["outcome"]);
  if (action === undefined || outcome === undefined) return undefined;
  return {
    slotId: String(step["slot_id"]),
    repoName: String(step["repo_name"]),
    action,
    outcome,
    reason: String(step["reason"]),
    detail: String(step["detail"]),
    durationSeconds: Number(step["duration_seconds"]),
    ...(typeof step["salvage_id"] === "string" ? { salvageId: step["salvage_id"] } : {}),
  };
}

function* batchesOf<Entry>(entries: readonly Entry[]): Generator<readonly Entry[]> {
  for (let from = 0; from < entries.length; from += batchSize) yield entries.slice(from, from + batchSize);
}

function asJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "string" ? storableText(member) : member,
  );
}
