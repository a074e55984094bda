import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { readRegularFile } from "./regular-file.ts";

/** Identifies a process: pids are reused, but a pid with its start time is not, until the next boot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/<pid>/stat. */
  readonly startTicks: number;
  readonly bootId: string;
  /** Such as `pid:[4026531836]`: pids of another namespace mean other processes. */
  readonly pidNamespace: string;
}

/** Undefined if there is no such process, or no /proc. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startTicks = readProcessStat(pid)?.startTicks;
  return startTicks === undefined ? undefined : { pid, startTicks, ...readMachine() };
}

/** `unknown` for a process of another machine, boot or PID namespace: nothing can be proven of it. */
export function judgeProcess(identity: ProcessIdentity): "alive" | "dead" | "unknown" {
  const here = readMachine();
  if (here.bootId === "" || here.pidNamespace !== identity.pidNamespace) return "unknown";
  if (here.bootId !== identity.bootId) return "dead";
  const stat = readProcessStat(identity.pid);
  return stat !== undefined && stat.startTicks === identity.startTicks && stat.state !== "Z"
    ? "alive"
    : "dead";
}

/** From JSON; undefined if it has another form. */
export function parseProcessIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { pid, start_ticks, boot_id, pid_namespace } = value as Record<string, unknown>;
  const isWhole = Number.isSafeInteger(pid) && Number(pid) > 1 && typeof start_ticks === "number";
  if (!isWhole || typeof boot_id !== "string" || typeof pid_namespace !== "string") return undefined;
  return { pid: Number(pid), startTicks: start_ticks, bootId: boot_id, pidNamespace: pid_namespace };
}

const maxIdentityBytes = 4096;

/** From a file that holds an identity alone. Undefined if there is none, or one that a kill cut off. */
export function readProcessIdentity(path: string): ProcessIdentity | undefined {
  const reading = readRegularFile(path, { maxBytes: maxIdentityBytes });
  if (reading.kind !== "content") return undefined;
  try {
    return parseProcessIdentity(JSON.parse(reading.content.toString("utf8")));
  } catch {
    // Not JSON.
    return undefined;
  }
}

export function formatProcessIdentity(identity: ProcessIdentity): Record<string, unknown> {
  const { pid, startTicks, bootId, pidNamespace } = identity;
  return { pid, start_ticks: startTicks, boot_id: bootId, pid_namespace: pidNamespace };
}

export interface ProcessStat {
  /** One letter; `Z` has ended and waits for its parent. */
  readonly state: string;
  readonly parentPid: number;
  readonly processGroup: number;
  readonly startTicks: number;
}

export function readProcessStat(pid: number): ProcessStat | undefined {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    // Ended, or there is no /proc.
    return undefined;
  }
  // The second field is the command in parentheses, and may hold any character.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    state: fields[0] ?? "",
    parentPid: Number(fields[1]),
    processGroup: Number(fields[2]),
    startTicks: Number(fields[19]),
  };
}

/** As the kernel names its command; empty if it has ended. */
export function readCommandName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    // Ended, or there is no /proc.
    return "";
  }
}

/** @throws the system's error if there is no /proc */
export function listProcessIds(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The kernel counts in ticks of 10 ms, whatever the machine's own. */
const ticksPerSecond = 100;

/** How long a process has run. Undefined if that cannot be read. */
export function ageOfProcess({ startTicks }: Pick<ProcessStat, "startTicks">): number | undefined {
  try {
    const uptimeSeconds = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
    return Math.max(0, uptimeSeconds - startTicks / ticksPerSecond);
  } catch {
    return undefined;
  }
}

function readMachine(): { bootId: string; pidNamespace: string } {
  try {
    return {
      bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      pidNamespace: readlinkSync("/proc/self/ns/pid"),
    };
  } catch {
    // Without /proc nothing can be proven of any process.
    return { bootId: "", pidNamespace: "" };
  }
}
