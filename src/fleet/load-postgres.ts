import type { Pool } from "pg";
import type PgBoss from "pg-boss";
import { asError, UsageError } from "../platform/coded-error.ts";

/** The two packages that only a fleet needs; nothing else of the program loads them. */
export interface PostgresModules {
  readonly Pool: typeof Pool;
  readonly PgBoss: typeof PgBoss;
}

/** @throws UsageError `FLEET_PACKAGE_MISSING` where they are not installed. */
export async function loadPostgres(): Promise<PostgresModules> {
  try {
    const [pg, boss] = await Promise.all([import("pg"), import("pg-boss")]);
    return { Pool: pg.default.Pool, PgBoss: boss.default };
  } catch (thrown) {
    throw new UsageError(
      "FLEET_PACKAGE_MISSING",
      `queue.driver: postgres needs two more packages: npm install pg-boss@10.4 pg@8 (${asError(thrown).message})`,
      { cause: thrown },
    );
  }
}
