import { closeSync, constants, copyFileSync, fstatSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { encodePath } from "../../platform/byte-text.ts";
import { asError, CodedError, systemErrorCode } from "../../platform/coded-error.ts";
import { openFlags } from "../../platform/regular-file.ts";
import { keepIndexTimes } from "./index-times.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** A sparse file can claim any size; a git file of this size is no longer copied. */
const maxCopiedBytes = 512 * 1024 * 1024;

export interface CopyOptions {
  /** Infinity for packs, whose size the disk alone limits. */
  readonly maxBytes?: number;
  /** The copy gets the times of the original: see `keepIndexTimes`. */
  readonly keepsTimes?: boolean;
}

/**
 * Copies a regular file of a slot. A link is not followed, and a FIFO, socket or device is not waited for.
 * @returns false if no regular file is there. @throws CodedError `SCRATCH_FILE_TOO_LARGE`; `SCRATCH_INCOMPLETE` if the
 * file is there and cannot be copied.
 */
export function copySlotFile(from: string, to: string, options: CopyOptions = {}): boolean {
  const { maxBytes = maxCopiedBytes, keepsTimes = false } = options;
  if (uncachedReader.readEntry(from).kind !== "file") return false;
  return unlessGone(from, () => copyOpenFile(from, to, { maxBytes, keepsTimes })) ?? false;
}

function copyOpenFile(from: string, to: string, { maxBytes, keepsTimes }: Required<CopyOptions>): boolean {
  const descriptor = openSync(encodePath(from), openFlags);
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile()) return false;
    if (stats.size > maxBytes)
      throw new CodedError(
        "SCRATCH_FILE_TOO_LARGE",
        `${from}: ${stats.size} bytes are too many to be copied`,
      );
    copyFileSync(`/proc/self/fd/${descriptor}`, encodePath(to), constants.COPYFILE_FICLONE);
    if (keepsTimes) keepIndexTimes(stats, to);
    return true;
  } finally {
    closeSync(descriptor);
  }
}

/** Copies a tree as `copyFile` does its files, without git's locks. */
export function copySlotTree(
  from: string,
  to: string,
  options: CopyOptions = {},
  copyFile: (from: string, to: string, options: CopyOptions) => void = copySlotFile,
): void {
  const reading = uncachedReader.readDirectory(from);
  if (reading.kind === "too_large")
    throw new CodedError("SCRATCH_FILE_TOO_LARGE", `${from} has too many names to be copied`);
  if (reading.kind === "unreadable")
    throw new CodedError("SCRATCH_INCOMPLETE", `${from} cannot be copied: ${reading.errorCode}`);
  if (reading.kind !== "entries") return;
  mkdirSync(encodePath(to), { recursive: true });
  for (const entry of reading.entries) {
    if (entry.name.endsWith(".lock")) continue;
    const [path, copy] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copySlotTree(path, copy, options, copyFile);
    else copyFile(path, copy, options);
  }
}

/** True for a file that this user may not read or that is too large: what a copier that wants all of a slot passes over. */
export function isUncopyable(error: unknown): boolean {
  if (!(error instanceof CodedError)) return false;
  if (error.code === "SCRATCH_FILE_TOO_LARGE") return true;
  return (
    error.code === "SCRATCH_INCOMPLETE" && ["EACCES", "EPERM"].includes(systemErrorCode(error.cause) ?? "")
  );
}

/** The codes of an entry that is not there any more, or is a link, socket or device now. */
const goneCodes: readonly string[] = ["ENOENT", "ENOTDIR", "ELOOP", "ENXIO"];

/** Git at work in the slot removes files at any moment: what is gone when it is to be read was not there. */
function unlessGone<T>(path: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    if (goneCodes.includes(systemErrorCode(cause) ?? "")) return undefined;
    const message = `${path} cannot be copied: ${asError(cause).message}`;
    throw new CodedError("SCRATCH_INCOMPLETE", message, { cause });
  }
}
