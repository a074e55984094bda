import type { GitDirectories } from "../../git/git-directory.ts";
import { configPath, worktreeConfigPath } from "../../git/config/git-config.ts";
import { indexPath } from "../../git/index/staged-entries.ts";
import { headPath, readHead, type Head } from "../../git/refs/head.ts";
import { readIndex } from "../../git/index/index-file.ts";
import { readReflog, reflogPath } from "../../git/refs/reflog.ts";
import { isOwnRef, resolveRef } from "../../git/refs/refs.ts";
import { listWorktreeFaults } from "../../git/worktree-faults.ts";
import { listAdminDirectories } from "../../git/worktrees.ts";
import { treeOf } from "../../git/objects/commit-tree.ts";
import { emptyTreeOf } from "../../git/objects/object-id.ts";
import type { SharedPacks } from "../../git/packs/shared-packs.ts";
import type { UnverifiedFinding, Finding } from "../finding.ts";
import { objectsOf, openRepository, type OpenRepository } from "./open-repository.ts";
import { findingOfWorktree } from "./nested-worktrees.ts";
import { probeObstacles } from "./probe-obstacles.ts";
import { probeIncludes, probeWorkTreeSettings, readConfigFile } from "./probe-config.ts";
import { ProbeNotes } from "./probe-notes.ts";
import { isLostRef, scanRefs } from "./probe-refs.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";
import type { UnreadPlace } from "../../platform/unread-path.ts";

/** What reading the files of one work tree's repository shows. */
export interface RepositoryProbe {
  readonly findings: readonly Finding[];
  readonly unverified: readonly UnverifiedFinding[];
  readonly unread: readonly UnreadPlace[];
  readonly branch: string | undefined;
  readonly commit: string | undefined;
  /** True if there is any commit that HEAD or a ref names. */
  readonly hasCommit: boolean;
  readonly unsupported: string | undefined;
  readonly remoteUrl: string | undefined;
}

export interface ProbeOptions {
  /** The work tree that belongs to the repository. */
  readonly workTree: string;
  /** Files outside it are not opened. */
  readonly root: string;
  /** The main repository of a linked worktree, opened and checked once for all of them. */
  readonly shared?: OpenRepository | undefined;
  /** What is shared with other repositories. */
  readonly packs?: SharedPacks | undefined;
  /** A submodule may be without an index or on any branch: its superproject says which commit it should have. */
  readonly isSubmodule?: boolean;
}

/** Reads files alone: no git process, nothing executed, nothing written. */
export function probeRepository(
  reader: SlotReader,
  directories: GitDirectories,
  options: ProbeOptions,
): RepositoryProbe {
  const notes = new ProbeNotes({ isShared: false });
  const opened =
    options.shared === undefined
      ? openRepository(reader, directories.commonDirectory, notes, options.packs)
      : { kind: "open" as const, repository: options.shared };
  if (opened.kind === "unsupported") {
    const nothing = { branch: undefined, commit: undefined, hasCommit: true, remoteUrl: undefined };
    return { findings: [], unverified: [], unread: [], ...nothing, unsupported: opened.what };
  }
  return new WorkTreeProbe(reader, directories, opened.repository, { notes, ...options }).run();
}

/** The files that belong to one work tree: HEAD, index, private refs and configuration. */
class WorkTreeProbe {
  readonly #reader: SlotReader;
  readonly #git: string;
  readonly #common: string;
  readonly #repository: OpenRepository;
  readonly #options: ProbeOptions;
  readonly #notes: ProbeNotes;

  constructor(
    reader: SlotReader,
    directories: GitDirectories,
    repository: OpenRepository,
    options: ProbeOptions & { notes: ProbeNotes },
  ) {
    this.#reader = reader;
    this.#git = directories.gitDirectory;
    this.#common = directories.commonDirectory;
    this.#repository = repository;
    this.#options = options;
    this.#notes = options.notes;
  }

