import { readFileSync, statSync } from "node:fs";
import type { PoolConfig } from "pg";
import { asError, CodedError } from "../platform/coded-error.ts";
import type { Sql } from "./sql.ts";

/** Where the credentials are: files, which are read again when they change. */
export interface ConnectionFiles {
  readonly connectionStringFile: string;
  readonly caFile: string | undefined;
}

/** In milliseconds, and kept by the server: what this process no longer waits for holds no lock there either. */
const serverLimits = {
  statement_timeout: 10_000,
  lock_timeout: 10_000,
  idle_in_transaction_session_timeout: 15_000,
} as const;

/** Whatever PostgreSQL does, no call waits longer than this. */
const timeouts = { connectionTimeoutMillis: 5000, query_timeout: 15_000, ...serverLimits } as const;

/**
 * What the files say, for a pool of connections. With a certificate authority the server must prove its name.
 * @throws CodedError `FLEET_CREDENTIALS_UNREADABLE`; its message never quotes the connection string.
 */
export function readConnectionSettings(files: ConnectionFiles, mostConnections: number): PoolConfig {
  const url = parseConnectionString(readWhole(files.connectionStringFile).trim(), files.connectionStringFile);
  const ca = files.caFile === undefined ? undefined : readCertificates(files.caFile);
  if (ca !== undefined) for (const name of sslParameters) url.searchParams.delete(name);
  return {
    ...timeouts,
    connectionString: url.href,
    max: mostConnections,
    keepAlive: true,
    application_name: "repo-pool-sidecar",
    ssl: ca === undefined ? undefined : { ca, rejectUnauthorized: true },
  };
}

/** The limits that the server does not keep: a pooler such as PgBouncer does not hand a client's own on. */
export async function readMissingLimits(sql: Sql): Promise<readonly string[]> {
  const text = "select name from pg_settings where name = any($1) and setting = '0' order by name";
  return (await sql.query(text, [Object.keys(serverLimits)])).map(({ name }) => String(name));
}

/** Changes whenever one of the files does; a file that is not there has a version too. */
export function versionOf({ connectionStringFile, caFile }: ConnectionFiles): string {
  const files = [connectionStringFile, ...(caFile === undefined ? [] : [caFile])];
  return files
    .map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }))
    .map((found) => (found === undefined ? "" : `${found.ino}:${found.mtimeNs}:${found.size}`))
    .join(" ");
}

/** pg prefers these to the `ssl` option: they would turn the check of the certificate off. */
const sslParameters = ["ssl", "sslmode", "sslrootcert", "sslcert", "sslkey", "uselibpqcompat"] as const;

function parseConnectionString(text: string, file: string): URL {
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return new URL(text);
  throw new CodedError(
    "FLEET_CREDENTIALS_UNREADABLE",
    `${file}: expected one line, postgres://user:password@host:port/database`,
  );
}

/** Node.js takes a text without a certificate, and blames the server's. */
function readCertificates(file: string): string {
  const text = readWhole(file);
  if (text.includes("-----BEGIN")) return text;
  throw new CodedError("FLEET_CREDENTIALS_UNREADABLE", `${file}: expected certificates in PEM`);
}

function readWhole(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (thrown) {
    throw new CodedError("FLEET_CREDENTIALS_UNREADABLE", asError(thrown).message, { cause: thrown });
  }
}
