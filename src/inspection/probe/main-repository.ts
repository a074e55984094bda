import { basename, dirname, join } from "node:path";
import { configPath } from "../../git/config/git-config.ts";
import { listUnfinishedFiles, type UnfinishedFile } from "../../git/objects/unfinished-files.ts";
import { readBacklink } from "../../git/git-directory.ts";
import { headPath, readHead } from "../../git/refs/head.ts";
import { isOwnRef } from "../../git/refs/refs.ts";
import { hasOwnWorkTree, listCheckedOutBranches } from "../../git/worktrees.ts";
import { mainRepositoryOf, slotBranch } from "../../pool/layouts/layout.ts";
import type { Pool } from "../../pool/pool.ts";
import type { UnverifiedFinding, Finding, GitLock } from "../finding.ts";
import { readGitLocks, readSharedGitLocks } from "../../git/git-locks.ts";
import { objectsOf, openRepository, type OpenRepository } from "./open-repository.ts";
import { probeBareSetting, probeIncludes } from "./probe-config.ts";
import { findingOfWorktree, listNestedFaults, listNestedWorktrees } from "./nested-worktrees.ts";
import { probeObstacles } from "./probe-obstacles.ts";
import { withoutBlindFindings } from "../withhold-findings.ts";
import { readPoolUser } from "../rights.ts";
import { probeRights } from "./probe-rights.ts";
import { ProbeNotes } from "./probe-notes.ts";
import type { RefFault } from "./probe-refs.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";
import type { UnreadPlace } from "../../platform/unread-path.ts";

/** Facts about the repository that all slots of a worktree pool share. */
export interface MainRepositoryInspection {
  readonly path: string;
  /** What is wrong with the repository itself, and so with every slot. */
  readonly findings: readonly Finding[];
  readonly unverified: readonly UnverifiedFinding[];
  readonly gitLocks: readonly GitLock[];
  /** What is wrong with a branch that one slot has, by slot_id. */
  readonly findingsBySlot: ReadonlyMap<string, readonly Finding[]>;
  readonly locksBySlot: ReadonlyMap<string, readonly GitLock[]>;
  readonly unsupported: string | undefined;
  /** Unfinished files among its objects. */
  readonly unfinishedFiles?: readonly UnfinishedFile[];
  readonly unread: readonly UnreadPlace[];
  /** True if a path could not be read for a reason other than its content. */
  readonly isBlind?: boolean;
}

export interface MainRepository {
  readonly inspection: MainRepositoryInspection;
  /** Undefined if there is none, or none that can be read. */
  readonly repository: OpenRepository | undefined;
}

/** The findings of a slot and of the repository that it shares with others. */
export function allFindings({
  findings,
  mainRepository,
}: {
  readonly findings: readonly Finding[];
  readonly mainRepository: MainRepositoryInspection | undefined;
}): readonly Finding[] {
  return [...findings, ...(mainRepository?.findings ?? [])];
}

/** Inspects a pool's main repository, once for all its slots. Undefined if the layout has none. */
export function openMainRepository(reader: SlotReader, pool: Pool): MainRepository | undefined {
  if (pool.layout !== "worktree") return undefined;
  // A path of a slot that could not be read does not concern the main repository.
  const own = reader.fork();
  const { repository, inspection: found } = lookAtMainRepository(own, pool);
  const inspection = withoutBlindFindings(own, found);
  // The slots are not judged by a part that could not be read.
  return { inspection, repository: inspection.isBlind === true ? undefined : repository };
}

function lookAtMainRepository(reader: SlotReader, pool: Pool): MainRepository {
  const path = mainRepositoryOf(pool);
  const notes = new ProbeNotes({ isShared: true });
  const nothing = { path, gitLocks: [], findingsBySlot: new Map(), locksBySlot: new Map() };
  const facts = {
    ...nothing,
    unsupported: undefined,
    unread: notes.unread,
    unverified: notes.unverified,
  };
  const { kind } = reader.readEntry(path);
  if (kind !== "directory") {
    const code = kind === "missing" ? "git_missing" : "git_invalid";
    notes.report(code, path, "the main repository", kind === "missing" ? "nothing" : `a ${kind}`);
    return { inspection: { ...facts, findings: notes.findings }, repository: undefined };
  }
  const opened = openRepository(reader, path, notes);
  if (opened.kind === "unsupported") {
    const inspection = { ...facts, findings: [], unsupported: opened.what };
    return { inspection, repository: undefined };
  }
  probeMainHead(reader, path, notes);
  const user = readPoolUser(pool);
  if (user !== undefined)
    for (const { code, path: at, expected, found } of probeRights(
      reader,
      user,
      [path],
      [`${path}/worktrees`],
    ))
      notes.report(code, at, expected, found);
  probeObstacles(reader, { gitDirectory: path, isShared: true }, opened.repository, notes);
  const { config } = opened.repository;
  if (config !== undefined) {
    probeIncludes(reader, { config, path: configPath(path) }, { root: pool.directory, notes });
    probeBareSetting(config, configPath(path), notes);
  }
  const owners = new BranchOwners(reader, pool, path);
  const refs = sortRefFaults(opened.repository.refs.faults, { path, owners, notes });
  const locks = sortLocks(readSharedGitLocks(reader, path), path, owners);
  const nested = listNestedWorktrees(reader, pool);
  for (const { slotId, fault } of listNestedFaults(reader, nested, objectsOf(opened.repository))) {
    if (slotId === undefined) notes.add(findingOfWorktree(fault));
    else addTo(refs.findingsBySlot, slotId, findingOfWorktree(fault));
  }
  for (const { slotId, admin } of nested)
    if (slotId !== undefined)
      for (const lock of readGitLocks(reader, { gitDirectory: admin, commonDirectory: path }))
        addTo(locks.locksBySlot, slotId, lock);
  return {
    inspection: {
      ...{ ...facts, ...refs, ...locks, findings: notes.findings },
      unfinishedFiles: listUnfinishedFiles(reader, `${path}/objects`),
    },
    repository: opened.repository,
  };
}

