import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { formatJson, writeFileAtomic } from "../platform/atomic-file.ts";
import { systemErrorCode } from "../platform/coded-error.ts";
import { readJsonFile } from "../pool/records/json-file.ts";
import { approvalDecisions, type Approval } from "./recovery-queue.ts";

const schemaVersion = 1;
const filePattern = /^([0-9a-f-]{36})\.json$/;

/**
 * Where a command leaves what a person decided, for the process that owns the queue: one file for each recovery, so
 * that the first decision stands.
 */
export class ApprovalStore {
  readonly #directory: string;

  constructor(stateDir: string) {
    this.#directory = join(stateDir, "remediation", "approvals");
  }

  /** False where somebody has decided already. @throws the system's error where nothing can be written */
  leave({ recoveryId, decision, operator, at }: Approval): boolean {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const whole = join(this.#directory, `${recoveryId}.${randomUUID()}`);
    const content = { schema_version: schemaVersion, decision, operator, at: at.toISOString() };
    writeFileAtomic(whole, formatJson(content), { mode: 0o600 });
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

  /** What waits to be taken. */
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

  #readOne(recoveryId: string): Approval | undefined {
    const reading = readJsonFile(this.#pathOf(recoveryId));
    if (reading.kind !== "json" || typeof reading.value !== "object" || reading.value === null)
      return undefined;
    const fields = new Map<string, unknown>(Object.entries(reading.value));
    const decision = approvalDecisions.find((known) => known === fields.get("decision"));
    const [operator, at] = [fields.get("operator"), new Date(String(fields.get("at")))];
    if (fields.get("schema_version") !== schemaVersion || decision === undefined) return undefined;
    if (typeof operator !== "string" || Number.isNaN(at.getTime())) return undefined;
    return { recoveryId, decision, operator, at };
  }

  #pathOf(recoveryId: string): string {
    return join(this.#directory, `${recoveryId}.json`);
  }
}
