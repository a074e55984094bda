import { execFileSync, spawnSync } from "node:child_process";

/** User and system time of a command and of all that it started, in seconds. `times` of bash counts its children. */
export function cpuSeconds(command: string, { attempts = 1, prepare }: Attempts = {}): number {
  const seconds: number[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    prepare?.();
    const { stdout, stderr, status } = spawnSync(
      "bash",
      ["-c", `{ ${command}; } >/dev/null; s=$?; times; exit $s`],
      {
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    if (status !== 0) throw new Error(`${command}: ${stderr.slice(-2000)}`);
    const children = stdout.trim().split("\n").at(-1) ?? "";
    const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
    seconds.push(parts.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0));
  }
  return Math.min(...seconds);
}

interface Attempts {
  readonly attempts?: number;
  readonly prepare?: () => void;
}

/** What a directory takes on the disk. */
export function mebibytesOf(directory: string): number {
  return Number(execFileSync("du", ["-sk", directory], { encoding: "utf8" }).split("\t")[0]) / 1024;
}
