import { randomUUID } from "node:crypto";
import { countOf } from "../platform/count-of.ts";
import type { Clock } from "../platform/clock.ts";
import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import { parseNotification, type Alert, type AlertStatus } from "../remediation/alerts/notification.ts";
import type { Approval, RecoveryState } from "../remediation/queue/recovery-queue.ts";
import type { WebhookDecision } from "../remediation/alerts/webhook-decision.ts";
import type { Database, Transaction } from "./database.ts";
import { alertJob, decisionJob, type DeliveryJob } from "./delivery.ts";
import type { FleetLink, FleetProblem } from "./fleet-link.ts";
import { jobSchema } from "./fleet-schema.ts";
import { forgetHost, readHosts, readHostStatuses, type HostStatus } from "./host-registry.ts";
import { findRecovery, listRecoveries, type AuditedState, type FleetRecovery } from "./recovery-audit.ts";
import { HostDirectory, labelTarget } from "./route-alert.ts";

/** What became of one alert; `sidecar` is the host whose queue it is in. */
export interface GatewayDecision {
  readonly fingerprint: string;
  readonly status: AlertStatus;
  readonly decision: WebhookDecision;
  readonly sidecar?: string;
  readonly detail?: string;
}

export type GatewayReceipt =
  | { readonly kind: "accepted"; readonly decisions: readonly GatewayDecision[] }
  | { readonly kind: "malformed"; readonly detail: string }
  | { readonly kind: "unavailable"; readonly detail: string };

export type FleetDecision =
  /** On its way to the host. */
  | { readonly kind: "done"; readonly sidecar: string }
  | { readonly kind: "not_found" }
  | { readonly kind: "not_waiting"; readonly state: AuditedState };

/** What is exported and shown without asking PostgreSQL each time. */
export interface FleetOverview {
  readonly hosts: readonly HostStatus[];
  readonly sharedPools: readonly string[];
  readonly sharedInstances: readonly string[];
}

export interface FleetGatewayOptions {
  readonly link: FleetLink;
  readonly clock: Clock;
  readonly logger: Logger;
  onDecision?(decision: GatewayDecision): void;
  /** Undefined while PostgreSQL does not answer. */
  onOverview?(overview: FleetOverview | undefined): void;
}

const overviewMilliseconds = 5000;
const directoryMilliseconds = 1000;

interface Job extends DeliveryJob {
  readonly id: string;
  readonly name: string;
}

