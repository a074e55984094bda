import type { ObjectReading } from "../objects/loose-object.ts";
import { findPackFault, readPackedObject } from "./pack-file.ts";
import { PackIndex } from "./pack-index.ts";
import { identifyLinkedPack, type PackContents, type SharedPacks } from "./shared-packs.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

export interface PackFault {
  readonly kind: "pack_corrupt" | "pack_index_corrupt";
  readonly path: string;
  readonly found: string;
}

/** The tip's commit and its tree, for a few tips. */
const mostRememberedObjects = 16;
const maxRememberedBytes = 64 * 1024;

/** A pack and its index: two files of one name. */
export class Pack {
  readonly #base: string;
  readonly #idBytes: 20 | 32;
  readonly #shared: SharedPacks | undefined;
  #contents: PackContents;

  /** `base` is the path of both without their extensions. */
  constructor(base: string, { idBytes, shared }: { idBytes: 20 | 32; shared: SharedPacks | undefined }) {
    this.#base = base;
    this.#idBytes = idBytes;
    this.#shared = shared;
    this.#contents = {
      index: new PackIndex(`${base}.idx`, idBytes, shared),
      packFault: undefined,
      objects: new Map(),
    };
  }

  get #path(): string {
    return `${this.#base}.pack`;
  }

  /** Everything that sizes, headers and trailers show, and the checksum of a small index. */
  check(reader: SlotReader): PackFault | undefined {
    const identity = this.#identify(reader);
    const known = identity === undefined ? undefined : this.#shared?.find(identity);
    if (known !== undefined) this.#contents = known;
    else {
      const ends = this.#contents.index.check(reader);
      if (ends.kind === "corrupt")
        return { kind: "pack_index_corrupt", path: `${this.#base}.idx`, found: ends.found };
      this.#contents.packFault = findPackFault(reader, this.#path, ends);
      // The files may have been replaced while they were read.
      if (identity !== undefined && this.#contents.index.isHeld && identity === this.#identify(reader))
        this.#shared?.remember(identity, this.#contents);
    }
    const { packFault } = this.#contents;
    return packFault === undefined ? undefined : { kind: "pack_corrupt", path: this.#path, found: packFault };
  }

  /** `at`: where in `ids` the id starts. */
  has(reader: SlotReader, ids: Buffer, at = 0): boolean {
    return this.#contents.index.find(reader, ids, at) !== undefined;
  }

  /** Undefined if the index does not know the object. */
  read(reader: SlotReader, id: Buffer): ObjectReading | undefined {
    const { index, objects } = this.#contents;
    const place = index.find(reader, id);
    const offset = place === undefined ? undefined : index.offsetOf(reader, place);
    if (offset === undefined) return undefined;
    const known = objects.get(offset);
    if (known !== undefined) return known;
    const reading = readPackedObject(reader, this.#path, offset);
    const isSmall = reading.kind === "object" && reading.object.content.length <= maxRememberedBytes;
    if (isSmall && objects.size < mostRememberedObjects) objects.set(offset, reading);
    return reading;
  }

  #identify(reader: SlotReader): string | undefined {
    return this.#shared === undefined ? undefined : identifyLinkedPack(reader, this.#base, this.#idBytes);
  }
}
