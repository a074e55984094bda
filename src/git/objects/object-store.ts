import { join } from "node:path";
import { isEnvironmentError } from "../../platform/environment-error.ts";
import { readAlternates } from "./alternates.ts";
import { describeNewerMidx, findChunkFileFault, listMidxLayers } from "../packs/chunk-file.ts";
import {
  findLostObjects,
  isFanOutFolder,
  looseObjectPath,
  readLooseObject,
  type ObjectReading,
} from "./loose-object.ts";
import { Pack } from "../packs/pack.ts";
import { listPackBases } from "../packs/pack-names.ts";
import type { SharedPacks } from "../packs/shared-packs.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";
import type { UnreadPlace } from "../../platform/unread-path.ts";

/** One difference from a healthy object store. */
export interface ObjectStoreFault {
  readonly kind:
    | "objects_missing"
    | "pack_missing"
    | "pack_corrupt"
    | "pack_index_missing"
    | "pack_index_corrupt"
    | "alternates_broken"
    | "alternates_no_file"
    | "object_empty"
    | "commit_graph_corrupt"
    | "multi_pack_index_corrupt";
  readonly path: string;
  readonly found: string;
}

export interface ObjectStoreCheck {
  readonly faults: readonly ObjectStoreFault[];
  /** Paths that were not read. */
  readonly unread: readonly UnreadPlace[];
}

/** The objects of one repository and of those it borrows from, read without git. */
export class ObjectStore {
  readonly #directory: string;
  readonly #idBytes: 20 | 32;
  readonly #present = new Set<string>();
  readonly #shared: SharedPacks | undefined;
  readonly #known = new Map<string, Pack>();
  #packs: readonly Pack[] | undefined;
  #borrowed: ReturnType<typeof readAlternates> | undefined;

  constructor(objectsDirectory: string, idBytes: 20 | 32, shared?: SharedPacks) {
    this.#directory = objectsDirectory;
    this.#idBytes = idBytes;
    this.#shared = shared;
  }

