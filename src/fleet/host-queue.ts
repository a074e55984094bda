import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import type { ApprovalDecision, NominatingAlert } from "../remediation/queue/recovery-queue.ts";
import type { Database, FetchedJob } from "./database.ts";
import { parseDelivery, type Delivery } from "./delivery.ts";
import { writeRecoveries } from "./recovery-audit.ts";

/** The result of an alert in the host's own remediation. */
export type AlertIntake =
  /** It is on the host's disk, or there is nothing to keep. `not_found`: the pool or slot is no longer there. */
  | {
      readonly kind: "taken";
      readonly decision: string;
      readonly recoveryId?: string;
      readonly detail?: string;
    }
  /** It cannot be taken now: it stays in the fleet's queue. */
  | { readonly kind: "later"; readonly detail: string };

export interface HostDecision {
  readonly recoveryId: string;
  readonly decision: ApprovalDecision;
  readonly operator: string;
  /** How long ago, by the database's clock. */
  readonly ageSeconds: number;
}

export interface DescribedAlert {
  readonly alert: NominatingAlert;
  readonly target: string;
  readonly slotId: string | undefined;
}

/** What a host does with what its queue holds. */
export interface HostIntake {
  /** How many more alerts the local queue can take. */
  room(): number;
  /** In their order; one write to the disk for all of them. */
  takeAlerts(alerts: readonly unknown[]): readonly AlertIntake[];
  /** Leaves a person's decision if it survives a restart. */
  takeDecision(decision: HostDecision): void;
  /** What an alert is about; undefined if it is none. */
  describeAlert(alert: unknown): DescribedAlert | undefined;
}

const mostFetched = 50;

interface ReadJob {
  readonly jobId: string;
  /** Undefined if another version wrote it. */
  readonly delivery: Delivery | undefined;
}

/** Hands what waits in a host's queue over to the host. */
export class HostQueue {
  readonly #intake: HostIntake;
  readonly #logger: Logger;

  constructor(intake: HostIntake, logger: Logger) {
    this.#intake = intake;
    this.#logger = logger;
  }

  /**
   * True if more may wait. The local disk has an alert before the fleet's queue lets go of it: a kill in between
   * delivers it twice, and the host knows it then.
   */
  async pull(database: Database, { queue, sidecar }: { queue: string; sidecar: string }): Promise<boolean> {
    const batchSize = Math.min(mostFetched, this.#intake.room());
    if (batchSize <= 0) return false;
    const jobs = (await database.fetch(queue, batchSize)).map(readJob);
    const intakes = this.#takeAlerts(jobs);
    for (const job of jobs) {
      const intake = intakes.get(job.jobId) ?? (await this.#takeOther(database, job));
      await this.#settle(database, { queue, sidecar, job, intake });
    }
    return jobs.length === batchSize;
  }

  #takeAlerts(jobs: readonly ReadJob[]): ReadonlyMap<string, AlertIntake> {
    const alerts = jobs.flatMap(({ jobId, delivery }) =>
      delivery?.kind === "alert" ? [{ jobId, alert: delivery.alert }] : [],
    );
    if (alerts.length === 0) return new Map();
    const intakes = this.#intake.takeAlerts(alerts.map(({ alert }) => alert));
    return new Map(alerts.map(({ jobId }, index) => [jobId, intakes[index] ?? missing]));
  }

  async #takeOther(database: Database, { jobId, delivery }: ReadJob): Promise<AlertIntake> {
    if (delivery?.kind !== "decision") {
      this.#logger.error({ jobId }, "fleet.job_unreadable");
      return { kind: "later", detail: "this version cannot read the job" };
    }
    const { recoveryId, decision, operator, decidedAt } = delivery;
    const ageSeconds = await readAgeSeconds(database, decidedAt);
    try {
      this.#intake.takeDecision({ recoveryId, decision, operator, ageSeconds });
      return { kind: "taken", decision, recoveryId };
    } catch (thrown) {
      return { kind: "later", detail: asError(thrown).message };
    }
  }

  async #settle(
    database: Database,
    { queue, sidecar, job, intake }: { queue: string; sidecar: string; job: ReadJob; intake: AlertIntake },
  ): Promise<void> {
    const { jobId, delivery } = job;
    if (intake.kind === "later") {
      await database.fail(queue, jobId, intake.detail);
      return;
    }
    if (intake.decision === "not_found" && delivery?.kind === "alert")
      await this.#auditNotFound(database, { sidecar, jobId, alert: delivery.alert });
    await database.complete(queue, jobId, intake);
    this.#logger.info({ jobId, ...intake, kind: delivery?.kind }, "fleet.job_taken");
  }

  /** Records an alert whose pool or slot is gone, so that it does not vanish without a trace. */
  async #auditNotFound(
    database: Database,
    { sidecar, jobId, alert }: { sidecar: string; jobId: string; alert: unknown },
  ): Promise<void> {
    const described = this.#intake.describeAlert(alert);
    if (described === undefined) return;
    await writeRecoveries(database, sidecar, [
      {
        recoveryId: jobId,
        state: "not_found",
        trigger: "alert",
        requestedBy: described.alert.name,
        policy: undefined,
        dryRun: false,
        requestedAgeSeconds: 0,
        finishedAgeSeconds: 0,
        expiresInSeconds: undefined,
        planned: [],
        errors: [`this host no longer has ${described.target}`],
        ...described,
      },
    ]);
  }
}

const missing: AlertIntake = { kind: "later", detail: "the host did not say what became of it" };

function readJob({ id, data }: FetchedJob): ReadJob {
  return { jobId: id, delivery: parseDelivery(data) };
}

async function readAgeSeconds(database: Database, instant: Date): Promise<number> {
  const [row] = await database.query("select extract(epoch from now() - $1::timestamptz)::float8 as age", [
    instant.toISOString(),
  ]);
  return Number(row?.["age"]);
}
