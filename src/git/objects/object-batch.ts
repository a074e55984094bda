import { feedLines } from "../run/feed-git.ts";
import { byLine } from "../run/split-output.ts";
import type { GitCommand, GitResult } from "../run/git-command.ts";
import { runGit } from "../run/run-git.ts";

export interface BatchSource {
  readonly gitDirectory: string;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

export const objectTypes = ["commit", "tree", "blob", "tag"] as const;
export type ObjectType = (typeof objectTypes)[number];

export interface ObjectVisitor {
  start(objectId: string, type: ObjectType, bytes: number): void;
  content(chunk: Buffer): void;
  end(): void;
}

export interface ObjectTypes {
  readonly types: Map<string, ObjectType>;
  /** Sizes of the blobs among them. */
  readonly blobBytes: Map<string, number>;
  readonly result: GitResult;
}

const nothingAsked: GitResult = { kind: "done", stdout: "", stderr: "" };

/** Types of those of the given objects that are there, by name alone: content is not read. */
export async function readObjectTypes(
  source: BatchSource,
  objectIds: Iterable<string>,
): Promise<ObjectTypes> {
  const ids = [...objectIds];
  if (ids.length === 0) return { types: new Map(), blobBytes: new Map(), result: nothingAsked };
  return readTypes(source, ["cat-file", "--batch-check", "--buffer"], feedLines(ids));
}

/** Every object of the repository and of those it borrows from. */
export async function readAllObjectTypes(source: BatchSource): Promise<ObjectTypes> {
  // The command reads no input: even an empty one may fail.
  return readTypes(source, ["cat-file", "--batch-check", "--batch-all-objects", "--unordered", "--buffer"]);
}

async function readTypes(
  source: BatchSource,
  args: readonly string[],
  feed?: GitCommand["feed"],
): Promise<ObjectTypes> {
  const types = new Map<string, ObjectType>();
  const blobBytes = new Map<string, number>();
  const onOutput = byLine((line) => {
    const [id = "", word, bytes] = line.split(" ");
    const type = objectTypes.find((known) => known === word);
    if (type !== undefined) types.set(id, type);
    if (type === "blob") blobBytes.set(id, Number(bytes));
  });
  const result = await runGit({ ...source, args, feed, onOutput });
  return { types, blobBytes, result };
}

/**
 * Reads whole objects, in the order asked for. Git ends at the first one that cannot be read; what came before was
 * delivered whole.
 */
export async function readObjects(
  source: BatchSource,
  objectIds: Iterable<string>,
  visitor: ObjectVisitor,
): Promise<GitResult> {
  const reader = new BatchReader(visitor);
  return runGit({
    ...source,
    args: ["cat-file", "--batch", "--buffer"],
    feed: feedLines(objectIds),
    onOutput: (chunk) => {
      reader.read(chunk);
    },
  });
}

/** Takes `cat-file --batch` apart: a header line, the content, a line end. */
class BatchReader {
  readonly #visitor: ObjectVisitor;
  #header = "";
  /** Bytes of content still to come; undefined while a header is read. */
  #remaining: number | undefined;

  constructor(visitor: ObjectVisitor) {
    this.#visitor = visitor;
  }

  read(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0)
      rest = this.#remaining === undefined ? this.#readHeader(rest) : this.#readContent(rest);
  }

  #readHeader(chunk: Buffer): Buffer {
    const end = chunk.indexOf(10);
    if (end === -1) {
      this.#header += chunk.toString("latin1");
      return chunk.subarray(chunk.length);
    }
    const [id = "", word, bytes] = (this.#header + chunk.toString("latin1", 0, end)).split(" ");
    this.#header = "";
    const type = objectTypes.find((known) => known === word);
    if (type !== undefined) {
      this.#remaining = Number(bytes);
      this.#visitor.start(id, type, this.#remaining);
    }
    return chunk.subarray(end + 1);
  }

  #readContent(chunk: Buffer): Buffer {
    const remaining = this.#remaining ?? 0;
    const part = chunk.subarray(0, remaining);
    if (part.length > 0) this.#visitor.content(part);
    this.#remaining = remaining - part.length;
    if (chunk.length === part.length) return chunk.subarray(part.length);
    this.#visitor.end();
    this.#remaining = undefined;
    return chunk.subarray(part.length + 1);
  }
}
