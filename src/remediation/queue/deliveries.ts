import { permitsMore, remediationModes, type RemediationMode } from "../alerts/policy.ts";
import { deliveryKey, type NominatingAlert } from "./recovery-queue.ts";
import { setNewest } from "../../platform/set-newest.ts";

/** Older ones are forgotten: their alerts have long been repeated or resolved. */
export const mostDeliveries = 10_000;

/** Which firings of which alerts were taken, and in which mode, so that Alertmanager's repeats are known. */
export class Deliveries {
  /** Oldest first. */
  readonly #modes = new Map<string, RemediationMode>();

  /** False also if the alert was taken in a mode that permitted less: it is then taken again. */
  has(alert: NominatingAlert, mode: RemediationMode): boolean {
    const taken = this.#modes.get(deliveryKey(alert));
    return taken !== undefined && !permitsMore(mode, taken);
  }

  add(alert: NominatingAlert, mode: RemediationMode): void {
    setNewest(this.#modes, deliveryKey(alert), mode, mostDeliveries);
  }

  /** The alert's next repeat is then taken again. */
  forget(alert: NominatingAlert | undefined): void {
    if (alert !== undefined) this.#modes.delete(deliveryKey(alert));
  }

  /** Adds what a file holds. One without a mode is of an older version, which did not keep it: it counts as the strictest. */
  restore(stored: readonly string[]): void {
    for (const text of stored) {
      const mode = remediationModes.find((known) => text.endsWith(` ${known}`));
      const key = mode === undefined ? text : text.slice(0, -mode.length - 1);
      setNewest(this.#modes, key, mode ?? remediationModes[0], mostDeliveries);
    }
  }

  /** For the file: each delivery followed by its mode. */
  keys(): readonly string[] {
    return [...this.#modes].map(([key, mode]) => `${key} ${mode}`);
  }
}
