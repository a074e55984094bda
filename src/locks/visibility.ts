import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadFlock } from "../platform/flock.ts";
import { inodeKey, parseFlocks } from "./proc-locks.ts";

/** The namespace that holds every process of a machine. */
const firstPidNamespace = "pid:[4026531836]";

/** Why this process cannot see who holds what; undefined where a lock of our own shows, as everybody's then does. */
export type LockBlindness = string | undefined;

let proven: { readonly blindness: LockBlindness } | undefined;

/**
 * In another PID namespace /proc/locks is empty although locks are held, so an absent line proves nothing there: a
 * lock of our own must show before the absence of others means anything. Asked once; it does not change.
 */
export function findLockBlindness(): LockBlindness {
  proven ??= { blindness: proveLockSight() };
  return proven.blindness;
}

function proveLockSight(): LockBlindness {
  try {
    const namespace = readlinkSync("/proc/self/ns/pid");
    if (namespace !== firstPidNamespace)
      return `this is the PID namespace ${namespace}, not the machine's first`;
    return seesFlockOfOurs() ? undefined : "a lock of our own does not show in /proc/locks";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** On our own program file, opened for reading: nothing is written. */
function seesFlockOfOurs(): boolean {
  const flags = constants.O_RDONLY;
  const descriptor = openSync(fileURLToPath(import.meta.url), flags);
  try {
    // Where it is not ours, another sidecar has it for this same proof, and its lock must show as well.
    loadFlock()(descriptor);
    const { dev, ino } = fstatSync(descriptor);
    return parseFlocks(readFileSync("/proc/locks", "latin1")).has(inodeKey(dev, ino));
  } finally {
    closeSync(descriptor);
  }
}
