import { once } from "node:events";
import type { Writable } from "node:stream";
import { encodeBytes } from "../../platform/byte-text.ts";
import { systemErrorCode } from "../../platform/coded-error.ts";

const endedEarly = "git ended before it had read everything";

/** Writes to a git command's input as fast as it reads. @throws once the command no longer reads. */
export async function sendToGit(stdin: Writable, content: string | Buffer): Promise<void> {
  if (stdin.destroyed || stdin.writableEnded) throw new Error(endedEarly);
  if (stdin.write(encodeBytes(content))) return;
  const waiting = new AbortController();
  const ended = once(stdin, "close", { signal: waiting.signal }).then(() => {
    throw new Error(endedEarly);
  });
  try {
    await Promise.race([once(stdin, "drain", { signal: waiting.signal }), ended]);
  } catch (error) {
    // Git says itself why it ended; that its pipe is closed tells nobody anything.
    throw systemErrorCode(error) === "EPIPE" ? new Error(endedEarly) : error;
  } finally {
    waiting.abort();
    ended.catch(() => undefined);
  }
}

const linesPerWrite = 5_000;

/** Feeds lines, a few thousand in one write. */
export function feedLines(lines: Iterable<string>): (stdin: Writable) => Promise<void> {
  return async (stdin) => {
    let pending: string[] = [];
    for (const line of lines) {
      pending.push(`${line}\n`);
      if (pending.length < linesPerWrite) continue;
      await sendToGit(stdin, pending.join(""));
      pending = [];
    }
    await sendToGit(stdin, pending.join(""));
  };
}
