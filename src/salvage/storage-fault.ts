import { asError, CodedError, systemErrorCode } from "../platform/coded-error.ts";
import { isInside } from "../platform/contained-path.ts";
import { isEnvironmentError } from "../platform/environment-error.ts";
import type { ErrorCode } from "../platform/error-codes.ts";
import { describeUnread } from "../platform/unread-path.ts";
import { isForLackOfRoom } from "./save/salvage-room.ts";

/** Nothing is wrong with the slot: a step could not write what is the program's own, and can be taken again once it may. */
export interface StorageFault {
  readonly reason: "disk_space" | "state_unwritable";
  readonly detail: string;
}

/** What an error tells of the disk, of the state directory, and of that for temporary files; undefined if nothing. */
export function findStorageFault(error: unknown, stateDir: string): StorageFault | undefined {
  const { message } = asError(error);
  if (isForLackOfRoom(error)) return { reason: "disk_space", detail: message };
  const path = findUnwritten(error, stateDir);
  if (path === undefined) return undefined;
  return { reason: "state_unwritable", detail: path === "" ? message : `${message}: ${path}` };
}

export function isStorageFault(reason: string | undefined): reason is StorageFault["reason"] {
  return reason === "disk_space" || reason === "state_unwritable";
}

/** Their messages say what to do. */
const codes: readonly ErrorCode[] = ["JOURNAL_UNWRITABLE", "TEMPORARY_DIRECTORY_UNUSABLE"];

/** The system's words, as Node begins its messages with them, or git ends a line of its own; no rename between two places. */
const words =
  /\b(?:EACCES|EPERM|EROFS|EIO): (?!.* -> )|: (?:Permission denied|Operation not permitted|Read-only file system|Input\/output error)$/m;

/** @returns what the message lacks, "" if nothing */
function findUnwritten(error: unknown, stateDir: string): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof CodedError && codes.includes(cause.code)) return "";
    const code = systemErrorCode(cause);
    const { path, dest = path } = cause as { path?: string; dest?: string };
    if (path === undefined || dest === undefined) {
      // What git or a step says of a file that it names.
      if (cause.message.includes(`${stateDir}/`) && words.test(cause.message)) return "";
    } else if (code !== undefined && isEnvironmentError(code)) {
      if (isInside(stateDir, path) && isInside(stateDir, dest)) return describeUnread(path, code, "written");
    }
  }
  return undefined;
}
