import { isActive, isWaiting, type RecoveryRecord } from "./recovery-queue.ts";

/** The recoveries of a queue, oldest first, indexed by what each webhook post asks of them. */
export class RecoveryIndex {
  readonly #records = new Map<string, RecoveryRecord>();
  readonly #activeByTarget = new Map<string, string>();
  #waitingCount = 0;

  put(record: RecoveryRecord): void {
    this.#uncount(this.#records.get(record.recoveryId));
    this.#records.set(record.recoveryId, record);
    if (isWaiting(record)) this.#waitingCount += 1;
    if (isActive(record)) this.#activeByTarget.set(record.target, record.recoveryId);
  }

  change(recoveryId: string, change: Partial<RecoveryRecord>): void {
    const record = this.#records.get(recoveryId);
    if (record !== undefined) this.put({ ...record, ...change });
  }

  delete(recoveryId: string): void {
    this.#uncount(this.#records.get(recoveryId));
    this.#records.delete(recoveryId);
  }

  get(recoveryId: string): RecoveryRecord | undefined {
    return this.#records.get(recoveryId);
  }

  /** The recovery of the target that waits or runs. */
  activeOf(target: string): RecoveryRecord | undefined {
    return this.#records.get(this.#activeByTarget.get(target) ?? "");
  }

  all(): RecoveryRecord[] {
    return [...this.#records.values()];
  }

  waitingCount(): number {
    return this.#waitingCount;
  }

  /** Keeps the newest of those that have ended. */
  forgetEnded(keepCount: number): void {
    const ended = this.all().filter((record) => !isActive(record));
    for (const { recoveryId } of ended.slice(0, Math.max(0, ended.length - keepCount)))
      this.delete(recoveryId);
  }

  #uncount(record: RecoveryRecord | undefined): void {
    if (record === undefined) return;
    if (isWaiting(record)) this.#waitingCount -= 1;
    if (this.#activeByTarget.get(record.target) === record.recoveryId)
      this.#activeByTarget.delete(record.target);
  }
}
