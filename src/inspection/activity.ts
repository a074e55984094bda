import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { isInside } from "../platform/contained-path.ts";
import { systemErrorCode } from "../platform/coded-error.ts";
import { readEntry } from "../platform/regular-file.ts";

export interface ProcessPlace {
  readonly pid: number;
  readonly command: string;
  readonly workingDirectory: string;
}

const firstPidNamespace = "pid:[4026531836]";

/**
 * Every process with its working directory; undefined unless all of our own user's can be seen
 * (another PID namespace, or a process whose `cwd` we may not read).
 */
export function readProcessPlaces(): ProcessPlace[] | undefined {
  if (readLink("/proc/self/ns/pid") !== firstPidNamespace) return undefined;
  const places: ProcessPlace[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const workingDirectory = readLink(`/proc/${name}/cwd`);
    if (workingDirectory === "EACCES" && readEntry(`/proc/${name}`).stats?.uid === process.getuid?.())
      return undefined;
    if (workingDirectory?.startsWith("/") !== true) continue;
    places.push({ pid: Number(name), command: readCommandName(name), workingDirectory });
  }
  return places;
}

export function processesInside(places: readonly ProcessPlace[], directory: string): ProcessPlace[] {
  return places.filter((place) => isInside(directory, place.workingDirectory) && place.pid !== process.pid);
}

/** When git or an agent last wrote what every git command writes. */
export function lastGitActivity(gitDirectory: string): Date | undefined {
  const times = ["index", "logs/HEAD", "HEAD", "FETCH_HEAD"].map(
    (name) => readEntry(join(gitDirectory, name)).stats?.mtime,
  );
  return newest(times);
}

export function newest(times: readonly (Date | undefined)[]): Date | undefined {
  const known = times.filter((time) => time !== undefined).map((time) => time.getTime());
  return known.length === 0 ? undefined : new Date(Math.max(...known));
}

/** The link's target; the error's code where it may not be read, undefined where it is gone. */
function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    return systemErrorCode(error) === "EACCES" ? "EACCES" : undefined;
  }
}

function readCommandName(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    // Ended meanwhile.
    return "";
  }
}
