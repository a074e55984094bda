import { execFileSync, spawnSync } from "node:child_process";
import { CodedError, systemErrorCode } from "./coded-error.ts";
import { findLibcFunction } from "./libc.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Takes `flock(2)`, exclusive and without waiting, on an open descriptor. True if it is ours now. */
export type TryFlock = (descriptor: number) => boolean;

let loaded: TryFlock | undefined;

/**
 * libc's flock through koffi; if koffi cannot load, the `flock` program on an inherited descriptor (the lock
 * belongs to the open file, which stays ours after the program has ended).
 * @throws CodedError `FLOCK_UNAVAILABLE` if neither exists: without it no slot may be changed.
 */
export function loadFlock(): TryFlock {
  loaded ??= flockThroughLibc() ?? flockThroughProgram();
  return loaded;
}

function flockThroughLibc(): TryFlock | undefined {
  const flock = findLibcFunction("int flock(int, int)");
  return flock === undefined ? undefined : (descriptor) => flock(descriptor, LOCK_EX | LOCK_NB) === 0;
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