/** Takes alerts once for all hosts and puts each into the queue of the host that it is about. Keeps nothing itself. */
export class FleetGateway {
  readonly #options: FleetGatewayOptions;
  #directory: { readonly value: HostDirectory; readonly readAt: Date } | undefined;
  #stopping = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(options: FleetGatewayOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopping = new AbortController();
    this.#watching = this.#watch(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
    await this.#options.link.close();
  }

  isReady(): boolean {
    return this.#options.link.isUp();
  }

  problem(): FleetProblem | undefined {
    return this.#options.link.problem();
  }

  /** Accepted means that PostgreSQL has committed it. */
  async receive(payload: unknown): Promise<GatewayReceipt> {
    const parsing = parseNotification(payload);
    if (parsing.kind === "invalid") return { kind: "malformed", detail: parsing.detail };
    const { alerts, truncatedAlerts } = parsing.notification;
    try {
      const decisions = await this.#options.link.use((database) => this.#enqueueAll(database, alerts));
      if (truncatedAlerts > 0) decisions.push(truncated(truncatedAlerts));
      for (const decision of decisions) this.#options.onDecision?.(decision);
      return { kind: "accepted", decisions };
    } catch (thrown) {
      return { kind: "unavailable", detail: asError(thrown).message };
    }
  }

  /** Sends a person's decision to the host, which has the last word. @throws if PostgreSQL does not answer */
  decide(approval: Omit<Approval, "at">): Promise<FleetDecision> {
    return this.#options.link.use(async (database): Promise<FleetDecision> => {
      const recovery = await findRecovery(database, approval.recoveryId);
      if (recovery === undefined) return { kind: "not_found" };
      const { state, sidecar } = recovery;
      const decidedAt = await readClock(database);
      const isLate = recovery.expiresAt !== undefined && recovery.expiresAt <= decidedAt;
      if (state !== "waiting_for_approval" || isLate)
        return { kind: "not_waiting", state: isLate ? "expired" : state };
      const host = (await readHosts(database)).find((known) => known.sidecar === sidecar);
      if (host === undefined) return { kind: "not_found" };
      const job = { ...decisionJob(sidecar, { ...approval, decidedAt }), id: randomUUID(), name: host.queue };
      const sent = await database.transaction((transaction) => enqueue(transaction, [job]));
      // Somebody else's decision is on its way.
      return sent.has(job.id) ? { kind: "done", sidecar } : { kind: "not_waiting", state: decided };
    });
  }

  /** @throws if PostgreSQL does not answer, as the others that read */
  list(): Promise<readonly FleetRecovery[]> {
    return this.#options.link.use((database) => listRecoveries(database));
  }

  get(recoveryId: string): Promise<FleetRecovery | undefined> {
    return this.#options.link.use((database) => findRecovery(database, recoveryId));
  }

  overview(): Promise<FleetOverview> {
    return this.#options.link.use(async (database) => {
      const hosts = await readHostStatuses(database);
      const directory = new HostDirectory(hosts);
      return {
        hosts,
        sharedPools: directory.sharedPools(),
        sharedInstances: directory.sharedInstances(),
      };
    });
  }

  forget(sidecar: string): Promise<boolean> {
    this.#directory = undefined;
    return this.#options.link.use((database) => forgetHost(database, sidecar));
  }

  async #enqueueAll(database: Database, alerts: readonly Alert[]): Promise<GatewayDecision[]> {
    const directory = await this.#readDirectory(database);
    const routed = alerts.map((alert) => routeOne(alert, directory));
    const jobs = routed.flatMap(({ job }) => job ?? []);
    const sent =
      jobs.length === 0
        ? new Set<string>()
        : await database.transaction((transaction) => enqueue(transaction, jobs));
    return routed.map(({ job, decision }) =>
      job === undefined || sent.has(job.id) ? decision : { ...decision, decision: "duplicate" },
    );
  }

  async #readDirectory(database: Database): Promise<HostDirectory> {
    const now = this.#options.clock.now();
    const known = this.#directory;
    const age = known === undefined ? Infinity : Math.abs(now.getTime() - known.readAt.getTime());
    if (known !== undefined && age < directoryMilliseconds) return known.value;
    const value = new HostDirectory(await readHosts(database));
    this.#directory = { value, readAt: now };
    return value;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      // The connection reports what fails here.
      this.#options.onOverview?.(await this.overview().catch(() => undefined));
      await clock.sleep(overviewMilliseconds, signal).catch(() => undefined);
    }
  }
}

/** The state that a decided recovery will have at its host soon. */
const decided: RecoveryState = "queued";

interface RoutedAlert {
  readonly decision: GatewayDecision;
  readonly job?: Job;
}

function routeOne(alert: Alert, directory: HostDirectory): RoutedAlert {
  const { fingerprint, status, labels } = alert;
  if (status === "resolved") return { decision: { fingerprint, status, decision: "resolved" } };
  const route = directory.route(labels);
  if (route.kind === "not_ours") return { decision: { fingerprint, status, decision: "not_ours" } };
  if (route.kind === "ambiguous") {
    const detail = `${route.sidecars.slice(0, 10).join(", ")}: name the host by its instance label`;
    return { decision: { fingerprint, status, decision: "ambiguous", detail } };
  }
  const { sidecar, queue } = route.host;
  const job = { ...alertJob(sidecar, alert, labelTarget(labels)), id: randomUUID(), name: queue };
  return { decision: { fingerprint, status, decision: "queued", sidecar }, job };
}

function truncated(count: number): GatewayDecision {
  const detail = `${countOf(count, "alert")} left out: each host finds what is broken at its next collection`;
  return { fingerprint: "", status: "firing", decision: "pool_rescan", detail };
}

/** The ids of the jobs that were not there already. pg-boss does not tell which ones it left out. */
async function enqueue(transaction: Transaction, jobs: readonly Job[]): Promise<ReadonlySet<string>> {
  await transaction.boss.insert([...jobs], { db: transaction.db });
  const inserted = await transaction.query(
    `select id from ${jobSchema}.job where name = any($1) and id = any($2::uuid[])`,
    [[...new Set(jobs.map(({ name }) => name))], jobs.map(({ id }) => id)],
  );
  return new Set(inserted.map(({ id }) => String(id)));
}

async function readClock(database: Database): Promise<Date> {
  const [row] = await database.query("select now() as now");
  return row?.["now"] as Date;
}
