import { closeSync, constants, ftruncateSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../../platform/clock.ts";
import { CodedError, systemErrorCode } from "../../platform/coded-error.ts";
import { loadFlock } from "../../platform/flock.ts";
import { formatProcessIdentity, identifyProcess } from "../../platform/process-identity.ts";
import { readRegularFile } from "../../platform/regular-file.ts";
import { makeStateDirectory } from "../../platform/state-directory.ts";

/** The one run of a state directory, until `release`. Git commands inherit `descriptor`: the lock outlives a kill with them. */
export interface HeldRunLock {
  readonly descriptor: number;
  release(): void;
}

export interface RunLockRequest {
  readonly recoveryId: string;
  readonly timeoutSeconds: number;
  /** Called now and then while another process holds the lock: it may be dead, and only its git commands live on. */
  readonly onBusy: () => void;
}

const pollMilliseconds = 100;
const pollsBetweenCalls = 10;

export function runLockPath(stateDir: string): string {
  return join(stateDir, "journal", "run.lock");
}

/**
 * At most one run at a time works on a state directory, from whichever process: flock on `journal/run.lock`. Runs of
 * one process wait for each other in their order, for as long as it takes; other processes are waited for up to the
 * time-out.
 */
export class RunLock {
  readonly #path: string;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();

  constructor(stateDir: string, clock: Clock) {
    this.#path = runLockPath(stateDir);
    this.#clock = clock;
  }

  /** @throws CodedError `RUN_LOCK_HELD` if another process's run does not end in time, `RUN_LOCK_UNUSABLE`. */
  async with<T>(request: RunLockRequest, task: (lock: HeldRunLock) => Promise<T>): Promise<T> {
    const mine = this.#last.then(async () => {
      const lock = await this.#acquire(request);
      try {
        return await task(lock);
      } finally {
        lock.release();
      }
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #acquire({ recoveryId, timeoutSeconds, onBusy }: RunLockRequest): Promise<HeldRunLock> {
    const descriptor = openLockFile(this.#path);
    try {
      for (let poll = 0; !loadFlock()(descriptor); poll++) {
        if (poll % pollsBetweenCalls === 0) onBusy();
        // By the waits, not by the wall clock: that may be set meanwhile.
        if (poll * pollMilliseconds >= timeoutSeconds * 1000) throw this.#heldByAnother();
        await this.#clock.sleep(pollMilliseconds);
      }
      writeHolder(descriptor, { recovery_id: recoveryId, since: this.#clock.now().toISOString() });
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    return {
      descriptor,
      release: () => {
        closeSync(descriptor);
      },
    };
  }

  #heldByAnother(): CodedError {
    const reading = readRegularFile(this.#path, { maxBytes: 4096 });
    const holder = reading.kind === "content" ? describeHolder(reading.content.toString("utf8")) : "";
    return new CodedError(
      "RUN_LOCK_HELD",
      `another recovery run is at work${holder}: wait for it, or give --lock-timeout more seconds`,
    );
  }
}

function openLockFile(path: string): number {
  try {
    makeStateDirectory(dirname(path));
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (cause) {
    throw new CodedError(
      "RUN_LOCK_UNUSABLE",
      `${path}: cannot open the run lock (${systemErrorCode(cause) ?? "error"}): recovery needs to write to the state directory`,
      { cause },
    );
  }
}

/** Who holds the lock is said in the file, for the message that others print; the lock itself is the flock. */
function writeHolder(descriptor: number, what: Record<string, string>): void {
  const self = identifyProcess(process.pid);
  const owner = self === undefined ? { pid: process.pid } : formatProcessIdentity(self);
  try {
    ftruncateSync(descriptor, 0);
    writeSync(descriptor, `${JSON.stringify({ ...what, owner })}\n`, 0);
  } catch {
    // A full disk: the journal will say so.
  }
}

function describeHolder(text: string): string {
  try {
    const { since, owner } = JSON.parse(text) as { since?: unknown; owner?: { pid?: unknown } };
    return ` (process ${String(owner?.pid)}, since ${String(since)})`;
  } catch {
    // The holder has not written its name yet.
    return "";
  }
}
