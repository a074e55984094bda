import type { Writable } from "node:stream";
import { readSync } from "node:fs";
import { sendToGit } from "../../git/run/feed-git.ts";

const chunkBytes = 1024 * 1024;
/** The size of the write buffer: a write for each line of a large tree costs more than the line. */
const mostPendingBytes = 256 * 1024;

/** A line of a tree: an object that is there already, or the mark of one that was sent. */
export interface TreeLine {
  /** As git writes it, such as 100644. */
  readonly mode: string;
  readonly object: string;
  readonly path: Buffer;
}

/** The tree of a commit: trees that are there, without some of their paths, and what comes on top. */
export interface CommitTree {
  readonly start?: readonly Omit<TreeLine, "mode">[];
  readonly removed?: Iterable<Buffer>;
  readonly lines: Iterable<TreeLine>;
}

/** What names a blob for a tree: its mark. Or what the system said instead. */
export type SentFile = { readonly mark: number } | { readonly error: unknown };

/** The input of `git fast-import`. Source: git-fast-import(1). */
export class FastImport {
  readonly #stdin: Writable;
  readonly #signal: AbortSignal;
  readonly #buffer = Buffer.allocUnsafe(chunkBytes);
  #lastMark = 0;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(stdin: Writable, signal: AbortSignal) {
    this.#stdin = stdin;
    this.#signal = signal;
  }

  async sendBlob(content: Buffer): Promise<number> {
    const mark = await this.#beginBlob(content.length);
    await this.#send(Buffer.concat([content, Buffer.from("\n")]));
    return mark;
  }

  /**
   * Sends so many bytes of an open file, also if the repository may have them: git tells it by its own hash, which knows
   * contents that were made to collide, and writes them once. Git was promised the bytes: if they do not come, zeros do, and
   * nobody uses that blob.
   */
  async sendFile(descriptor: number, bytes: number): Promise<SentFile> {
    const mark = await this.#beginBlob(bytes);
    let failure: { readonly error: unknown } | undefined;
    for (let position = 0; position < bytes;) {
      this.#signal.throwIfAborted();
      const chunk = this.#readChunk(descriptor, { from: position, to: bytes }, failure);
      failure = chunk.failure;
      position += chunk.content.length;
      // A copy: the stream may keep it after this turn.
      await this.#send(Buffer.from(chunk.content));
    }
    await this.#send("\n");
    return failure ?? { mark };
  }

  /** So much as the buffer holds, at the most. Nothing is read any more after a failure. */
  #readChunk(
    descriptor: number,
    { from, to }: { from: number; to: number },
    failed?: { readonly error: unknown },
  ): { content: Buffer; failure: { readonly error: unknown } | undefined } {
    const content = this.#buffer.subarray(0, Math.min(chunkBytes, to - from));
    let failure = failed;
    let filled = 0;
    try {
      for (let read = -1; failure === undefined && read !== 0 && filled < content.length; filled += read)
        read = readSync(descriptor, content, filled, content.length - filled, from + filled);
    } catch (error) {
      failure = { error };
    }
    content.fill(0, filled);
    return { content, failure };
  }

  async sendCommit(
    ref: string,
    seconds: number,
    { start = [], removed = [], lines }: CommitTree,
  ): Promise<void> {
    const message = "Saved by repo-pool-sidecar\n";
    await this.#send(
      `commit ${ref}\ncommitter repo-pool-sidecar <repo-pool-sidecar> ${seconds} +0000\ndata ${message.length}\n${message}`,
    );
    for (const { object, path } of start) await this.#send(`M 040000 ${object} ${quotePath(path)}\n`);
    for (const path of removed) await this.#send(`D ${quotePath(path)}\n`);
    for (const { mode, object, path } of lines) await this.#send(`M ${mode} ${object} ${quotePath(path)}\n`);
    await this.#send("\n");
  }

  async sendEnd(): Promise<void> {
    await this.#send("done\n");
    await this.#flush();
  }

  async #beginBlob(bytes: number): Promise<number> {
    const mark = ++this.#lastMark;
    await this.#send(`blob\nmark :${mark}\ndata ${bytes}\n`);
    return mark;
  }

  async #send(content: string | Buffer): Promise<void> {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= mostPendingBytes) await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    await sendToGit(this.#stdin, bytes);
  }
}

/** What `--export-marks` wrote: the object of each mark. */
export function parseMarks(content: string): ReadonlyMap<number, string> {
  return new Map(
    content.split("\n").flatMap((line): [number, string][] => {
      const [mark = "", objectId] = line.split(" ");
      return objectId === undefined ? [] : [[Number(mark.slice(1)), objectId]];
    }),
  );
}

const plainPath = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** As git quotes names: every byte that is not plain ASCII as three octal digits. */
function quotePath(path: Buffer): string {
  const text = path.toString("latin1");
  if (plainPath.test(text)) return `"${text}"`;
  const quoted = [...path].map((byte) => {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    return isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return `"${quoted.join("")}"`;
}
