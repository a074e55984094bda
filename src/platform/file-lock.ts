import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { loadFlock } from "./flock.ts";
import { startStopwatch, systemClock, type Clock } from "./clock.ts";
import { CodedError } from "./coded-error.ts";
import { makeStateDirectory } from "./state-directory.ts";

const pollMilliseconds = 20;
const timeoutSeconds = 10;

/**
 * Runs the task while this process alone holds the lock file, so that a command and `serve` may change one state
 * file. The lock ends with the process, whatever becomes of it; the file stays.
 * @throws CodedError `STATE_FILE_BUSY` if somebody else holds it for 10 s; the system's error if it cannot be made
 */
export async function withFileLock<T>(path: string, task: () => T, clock: Clock = systemClock): Promise<T> {
  makeStateDirectory(dirname(path));
  const descriptor = openSync(path, "a", 0o600);
  try {
    const tryFlock = loadFlock();
    const waitedSeconds = startStopwatch();
    while (!tryFlock(descriptor)) {
      if (waitedSeconds() > timeoutSeconds)
        throw new CodedError("STATE_FILE_BUSY", `${path}: another process holds it; try again`);
      await clock.sleep(pollMilliseconds);
    }
    return task();
  } finally {
    closeSync(descriptor);
  }
}
