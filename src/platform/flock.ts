import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { CodedError, systemErrorCode } from "./coded-error.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Takes `flock(2)`, exclusive and without waiting, on an open descriptor. True where it is ours now. */
export type TryFlock = (descriptor: number) => boolean;

let loaded: TryFlock | undefined;

/**
 * libc's flock through koffi; where koffi cannot load, the `flock` program on an inherited descriptor (the lock
 * belongs to the open file, which stays ours after the program has ended).
 * @throws CodedError `FLOCK_UNAVAILABLE` where neither exists: without it no slot may be changed.
 */
export function loadFlock(): TryFlock {
  loaded ??= flockThroughLibc() ?? flockThroughProgram();
  return loaded;
}

interface Koffi {
  load(library: string): { func(declaration: string): (descriptor: number, operation: number) => number };
}

function flockThroughLibc(): TryFlock | undefined {
  try {
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    const flock = koffi.load("libc.so.6").func("int flock(int, int)");
    return (descriptor) => flock(descriptor, LOCK_EX | LOCK_NB) === 0;
  } catch {
    // No binary of koffi for this machine, or another C library: the program is the documented second way.
    return undefined;
  }
}

function flockThroughProgram(): TryFlock {
  try {
    execFileSync("flock", ["--version"], { stdio: "ignore", timeout: 5_000 });
  } catch (cause) {
    throw new CodedError(
      "FLOCK_UNAVAILABLE",
      `cannot take slot locks (${systemErrorCode(cause) ?? "flock failed"}): install util-linux, or a platform that koffi supports`,
      { cause },
    );
  }
  return (descriptor) =>
    spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", descriptor], timeout: 5_000 })
      .status === 0;
}
