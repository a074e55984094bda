import { join } from "node:path";
import { isRefName } from "../../git/refs/head.ts";
import type { ObjectStore } from "../../git/objects/object-store.ts";
import { isDangling } from "../../git/refs/dangling-refs.ts";
import { packedRefsPath } from "../../git/refs/packed-refs.ts";
import { readReflog, reflogFolders, reflogPath, tellsDeletion } from "../../git/refs/reflog.ts";
import { followRef, readLooseRef, readLooseRefTree, type Ref } from "../../git/refs/refs.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";
import type { UnreadPlace } from "../../platform/unread-path.ts";

/** A ref that git cannot use, or that was lost. */
export interface RefFault {
  readonly code: "ref_invalid" | "ref_target_missing" | "ref_missing";
  readonly ref: string;
  readonly expected: string;
  readonly found: string;
}

export interface RefScan {
  readonly faults: readonly RefFault[];
  readonly hasCommit: boolean;
  readonly unread: readonly UnreadPlace[];
}

export interface RefSource {
  readonly directory: string;
  readonly packed: ReadonlyMap<string, string>;
  /** False if packed refs may be there that were not read: a symbolic ref may then lead to one. */
  readonly arePackedWhole: boolean;
  /** Undefined if the store itself is broken: then every ref would seem to point nowhere. */
  readonly store: ObjectStore | undefined;
}

/** Limits of one probe: some hundred milliseconds. */
const mostPackedRefs = 50_000;
/** To prove that an object is missing, every pack is searched; more such refs than this need not be listed. */
const mostRefFaults = 500;

/** Every ref of a repository: loose and packed ones, and own ones of which the reflog alone is left. */
export function scanRefs(reader: SlotReader, source: RefSource): RefScan {
  const tree = readLooseRefTree(reader, source.directory);
  const unread = [...tree.unread];
  const faults: RefFault[] = [];
  let hasCommit = source.packed.size > 0;
  for (const [index, name] of tree.names.entries()) {
    if (faults.length >= mostRefFaults) {
      const path = `${source.directory}/refs`;
      unread.push({ path, detail: `${tree.names.length - index} refs beyond ${faults.length} broken ones` });
      break;
    }
    const ref = readLooseRef(reader, source.directory, name);
    hasCommit ||= ref.kind === "commit";
    if (ref.kind === "unreadable")
      unread.push({ path: `${source.directory}/${name}`, detail: ref.errorCode });
    else faults.push(...judgeLooseRef(reader, name, ref, source));
  }
  const loose = new Set(tree.names);
  if (faults.length < mostRefFaults) faults.push(...findDanglingPackedRefs(reader, source, loose));
  const beyond = source.packed.size - mostPackedRefs;
  if (beyond > 0) {
    const path = packedRefsPath(source.directory);
    unread.push({ path, detail: `the targets of ${beyond} refs` });
  }
  return { faults: [...faults, ...findLostRefs(reader, source, loose)], hasCommit, unread };
}

function judgeLooseRef(reader: SlotReader, name: string, ref: Ref, source: RefSource): RefFault[] {
  if (!isRefName(name)) return [fault("ref_invalid", name, "a name that git accepts", "another name")];
  if (ref.kind === "invalid") return [fault("ref_invalid", name, "an object id", ref.found)];
  if (ref.kind === "commit" && source.store?.has(reader, ref.objectId) === false)
    return [fault("ref_target_missing", name, `the object ${ref.objectId}`, "no such object")];
  if (
    ref.kind === "symbolic" &&
    followRef(reader, source.directory, { name, ref }, source.packed).kind === "cyclic"
  )
    return [fault("ref_invalid", name, "a commit", "a cycle")];
  if (
    ref.kind === "symbolic" &&
    source.arePackedWhole &&
    isDangling(reader, source.directory, { name, ref }, source.packed)
  )
    return [fault("ref_target_missing", name, `the ref ${ref.target}`, "no such ref")];
  return [];
}

function findDanglingPackedRefs(
  reader: SlotReader,
  { packed, store }: RefSource,
  loose: ReadonlySet<string>,
): RefFault[] {
  if (store === undefined) return [];
  const targets = new Set([...packed.values()].slice(0, mostPackedRefs));
  const unpacked = new Set(store.listUnpacked(reader, [...targets]));
  const faults: RefFault[] = [];
  for (const [name, objectId] of packed) {
    if (unpacked.size === 0 || faults.length >= mostRefFaults) break;
    if (!unpacked.has(objectId) || loose.has(name) || store.has(reader, objectId)) continue;
    faults.push(fault("ref_target_missing", name, `the object ${objectId}`, "no such object"));
  }
  return faults;
}

/** Refs that are somebody's work. Those of a remote come back with the next fetch. */
const foldersOfOwnRefs = ["refs/heads", "refs/notes"];

/** Git deletes a ref's reflog before the ref, so a reflog without a ref is a ref that something else lost. */
function findLostRefs(
  reader: SlotReader,
  { directory, packed }: RefSource,
  loose: ReadonlySet<string>,
): RefFault[] {
  // The search for obstacles reports these.
  for (const folder of reflogFolders(directory)) reader.readDirectory(folder);
  const logs = foldersOfOwnRefs
    .filter((folder) => reader.isPlainPath(directory, `logs/${folder}/any`))
    .flatMap((folder) => readLooseRefTree(reader, directory, `logs/${folder}`).names)
    .map((name) => name.slice("logs/".length));
  const stash = "refs/stash";
  if (reader.isPlainPath(directory, `logs/${stash}`) && !reader.isListedMissing(reflogPath(directory, stash)))
    logs.push(stash);
  return logs
    .filter((name) => !packed.has(name) && !loose.has(name) && isLostRef(reader, directory, directory, name))
    .map((name) => fault("ref_missing", name, "the ref of this reflog", "its reflog alone"));
}

/**
 * True if a ref that is not packed has a reflog and no file. Git writes the log before the ref while it holds
 * the ref's lock: with a lock there, or a ref by now, nothing is lost; nor if the log ends in the ref's deletion.
 */
export function isLostRef(
  reader: SlotReader,
  directory: string,
  logDirectory: string,
  name: string,
): boolean {
  const isMissing = (): boolean => reader.readEntry(`${directory}/${name}`).kind === "missing";
  return (
    isMissing() &&
    (reader.readEntry(reflogPath(logDirectory, name)).stats?.size ?? 0) > 0 &&
    reader.readEntry(join(directory, `${name}.lock`)).kind === "missing" &&
    !tellsDeletion(readReflog(reader, reflogPath(logDirectory, name))) &&
    isMissing()
  );
}

function fault(code: RefFault["code"], ref: string, expected: string, found: string): RefFault {
  return { code, ref, expected, found };
}
