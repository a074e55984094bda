import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { formatJson, writeFileAtomic } from "../platform/atomic-file.ts";
import { CodedError } from "../platform/coded-error.ts";
import { readJsonFile } from "../pool/json-file.ts";

const schemaVersion = 1;

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

/** The named pauses. With a path they survive a restart. */
export class Pauses {
  readonly #path: string | undefined;
  readonly #pauses = new Map<string, Pause>();

  /** @throws CodedError `pauses_file_invalid`: to go on without knowing the pauses would break them. */
  constructor(path: string | undefined) {
    this.#path = path;
    for (const pause of path === undefined ? [] : readPauses(path)) this.#pauses.set(pause.name, pause);
  }

  list(now: Date): readonly Pause[] {
    return [...this.#pauses.values()].filter(
      (pause) => pause.expiresAt === undefined || pause.expiresAt > now,
    );
  }

  /** The first pause that covers the target. A pause of one slot does not stop a run over its pool. */
  find(target: PausableTarget, now: Date): Pause | undefined {
    return this.list(now).find(
      (pause) =>
        (pause.pool === undefined || pause.pool === target.pool) &&
        (pause.slotId === undefined || pause.slotId === target.slotId),
    );
  }

  pause(pause: Pause, now: Date): { readonly kind: "paused" } | { readonly kind: "duplicate" } {
    if (this.list(now).some((known) => known.name === pause.name)) return { kind: "duplicate" };
    this.#replace([...this.list(now), pause]);
    return { kind: "paused" };
  }

  resume(name: string, now: Date): { readonly kind: "resumed" } | { readonly kind: "not_found" } {
    const others = this.list(now).filter((pause) => pause.name !== name);
    if (others.length === this.list(now).length) return { kind: "not_found" };
    this.#replace(others);
    return { kind: "resumed" };
  }

  /** The file first: what it refuses is not in force either. */
  #replace(pauses: readonly Pause[]): void {
    if (this.#path !== undefined) {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileAtomic(this.#path, formatJson({ schema_version: schemaVersion, pauses }), { mode: 0o600 });
    }
    this.#pauses.clear();
    for (const pause of pauses) this.#pauses.set(pause.name, pause);
  }
}

function readPauses(path: string): readonly Pause[] {
  const reading = readJsonFile(path);
  if (reading.kind === "missing") return [];
  const fields = reading.kind === "json" ? fieldsOf(reading.value) : undefined;
  const saved = fields?.get("pauses");
  if (fields?.get("schema_version") !== schemaVersion || !Array.isArray(saved)) throw invalidFile(path);
  return saved.map((value: unknown) => {
    const pause = readPause(fieldsOf(value));
    if (pause === undefined) throw invalidFile(path);
    return pause;
  });
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
  return new CodedError("pauses_file_invalid", `${path}: not a list of pauses of this version`);
}
