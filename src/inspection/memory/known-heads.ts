import { join } from "node:path";
import { smallFilePath, type GitDirectories } from "../../git/git-directory.ts";
import { asFields, asText, type StoredFields } from "../../platform/stored-fields.ts";
import { readStoredFile, writeStoredFile, type StoredFormat } from "../../platform/stored-file.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { Pool, Slot } from "../../pool/pool.ts";

/** HEAD of a work tree that no pool manager records, as it was when nothing was wrong with the work tree. */
interface KnownHead {
  readonly path: string;
  readonly head: Buffer;
}

type HeadsBySlot = ReadonlyMap<string, KnownHead>;

const maxHeadBytes = 4096;

/** Of the slots of one pool of a source. HEADs are base64: a name in them need not be UTF-8. */
export const knownHeadsFormat: StoredFormat<HeadsBySlot> = {
  name: "the copies of healthy HEADs",
  version: 1,
  maxBytes: 16 * 1024 * 1024,
  parse({ heads }) {
    const fields = asFields(heads);
    return fields === undefined ? undefined : new Map(Object.entries(fields).flatMap(parseHead));
  },
  format: (heads) => ({
    heads: Object.fromEntries(
      [...heads].map(([slotId, { path, head }]) => [slotId, { path, head: head.toString("base64") }]),
    ),
  }),
};

function parseHead([slotId, stored]: [string, StoredFields[string]]): [string, KnownHead][] {
  const fields = asFields(stored);
  const [path, head] = [asText(fields?.["path"]), asText(fields?.["head"])];
  if (path === undefined || head === undefined) return [];
  return [[slotId, { path, head: Buffer.from(head, "base64") }]];
}

/**
 * One file for each pool of a source: work trees come and go by the hundred, and of each only HEAD says what nothing else does.
 */
export class KnownHeads {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Undefined if there is no copy, or no readable one. @throws CodedError `STORED_FILE_NEWER` */
  read({ slotId, repoName }: Pick<Slot, "slotId" | "repoName">): Buffer | undefined {
    return this.#readPool(repoName).get(slotId)?.head;
  }

  /** Keeps what is healthy now, and forgets work trees that are gone. @returns whether anything was written. @throws the system's error */
  remember(
    pool: Pool,
    healthy: readonly { readonly slot: Slot; readonly directories: GitDirectories | undefined }[],
  ): boolean {
    const known = this.#readPool(pool.repoName);
    const heads = new Map([...known].filter(([slotId, { path }]) => isKept(slotId, path, pool)));
    for (const { slot, directories } of healthy) {
      const head = directories && readHeadFile(slot, directories);
      if (head !== undefined) heads.set(slot.slotId, { path: slot.path, head });
    }
    const contentOf = (of: HeadsBySlot): string => JSON.stringify(knownHeadsFormat.format(of));
    if (contentOf(heads) === contentOf(known)) return false;
    writeStoredFile(this.#file(pool.repoName), knownHeadsFormat, heads);
    return true;
  }

  #readPool(repoName: string): HeadsBySlot {
    const reading = readStoredFile(this.#file(repoName), knownHeadsFormat);
    return reading.kind === "stored" ? reading.value : new Map();
  }

  #file(repoName: string): string {
    return join(this.#directory, repoName, "heads.json");
  }
}

/** A work tree that is not found may only be out of sight, as its registration is lost. */
function isKept(slotId: string, path: string, { slots, vantage }: Pool): boolean {
  const isGone = uncachedReader.readEntry(path).kind === "missing";
  return vantage !== undefined || !isGone || slots.some((slot) => slot.slotId === slotId);
}

function readHeadFile({ path }: Slot, directories: GitDirectories): Buffer | undefined {
  const file = smallFilePath("HEAD", { slotPath: path, directories });
  const reading = uncachedReader.readRegularFile(file, { maxBytes: maxHeadBytes });
  return reading.kind === "content" ? reading.content : undefined;
}
