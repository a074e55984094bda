import type { Clock } from "../platform/clock.ts";
import type { Anomalies } from "./anomaly.ts";

const timeoutMilliseconds = 10_000;

/** Posts what a health check found to the address that a file holds. */
export class HealthNotifier {
  readonly #webhookUrlFile: string | undefined;
  readonly #clock: Clock;

  /** Without a file nothing is sent. */
  constructor({ webhookUrlFile, clock }: { webhookUrlFile: string | undefined; clock: Clock }) {
    this.#webhookUrlFile = webhookUrlFile;
    this.#clock = clock;
  }

  /** Never rejects: a notice that does not arrive stops no recovery. The warning does not name the address: it may be a secret. */
  async send(anomalies: Anomalies): Promise<void> {
    if (this.#webhookUrlFile === undefined) return;
    const { createHealthNotice } = await import("./health-notice.ts");
    const { postJson } = await import("../platform/post-json.ts");
    const notice = createHealthNotice(anomalies, this.#clock.now());
    const outcome = await postJson(this.#webhookUrlFile, notice, { timeoutMilliseconds });
    if (outcome.kind === "failed")
      process.emitWarning(`health_check.webhook_url_file: ${outcome.detail}`, {
        code: "HEALTH_NOTICE_FAILED",
      });
  }
}
