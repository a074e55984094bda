import { deliveryKey, type NominatingAlert } from "./recovery-queue.ts";

/** Older ones are forgotten: their alerts have long been repeated or resolved. */
export const mostDeliveries = 10_000;

/** Which firings of which alerts were taken, so that Alertmanager's repeats are known. */
export class Deliveries {
  /** Oldest first. */
  readonly #keys = new Set<string>();

  has(alert: NominatingAlert): boolean {
    return this.#keys.has(deliveryKey(alert));
  }

  add(alert: NominatingAlert): void {
    this.restore([deliveryKey(alert)]);
  }

  /** The alert's next repeat is then taken again. */
  forget(alert: NominatingAlert | undefined): void {
    if (alert !== undefined) this.#keys.delete(deliveryKey(alert));
  }

  /** Adds the keys that a file holds. */
  restore(keys: readonly string[]): void {
    for (const key of keys) this.#keys.add(key);
    for (const oldest of this.#keys) {
      if (this.#keys.size <= mostDeliveries) return;
      this.#keys.delete(oldest);
    }
  }

  keys(): readonly string[] {
    return [...this.#keys];
  }
}
