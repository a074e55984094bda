import type { Clock } from "../platform/clock.ts";
import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import { RepeatLimit } from "../platform/repeat-limit.ts";
import { AuditWriter, type AuditSources } from "./audit-writer.ts";
import type { Database } from "./database.ts";
import { problemOf, type FleetLink, type FleetProblem } from "./fleet-link.ts";
import { HostQueue, type HostIntake } from "./host-queue.ts";
import { announceHost, createHostQueue, hostTimes, type HostAnnouncement } from "./host-registry.ts";
import { secondsBetween } from "../platform/clock.ts";

export interface FleetHostOptions {
  readonly link: FleetLink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intake: HostIntake;
  readonly audit: AuditSources;
  /** Undefined before the first collection has ended. */
  announcement(): HostAnnouncement | undefined;
  /** False while another process of this state directory leads: that one is the host then. */
  isLeader(): boolean;
  /** How often the queue is asked; two seconds unless a test is in a hurry. */
  readonly pollMilliseconds?: number;
  /** After each turn. */
  onState?(state: { readonly isUp: boolean }): void;
}

const defaultPollMilliseconds = 2000;

/** A host's side of the fleet: it fetches its queue, and writes back the results. */
export class FleetHost {
  readonly #options: FleetHostOptions;
  readonly #queue: HostQueue;
  readonly #audit: AuditWriter;
  readonly #said = new RepeatLimit({ mostPerPeriod: 1, periodSeconds: 60 });
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #announced = { text: "", at: new Date(0), openedCount: 0, queue: "" };
  #problem: FleetProblem | undefined;

  constructor(options: FleetHostOptions) {
    this.#options = options;
    this.#queue = new HostQueue(options.intake, options.logger);
    this.#audit = new AuditWriter(options.audit);
  }

  /** Why the fleet cannot be used now: PostgreSQL is away, or this host's name is another's. */
  problem(): FleetProblem | undefined {
    return this.#options.link.problem() ?? this.#problem;
  }

  start(): void {
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  /** Resolves when what was fetched is handed over, and what has ended is written back as far as that is possible. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#options.link.close();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, link, pollMilliseconds = defaultPollMilliseconds } = this.#options;
    while (!signal.aborted) {
      const hasMore = await this.#attempt({ isLast: false });
      this.#options.onState?.({ isUp: link.isUp() && this.#problem === undefined });
      // Two thousand hosts must not ask in the same moment.
      const wait = pollMilliseconds * (0.75 + Math.random() / 2);
      if (!hasMore) await clock.sleep(wait, signal).catch(() => undefined);
    }
    await this.#attempt({ isLast: true });
  }

  /** True if more may wait. What fails is tried again by a later turn. */
  async #attempt(turn: { isLast: boolean }): Promise<boolean> {
    try {
      const hasMore = await this.#turn(turn);
      this.#problem = undefined;
      return hasMore;
    } catch (thrown) {
      // The connection reports what is wrong with PostgreSQL.
      this.#problem = this.#options.link.problem() === undefined ? problemOf(asError(thrown)) : undefined;
      if (this.#problem !== undefined) this.#say(this.#problem);
      return false;
    }
  }

  #say(problem: FleetProblem): void {
    const { clock, logger } = this.#options;
    const { isAdmitted, suppressedCount } = this.#said.admit(problem.code, clock.now());
    if (isAdmitted) logger.error({ ...problem, suppressedCount }, "fleet.failed");
  }

  async #turn({ isLast }: { isLast: boolean }): Promise<boolean> {
    const { link } = this.#options;
    const announced = this.#options.announcement();
    if (announced === undefined || !this.#options.isLeader()) return false;
    const { sidecar } = announced;
    return link.use(async (database) => {
      await this.#announce(database, announced);
      const { queue } = this.#announced;
      const hasMore = !isLast && (await this.#queue.pull(database, { queue, sidecar }));
      await this.#audit.write(database, sidecar, link.openedCount());
      return hasMore;
    });
  }

  async #announce(database: Database, announced: HostAnnouncement): Promise<void> {
    const now = this.#options.clock.now();
    const text = JSON.stringify(announced);
    const openedCount = this.#options.link.openedCount();
    const ageSeconds = Math.abs(secondsBetween(this.#announced.at, now));
    const isNewConnection = openedCount !== this.#announced.openedCount;
    if (!isNewConnection && text === this.#announced.text && ageSeconds < hostTimes.heartbeatSeconds) return;
    const { sidecar } = announced;
    const queue = isNewConnection ? await createHostQueue(database, sidecar) : this.#announced.queue;
    await announceHost(database, announced);
    this.#announced = { text, at: now, openedCount, queue };
  }
}
