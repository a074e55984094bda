import { createRequire } from "node:module";
import type { Pool } from "pg";
import type PgBoss from "pg-boss";
import { asError, UsageError } from "../platform/coded-error.ts";

/** The two packages that only a fleet needs; nothing else of the program loads them. */
export interface PostgresModules {
  readonly Pool: typeof Pool;
  readonly PgBoss: typeof PgBoss;
}

const advice = "npm install pg-boss@10.4 pg@8, with --global if the program is installed globally";
/** Its tables are read here too, and each minor version may change them. */
const supportedBoss = /^10\.4\./;

/** @throws UsageError `FLEET_PACKAGE_MISSING`, or `FLEET_PACKAGE_UNSUPPORTED` for another pg-boss than ours. */
export async function loadPostgres(): Promise<PostgresModules> {
  // Before it is loaded: a version for a newer Node.js may not even parse here.
  refuseOtherBoss(findBossVersion());
  try {
    const [pg, boss] = await Promise.all([import("pg"), import("pg-boss")]);
    return { Pool: pg.default.Pool, PgBoss: boss.default };
  } catch (thrown) {
    throw new UsageError(
      "FLEET_PACKAGE_MISSING",
      `queue.driver: postgres needs two more packages: ${advice} (${asError(thrown).message})`,
      { cause: thrown },
    );
  }
}

function refuseOtherBoss(version: string | undefined): void {
  if (version === undefined || supportedBoss.test(version)) return;
  throw new UsageError(
    "FLEET_PACKAGE_UNSUPPORTED",
    `pg-boss ${version} is installed, and this program works with 10.4: ${advice}`,
  );
}

/** Undefined if it is not installed, which its import says better. */
function findBossVersion(): string | undefined {
  try {
    const described = createRequire(import.meta.url)("pg-boss/package.json") as { version: string };
    return described.version;
  } catch {
    return undefined;
  }
}
