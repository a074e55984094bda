import { execFileSync, spawnSync } from "node:child_process";
import { medianOf, type Figure } from "../figure.ts";

export interface Measured {
  /** For bash. */
  readonly command: string;
  /** What is not measured: done before each attempt. */
  readonly prepare?: () => void;
}

/** What a command took, with all that it started. */
export interface Cost {
  /** User and system time. */
  readonly cpuSeconds: number;
  /** What it asked the kernel for, from the disk or not. */
  readonly readMebibytes: number;
  readonly writtenMebibytes: number;
}

export interface CostPair {
  readonly ours: Cost;
  readonly rival: Cost;
}

/** Each attempt has ours and its rival right behind it, under the same load of the machine. */
export function measurePairs(ours: Measured, rival: Measured, attempts: number): CostPair[] {
  return Array.from({ length: attempts }, () => ({ ours: costOf(ours), rival: costOf(rival) }));
}

/** Medians, and the ratios with the smallest first. */
export function ratiosOf(
  pairs: readonly CostPair[],
  by: keyof Cost,
): Pick<Figure, "ours" | "rivals" | "ratios"> {
  return {
    ours: medianOf(pairs.map((pair) => pair.ours[by])),
    rivals: medianOf(pairs.map((pair) => pair.rival[by])),
    ratios: pairs.map((pair) => pair.ours[by] / pair.rival[by]).sort((one, other) => one - other),
  };
}

/** `times` of bash counts its children; so does its file of /proc, once it has waited for them. */
function costOf({ command, prepare }: Measured): Cost {
  prepare?.();
  const script = `{ ${command}; } >/dev/null; s=$?; times; echo "$(< /proc/$$/io)"; exit $s`;
  const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script], options);
  if (status !== 0) throw new Error(`${command}: ${stderr.slice(-2000)}`);
  const [times = "", io = ""] = stdout.split(/(?=^rchar)/m);
  const children = times.trim().split("\n").at(-1) ?? "";
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return {
    cpuSeconds: parts.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0),
    readMebibytes: mebibytesIn(io, "rchar"),
    writtenMebibytes: mebibytesIn(io, "wchar"),
  };
}

/** @param io the text of /proc/PID/io */
export function mebibytesIn(io: string, counter: "rchar" | "wchar"): number {
  return Number(new RegExp(`^${counter}: (\\d+)$`, "m").exec(io)?.[1]) / 1024 ** 2;
}

/** What a directory takes on the disk. */
export function mebibytesOf(directory: string): number {
  return Number(execFileSync("du", ["-sk", directory], { encoding: "utf8" }).split("\t")[0]) / 1024;
}