  run(): RepositoryProbe {
    this.#probeSettings();
    probeObstacles(this.#reader, { gitDirectory: this.#git }, this.#repository, this.#notes);
    this.#probeRefs();
    const tip = this.#probeHead(readHead(this.#reader, this.#git));
    if (tip.commit !== undefined) this.#probeCommit(tip.commit, tip.path);
    this.#probeIndex(tip.commit);
    if (!this.#isLinked) this.#probeOwnWorktrees();
    const { config } = this.#repository;
    return {
      findings: this.#notes.findings,
      unverified: this.#notes.unverified,
      unread: this.#notes.unread,
      branch: tip.branch,
      commit: tip.commit,
      hasCommit: this.#repository.refs.hasCommit || tip.commit !== undefined,
      unsupported: undefined,
      remoteUrl: config?.values.get("remote.origin.url")?.[0],
    };
  }

  get #isLinked(): boolean {
    return this.#git !== this.#common;
  }

  #probeSettings(): void {
    const { config, format } = this.#repository;
    const { workTree, root } = this.#options;
    const directories = { gitDirectory: this.#git, workTree };
    if (config !== undefined && !this.#isLinked) {
      const source = { config, path: configPath(this.#common) };
      probeIncludes(this.#reader, source, { root, notes: this.#notes });
      if (!format.hasWorktreeConfig) probeWorkTreeSettings(this.#reader, source, directories, this.#notes);
    }
    if (config === undefined || !format.hasWorktreeConfig) return;
    const path = worktreeConfigPath(this.#git);
    const own = readConfigFile(this.#reader, path, this.#notes, { isRequired: false });
    if (own !== undefined)
      probeIncludes(this.#reader, { config: own, path }, { root: this.#common, notes: this.#notes });
    // The file's settings are read after those of the repository, so its last value counts.
    const values = new Map([...config.values, ...(own?.values ?? [])]);
    const merged = { config: { values }, path: own === undefined ? configPath(this.#common) : path };
    probeWorkTreeSettings(this.#reader, merged, directories, this.#notes);
  }

  /**
   * The shared refs of a linked worktree were judged once for all; it has private ones too (bisect). Others in its own
   * directory are read by no git: GitPython keeps the log of a branch there, isomorphic-git the branch itself.
   */
  #probeRefs(): void {
    const { refs, store, isStoreWhole } = this.#repository;
    // A private ref that is symbolic may lead to a shared one.
    const packed = { packed: new Map<string, string>(), arePackedWhole: false };
    const source = { directory: this.#git, ...packed, store: isStoreWhole ? store : undefined };
    const scan = this.#isLinked ? scanRefs(this.#reader, source) : refs;
    if (this.#isLinked) for (const { path, detail } of scan.unread) this.#notes.skip(path, detail);
    for (const { code, ref, expected, found } of scan.faults)
      if (!this.#isLinked || isOwnRef(ref)) this.#notes.report(code, `${this.#git}/${ref}`, expected, found);
  }

  /** Those that an agent made out of a clone. Of a worktree pool, they are the main repository's. */
  #probeOwnWorktrees(): void {
    const admins = listAdminDirectories(this.#reader, this.#common);
    for (const fault of listWorktreeFaults(this.#reader, admins, objectsOf(this.#repository)))
      this.#notes.add(findingOfWorktree(fault));
  }

  #probeHead(head: Head): Tip {
    const path = headPath(this.#git);
    const nothing = { branch: undefined, commit: undefined, path };
    switch (head.kind) {
      case "missing":
        this.#notes.report("head_missing", path, "a branch or a commit", "nothing");
        return nothing;
      case "invalid":
        this.#notes.report("head_invalid", path, "a branch or a commit", head.found);
        return nothing;
      case "unreadable":
        this.#notes.skip(path, head.errorCode);
        return nothing;
      case "detached":
        return { branch: undefined, commit: head.commit, path };
      case "branch":
        return this.#probeBranch(head.ref);
    }
  }

  #probeBranch(ref: string): Tip {
    const path = `${this.#common}/${ref}`;
    const branch = ref.replace(/^refs\/heads\//, "");
    const found = resolveRef(this.#reader, this.#common, ref, this.#repository.packed);
    if (found.kind === "commit") return { branch, commit: found.objectId, path };
    if (found.kind === "missing") this.#probeMissingBranch(ref, branch);
    else if (found.kind === "unreadable") this.#notes.skip(path, found.errorCode);
    else {
      const text = found.kind === "invalid" ? found.found : "a cycle";
      this.#notes.report("ref_invalid", path, "a commit", text);
    }
    return { branch, commit: undefined, path };
  }

  /** With a reflog it is a lost branch; without one it is unborn, which is odd only beside other commits. */
  #probeMissingBranch(ref: string, branch: string): void {
    const path = headPath(this.#git);
    const isLost =
      isLostRef(this.#reader, this.#common, this.#git, ref) ||
      isLostRef(this.#reader, this.#common, this.#common, ref);
    const lost = this.#notes.findings.findIndex(
      ({ code, path: at }) => code === "ref_missing" && at === `${this.#common}/${ref}`,
    );
    if (lost >= 0) this.#notes.findings.splice(lost, 1);
    if (isLost) this.#notes.report("head_branch_lost", path, `the branch ${branch}`, "its reflog alone");
    else if (this.#repository.refs.hasCommit || this.#hadCommit())
      this.#notes.report("head_branch_unborn", path, `the branch ${branch}`, "no such branch");
  }

  /** A packed-refs file that is gone took every branch with it, and a bare repository has no reflogs of them. */
  #hadCommit(): boolean {
    const last = readReflog(this.#reader, reflogPath(this.#git, "HEAD")).at(-1)?.newId;
    return last !== undefined && this.#repository.store.has(this.#reader, last);
  }

  #probeCommit(commit: string, refPath: string): void {
    const { store, isStoreWhole, format, config } = this.#repository;
    if (!isStoreWhole) return;
    const reading = store.read(this.#reader, commit);
    if (reading.kind === "corrupt")
      this.#notes.report("object_corrupt", reading.path, `the commit ${commit}`, reading.found);
    else if (reading.kind === "missing" && !store.has(this.#reader, commit))
      this.#notes.report("ref_target_missing", refPath, `the commit ${commit}`, "no such object");
    else if (reading.kind === "unread" && config !== undefined && !format.isPartial)
      this.#notes.addUnverified("is_commit_whole", this.#describePartOf(commit, refPath), { commit });
    if (reading.kind !== "object") return;
    const { type, content } = reading.object;
    const tree = treeOf(content);
    if (type !== "commit" || tree === undefined)
      this.#notes.report("ref_target_missing", refPath, `the commit ${commit}`, `a ${type}`);
    else if (!format.isPartial || store.has(this.#reader, tree)) this.#probeTree(tree, refPath);
  }

  #describePartOf(commit: string, refPath: string): Omit<Finding, "depth"> {
    return {
      code: "object_missing",
      path: refPath,
      expected: `the commit ${commit} with its tree`,
      found: "a part that is missing or damaged",
      // A delta is in a pack, and in a worktree pool that is everybody's.
      ...(this.#isLinked ? { isShared: true } : {}),
    };
  }

  #probeTree(tree: string, refPath: string): void {
    const reading = this.#repository.store.read(this.#reader, tree);
    if (reading.kind === "corrupt")
      this.#notes.report("object_corrupt", reading.path, `the tree ${tree}`, reading.found);
    else if (
      reading.kind === "missing" &&
      !this.#repository.store.has(this.#reader, tree) &&
      tree !== emptyTreeOf(this.#repository.format.idBytes)
    )
      this.#notes.report("object_missing", refPath, `the tree ${tree} of its commit`, "no such object");
  }

  #probeIndex(commit: string | undefined): void {
    const path = indexPath(this.#git);
    const index = readIndex(this.#reader, path, this.#repository.format.idBytes);
    if (index.kind === "unreadable") this.#notes.skip(path, index.errorCode);
    else if (index.kind === "corrupt")
      this.#notes.report("index_corrupt", path, "an index with its checksum", index.found);
    else if (index.kind === "missing" && commit !== undefined && this.#options.isSubmodule !== true)
      this.#probeMissingIndex(path);
  }

  /** Right after `git clone --no-checkout` there is no index and no file; git knows whether tracked files are there. */
  #probeMissingIndex(path: string): void {
    const files = this.#reader.readDirectory(this.#options.workTree);
    if (files.kind !== "entries") return;
    const isEmpty = files.entries.every(({ name }) => name === ".git" || name === "slot.json");
    if (isEmpty) return;
    const finding = { code: "index_missing" as const, path, expected: "an index", found: "nothing" };
    this.#notes.addUnverified("are_tracked_files_here", finding);
  }
}

interface Tip {
  readonly branch: string | undefined;
  readonly commit: string | undefined;
  /** Where the commit is named. */
  readonly path: string;
}
