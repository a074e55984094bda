import { readFileSync, statSync } from "node:fs";
import { asError } from "../platform/coded-error.ts";

/** What an HTTP header cannot carry. */
const unusable = /[^\x20-\x7e]/;

/**
 * Says why nobody could prove who they are by the token of this file, else undefined. Not for slots: the operator names
 * the file, so links are followed.
 */
export function findTokenFault(path: string): string | undefined {
  try {
    // A FIFO or a device would keep the reader waiting.
    if (!statSync(path).isFile()) return `${path} is not a file`;
    const token = readFileSync(path, "utf8").trim();
    if (token === "") return `${path} is empty`;
    return unusable.test(token) ? `${path} holds more than one line of plain characters` : undefined;
  } catch (thrown) {
    return asError(thrown).message;
  }
}
