import type { ObjectReading } from "../objects/loose-object.ts";
import type { PackIndex, SoundIndex, SoundIndexes } from "./pack-index.ts";
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
 * Packs that several repositories share as hard links, as `git clone` makes them on one file system: each is read once. Keep
 * this for one collection only: damage by the disk does not change a file's times.
 */
export class SharedPacks implements SoundIndexes {
  readonly #contents = new Map<string, PackContents>();
  /** By length and checksum: clones of one remote have the same packs, as files of their own too. */
  readonly #twins = new Map<string, SoundIndex>();

  find(identity: string): PackContents | undefined {
    return this.#contents.get(identity);
  }

  remember(identity: string, contents: PackContents): void {
    addTo(this.#contents, identity, contents);
  }

  /** The sound index with these very bytes: to compare them takes a tenth of what their hash does. */
  findTwin(content: Buffer, idBytes: number): SoundIndex | undefined {
    const twin = this.#twins.get(checksumKey(content, idBytes));
    return twin?.content.equals(content) === true ? twin : undefined;
  }

  rememberTwin(index: SoundIndex, idBytes: number): void {
    addTo(this.#twins, checksumKey(index.content, idBytes), index);
  }
}

function addTo<T>(map: Map<string, T>, key: string, value: T): void {
  const [oldest] = map.keys();
  if (oldest !== undefined && map.size >= mostPacks) map.delete(oldest);
  map.set(key, value);
}

function checksumKey(content: Buffer, idBytes: number): string {
  return `${idBytes} ${content.length} ${content.toString("latin1", content.length - idBytes)}`;
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
