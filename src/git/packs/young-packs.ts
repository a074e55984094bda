import { lstatSync } from "node:fs";
import type { OtherRemote } from "../config/remotes.ts";
import { findTimeOfClone, isWrittenBefore } from "../refs/remote-commits.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { PackIndex, readPackedIds } from "./pack-index.ts";
import { listPackBases } from "./pack-names.ts";

/** More objects than this are not looked at; the smallest packs come first. */
const mostObjects = 100_000;
/** An index has at least an id, a checksum and an offset for each. */
const leastBytesPerObject = 28;

export interface PackStore {
  readonly commonDirectory: string;
  /** Those outside of the slot. */
  readonly remotes: readonly Pick<OtherRemote, "name">[];
  readonly idBytes: 20 | 32;
}

export interface YoungPacks {
  readonly ids: ReadonlySet<string>;
  /** True if another pack has it too, as what a fetch brings stands on what was there before. */
  isInOlder(objectId: string): boolean;
}

/**
 * The packs that were written since the clone, as far as they are small. `git maintenance` takes loose objects into such
 * packs whether anything names them or not: its task `loose-objects` does, and `geometric-repack`, which git 2.55 runs by
 * itself after a commit. Packs of what a remote promised, and cruft packs, are none of these.
 */
export function readYoungPacks({ commonDirectory, remotes, idBytes }: PackStore): YoungPacks {
  const folder = `${commonDirectory}/objects/pack`;
  const ids = new Set<string>();
  let left = mostObjects;
  const { young, older } = sortByAge(folder, findTimeOfClone(commonDirectory, remotes));
  for (const { path, bytes } of young) {
    if (bytes > left * leastBytesPerObject) break;
    const packed = readPackedIds(path, idBytes) ?? [];
    left -= packed.length;
    for (const id of packed) ids.add(id);
  }
  const packs = older.map(({ path }) => new PackIndex(path, idBytes));
  const isInOlder = (id: string): boolean =>
    packs.some((pack) => pack.find(uncachedReader, Buffer.from(id, "hex")) !== undefined);
  return { ids, isInOlder };
}

interface IndexFile {
  readonly base: string;
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: number;
}

/** The smallest first. If the time of the clone is not known, as in a bare repository, the oldest pack is the clone's. */
function sortByAge(
  folder: string,
  clonedAt: bigint | undefined,
): { young: readonly IndexFile[]; older: readonly IndexFile[] } {
  const names = new Set(uncachedReader.listAllNames(folder));
  const all = listPackBases(names)
    .map((base) => describeIndex(folder, base))
    .sort((one, other) => one.bytes - other.bytes);
  const oldest = clonedAt === undefined ? findOldest(all) : undefined;
  const isYoung = ({ base, path }: IndexFile): boolean =>
    !names.has(`${base}.mtimes`) &&
    !names.has(`${base}.promisor`) &&
    (clonedAt === undefined ? path !== oldest?.path : !isWrittenBefore(path, clonedAt));
  const young = new Set(all.filter(isYoung));
  return { young: [...young], older: all.filter((each) => !young.has(each)) };
}

function describeIndex(folder: string, base: string): IndexFile {
  const path = `${folder}/${base}.idx`;
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return { base, path, bytes: stats?.size ?? 0, modifiedAt: stats?.mtimeMs ?? Infinity };
}

/** Apart from those into which `git maintenance` took loose objects: no clone writes such a name. */
function findOldest(packs: readonly IndexFile[]): IndexFile | undefined {
  return packs
    .filter(({ base }) => !base.startsWith("loose-"))
    .reduce<IndexFile | undefined>(
      (oldest, pack) => (oldest !== undefined && oldest.modifiedAt <= pack.modifiedAt ? oldest : pack),
      undefined,
    );
}
