import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { CodedError, systemErrorCode } from "../../platform/coded-error.ts";
import { startStopwatch, type Clock } from "../../platform/clock.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { makeStateDirectory } from "../../platform/state-directory.ts";
import { isSourceSlotId } from "../sources/source-names.ts";
import { loadFlock } from "../../platform/flock.ts";

/** A slot lock that is ours until `release`. `descriptor` may be inherited by a child that must keep it held. */
export interface HeldSlotLock {
  readonly kind: "held";
  readonly path: string;
  readonly descriptor: number;
  /** False once the lock file was removed or replaced: another program may hold a new one then. */
  isInPlace(): boolean;
  release(): void;
}

export type SlotLockResult =
  HeldSlotLock | { readonly kind: "busy"; readonly path: string; readonly detail: string };

const pollMilliseconds = 50;

export function slotLockPath(directory: string, slotId: string): string {
  return join(directory, "locks", `${slotId}.lock`);
}

/** Where programs keep the slot locks that they take. */
export interface SlotLockPlaces {
  readonly workspacesDir: string;
  readonly stateDir: string;
}

/** As `acquireSlotLock`; the lock of a slot that no pool manager knows is ours alone. */
export function acquireLockOfSlot(
  slotId: string,
  { workspacesDir, stateDir }: SlotLockPlaces,
  options: { timeoutSeconds: number; clock: Pick<Clock, "sleep"> },
): Promise<SlotLockResult> {
  if (!isSourceSlotId(slotId)) return acquireSlotLock(slotLockPath(workspacesDir, slotId), options);
  makeStateDirectory(join(stateDir, "locks"));
  return acquireSlotLock(slotLockPath(stateDir, slotId), options);
}

/**
 * Takes the lock that every program of the pool takes before it changes a slot, waiting up to the given time.
 * The file stays after release: removing it can let two in (measured against Python's filelock).
 * @throws CodedError `SLOT_LOCK_UNUSABLE` if the lock file cannot be opened.
 */
export async function acquireSlotLock(
  path: string,
  options: { timeoutSeconds: number; clock: Pick<Clock, "sleep"> },
): Promise<SlotLockResult> {
  const waitedSeconds = startStopwatch();
  for (;;) {
    const result = tryAcquireSlotLock(path);
    if (result.kind === "held" || waitedSeconds() >= options.timeoutSeconds) return result;
    await options.clock.sleep(pollMilliseconds);
  }
}

/** One attempt, without waiting. */
export function tryAcquireSlotLock(path: string): SlotLockResult {
  if (readEntry(path).kind === "directory") {
    return { kind: "busy", path, detail: "a lock directory stands in the slot lock's place" };
  }
  const descriptor = openLockFile(path);
  if (!loadFlock()(descriptor)) {
    closeSync(descriptor);
    return { kind: "busy", path, detail: "another process holds the slot lock" };
  }
  const isInPlace = (): boolean => fstatSync(descriptor).ino === readEntry(path).stats?.ino;
  if (!isInPlace()) {
    closeSync(descriptor);
    return { kind: "busy", path, detail: "the lock file was replaced while it was being locked" };
  }
  return {
    kind: "held",
    path,
    descriptor,
    isInPlace,
    release: () => {
      closeSync(descriptor);
    },
  };
}

function openLockFile(path: string): number {
  try {
    // No O_TRUNC: it would move the mtime of a lock that somebody else holds.
    return openSync(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      0o644,
    );
  } catch (cause) {
    throw new CodedError(
      "SLOT_LOCK_UNUSABLE",
      `${path}: cannot open the lock (${systemErrorCode(cause) ?? "error"}): check that the sidecar's user may write there`,
      { cause },
    );
  }
}
