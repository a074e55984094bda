import { readdirSync, readFileSync } from "node:fs";
import { recoveryIdVariable } from "../../git/run/git-scope.ts";
import type { UnfinishedRun } from "../../journal/interrupted-steps.ts";
import { systemErrorCode } from "../../platform/coded-error.ts";
import { judgeProcess } from "../../platform/process-identity.ts";

/**
 * Ends the git commands of runs whose own process is dead: they run in process groups of their own, outlive it, and go
 * on writing. A group is ended if its leader is the very process that the journal names (pid and start time); what
 * is left of a group without a leader is known by the run's id in its environment. Nothing else is touched.
 * @returns whether anything was ended.
 */
export function endOrphans(runs: readonly UnfinishedRun[]): boolean {
  const dead = runs.filter(({ owner }) => owner !== undefined && judgeProcess(owner) === "dead");
  if (dead.length === 0) return false;
  let hasEnded = false;
  for (const group of dead.flatMap(({ processGroups }) => processGroups))
    if (judgeProcess(group) === "alive") hasEnded = kill(-group.pid) || hasEnded;
  for (const pid of findProcessesOf(new Set(dead.map(({ recoveryId }) => recoveryId))))
    hasEnded = kill(pid) || hasEnded;
  return hasEnded;
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch (error) {
    // It ended by itself, or is another user's after all.
    if (["ESRCH", "EPERM"].includes(systemErrorCode(error) ?? "")) return false;
    throw error;
  }
}

function findProcessesOf(recoveryIds: ReadonlySet<string>): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    const id = readVariable(name);
    return id !== undefined && recoveryIds.has(id) ? [Number(name)] : [];
  });
}

function readVariable(pid: string): string | undefined {
  const start = `${recoveryIdVariable}=`;
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    return variables.find((variable) => variable.startsWith(start))?.slice(start.length);
  } catch {
    // Ended, or another user's.
    return undefined;
  }
}
