import { join } from "node:path";
import { asError } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import { ApprovalStore } from "../approvals/approval-store.ts";
import { queueFileAt, type QueueFile, type SavedQueue } from "./queue-file.ts";
import type { Approval } from "./recovery-queue.ts";

export interface QueueStorageOptions {
  /** Undefined keeps the queue in memory alone. */
  readonly stateDir: string | undefined;
  readonly leadership: { isLeader(): boolean };
  readonly logger: Logger;
}

/**
 * The files that keep a queue over a restart. The process that leads owns them. The others show what it wrote, and pass on
 * the decisions that people make there.
 */
export class QueueStorage {
  readonly #options: QueueStorageOptions;
  readonly #file: QueueFile | undefined;
  readonly #approvals: ApprovalStore | undefined;
  #isOwner = false;
  #version = "";
  #hasSaidUnsaved = false;

  constructor(options: QueueStorageOptions) {
    const { stateDir } = options;
    this.#options = options;
    this.#file = stateDir === undefined ? undefined : queueFileAt(queueFilePath(stateDir));
    this.#approvals = stateDir === undefined ? undefined : new ApprovalStore(stateDir, options.logger);
  }

  isOwner(): boolean {
    return this.#isOwner;
  }

  /**
   * Owns the files from here on if this process leads. A process that only watches shows what it can read.
   * @throws CodedError `QUEUE_FILE_INVALID`, `STORED_FILE_NEWER`
   */
  read(): SavedQueue {
    const isLeader = this.#options.leadership.isLeader();
    this.#version = this.#file?.version() ?? "";
    try {
      const saved = this.#file?.read() ?? { waiting: [], deliveries: [] };
      this.#isOwner = isLeader;
      return saved;
    } catch (thrown) {
      this.#isOwner = false;
      if (isLeader) throw thrown;
      this.#sayUnread(thrown);
      return { waiting: [], deliveries: [] };
    }
  }

  /** As above, if another process has written since, or if this one has begun or ceased to lead. */
  readNews(): SavedQueue | undefined {
    const isLeader = this.#options.leadership.isLeader();
    const isKnown = isLeader || this.#version === (this.#file?.version() ?? "");
    if (isLeader === this.#isOwner && isKnown) return undefined;
    try {
      return this.read();
    } catch (thrown) {
      this.#sayUnread(thrown);
      return undefined;
    }
  }

  #sayUnread(thrown: unknown): void {
    this.#options.logger.error({ error: asError(thrown).message }, "remediation.load_failed");
  }

  /** False if the write fails, or if this process does not own the files. The first failure in a row is logged. */
  write(queue: SavedQueue): boolean {
    if (!this.#isOwner) return false;
    try {
      this.#file?.write(queue);
      this.#hasSaidUnsaved = false;
      return true;
    } catch (thrown) {
      if (!this.#hasSaidUnsaved)
        this.#options.logger.error({ error: asError(thrown).message }, "remediation.save_failed");
      this.#hasSaidUnsaved = true;
      return false;
    }
  }

  /** What people decided through other processes, for the owner to take. */
  approvals(): readonly Approval[] {
    return this.#isOwner ? (this.#approvals?.read() ?? []) : [];
  }

  removeApproval(recoveryId: string): void {
    this.#approvals?.remove(recoveryId);
  }

  /** Leaves a decision to the owner. False if somebody has decided already, or there is no owner to take it. */
  submitApproval(approval: Approval): boolean {
    return this.#approvals?.submit(approval) === true;
  }
}

/** Where the queue of a state directory is kept. */
export function queueFilePath(stateDir: string): string {
  return join(stateDir, "remediation", "queue.json");
}
