import { execFileSync, spawnSync } from "node:child_process";
import { medianOf } from "../figure.ts";

export interface Measured {
  /** For bash. */
  readonly command: string;
  /** What is not measured: done before each attempt. */
  readonly prepare?: () => void;
}

export interface Comparison {
  readonly ours: number;
  readonly rival: number;
  /** Of each attempt, the smallest first. */
  readonly ratios: readonly number[];
}

/** CPU seconds of both, medians: each attempt has ours and its rival right behind it, under the same load of the machine. */
export function compareCpu(ours: Measured, rival: Measured, attempts: number): Comparison {
  const pairs = Array.from({ length: attempts }, () => ({
    ours: cpuSeconds(ours),
    rival: cpuSeconds(rival),
  }));
  return {
    ours: medianOf(pairs.map((pair) => pair.ours)),
    rival: medianOf(pairs.map((pair) => pair.rival)),
    ratios: pairs.map((pair) => pair.ours / pair.rival).sort((one, other) => one - other),
  };
}

/** User and system time of a command and of all that it started, in seconds. `times` of bash counts its children. */
function cpuSeconds({ command, prepare }: Measured): number {
  prepare?.();
  const script = `{ ${command}; } >/dev/null; s=$?; times; exit $s`;
  const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script], options);
  if (status !== 0) throw new Error(`${command}: ${stderr.slice(-2000)}`);
  const children = stdout.trim().split("\n").at(-1) ?? "";
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
}

/** What a directory takes on the disk. */
export function mebibytesOf(directory: string): number {
  return Number(execFileSync("du", ["-sk", directory], { encoding: "utf8" }).split("\t")[0]) / 1024;
}