/** No slot works on it, but git takes a directory without a HEAD for no repository. */
function probeMainHead(reader: SlotReader, path: string, notes: ProbeNotes): void {
  const head = readHead(reader, path);
  const at = headPath(path);
  if (head.kind === "missing") notes.report("head_missing", at, "a branch or a commit", "nothing");
  else if (head.kind === "invalid") notes.report("head_invalid", at, "a branch or a commit", head.found);
  else if (head.kind === "unreadable") notes.skip(at, head.errorCode);
}

interface RefSorting {
  readonly path: string;
  readonly owners: BranchOwners;
  readonly notes: ProbeNotes;
}

/** A fault of a slot's branch is reported for that slot alone. */
function sortRefFaults(faults: readonly RefFault[], { path, owners, notes }: RefSorting) {
  const findingsBySlot = new Map<string, Finding[]>();
  for (const { code, ref, expected, found } of faults) {
    // Linked work trees do not see what the repository's own work tree has for itself.
    if (isOwnRef(ref) && hasOwnWorkTree(path)) continue;
    const owner = owners.slotOf(ref);
    const at = join(path, ref);
    if (owner === undefined) notes.report(code, at, expected, found);
    // The probe of the slot reads its current branch itself.
    else if (!owner.isCurrent)
      addTo(findingsBySlot, owner.slotId, { code, path: at, expected, found, depth: "probe" });
  }
  return { findingsBySlot };
}

function sortLocks(locks: readonly GitLock[], path: string, owners: BranchOwners) {
  const gitLocks: GitLock[] = [];
  const locksBySlot = new Map<string, GitLock[]>();
  for (const lock of locks) {
    const ref = lock.path
      .slice(path.length + 1)
      .replace(/\.lock$/, "")
      .replace(/^logs\//, "");
    const owner = ref.startsWith("refs/") ? owners.slotOf(ref) : undefined;
    if (owner === undefined) gitLocks.push(lock);
    else addTo(locksBySlot, owner.slotId, lock);
  }
  return { gitLocks, locksBySlot };
}

function addTo<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Which slot a branch of the main repository belongs to. Reads nothing until it is asked. */
class BranchOwners {
  readonly #reader: SlotReader;
  readonly #pool: Pool;
  readonly #path: string;
  #current: ReadonlyMap<string, string> | undefined;

  constructor(reader: SlotReader, pool: Pool, mainPath: string) {
    this.#reader = reader;
    this.#pool = pool;
    this.#path = mainPath;
  }

  /** The slot that has the branch checked out, else the slot that it is named after. */
  slotOf(ref: string): { slotId: string; isCurrent: boolean } | undefined {
    this.#current ??= this.#readCurrentBranches();
    const current = this.#current.get(ref);
    if (current !== undefined) return { slotId: current, isCurrent: true };
    const named = this.#pool.slots.find((slot) => slotBranch(slot.repoName, slot.number) === ref);
    return named === undefined ? undefined : { slotId: named.slotId, isCurrent: false };
  }

  #readCurrentBranches(): ReadonlyMap<string, string> {
    const slotIds = new Map(
      this.#pool.slots.map((slot) => [this.#reader.resolveLinks(slot.path), slot.slotId]),
    );
    const branches = new Map<string, string>();
    for (const { ref, admin } of listCheckedOutBranches(this.#reader, this.#path)) {
      const slotId = this.#slotOfAdmin(admin, slotIds);
      if (slotId !== undefined) branches.set(ref, slotId);
    }
    return branches;
  }

  /** By its link back to the work tree; by its name if that is broken. */
  #slotOfAdmin(admin: string, slotIds: ReadonlyMap<string | undefined, string>): string | undefined {
    const backlink = readBacklink(this.#reader, admin);
    const workTree = backlink === undefined ? undefined : this.#reader.resolveLinks(dirname(backlink));
    const linked = workTree === undefined ? undefined : slotIds.get(workTree);
    return linked ?? this.#pool.slots.find((slot) => `slot${slot.number}` === basename(admin))?.slotId;
  }
}
