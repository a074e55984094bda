import { randomUUID } from "node:crypto";
import type { OperationOutcome } from "../../http/pool-operations.ts";
import { LendingError } from "../../lending/lending-error.ts";
import { asError, CodedError, UsageError } from "../../platform/coded-error.ts";
import type { ErrorCode } from "../../platform/error-codes.ts";
import type { Logger } from "../../platform/logger.ts";
import { redactUrls } from "../../platform/redact.ts";
import { noteAfterwards, recordOperatorEvent, type OperatorEvent } from "../../journal/operator-event.ts";

/** Each may clone for minutes: more at once would only slow each other, and the pools' agents. */
const mostAtOnce = 8;

export interface OperationRunnerParts {
  readonly stateDir: string;
  readonly logger: Logger;
  /** Called after each operation, whatever its outcome. */
  onChanged(): void;
}

type Act = Pick<OperatorEvent, "action" | "operator" | "slotId" | "repoName">;
type Run<Answer> = () => OperationOutcome<Answer> | Promise<OperationOutcome<Answer>>;

/**
 * Runs what people ask for over HTTP, a few at once. The journal says who asked, before anything is done, and the
 * outcome afterwards.
 */
export class OperationRunner {
  readonly #parts: OperationRunnerParts;
  #runningCount = 0;

  constructor(parts: OperationRunnerParts) {
    this.#parts = parts;
  }

  /** @throws the system's error if the journal cannot be written: nothing was done then */
  async perform<Answer>(act: Act, run: Run<Answer>): Promise<OperationOutcome<Answer>> {
    if (this.#runningCount >= mostAtOnce) return { kind: "overloaded" };
    this.#runningCount += 1;
    const recoveryId = randomUUID();
    const { stateDir, logger } = this.#parts;
    const whole = { ...act, recoveryId, trigger: "api" } as const;
    try {
      recordOperatorEvent(stateDir, { ...whole, detail: "asked for" });
      const outcome = await this.#runNoted(run, (end) => {
        noteAfterwards(stateDir, { ...whole, ...end, detail: redactUrls(end.detail) }, logger);
      });
      this.#parts.onChanged();
      return outcome;
    } finally {
      this.#runningCount -= 1;
    }
  }

  /** For an operation that is not worth a journal line. */
  async answer<Answer>(run: Run<Answer>): Promise<OperationOutcome<Answer>> {
    try {
      return await run();
    } catch (thrown) {
      const outcome = outcomeOf(thrown);
      if (outcome === undefined) throw thrown;
      return outcome;
    }
  }

  async #runNoted<Answer>(
    run: Run<Answer>,
    noteEnd: (end: Pick<OperatorEvent, "detail" | "outcome" | "reason">) => void,
  ) {
    try {
      const outcome = await this.answer(run);
      const reason = outcome.kind === "refused" ? outcome.reason : undefined;
      const detail = "detail" in outcome ? outcome.detail : "";
      noteEnd({ detail, outcome: outcome.kind, reason });
      return outcome;
    } catch (thrown) {
      noteEnd({ detail: asError(thrown).message, outcome: "failed" });
      throw thrown;
    }
  }
}

/** Codes of expected ends that the functions behind the commands throw. */
const reasonOfCode: Readonly<Partial<Record<ErrorCode, string>>> = {
  POOL_EXISTS: "pool_exists",
  PATH_UNSAFE: "unsafe_path",
  GIT_FILE_LOCKED: "busy",
  RUN_LOCK_HELD: "busy",
};

/** Undefined if the environment is broken. */
function outcomeOf(thrown: unknown): OperationOutcome<never> | undefined {
  if (!(thrown instanceof CodedError)) return undefined;
  const { code, message: detail } = thrown;
  if (code === "POOL_UNKNOWN" || code === "SLOT_UNKNOWN") return { kind: "not_found", detail };
  const reason = thrown instanceof LendingError ? thrown.reason : reasonOfCode[code];
  if (reason !== undefined) return { kind: "refused", reason, detail };
  return thrown instanceof UsageError ? { kind: "malformed", detail } : undefined;
}
