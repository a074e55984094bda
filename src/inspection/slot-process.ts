import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { ageOfProcess, readCommandName, readProcessStat } from "../platform/process-identity.ts";

/** A process whose working directory is inside a slot. */
export interface SlotProcess {
  readonly pid: number;
  readonly command: string;
  readonly role: ProcessRole;
  /** Undefined if it ended meanwhile. */
  readonly ageSeconds?: number | undefined;
  readonly parent?: { readonly pid: number; readonly command: string } | undefined;
}

/**
 * `work`: somebody's, which keeps an allocation alive. `maintenance`: git tidies up by itself and holds locks meanwhile.
 * `daemon`: git left it behind to answer questions; it does nothing by itself and holds no lock.
 */
export type ProcessRole = "work" | "maintenance" | "daemon";

/** By the subcommand. `git gc --auto` of older versions is what `git maintenance run --auto` is. */
const roles: readonly (readonly [RegExp, ProcessRole])[] = [
  [/^(?:fsmonitor--daemon|credential-cache--daemon)$/, "daemon"],
  [/^maintenance$/, "maintenance"],
  [/^gc .*--auto\b/, "maintenance"],
];
/** A repack that maintenance started is its grandchild. */
const mostGenerations = 6;

/** What the system tells of a process. */
export function describeProcess(pid: number): SlotProcess {
  const stat = readProcessStat(pid);
  const parent = stat === undefined || stat.parentPid === 0 ? undefined : stat.parentPid;
  return {
    pid,
    command: readCommandName(pid),
    role: readRole(pid),
    ageSeconds: stat === undefined ? undefined : ageOfProcess(stat),
    parent: parent === undefined ? undefined : { pid: parent, command: readCommandName(parent) },
  };
}

/** A git that another git started has the role of the one that was started first. */
function readRole(pid: number): ProcessRole {
  let current: number | undefined = pid;
  for (let generation = 0; current !== undefined && generation < mostGenerations; generation++) {
    const role = roleOfCommand(readArguments(current));
    if (role !== "git") return role;
    current = readProcessStat(current)?.parentPid;
  }
  return "work";
}

/** Pure: `git` for a git command that has no role of its own. */
export function roleOfCommand(args: readonly string[]): ProcessRole | "git" {
  const [program = "", ...rest] = args;
  const name = basename(program);
  if (name !== "git" && !name.startsWith("git-")) return "work";
  const words = name === "git" ? rest.slice(countGlobalOptions(rest)) : [name.slice("git-".length), ...rest];
  const [subcommand = "", ...more] = words;
  const known = roles.find(([form]) => form.test(subcommand) || form.test([subcommand, ...more].join(" ")));
  return known?.[1] ?? "git";
}

/** `-c NAME=VALUE` and `-C DIR` are two words. */
function countGlobalOptions(words: readonly string[]): number {
  let count = 0;
  while (words[count]?.startsWith("-") === true) count += /^-[cC]$/.test(words[count] ?? "") ? 2 : 1;
  return count;
}

export function readArguments(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    // Ended meanwhile.
    return [];
  }
}

/** What a link of the process leads to, such as `cwd`; undefined if it ended, or belongs to another user. */
export function readProcessLink(pid: number, name: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return undefined;
  }
}
