import { CodedError } from "../platform/coded-error.ts";
import type { Sql } from "./sql.ts";

/** The sidecar's schemas in the operator's database: hosts and recoveries, and pg-boss's own tables. */
export const fleetSchema = "repopool_fleet";
export const jobSchema = "repopool_jobs";

const schemaVersion = 1;
/** Of pg-boss 10.4; it does not say itself when it finds a newer one. */
const jobSchemaVersion = 24;

/** One migration at a time, whichever host starts first; no other program uses the number. */
const advisoryLock = 7_304_110_469;

const createTables = `
create schema if not exists ${fleetSchema};
create table if not exists ${fleetSchema}.schema_version (version int primary key);
create table if not exists ${fleetSchema}.host (
  sidecar text primary key,
  sidecar_id uuid not null,
  queue text not null unique,
  instance text,
  pools jsonb not null,
  stray_slots jsonb not null,
  version text not null,
  registered_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now()
);
create table if not exists ${fleetSchema}.recovery (
  recovery_id text primary key,
  sidecar text not null,
  state text not null,
  trigger text not null,
  requested_by text not null,
  policy text,
  alert jsonb,
  target text not null,
  slot_id text,
  dry_run boolean not null,
  requested_at timestamptz not null,
  finished_at timestamptz,
  expires_at timestamptz,
  planned jsonb not null,
  errors jsonb not null,
  recorded_at timestamptz not null default now()
);
create index if not exists recovery_newest on ${fleetSchema}.recovery (requested_at desc);
create index if not exists recovery_of_host on ${fleetSchema}.recovery (sidecar);
create index if not exists recovery_open on ${fleetSchema}.recovery (sidecar) where finished_at is null;
create table if not exists ${fleetSchema}.step (
  recovery_id text not null,
  step_id text not null,
  sidecar text not null,
  slot_id text not null,
  repo_name text not null,
  action text not null,
  outcome text not null,
  reason text not null,
  detail text not null,
  duration_seconds double precision not null,
  salvage_id text,
  at timestamptz not null,
  primary key (recovery_id, step_id)
);
`;

/** Younger than the others: an older program of the same fleet does without it. */
const createCloneTable = `
create table ${fleetSchema}.clone (
  id bigint generated always as identity primary key,
  sidecar text not null,
  slot_id text not null,
  recovery_id text not null,
  begun_at timestamptz not null
);
`;

/**
 * Creates our tables if there are none.
 * @throws CodedError `FLEET_SCHEMA_MISMATCH` if the database is of another version of this program.
 */
export async function prepareSchema(sql: Sql): Promise<void> {
  await sql.query("select pg_advisory_xact_lock($1)", [advisoryLock]);
  const found = await readVersion(sql, `${fleetSchema}.schema_version`);
  if (found === undefined) {
    await sql.query(createTables);
    await sql.query(`insert into ${fleetSchema}.schema_version values ($1)`, [schemaVersion]);
  } else if (found !== schemaVersion) throw mismatch(fleetSchema, found, schemaVersion);
  if (!(await hasTable(sql, `${fleetSchema}.clone`))) await sql.query(createCloneTable);
  const jobs = await readVersion(sql, `${jobSchema}.version`);
  // An older one is brought up to date by pg-boss itself.
  if (jobs !== undefined && jobs > jobSchemaVersion) throw mismatch(jobSchema, jobs, jobSchemaVersion);
}

async function readVersion(sql: Sql, table: string): Promise<number | undefined> {
  if (!(await hasTable(sql, table))) return undefined;
  const [row] = await sql.query(`select max(version) as version from ${table}`);
  return row?.["version"] === null ? undefined : Number(row?.["version"]);
}

async function hasTable(sql: Sql, table: string): Promise<boolean> {
  const [named] = await sql.query("select to_regclass($1) is not null as exists", [table]);
  return named?.["exists"] === true;
}

function mismatch(schema: string, found: number, known: number): CodedError {
  const advice = found > known ? "update this program" : "empty it, or keep the older program";
  return new CodedError(
    "FLEET_SCHEMA_MISMATCH",
    `the database's schema ${schema} has version ${found}, and this program knows ${known}: ${advice}`,
  );
}
