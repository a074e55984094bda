import { readlinkSync, type Stats } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { asError } from "../../platform/coded-error.ts";
import { loadFlock } from "../../platform/flock.ts";
import { findMount, isShared, parseFlocks, type Mount } from "./proc-locks.ts";

/** The namespace that holds every process of a machine. */
const firstPidNamespace = "pid:[4026531836]";

/** What can be seen of who holds the locks of one directory. */
export interface LockVisibility {
  /** The pids that hold a file of the directory; undefined if it may be held by a process that does not show. */
  readonly holdersOf: (file: Pick<Stats, "dev" | "ino">) => readonly number[] | undefined;
  /** Why no holder that shows does not mean that there is none; undefined if it does. */
  readonly limit: string | undefined;
}

/** What it costs that processes cannot be seen, as a message says it. */
const costOfUnseenProcesses =
  "who works in a slot is unknown, so that no unattended run ends an allocation without a heartbeat";

/** Why processes of the pool's user cannot be seen, what that costs and what ends it. */
export function describeLimitedSight(
  cause: string,
  { poolUid, ownUid }: { readonly poolUid: number | undefined; readonly ownUid: number | undefined },
): string {
  const user = poolUid === ownUid ? "" : `as the pool's user (uid ${poolUid ?? "unknown"}), or `;
  return `${cause}: ${costOfUnseenProcesses}; run the sidecar ${user}with CAP_SYS_PTRACE`;
}

/** Why this process cannot see every process of its machine; undefined if it can. */
export function findNamespaceLimit(): string | undefined {
  try {
    const namespace = readlinkSync("/proc/self/ns/pid");
    if (namespace === firstPidNamespace) return undefined;
    return `this is the PID namespace ${namespace}, not the machine's first: holders of slot locks do not show, and ${costOfUnseenProcesses}; give the sidecar the machine's PID namespace (\`pid: host\`, \`hostPID: true\`)`;
  } catch (error) {
    return asError(error).message;
  }
}

let proof: Promise<string | undefined> | undefined;

/**
 * In another PID namespace /proc/locks is empty although locks are held, so an absent line proves nothing there: a
 * lock of our own must show before the absence of others means anything. That is tried once; it does not change.
 */
export async function readLockVisibility(directory: string): Promise<LockVisibility> {
  proof ??= findLockVisibilityLimit();
  try {
    const [{ mount, stats }, flocks] = await Promise.all([readMount(directory), readFlocks()]);
    const limit = (await proof) ?? (isShared(mount) ? describeShared(directory, mount) : undefined);
    const holdersOf: LockVisibility["holdersOf"] = ({ dev, ino }) =>
      // A file of another device than its directory is a mount of its own.
      flocks.get(`${mount.device}:${ino}`) ?? (limit === undefined && dev === stats.dev ? [] : undefined);
    return { limit, holdersOf };
  } catch (error) {
    return { limit: asError(error).message, holdersOf: () => undefined };
  }
}

function describeShared(directory: string, { fileSystem }: Mount): string {
  return `${directory} is on a file system (${fileSystem}) whose locks other hosts may hold: a lock that this host does not hold is unknown, never free; use a local disk to end this`;
}

/** Asynchronously: the kernel takes milliseconds to answer, in which others may run. */
async function readFlocks(): Promise<Map<string, number[]>> {
  return parseFlocks(await readFile("/proc/locks", "latin1"));
}

/** @throws the system's error if the file cannot be opened, or its mount is not in our mount namespace */
async function readMount(path: string): Promise<{ mount: Mount; stats: Stats }> {
  const file = await open(path, "r");
  try {
    const [mountinfo, fdinfo, stats] = await Promise.all([
      readFile("/proc/self/mountinfo", "latin1"),
      readFile(`/proc/self/fdinfo/${file.fd}`, "latin1"),
      file.stat(),
    ]);
    const mount = findMount(mountinfo, fdinfo);
    if (mount === undefined) throw new Error(`the mount that holds ${path} is not in /proc/self/mountinfo`);
    return { mount, stats };
  } finally {
    await file.close();
  }
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

/** On a file that no other process has: the kernel makes it for this one alone, and stat(2) tells its device. */
async function showsOwnFlock(): Promise<boolean> {
  const file = await open("/proc/self/stat", "r");
  try {
    if (!loadFlock()(file.fd)) return false;
    const { ino } = await file.stat();
    return [...(await readFlocks())].some(
      ([key, pids]) => key.endsWith(`:${ino}`) && pids.includes(process.pid),
    );
  } finally {
    await file.close();
  }
}
