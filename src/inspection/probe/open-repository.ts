import { dirname } from "node:path";
import type { GitConfig } from "../../git/config/git-config.ts";
import { ObjectStore, type ObjectStoreFault } from "../../git/objects/object-store.ts";
import { packedRefsPath, readPackedRefs } from "../../git/refs/packed-refs.ts";
import { readShallow, shallowPath } from "../../git/refs/shallow.ts";
import { inferRepositoryFormat, type RepositoryFormat } from "../../git/config/repository-format.ts";
import type { WorktreeObjects } from "../../git/worktree-faults.ts";
import type { SharedPacks } from "../../git/packs/shared-packs.ts";
import { isEnvironmentError } from "../../platform/environment-error.ts";
import { probeConfig } from "./probe-config.ts";
import type { FindingCode } from "../finding.ts";
import type { ProbeNotes } from "./probe-notes.ts";
import { scanRefs, type RefScan } from "./probe-refs.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

/** The parts of a repository that its work trees share, checked and ready to be asked. */
export interface OpenRepository {
  readonly commonDirectory: string;
  /** Undefined if the configuration cannot be read. */
  readonly config: GitConfig | undefined;
  readonly format: RepositoryFormat;
  readonly packed: ReadonlyMap<string, string>;
  readonly store: ObjectStore;
  /** False if objects may seem missing because the store itself is broken. */
  readonly isStoreWhole: boolean;
  readonly refs: RefScan;
}

/** What its linked work trees are judged by. */
export function objectsOf({ store, isStoreWhole, format }: OpenRepository): WorktreeObjects {
  return { store: isStoreWhole && !format.isPartial ? store : undefined, idBytes: format.idBytes };
}

export type OpenedRepository =
  | { readonly kind: "open"; readonly repository: OpenRepository }
  | { readonly kind: "unsupported"; readonly what: string };

/**
 * Reads configuration, objects, shallow file and refs, and writes down what is wrong with them; faults of single refs
 * are left in `refs`, since they may belong to one work tree.
 */
export function openRepository(
  reader: SlotReader,
  commonDirectory: string,
  notes: ProbeNotes,
  packs?: SharedPacks,
): OpenedRepository {
  // Listed before its files are read: this saves a stat of each file.
  reader.readDirectory(commonDirectory);
  const linkedTo = findLinkedRepository(reader, commonDirectory);
  if (linkedTo !== undefined)
    return { kind: "unsupported", what: `a git directory that is that of ${linkedTo} by symbolic links` };
  const probed = probeConfig(reader, commonDirectory, notes);
  if (probed.kind === "unsupported") return probed;
  const { packed, isWhole: arePackedWhole } = probePackedRefs(reader, commonDirectory, notes);
  const isKnown = probed.kind === "known";
  // Without a configuration the clone might be partial, so no object is reported as lost.
  const format = isKnown
    ? probed.format
    : { ...inferRepositoryFormat(reader, commonDirectory), isPartial: true };
  const store = new ObjectStore(`${commonDirectory}/objects`, format.idBytes, packs);
  const newer = store.describeUnsupported(reader);
  if (newer !== undefined) return { kind: "unsupported", what: newer };
  const isStoreWhole = probeStore(reader, store, { commonDirectory, isPartial: format.isPartial }, notes);
  probeShallow(reader, commonDirectory, notes);
  const config = isKnown ? probed.config : undefined;
  const refs = scanRefs(reader, {
    directory: commonDirectory,
    packed,
    arePackedWhole,
    store: isStoreWhole ? store : undefined,
  });
  for (const { path, detail } of refs.unread) notes.skip(path, detail);
  return {
    kind: "open",
    repository: { commonDirectory, config, format, packed, store, isStoreWhole, refs },
  };
}

/**
 * The git directory whose objects and refs this one has by symbolic links, as git-new-workdir and the tool repo make them:
 * git works there, but no link is followed out of a slot. One of the two alone is a fault.
 */
function findLinkedRepository(reader: SlotReader, commonDirectory: string): string | undefined {
  const [objects, refs] = ["objects", "refs"].map((name) => {
    const path = `${commonDirectory}/${name}`;
    const target = reader.readListedEntry(path).kind === "link" ? reader.resolveLinks(path) : undefined;
    return target !== undefined && reader.isDirectory(target) ? target : undefined;
  });
  return objects === undefined || refs === undefined ? undefined : dirname(objects);
}

/** Faults of these kinds make objects seem missing that are not lost one by one. */
const hidingKinds: readonly ObjectStoreFault["kind"][] = [
  "objects_missing",
  "pack_missing",
  "pack_corrupt",
  "pack_index_missing",
  "pack_index_corrupt",
];

/** An object store names its faults by what it read. */
function findingCodeOf(kind: ObjectStoreFault["kind"]): FindingCode {
  switch (kind) {
    case "objects_missing":
      return "git_objects_missing";
    case "object_empty":
      return "object_corrupt";
    case "alternates_no_file":
      return "alternates_broken";
    default:
      return kind;
  }
}

function probeStore(
  reader: SlotReader,
  store: ObjectStore,
  { commonDirectory, isPartial }: { commonDirectory: string; isPartial: boolean },
  notes: ProbeNotes,
): boolean {
  const { faults, unread } = store.check(reader);
  for (const { path, detail } of unread) notes.skip(path, detail);
  for (const { kind, path, found } of faults) {
    const finding = { code: findingCodeOf(kind), path, expected: "a whole file", found };
    // Git goes on without an alternate that is gone, and needs it only for objects that it does not have.
    if (kind === "alternates_broken" && !isPartial)
      notes.addUnverified("are_borrowed_objects_needed", finding);
    else if (kind !== "alternates_broken") notes.report(finding.code, path, finding.expected, found);
  }
  const path = `${commonDirectory}/refs`;
  const refs = reader.readDirectory(path);
  if (refs.kind === "missing" || refs.kind === "not_a_directory")
    notes.report("git_refs_missing", path, "a directory", refs.kind === "missing" ? "missing" : refs.found);
  return !faults.some(({ kind }) => hidingKinds.includes(kind)) && unread.length === 0;
}

function probeShallow(reader: SlotReader, commonDirectory: string, notes: ProbeNotes): void {
  const path = shallowPath(commonDirectory);
  const shallow = readShallow(reader, commonDirectory);
  if (shallow.kind === "unreadable") notes.reportUnreadable("shallow_invalid", path, shallow.errorCode);
  else if (shallow.kind === "damaged") notes.report("shallow_invalid", path, "object ids", shallow.found);
}

function probePackedRefs(
  reader: SlotReader,
  commonDirectory: string,
  notes: ProbeNotes,
): { packed: ReadonlyMap<string, string>; isWhole: boolean } {
  const reading = readPackedRefs(reader, commonDirectory);
  const path = packedRefsPath(commonDirectory);
  if (reading.kind === "valid") return { packed: reading.refs, isWhole: true };
  if (reading.kind === "invalid")
    notes.report("packed_refs_invalid", path, "lines of refs", `an error in line ${reading.line}`);
  else if (isEnvironmentError(reading.errorCode)) notes.skip(path, reading.errorCode);
  return { packed: new Map(), isWhole: false };
}
