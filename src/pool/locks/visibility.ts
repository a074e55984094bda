import { closeSync, fstatSync, openSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { asError } from "../../platform/coded-error.ts";
import { loadFlock } from "../../platform/flock.ts";
import { inodeKey, parseFlocks } from "./proc-locks.ts";

/** The namespace that holds every process of a machine. */
const firstPidNamespace = "pid:[4026531836]";

/** Who holds a flock on which file of this machine, by `inodeKey`; or why that cannot be seen. */
export type LockVisibility =
  | { readonly kind: "seen"; readonly holders: ReadonlyMap<string, readonly number[]> }
  | { readonly kind: "blind"; readonly detail: string };

/** Why this process cannot see every process of its machine; undefined if it can. */
export function findNamespaceLimit(): string | undefined {
  try {
    const namespace = readlinkSync("/proc/self/ns/pid");
    if (namespace === firstPidNamespace) return undefined;
    return `this is the PID namespace ${namespace}, not the machine's first`;
  } catch (error) {
    return asError(error).message;
  }
}

let proof: Promise<string | undefined> | undefined;

/**
 * In another PID namespace /proc/locks is empty although locks are held, so an absent line proves nothing there: a
 * lock of our own must show before the absence of others means anything. That is tried once; it does not change.
 */
export async function readLockVisibility(): Promise<LockVisibility> {
  proof ??= findLockVisibilityLimit();
  const limitedVisibility = await proof;
  if (limitedVisibility !== undefined) return { kind: "blind", detail: limitedVisibility };
  try {
    return { kind: "seen", holders: await readFlocks() };
  } catch (error) {
    return { kind: "blind", detail: asError(error).message };
  }
}

/** Asynchronously: the kernel takes milliseconds to answer, in which others may run. */
async function readFlocks(): Promise<Map<string, number[]>> {
  return parseFlocks(await readFile("/proc/locks", "latin1"));
}

async function findLockVisibilityLimit(): Promise<string | undefined> {
  const limitedVisibility = findNamespaceLimit();
  if (limitedVisibility !== undefined) return limitedVisibility;
  try {
    return (await showsOwnFlock()) ? undefined : "a lock of our own does not show in /proc/locks";
  } catch (error) {
    return asError(error).message;
  }
}

/** Another sidecar may hold the same file for its own proof, and let go of it before we look. */
const mostTries = 50;
const pauseMilliseconds = 20;

/** On our own program file, opened for reading: nothing is written. */
async function showsOwnFlock(): Promise<boolean> {
  const descriptor = openSync(fileURLToPath(import.meta.url), "r");
  try {
    const tryFlock = loadFlock();
    const { dev, ino } = fstatSync(descriptor);
    for (let tries = 1; ; tries++) {
      const isOurs = tryFlock(descriptor);
      if ((await readFlocks()).has(inodeKey(dev, ino))) return true;
      if (isOurs || tries === mostTries) return false;
      await sleep(pauseMilliseconds);
    }
  } finally {
    closeSync(descriptor);
  }
}
