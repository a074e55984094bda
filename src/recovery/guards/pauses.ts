import { statSync } from "node:fs";
import { join } from "node:path";
import { formatJson, writeFileAtomic } from "../../platform/atomic-file.ts";
import { CodedError, systemErrorCode } from "../../platform/coded-error.ts";
import { readJsonFile } from "../../pool/records/json-file.ts";
import { withFileLock } from "../../platform/file-lock.ts";

const schemaVersion = 1;
/** Each recovery step looks through all of them. */
export const mostPauses = 256;

/** Without pool and slot it pauses everything; without an end it lasts until somebody resumes. */
export interface Pause {
  readonly name: string;
  readonly reason: string;
  readonly operator: string;
  readonly expiresAt: Date | undefined;
  readonly pool: string | undefined;
  readonly slotId: string | undefined;
}

/** What a recovery would touch; undefined parts mean "every one". */
export interface PausableTarget {
  readonly pool: string | undefined;
  readonly slotId: string | undefined;
}

export type PauseOutcome = { readonly kind: "paused" } | { readonly kind: "duplicate" | "full" };
export type ResumeOutcome = { readonly kind: "resumed" } | { readonly kind: "not_found" };

/**
 * The named pauses: a file of the state directory that `serve` and the commands share. What another process
 * changes is in force at the next look.
 */
export class Pauses {
  readonly #path: string;
  #version = "";
  #pauses: readonly Pause[] = [];

  constructor(stateDir: string) {
    this.#path = join(stateDir, "remediation", "pauses.json");
  }

  list(now: Date): readonly Pause[] {
    return this.#current().filter((pause) => pause.expiresAt === undefined || pause.expiresAt > now);
  }

  /** The first pause that covers the target. A pause of one slot does not stop a run over its pool. */
  find(target: PausableTarget, now: Date): Pause | undefined {
    return this.list(now).find(
      (pause) =>
        (pause.pool === undefined || pause.pool === target.pool) &&
        (pause.slotId === undefined || pause.slotId === target.slotId),
    );
  }

  /** @throws CodedError `PAUSES_FILE_INVALID`, `STATE_FILE_BUSY`; the system's error where the file cannot be written */
  pause(pause: Pause, now: Date): Promise<PauseOutcome> {
    return this.#change<PauseOutcome>(now, (pauses) => {
      if (pauses.some((known) => known.name === pause.name)) return { outcome: { kind: "duplicate" } };
      if (pauses.length >= mostPauses) return { outcome: { kind: "full" } };
      return { outcome: { kind: "paused" }, pauses: [...pauses, pause] };
    });
  }

  /** @throws as `pause` */
  resume(name: string, now: Date): Promise<ResumeOutcome> {
    return this.#change<ResumeOutcome>(now, (pauses) => {
      const others = pauses.filter((pause) => pause.name !== name);
      if (others.length === pauses.length) return { outcome: { kind: "not_found" } };
      return { outcome: { kind: "resumed" }, pauses: others };
    });
  }

  #change<Outcome>(
    now: Date,
    decide: (pauses: readonly Pause[]) => { outcome: Outcome; pauses?: readonly Pause[] },
  ): Promise<Outcome> {
    return withFileLock(`${this.#path}.lock`, () => {
      const known = readPauses(this.#path);
      if (known === undefined) throw invalidFile(this.#path);
      const { outcome, pauses } = decide(
        known.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now),
      );
      if (pauses !== undefined) {
        writeFileAtomic(this.#path, formatJson({ schema_version: schemaVersion, pauses }), { mode: 0o600 });
      }
      return outcome;
    });
  }

  #current(): readonly Pause[] {
    const version = versionOf(this.#path);
    if (version === this.#version) return this.#pauses;
    this.#pauses = readPauses(this.#path) ?? [everythingPaused(this.#path)];
    this.#version = version;
    return this.#pauses;
  }
}

/** To go on without knowing the pauses would break them. */
function everythingPaused(path: string): Pause {
  return {
    name: "pauses-unreadable",
    reason: `${path} is no list of pauses of this version: mend it, or move it aside to end every pause`,
    operator: "repo-pool-sidecar",
    expiresAt: undefined,
    pool: undefined,
    slotId: undefined,
  };
}

function versionOf(path: string): string {
  try {
    const { ino, mtimeNs, size } = statSync(path, { bigint: true });
    return `${ino}:${mtimeNs}:${size}`;
  } catch (error) {
    return systemErrorCode(error) ?? "unreadable";
  }
}

/** Undefined where the file is there and is not one of ours. */
function readPauses(path: string): readonly Pause[] | undefined {
  const reading = readJsonFile(path);
  if (reading.kind === "missing") return [];
  const fields = reading.kind === "json" ? fieldsOf(reading.value) : undefined;
  const saved = fields?.get("pauses");
  if (fields?.get("schema_version") !== schemaVersion || !Array.isArray(saved)) return undefined;
  const pauses = saved.map((value: unknown) => readPause(fieldsOf(value)));
  return pauses.every((pause) => pause !== undefined) ? pauses : undefined;
}

function readPause(fields: ReadonlyMap<string, unknown> | undefined): Pause | undefined {
  const text = (name: string) => {
    const value = fields?.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const [name, expires] = [text("name"), text("expiresAt")];
  const expiresAt = expires === undefined ? undefined : new Date(expires);
  if (name === undefined || Number.isNaN(expiresAt?.getTime())) return undefined;
  return {
    name,
    reason: text("reason") ?? "",
    operator: text("operator") ?? "",
    expiresAt,
    pool: text("pool"),
    slotId: text("slotId"),
  };
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map<string, unknown>(Object.entries(value));
}

function invalidFile(path: string): CodedError {
  return new CodedError(
    "PAUSES_FILE_INVALID",
    `${path}: not a list of pauses of this version; move it aside to end every pause`,
  );
}
