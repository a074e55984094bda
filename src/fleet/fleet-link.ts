import { startStopwatch, type Clock } from "../platform/clock.ts";
import { asError, CodedError, systemErrorCode } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import { RepeatLimit } from "../platform/repeat-limit.ts";
import {
  readConnectionSettings,
  readMissingLimits,
  versionOf,
  type ConnectionFiles,
} from "./connection-settings.ts";
import { Database, sqlStateOf } from "./database.ts";
import type { PostgresModules } from "./load-postgres.ts";

export interface FleetLinkOptions {
  readonly modules: PostgresModules;
  readonly files: ConnectionFiles;
  readonly mostConnections: number;
  readonly maintains: boolean;
  readonly clock: Pick<Clock, "now">;
  readonly logger: Logger;
}

/** Why PostgreSQL cannot be used now: a code of this program, PostgreSQL's five characters, or the system's. */
export interface FleetProblem {
  readonly code: string;
  readonly detail: string;
}

const backoffSeconds = { first: 1, most: 30 } as const;

/**
 * Classes of SQLSTATE that another attempt on a new connection may get around: no connection, no resources, shut down
 * or starting; a server that only reads; tables that are gone, which an opening makes again.
 */
const passingStates = /^(08|53|57|58|28|3D|3F|25006|25P02|42P01|F0|XX)/;

/** The connection to PostgreSQL: opened when it is needed, closed when it fails, and tried again after a while. */
export class FleetLink {
  readonly #options: FleetLinkOptions;
  readonly #said = new RepeatLimit({ mostPerPeriod: 1, periodSeconds: 60 });
  #database: Promise<Database> | undefined;
  #version = "";
  #problem: FleetProblem | undefined;
  #failureCount = 0;
  #waitSeconds = 0;
  #waitedSeconds = startStopwatch();
  #openedCount = 0;
  #isConnected = false;

  constructor(options: FleetLinkOptions) {
    this.#options = options;
  }

  /** Undefined while the last attempt succeeded, or before the first. */
  problem(): FleetProblem | undefined {
    return this.#problem;
  }

  isUp(): boolean {
    return this.#isConnected;
  }

  /** Grows with every connection that was made: what was written by way of an older one may be looked at again. */
  openedCount(): number {
    return this.#openedCount;
  }

  /** @throws CodedError `FLEET_UNAVAILABLE` at once if an attempt failed a moment ago, or the error of this one */
  async use<Result>(work: (database: Database) => Promise<Result>): Promise<Result> {
    const opening = this.#open();
    let isOpen = false;
    try {
      const database = await opening;
      isOpen = true;
      const result = await work(database);
      this.#noteSuccess();
      return result;
    } catch (thrown) {
      if (this.#database === opening && (!isOpen || isPassing(thrown)))
        this.#giveUp(opening, asError(thrown));
      throw thrown;
    }
  }

  async close(): Promise<void> {
    const opened = this.#database;
    this.#database = undefined;
    await opened?.then((database) => database.close()).catch(() => undefined);
  }

  #open(): Promise<Database> {
    const version = versionOf(this.#options.files);
    if (version !== this.#version) void this.close();
    if (this.#database !== undefined) return this.#database;
    const hasChanged = version !== this.#version;
    if (!hasChanged && this.#waitedSeconds() < this.#waitSeconds)
      throw new CodedError("FLEET_UNAVAILABLE", this.#problem?.detail ?? "PostgreSQL does not answer");
    this.#version = version;
    const opening = this.#connect();
    this.#database = opening;
    return opening;
  }

  async #connect(): Promise<Database> {
    const { modules, files, mostConnections, maintains } = this.#options;
    const database = await Database.open(modules, {
      settings: readConnectionSettings(files, mostConnections),
      maintains,
      onError: (error) => {
        this.#say(problemOf(error));
      },
    });
    this.#openedCount += 1;
    await this.#sayMissingLimits(database);
    return database;
  }

  async #sayMissingLimits(database: Database): Promise<void> {
    const { clock, logger } = this.#options;
    const settings = await readMissingLimits(database);
    if (settings.length > 0 && this.#said.admit("limits", clock.now()).isAdmitted)
      logger.warn({ settings }, "fleet.limits_missing");
  }

  #noteSuccess(): void {
    if (!this.#isConnected) this.#options.logger.info({}, "fleet.connected");
    this.#isConnected = true;
    this.#problem = undefined;
    this.#failureCount = 0;
  }

  #giveUp(opening: Promise<Database>, error: Error): void {
    this.#database = undefined;
    void opening.then((database) => database.close()).catch(() => undefined);
    const seconds = Math.min(backoffSeconds.most, backoffSeconds.first * 2 ** this.#failureCount);
    this.#failureCount += 1;
    // Two thousand hosts must not come back in the same second.
    this.#waitSeconds = seconds * (0.5 + Math.random() / 2);
    this.#waitedSeconds = startStopwatch();
    this.#isConnected = false;
    this.#problem = problemOf(error);
    this.#say(this.#problem);
  }

  #say(problem: FleetProblem): void {
    const { clock, logger } = this.#options;
    const { isAdmitted, suppressedCount } = this.#said.admit(problem.code, clock.now());
    if (isAdmitted) logger.warn({ ...problem, suppressedCount }, "fleet.unavailable");
  }
}

function isPassing(thrown: unknown): boolean {
  if (thrown instanceof CodedError) return false;
  const state = sqlStateOf(thrown);
  // Without a state of PostgreSQL's it is the network's error, or our own time limit.
  return state === undefined || passingStates.test(state);
}

export function problemOf(error: Error): FleetProblem {
  const systemCode = systemErrorCode(error) ?? "FLEET_UNAVAILABLE";
  // If several addresses were tried, the error is an AggregateError without a message.
  return { code: systemCode, detail: error.message === "" ? systemCode : error.message };
}
