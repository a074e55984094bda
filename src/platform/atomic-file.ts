import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { randomBytes } from "node:crypto";
import { encodeBytes, encodePath } from "./byte-text.ts";

/** Two spaces and a final newline: the form that every program of the pool writes. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

export interface AtomicWriteOptions {
  readonly mode?: number;
  /** Called with the whole temporary file, before anybody sees it under its name. */
  readonly prepare?: (temporary: string) => void;
}

/**
 * Replaces a file so that a reader sees the old content or the new, also after a power cut:
 * temporary file beside it, fsync, rename, fsync of the directory.
 * @throws the system's error, with the path in its message; the old file is then untouched and no temporary file is left.
 */
export function writeFileAtomic(
  path: string,
  content: string | Buffer,
  options: AtomicWriteOptions = {},
): void {
  const mode = options.mode ?? 0o644;
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const descriptor = openSync(encodePath(temporary), "wx", mode);
    try {
      writeWhole(descriptor, content);
      fchmodSync(descriptor, mode);
      options.prepare?.(temporary);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(encodePath(temporary), encodePath(path));
  } catch (error) {
    rmSync(encodePath(temporary), { force: true });
    throw withPath(error, path);
  }
  syncDirectory(dirname(path));
}

/** Makes renames inside a directory survive a power cut. */
export function syncDirectory(directory: string): void {
  syncFile(directory);
}

/** Of a descriptor, the system does not say which file it could not write. */
function withPath(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error.message.includes(path)) return error;
  error.message = `${path}: ${error.message}`;
  return Object.assign(error, { path });
}

/** Brings what was written to a file to the disk. */
export function syncFile(path: string): void {
  const descriptor = openSync(encodePath(path), "r");
  try {
    fsyncSync(descriptor);
  } catch (error) {
    throw withPath(error, path);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes every byte, also if the system takes only a part of them at once. */
export function writeWhole(descriptor: number, content: string | Buffer): void {
  const bytes = encodeBytes(content);
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
}
