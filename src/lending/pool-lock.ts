import { join } from "node:path";
import { makeStateDirectory } from "../platform/state-directory.ts";
import { acquireSlotLock } from "../pool/locks/slot-lock.ts";
import { refused, type LendingContext, type Refused } from "./lending-context.ts";

/** One sidecar process at a time changes how many slots a pool has. Other programs have no lock for that. */
export async function withPoolLock<T>(
  context: LendingContext,
  repoName: string,
  use: () => Promise<T>,
): Promise<T | Refused> {
  const folder = join(context.stateDir, "locks");
  makeStateDirectory(folder);
  const lock = await acquireSlotLock(join(folder, `pool-${repoName}.lock`), {
    timeoutSeconds: context.lockTimeoutSeconds,
    clock: context.clock,
  });
  if (lock.kind !== "held") return refused("lock_held", `another process changes the pool ${repoName}`);
  try {
    return await use();
  } finally {
    lock.release();
  }
}
