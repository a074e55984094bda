import { CodedError } from "../platform/coded-error.ts";
import type { Database } from "./database.ts";
import { fleetSchema, jobSchema } from "./fleet-schema.ts";
import { deadLetterQueue, queueNameOf } from "./queue-name.ts";
import type { Row, Sql } from "./sql.ts";

/** What a host says about itself. */
export interface HostAnnouncement {
  /** Its configured name. */
  readonly sidecar: string;
  /** Of its state directory: two machines with one name are noticed. */
  readonly sidecarId: string;
  readonly instance: string | undefined;
  readonly pools: readonly string[];
  /** Names of lock candidates that belong to no pool of the host. */
  readonly orphanLockSlots: readonly string[];
  readonly version: string;
}

export interface RegisteredHost extends HostAnnouncement {
  readonly queue: string;
}

/** A host as a fleet's page and API show it; ages are by the database's clock. */
export interface HostStatus extends RegisteredHost {
  readonly registeredAt: Date;
  readonly heartbeatAt: Date;
  readonly heartbeatAgeSeconds: number;
  readonly queueDepth: number;
  readonly oldestQueuedAt: Date | undefined;
  readonly deadLetterCount: number;
}

export const hostTimes = { heartbeatSeconds: 10, silentSeconds: 60 } as const;

/** Alerts wait a day for their host; they repeat while they fire. A host that cannot take one gets it again for an hour. */
const queueOptions = {
  policy: "short",
  retryLimit: 9,
  retryDelay: 5,
  retryBackoff: true,
  expireInSeconds: 30,
  retentionMinutes: 24 * 60,
  deadLetter: deadLetterQueue,
} as const;

const register = `
insert into ${fleetSchema}.host as known (sidecar, sidecar_id, queue, instance, pools, stray_slots, version)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (sidecar) do update set
  sidecar_id = excluded.sidecar_id, instance = excluded.instance, pools = excluded.pools,
  stray_slots = excluded.stray_slots, version = excluded.version, heartbeat_at = now()
where known.sidecar_id = excluded.sidecar_id
  or known.heartbeat_at < now() - make_interval(secs => ${hostTimes.silentSeconds})
returning sidecar`;

/**
 * Makes the host known, or says that it lives.
 * @throws CodedError `FLEET_NAME_TAKEN` while another host of this name lives
 */
export async function announceHost(database: Sql, host: HostAnnouncement): Promise<void> {
  const { sidecar, sidecarId, instance, pools, orphanLockSlots, version } = host;
  const lists = [JSON.stringify(pools), JSON.stringify(orphanLockSlots)];
  const values = [sidecar, sidecarId, queueNameOf(sidecar), instance, ...lists, version];
  const rows = await database.query(register, values);
  if (rows.length > 0) return;
  throw new CodedError(
    "FLEET_NAME_TAKEN",
    `another host is registered as ${sidecar} and lives: give each its own queue.sidecar`,
  );
}

/** Does nothing if the queue is there. */
export async function createHostQueue(database: Database, sidecar: string): Promise<string> {
  const queue = queueNameOf(sidecar);
  await database.createQueue(queue, queueOptions);
  return queue;
}

/** What still waits in its queue is archived within a day. False if there is no such host. */
export async function forgetHost(database: Sql, sidecar: string): Promise<boolean> {
  const text = `delete from ${fleetSchema}.host where sidecar = $1 returning sidecar`;
  return (await database.query(text, [sidecar])).length > 0;
}

export async function readHosts(database: Sql): Promise<readonly RegisteredHost[]> {
  return (await database.query(`select * from ${fleetSchema}.host order by sidecar`)).map(readHost);
}

const hostStatuses = `
select host.*, extract(epoch from now() - heartbeat_at)::float8 as heartbeat_age,
  coalesce(waiting.depth, 0)::int as depth, waiting.oldest, coalesce(dead.letters, 0)::int as letters
from ${fleetSchema}.host
left join (
  select name, count(*) as depth, min(created_on) as oldest
  from ${jobSchema}.job where state < 'active' and name <> '${deadLetterQueue}' group by name
) waiting on waiting.name = host.queue
left join (
  select data->>'sidecar' as sidecar, count(*) as letters
  from ${jobSchema}.job where name = '${deadLetterQueue}' and state < 'active' group by 1
) dead on dead.sidecar = host.sidecar
order by host.sidecar`;

export async function readHostStatuses(database: Sql): Promise<readonly HostStatus[]> {
  return (await database.query(hostStatuses)).map((row) => ({
    ...readHost(row),
    registeredAt: row["registered_at"] as Date,
    heartbeatAt: row["heartbeat_at"] as Date,
    heartbeatAgeSeconds: Number(row["heartbeat_age"]),
    queueDepth: Number(row["depth"]),
    oldestQueuedAt: row["oldest"] instanceof Date ? row["oldest"] : undefined,
    deadLetterCount: Number(row["letters"]),
  }));
}

function readHost(row: Row): RegisteredHost {
  return {
    sidecar: String(row["sidecar"]),
    sidecarId: String(row["sidecar_id"]),
    queue: String(row["queue"]),
    instance: typeof row["instance"] === "string" ? row["instance"] : undefined,
    pools: readNames(row["pools"]),
    orphanLockSlots: readNames(row["stray_slots"]),
    version: String(row["version"]),
  };
}

function readNames(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name: unknown) => typeof name === "string") : [];
}
