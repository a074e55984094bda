import type { ObjectReading } from "../objects/loose-object.ts";
import type { PackIndex } from "./pack-index.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

/** What was read of a pack and of its index: the same by every name that these two files have. */
export interface PackContents {
  readonly index: PackIndex;
  /** Undefined if the pack agrees with its index. */
  packFault: string | undefined;
  /** By the byte of the pack where they start. */
  readonly objects: Map<number, ObjectReading>;
}

/** Their indexes are held in memory, up to a mebibyte each. */
const mostPacks = 32;

/**
 * Packs that several repositories have as hard links, which is what `git clone` makes of a repository on the same file
 * system, so that each is read once. To be kept no longer than one round of looks: a damage that the disk does to a file
 * changes none of its times.
 */
export class SharedPacks {
  readonly #contents = new Map<string, PackContents>();

  find(identity: string): PackContents | undefined {
    return this.#contents.get(identity);
  }

  remember(identity: string, contents: PackContents): void {
    const [oldest] = this.#contents.keys();
    if (oldest !== undefined && this.#contents.size >= mostPacks) this.#contents.delete(oldest);
    this.#contents.set(identity, contents);
  }
}

/** Which two files a pack and its index are, and their last change. Undefined if they have no other name. */
export function identifyLinkedPack(reader: SlotReader, base: string, idBytes: number): string | undefined {
  const index = identifyLinkedFile(reader, `${base}.idx`);
  const pack = index === undefined ? undefined : identifyLinkedFile(reader, `${base}.pack`);
  return pack === undefined ? undefined : `${idBytes} ${index} ${pack}`;
}

function identifyLinkedFile(reader: SlotReader, path: string): string | undefined {
  const { kind, stats } = reader.readEntry(path);
  if (kind !== "file" || stats === undefined || stats.nlink < 2) return undefined;
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
}