  /** Loose and not empty, or in a pack that is there with its index; by name only, content not read. */
  has(reader: SlotReader, objectId: string): boolean {
    if (this.#present.has(objectId)) return true;
    const isThere = this.#looksPresent(reader, objectId) || this.#looksPresentNow(reader, objectId);
    if (isThere) this.#present.add(objectId);
    return isThere;
  }

  /** Those of the objects that are in no pack now, so that they have to be asked for one by one. For many at once. */
  listUnpacked(reader: SlotReader, objectIds: readonly string[]): readonly string[] {
    const idLength = 2 * this.#idBytes;
    if (objectIds.some(({ length }) => length !== idLength)) return objectIds;
    const ids = Buffer.from(objectIds.join(""), "hex");
    const packs = this.#allPacks(reader);
    return objectIds.filter(
      (_, place) => !packs.some((pack) => pack.has(reader, ids, place * this.#idBytes)),
    );
  }

  /** The object's content, if it needs no delta. */
  read(reader: SlotReader, objectId: string): ObjectReading {
    const packed = this.#findPacked(reader, objectId);
    if (packed !== undefined) return packed;
    for (const directory of this.#directories(reader)) {
      const loose = readLooseObject(reader, looseObjectPath(directory, objectId));
      if (loose.kind !== "missing") return loose;
    }
    return { kind: "missing" };
  }

  /** What only a newer git than this host's can read, in this store or its alternates. Undefined if there is nothing. */
  describeUnsupported(reader: SlotReader): string | undefined {
    for (const directory of this.#directories(reader)) {
      const newer = describeNewerMidx(reader, directory, this.#idBytes);
      if (newer !== undefined) return newer;
    }
    return undefined;
  }

  /** Checks file names, sizes, headers and trailers; no object is unpacked. */
  check(reader: SlotReader): ObjectStoreCheck {
    const own = reader.readDirectory(this.#directory);
    if (own.kind === "unreadable" && isEnvironmentError(own.errorCode))
      return { faults: [], unread: [{ path: this.#directory, detail: own.errorCode }] };
    if (own.kind !== "entries") {
      const found = own.kind === "not_a_directory" ? `a ${own.found}` : own.kind;
      return { faults: [{ kind: "objects_missing", path: this.#directory, found }], unread: [] };
    }
    const folders = own.entries.filter((entry) => entry.isDirectory() && isFanOutFolder(entry.name));
    const loose = findLostObjects(
      reader,
      this.#directory,
      folders.map((folder) => folder.name),
    );
    const lost = loose.lost.map(({ path, found }) => fault("object_empty", path, found));
    const alternates = this.#alternates(reader).faults.map(({ path, found, isFile }) =>
      fault(isFile ? "alternates_broken" : "alternates_no_file", path, found),
    );
    const packs = this.#checkPacks(reader);
    return {
      faults: [...alternates, ...packs.faults, ...this.#checkCommitGraph(reader), ...lost],
      unread: [...loose.unread, ...packs.unread],
    };
  }

  #looksPresent(reader: SlotReader, objectId: string): boolean {
    const id = Buffer.from(objectId, "hex");
    return (
      this.#allPacks(reader).some((pack) => pack.has(reader, id)) ||
      this.#directories(reader).some((at) => holdsObject(reader, looseObjectPath(at, objectId)))
    );
  }

  /** Like git, looks at the packs again before it says no: a repack may have moved the object meanwhile. */
  #looksPresentNow(reader: SlotReader, objectId: string): boolean {
    for (const directory of this.#directories(reader)) reader.forgetListing(`${directory}/pack`);
    this.#packs = undefined;
    return this.#looksPresent(reader, objectId);
  }

  #findPacked(reader: SlotReader, objectId: string): ObjectReading | undefined {
    const id = Buffer.from(objectId, "hex");
    for (const pack of this.#allPacks(reader)) {
      const reading = pack.read(reader, id);
      if (reading !== undefined) return reading;
    }
    return undefined;
  }

  #directories(reader: SlotReader): readonly string[] {
    return [this.#directory, ...this.#alternates(reader).directories];
  }

  #alternates(reader: SlotReader): ReturnType<typeof readAlternates> {
    this.#borrowed ??= readAlternates(reader, this.#directory);
    return this.#borrowed;
  }

  #allPacks(reader: SlotReader): readonly Pack[] {
    this.#packs ??= this.#directories(reader).flatMap((directory) =>
      this.#listPacks(reader, `${directory}/pack`),
    );
    return this.#packs;
  }

  #listPacks(reader: SlotReader, directory: string): Pack[] {
    const names = new Set(reader.listNames(directory));
    return [...names].flatMap((name) => {
      const base = name.replace(/\.idx$/, "");
      return base === name || !names.has(`${base}.pack`) ? [] : [this.#pack(`${directory}/${base}`)];
    });
  }

  /** A pack's name comes from its content, so what was read of it stays true. */
  #pack(base: string): Pack {
    const known = this.#known.get(base) ?? new Pack(base, { idBytes: this.#idBytes, shared: this.#shared });
    this.#known.set(base, known);
    return known;
  }

  #checkPacks(reader: SlotReader): ObjectStoreCheck {
    const directory = `${this.#directory}/pack`;
    const reading = reader.readDirectory(directory);
    if (reading.kind === "missing") return { faults: [], unread: [] };
    if (reading.kind === "not_a_directory")
      return { faults: [fault("objects_missing", directory, `a ${reading.found}`)], unread: [] };
    if (reading.kind !== "entries")
      return { faults: [], unread: [{ path: directory, detail: reading.kind }] };
    const names = new Set(reading.entries.map((entry) => entry.name));
    const bases = listPackBases(names);
    const checked = bases.slice(0, mostPacks);
    const unread =
      bases.length > mostPacks ? [{ path: directory, detail: `more than ${mostPacks} packs` }] : [];
    const packs = checked.flatMap((base) => this.#checkPack(reader, `${directory}/${base}`, names, base));
    const midx = names.has("multi-pack-index")
      ? this.#checkChunks(reader, `${directory}/multi-pack-index`)
      : [];
    const layers = names.has("multi-pack-index.d") ? this.#checkMidxLayers(reader) : [];
    return { faults: [...packs, ...midx, ...layers], unread };
  }

  #checkPack(reader: SlotReader, path: string, names: ReadonlySet<string>, base: string): ObjectStoreFault[] {
    if (!names.has(`${base}.pack`)) return [fault("pack_missing", `${path}.pack`, "nothing")];
    if (!names.has(`${base}.idx`)) return [fault("pack_index_missing", `${path}.idx`, "nothing")];
    const found = this.#pack(path).check(reader);
    return found === undefined ? [] : [found];
  }

  #checkChunks(reader: SlotReader, path: string): ObjectStoreFault[] {
    const found = findChunkFileFault(reader, path, "multi_pack_index", this.#idBytes);
    return found === undefined ? [] : [fault("multi_pack_index_corrupt", path, found)];
  }

  /** A layer that the chain names must exist, and one that exists must be sound. */
  #checkMidxLayers(reader: SlotReader): ObjectStoreFault[] {
    return listMidxLayers(reader, this.#directory).flatMap((path) => {
      const found =
        reader.readEntry(path).kind === "missing"
          ? "nothing"
          : findChunkFileFault(reader, path, "multi_pack_index", this.#idBytes);
      return found === undefined ? [] : [fault("multi_pack_index_corrupt", path, found)];
    });
  }

  /** One file, or a chain of files whose names a list holds. */
  #checkCommitGraph(reader: SlotReader): ObjectStoreFault[] {
    const info = `${this.#directory}/info`;
    const names = reader.listNames(info);
    const chain = names.includes("commit-graphs") ? `${info}/commit-graphs` : undefined;
    const graphs = [
      ...(names.includes("commit-graph") ? [`${info}/commit-graph`] : []),
      ...(chain === undefined
        ? []
        : reader.listNames(chain).filter((name) => /^graph-.*\.graph$/.test(name))
      ).map((name) => join(chain ?? info, name)),
    ];
    return graphs.flatMap((path) => {
      const found = findChunkFileFault(reader, path, "commit_graph", this.#idBytes);
      return found === undefined ? [] : [fault("commit_graph_corrupt", path, found)];
    });
  }
}

/** The limit of one probe; git gc combines packs at 50. */
const mostPacks = 2_000;

function fault(kind: ObjectStoreFault["kind"], path: string, found: string): ObjectStoreFault {
  return { kind, path, found };
}

function holdsObject(reader: SlotReader, path: string): boolean {
  const { kind, stats } = reader.readEntry(path);
  return (kind === "file" || kind === "link") && (stats?.size ?? 0) > 0;
}
