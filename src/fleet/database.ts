import type { Pool, PoolClient, PoolConfig } from "pg";
import type PgBoss from "pg-boss";
import { asError, systemErrorCode } from "../platform/coded-error.ts";
import { jobSchema, prepareSchema } from "./fleet-schema.ts";
import type { PostgresModules } from "./load-postgres.ts";
import { deadLetterQueue } from "./queue-name.ts";
import type { Row, Sql } from "./sql.ts";

/** A transaction: its own statements, and pg-boss's functions if they are given `db`. */
export interface Transaction extends Sql {
  readonly boss: PgBoss;
  readonly db: PgBoss.Db;
}

/** What a job holds is whatever another version of this program wrote. */
export interface FetchedJob {
  readonly id: string;
  readonly data: unknown;
}

export interface DatabaseOptions {
  readonly settings: PoolConfig;
  /** True if this process expires, archives and removes jobs: pg-boss's maintenance. */
  readonly maintains: boolean;
  /** Called for an error in the background, which no caller would see. */
  onError(error: Error): void;
}

const expirySeconds = { job: 30, maintenance: 10 } as const;
/**
 * Errors of two processes that do the same at once, for which another attempt helps: a deadlock, or tables of pg-boss that
 * the other has half made.
 */
const racedStates = ["40P01", "40001", "23505", "42P06", "42P07", "42710"];
const mostAttempts = 4;

/** An open, verified database with pg-boss on it. */
export class Database implements Sql {
  readonly #pool: Pool;
  readonly #boss: PgBoss;

  private constructor(pool: Pool, boss: PgBoss) {
    this.#pool = pool;
    this.#boss = boss;
  }

  /** @throws CodedError `FLEET_SCHEMA_MISMATCH`, or PostgreSQL's error */
  static async open(modules: PostgresModules, options: DatabaseOptions): Promise<Database> {
    return retrying(() => Database.#openOnce(modules, options));
  }

  static async #openOnce({ Pool, PgBoss }: PostgresModules, options: DatabaseOptions): Promise<Database> {
    const pool = new Pool(options.settings);
    pool.on("error", (error) => {
      options.onError(error);
    });
    const boss = new PgBoss({
      db: { executeSql: async (text, values) => pool.query<Record<string, unknown>>(text, values) },
      schema: jobSchema,
      schedule: false,
      supervise: options.maintains,
      maintenanceIntervalSeconds: expirySeconds.maintenance,
      expireInSeconds: expirySeconds.job,
    });
    boss.on("error", (error) => {
      options.onError(error);
    });
    const database = new Database(pool, boss);
    try {
      await database.transaction((transaction) => prepareSchema(transaction));
      await boss.start();
      await boss.createQueue(deadLetterQueue);
      return database;
    } catch (thrown) {
      await database.close();
      throw thrown;
    }
  }

  async query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return rowsOf(await this.#pool.query<Record<string, unknown>>(text, [...values]));
  }

  /** Resolves when PostgreSQL has committed. */
  async transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return retrying(() => this.#attempt(work));
  }

  /** The oldest jobs of a queue, which are then this process's to complete or to fail. */
  async fetch(queue: string, batchSize: number): Promise<readonly FetchedJob[]> {
    let failure: unknown;
    const executeSql = async (text: string, values: unknown[]) => {
      try {
        return await this.#pool.query<Record<string, unknown>>(text, values);
      } catch (thrown) {
        failure = thrown;
        throw thrown;
      }
    };
    const jobs = await this.#boss.fetch<unknown>(queue, { batchSize, db: { executeSql } });
    // pg-boss takes any error for an empty queue.
    if (failure !== undefined) throw asError(failure);
    return jobs;
  }

  async createQueue(name: string, options: Omit<PgBoss.Queue, "name">): Promise<void> {
    await retrying(() => this.#boss.createQueue(name, { ...options, name }));
  }

  async complete(queue: string, jobId: string, output: object): Promise<void> {
    await this.#boss.complete(queue, jobId, output);
  }

  /** The job is tried again later, and in the end becomes a dead letter. */
  async fail(queue: string, jobId: string, reason: string): Promise<void> {
    await this.#boss.fail(queue, jobId, { message: reason });
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false }).catch(() => undefined);
    await this.#pool.end().catch(() => undefined);
  }

  async #attempt<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    let failure: Error | undefined;
    try {
      await client.query("begin");
      const result = await work(transactionOn(client, this.#boss));
      await client.query("commit");
      return result;
    } catch (thrown) {
      failure = asError(thrown);
      throw thrown;
    } finally {
      // A client that failed is closed, which ends its transaction too.
      client.release(failure);
    }
  }
}

async function retrying<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (thrown) {
      if (attempt >= mostAttempts || !racedStates.includes(sqlStateOf(thrown) ?? "")) throw thrown;
    }
  }
}

/** PostgreSQL's five characters, such as `25006` for a server that only reads; the system's codes have no digit. */
export function sqlStateOf(thrown: unknown): string | undefined {
  const code = systemErrorCode(thrown) ?? "";
  return /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

function transactionOn(client: PoolClient, boss: PgBoss): Transaction {
  return {
    boss,
    query: async (text, values = []) =>
      rowsOf(
        await client.query<Record<string, unknown>>(text, values.length === 0 ? undefined : [...values]),
      ),
    db: {
      executeSql: async (text: string, values: unknown[]) =>
        client.query<Record<string, unknown>>(text, values),
    },
  };
}

/** Several statements in one text have a result each, the last of which counts. */
function rowsOf(result: { rows: Row[] } | { rows: Row[] }[]): readonly Row[] {
  return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) ?? [];
}
