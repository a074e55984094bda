import { randomUUID } from "node:crypto";
import { linkSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { asError, systemErrorCode } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import { asOneOf, asText, asTime } from "../../platform/stored-fields.ts";
import { readStoredFile, writeStoredFile, type StoredFormat } from "../../platform/stored-file.ts";
import { approvalDecisions, type Approval } from "../queue/recovery-queue.ts";

export const approvalFormat: StoredFormat<Omit<Approval, "recoveryId">> = {
  name: "a decision about a recovery",
  version: 1,
  maxBytes: 64 * 1024,
  parse(fields) {
    const decision = asOneOf(approvalDecisions, fields["decision"]);
    const [operator, at] = [asText(fields["operator"]), asTime(fields["at"])];
    if (decision === undefined || operator === undefined || at === undefined) return undefined;
    return { decision, operator, at };
  },
  format: ({ decision, operator, at }) => ({ decision, operator, at: at.toISOString() }),
};

/** Every process of the pool's user can make files there. */
const mostSaid = 100;
const filePattern = /^([0-9a-f-]{36})\.json$/;

/**
 * What people decided, left by commands for the process that owns the queue: one file for each recovery, so
 * that the first decision stands.
 */
export class ApprovalStore {
  readonly #directory: string;
  readonly #logger: Logger | undefined;
  /** Files that could not be read. */
  readonly #said = new Set<string>();

  /** With a logger for the process that reads. */
  constructor(stateDir: string, logger?: Logger) {
    this.#logger = logger;
    this.#directory = join(stateDir, "remediation", "approvals");
  }

  /** False if somebody has decided already. @throws the system's error if nothing can be written */
  submit({ recoveryId, ...decided }: Approval): boolean {
    const whole = join(this.#directory, `${recoveryId}.${randomUUID()}`);
    writeStoredFile(whole, approvalFormat, decided);
    try {
      linkSync(whole, this.#pathOf(recoveryId));
      return true;
    } catch (error) {
      if (systemErrorCode(error) === "EEXIST") return false;
      throw error;
    } finally {
      rmSync(whole, { force: true });
    }
  }

  /** Decisions that the queue has not taken yet. */
  read(): readonly Approval[] {
    return this.#names().flatMap((name) => {
      const recoveryId = filePattern.exec(name)?.[1];
      const approval = recoveryId === undefined ? undefined : this.#readOne(recoveryId);
      return approval === undefined ? [] : [approval];
    });
  }

  remove(recoveryId: string): void {
    rmSync(this.#pathOf(recoveryId), { force: true });
  }

  #names(): string[] {
    try {
      return readdirSync(this.#directory);
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return [];
      throw error;
    }
  }

  /** A decision that cannot be read stays in its file and is logged once. The others go on. */
  #readOne(recoveryId: string): Approval | undefined {
    const path = this.#pathOf(recoveryId);
    try {
      const reading = readStoredFile(path, approvalFormat);
      if (reading.kind === "stored") return { recoveryId, ...reading.value };
      if (reading.kind === "damaged") this.#say(path, `${path}: ${reading.detail}`);
    } catch (error) {
      this.#say(path, asError(error).message);
    }
    return undefined;
  }

  #say(path: string, detail: string): void {
    if (this.#said.has(path) || this.#said.size >= mostSaid) return;
    this.#said.add(path);
    this.#logger?.error({ error: detail }, "remediation.decision_unreadable");
  }

  #pathOf(recoveryId: string): string {
    return join(this.#directory, `${recoveryId}.json`);
  }
}
