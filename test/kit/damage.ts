import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** Replaces a file's content, also one that git made read-only. @throws if something else is in its place. */
export function overwrite(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) throw new Error(`${path} is no file`);
  if (existsSync(path)) chmodSync(path, 0o644);
  writeFileSync(path, content);
}

/** Inverts the byte in the middle. */
export function flipMiddle(path: string): void {
  flipByte(path, statSync(path).size >> 1);
}

/** Inverts the last byte, which in most of git's files is part of a checksum. */
export function flipEnd(path: string): void {
  flipByte(path, statSync(path).size - 1);
}

function flipByte(path: string, offset: number): void {
  const content = readFileSync(path);
  content[offset] = (content[offset] ?? 0) ^ 0xff;
  overwrite(path, content);
}

export function halve(path: string): void {
  chmodSync(path, 0o644);
  truncateSync(path, statSync(path).size >> 1);
}

export function replaceByFifo(path: string): void {
  rmSync(path, { force: true });
  execFileSync("mkfifo", [path]);
}

const lockAgeMilliseconds = 5 * 3_600_000;

/** As if git had died hours ago while it held the lock. */
export function leaveLock(path: string): void {
  overwrite(path, "");
  const old = new Date(Date.now() - lockAgeMilliseconds);
  utimesSync(path, old, old);
}
