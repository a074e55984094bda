import { Deliveries } from "./deliveries.ts";
import type { SavedQueue } from "./queue-file.ts";
import type { QueueRules } from "./queue-rules.ts";
import type { QueueStorage } from "./queue-storage.ts";
import { RecoveryIndex } from "./recovery-index.ts";
import { isActive, type RecoveryRecord } from "./recovery-queue.ts";

export interface QueueStateOptions {
  readonly storage: QueueStorage;
  readonly rules: Pick<QueueRules, "admit">;
}

/** The state of a queue, its recoveries and their deliveries, kept in sync with the files. */
export class QueueState {
  readonly recoveries = new RecoveryIndex();
  readonly deliveries = new Deliveries();
  readonly #options: QueueStateOptions;
  /** Recoveries of another process, read from its file. */
  readonly #foreign = new Set<string>();
  #isDirty = false;

  /** @throws CodedError `QUEUE_FILE_INVALID`, `STORED_FILE_NEWER` */
  constructor(options: QueueStateOptions) {
    this.#options = options;
    this.#load(options.storage.read());
  }

  /** Shows the owner's file while another process leads; takes it over when this one does. */
  followLeadership(): void {
    const saved = this.#options.storage.readNews();
    if (saved !== undefined) this.#load(saved);
  }

  /** False while another process runs what is in the files. */
  isOwner(): boolean {
    return this.#options.storage.isOwner();
  }

  /** True for a recovery of another process: it is shown here, and changed there. */
  isForeign(recoveryId: string): boolean {
    return this.#foreign.has(recoveryId);
  }

  put(record: RecoveryRecord): void {
    this.recoveries.put(record);
    this.#isDirty = true;
  }

  change(recoveryId: string, change: Partial<RecoveryRecord>): void {
    this.recoveries.change(recoveryId, change);
    this.#isDirty = true;
  }

  /** False if the change could not be saved. It still runs, and each refresh tries to save it again. */
  save(): boolean {
    if (!this.#isDirty) return true;
    const waiting = this.recoveries.all().filter(isActive);
    this.#isDirty = !this.#options.storage.write({ waiting, deliveries: this.deliveries.keys() });
    return !this.#isDirty;
  }

  #load({ waiting, deliveries }: SavedQueue): void {
    const isOwner = this.isOwner();
    for (const recoveryId of this.#foreign) this.recoveries.delete(recoveryId);
    this.#foreign.clear();
    this.deliveries.restore(deliveries);
    for (const record of waiting) {
      const admitted = isOwner ? this.#options.rules.admit(asQueuedAgain(record)) : record;
      if (admitted === undefined || this.recoveries.activeOf(record.target) !== undefined) continue;
      this.recoveries.put(admitted);
      if (!isOwner) this.#foreign.add(record.recoveryId);
    }
  }
}

/** The process that ran it has ended; its fresh inspection finds what is left to do. */
function asQueuedAgain(record: RecoveryRecord): RecoveryRecord {
  const { state } = record;
  return { ...record, state: state === "running" ? "queued" : state, report: undefined };
}
