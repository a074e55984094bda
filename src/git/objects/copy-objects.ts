import { createHash, type Hash } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeGitFailure } from "../run/git-command.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";
import { hashFramed, writeLooseObject } from "./whole-object.ts";
import { readObjects, type ObjectType, type ObjectVisitor } from "./object-batch.ts";
import { hashAlgorithm } from "./object-id.ts";

/** How often a list is halved before the rest of it is written object by object. */
const mostAttempts = 500;

/**
 * Copies objects by their ids from one scratch repository into another's own store. What cannot be read, or is not what
 * its id says, is left out. Never a link to a file of the source.
 */
export async function copyReadable(
  source: ScratchRepository,
  ids: readonly string[],
  target: ScratchRepository,
): Promise<void> {
  const readable = await selectReadable(source, ids);
  const pending = readable.length === 0 ? [] : [readable];
  const left: string[] = [];
  for (let part = pending.pop(), attempts = 0; part !== undefined; part = pending.pop(), attempts++) {
    if (attempts >= mostAttempts) left.push(...part);
    else if (await packInto(source, { args: [], list: part }, target)) continue;
    else if (part.length === 1) left.push(...part);
    else {
      const middle = Math.ceil(part.length / 2);
      pending.push(part.slice(middle), part.slice(0, middle));
    }
  }
  // Git packs no object behind which, before the next one, something else stands; it reads one all the same.
  if (left.length > 0) await readObjects(source.source, left, new LooseWriter(target));
}

/** Writes delivered objects as loose ones if their content is what their id says. */
class LooseWriter implements ObjectVisitor {
  readonly #target: ScratchRepository;
  #objectId = "";
  #chunks: Buffer[] = [];

  constructor(target: ScratchRepository) {
    this.#target = target;
  }

  start(objectId: string, type: ObjectType, bytes: number): void {
    this.#objectId = objectId;
    this.#chunks = [Buffer.from(`${type} ${bytes}\0`)];
  }

  content(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  end(): void {
    const framed = Buffer.concat(this.#chunks);
    if (hashFramed(framed, this.#target.format.idBytes) === this.#objectId)
      writeLooseObject(this.#target.objects, this.#objectId, framed);
  }
}

const idsPerBatch = 20_000;

/**
 * Those of the objects whose content has their id. Git ends at each object that it cannot read: the rest is asked for
 * again. @throws if git does not come to an end by itself.
 */
async function selectReadable(source: ScratchRepository, ids: readonly string[]): Promise<string[]> {
  const readable: string[] = [];
  for (let start = 0; start < ids.length; start += idsPerBatch) {
    let pending = ids.slice(start, start + idsPerBatch);
    while (pending.length > 0) {
      const reader = new HashReader(source.format.idBytes);
      const result = await readObjects(source.source, pending, reader);
      readable.push(...reader.sound);
      if (result.kind === "done") break;
      if (result.kind !== "failed") throw new Error(`objects cannot be read: ${describeGitFailure(result)}`);
      pending = pending.slice(reader.readCount + 1);
    }
  }
  return readable;
}

/** Computes the id of each object that git delivers. */
class HashReader implements ObjectVisitor {
  readonly sound: string[] = [];
  readCount = 0;
  readonly #algorithm: string;
  #objectId = "";
  #hash: Hash | undefined;

  constructor(idBytes: 20 | 32) {
    this.#algorithm = hashAlgorithm(idBytes);
  }

  start(objectId: string, type: ObjectType, bytes: number): void {
    this.#objectId = objectId;
    this.#hash = createHash(this.#algorithm).update(`${type} ${bytes}\0`);
  }

  content(chunk: Buffer): void {
    this.#hash?.update(chunk);
  }

  end(): void {
    this.readCount++;
    if (this.#hash?.digest("hex") === this.#objectId) this.sound.push(this.#objectId);
  }
}

/** Copies objects with everything below them, as far as the target does not have it. @returns false if that failed. */
export function copyBelow(
  source: ScratchRepository,
  { wanted, without }: { wanted: readonly string[]; without: readonly string[] },
  target: ScratchRepository,
): Promise<boolean> {
  const list = [...wanted, ...without.map((revision) => `^${revision}`)];
  const missing = source.format.isPartial ? ["--missing=allow-promisor"] : [];
  return packInto(source, { args: ["--revs", ...missing], list }, target);
}

/** Packs them, then indexes the pack again: that computes every id from the content, whatever the source called it. */
async function packInto(
  source: ScratchRepository,
  { args, list }: { args: readonly string[]; list: readonly string[] },
  target: ScratchRepository,
): Promise<boolean> {
  const prefix = join(target.packs, "pack");
  const packed = await source.run(["pack-objects", "--quiet", "--window=0", ...args, prefix], {
    input: list.map((line) => `${line}\n`).join(""),
  });
  const name = packed.kind === "done" ? /^[0-9a-f]+$/m.exec(packed.stdout)?.[0] : undefined;
  if (name === undefined) return false;
  const check = join(target.directory, "check.idx");
  const verified = await source.run(["index-pack", "-o", check, `${prefix}-${name}.pack`]);
  if (verified.kind === "done") {
    // The first index has the names that were asked for; this one has the hashes of what is in the pack.
    renameSync(check, `${prefix}-${name}.idx`);
    // Objects that a partial clone's remote promised stay promised: what they lead to may be absent.
    if (source.format.isPartial) writeFileSync(`${prefix}-${name}.promisor`, "");
    return true;
  }
  rmSync(check, { force: true });
  for (const ending of ["pack", "idx", "rev"]) rmSync(`${prefix}-${name}.${ending}`, { force: true });
  return false;
}
