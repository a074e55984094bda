import { statSync } from "node:fs";
import { join } from "node:path";
import { asError, CodedError, systemErrorCode } from "../../platform/coded-error.ts";
import { withFileLock } from "../../platform/file-lock.ts";
import { asFields, asList, asText, asTime } from "../../platform/stored-fields.ts";
import { readStoredFile, writeStoredFile, type StoredFormat } from "../../platform/stored-file.ts";

/** Each recovery step reads all of them. */
const mostPauses = 256;

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

  /** @throws CodedError `PAUSES_FILE_INVALID`, `STORED_FILE_NEWER`, `STATE_FILE_BUSY`; the system's error if the file cannot be written */
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
      const { outcome, pauses } = decide(
        readPauses(this.#path).filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now),
      );
      if (pauses !== undefined) writeStoredFile(this.#path, pausesFormat, pauses);
      return outcome;
    });
  }

  #current(): readonly Pause[] {
    const version = versionOf(this.#path);
    if (version === this.#version) return this.#pauses;
    this.#pauses = readPausesOrPauseAll(this.#path);
    this.#version = version;
    return this.#pauses;
  }
}

/** A file that cannot be read pauses everything: to go on without knowing the pauses would break them. */
function readPausesOrPauseAll(path: string): readonly Pause[] {
  try {
    return readPauses(path);
  } catch (error) {
    return [
      {
        name: "pauses-unreadable",
        reason: asError(error).message,
        operator: "repo-pool-sidecar",
        expiresAt: undefined,
        pool: undefined,
        slotId: undefined,
      },
    ];
  }
}

function versionOf(path: string): string {
  try {
    const { ino, mtimeNs, size } = statSync(path, { bigint: true });
    return `${ino}:${mtimeNs}:${size}`;
  } catch (error) {
    return systemErrorCode(error) ?? "unreadable";
  }
}

export const pausesFormat: StoredFormat<readonly Pause[]> = {
  name: "the list of pauses",
  version: 1,
  maxBytes: 4 * 1024 * 1024,
  parse(fields) {
    const pauses = asList(fields["pauses"])?.map(parsePause);
    return pauses?.every((pause) => pause !== undefined) === true ? pauses : undefined;
  },
  format: (pauses) => ({ pauses }),
};

/** @throws CodedError `PAUSES_FILE_INVALID`, `STORED_FILE_NEWER` */
function readPauses(path: string): readonly Pause[] {
  const reading = readStoredFile(path, pausesFormat);
  if (reading.kind === "missing") return [];
  if (reading.kind === "stored") return reading.value;
  const advice = "correct it, or move it aside to end every pause";
  throw new CodedError("PAUSES_FILE_INVALID", `${path}: ${reading.detail}; ${advice}`);
}

/** Undefined also for an end that is no time: it must not become a pause without one. */
function parsePause(value: unknown): Pause | undefined {
  const fields = asFields(value);
  const name = asText(fields?.["name"]);
  const expiresAt = asTime(fields?.["expiresAt"]);
  if (fields === undefined || name === undefined) return undefined;
  if (expiresAt === undefined && asText(fields["expiresAt"]) !== undefined) return undefined;
  return {
    name,
    reason: asText(fields["reason"]) ?? "",
    operator: asText(fields["operator"]) ?? "",
    expiresAt,
    pool: asText(fields["pool"]),
    slotId: asText(fields["slotId"]),
  };
}
