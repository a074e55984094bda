import { join } from "node:path";
import { readEntry, readRegularFile } from "../platform/regular-file.ts";
import { configValue, parseGitConfig, type GitConfig } from "../git/git-config.ts";
import { isDirectory, type GitDirectories } from "../git/git-directory.ts";
import { readHead, type Head } from "../git/head.ts";
import { readIndex } from "../git/index-file.ts";
import { ObjectStore } from "../git/object-store.ts";
import { listLooseRefs, readLooseRef, readPackedRefs, resolveRef, type PackedRefs } from "../git/refs.ts";
import type { Finding } from "./finding.ts";

/** What reading the files of one work tree's repository shows. */
export interface RepositoryProbe {
  readonly findings: readonly Finding[];
  readonly branch: string | undefined;
  readonly commit: string | undefined;
  readonly unsupported: string | undefined;
  readonly remoteUrl: string | undefined;
}

const maxConfigBytes = 1024 * 1024;
const knownExtensions = [
  "objectformat",
  "partialclone",
  "worktreeconfig",
  "preciousobjects",
  "noop",
  "compatobjectformat",
];

/** Reads files alone: no git process, nothing executed, nothing written. */
export function probeRepository(directories: GitDirectories): RepositoryProbe {
  return new Probe(directories).run();
}

class Probe {
  readonly #git: string;
  readonly #common: string;
  readonly #findings: Finding[] = [];

  constructor(directories: GitDirectories) {
    this.#git = directories.gitDirectory;
    this.#common = directories.commonDirectory;
  }

  run(): RepositoryProbe {
    const config = this.#probeConfig();
    const unsupported = config === undefined ? undefined : findUnsupportedFormat(config);
    const remoteUrl = config === undefined ? undefined : configValue(config, "remote.origin.url");
    const nothing = { findings: this.#findings, branch: undefined, commit: undefined, remoteUrl };
    if (unsupported !== undefined) return { ...nothing, findings: [], unsupported };
    const idBytes =
      config !== undefined && configValue(config, "extensions.objectformat") === "sha256" ? 32 : 20;
    const store = new ObjectStore(join(this.#common, "objects"), idBytes);
    const isWhole = this.#probeStore(store);
    this.#probeShallow();
    const packed = this.#probePackedRefs();
    const head = this.#probeHead(packed, isWhole ? store : undefined, config);
    this.#probeIndex(idBytes);
    return { ...nothing, ...head, unsupported: undefined };
  }

  #report(code: string, path: string, expected: string, found: string): void {
    this.#findings.push({
      code,
      path,
      expected,
      found,
      depth: "probe",
      isShared: !path.startsWith(this.#git),
    });
  }

  #probeConfig(): GitConfig | undefined {
    const path = join(this.#common, "config");
    const reading = readRegularFile(path, { maxBytes: maxConfigBytes });
    if (reading.kind === "missing") {
      this.#report("config_missing", path, "git's configuration", "nothing");
      return undefined;
    }
    const parsed = reading.kind === "content" ? parseGitConfig(reading.content) : undefined;
    if (parsed?.kind !== "valid" || !parsed.config.values.has("core.repositoryformatversion")) {
      const line = parsed?.kind === "invalid" ? `an error in line ${parsed.line}` : "no repository format";
      this.#report("config_invalid", path, "git's configuration", line);
      return undefined;
    }
    const isBare = configValue(parsed.config, "core.bare");
    if (this.#git === this.#common && isBare !== undefined && isTrue(isBare)) {
      this.#report("config_invalid", path, "core.bare false", "core.bare true");
    }
    if (parsed.config.values.has("core.worktree")) {
      this.#report("config_unsafe", path, "no core.worktree", "a work tree that leads elsewhere");
    }
    const version = Number(configValue(parsed.config, "core.repositoryformatversion"));
    if (!(version === 0 || version === 1)) {
      this.#report("config_invalid", path, "repository format 0 or 1", `repository format ${version}`);
    }
    return parsed.config;
  }

  #probeStore(store: ObjectStore): boolean {
    const codes = { objects_missing: "git_objects_missing", object_empty: "object_corrupt" } as const;
    const faults = store.findFaults();
    for (const { kind, path, found } of faults) {
      const code = kind === "objects_missing" || kind === "object_empty" ? codes[kind] : kind;
      this.#report(code, path, "a whole file", found);
    }
    return faults.length === 0;
  }

  #probeShallow(): void {
    const path = join(this.#common, "shallow");
    const reading = readRegularFile(path, { maxBytes: maxConfigBytes });
    if (reading.kind === "missing") return;
    const text = reading.kind === "content" ? reading.content.toString("latin1") : "?";
    if (!/^(?:[0-9a-f]{40,64}\n)*$/.test(text))
      this.#report("shallow_invalid", path, "object ids", "other text");
  }

  #probePackedRefs(): PackedRefs {
    if (!isDirectory(join(this.#common, "refs"))) {
      this.#report(
        "git_refs_missing",
        join(this.#common, "refs"),
        "a directory",
        readEntry(join(this.#common, "refs")).kind,
      );
    }
    const packed = readPackedRefs(this.#common);
    if (packed.kind === "invalid") {
      this.#report(
        "packed_refs_invalid",
        join(this.#common, "packed-refs"),
        "lines of refs",
        `an error in line ${packed.line}`,
      );
    }
    return packed;
  }

  #probeHead(packed: PackedRefs, store: ObjectStore | undefined, config: GitConfig | undefined): Tip {
    const refs = packed.kind === "valid" ? packed.refs : new Map<string, string>();
    const head = readHead(this.#git);
    const headPath = join(this.#git, "HEAD");
    const current = this.#probeCurrentRef(head, headPath, refs);
    this.#probeLooseRefs(head, refs, store);
    if (current.commit !== undefined && store !== undefined && config !== undefined) {
      this.#probeCommit(
        current.commit,
        store,
        head.kind === "branch" ? join(this.#common, head.ref) : headPath,
      );
    }
    return current;
  }

  #probeCurrentRef(head: Head, headPath: string, refs: ReadonlyMap<string, string>): Tip {
    if (head.kind === "missing" || head.kind === "invalid") {
      const found = head.kind === "missing" ? "nothing" : head.found;
      this.#report(`head_${head.kind}`, headPath, "a branch or a commit", found);
      return { branch: undefined, commit: undefined };
    }
    if (head.kind === "detached") return { branch: undefined, commit: head.commit };
    const branch = head.ref.replace(/^refs\/heads\//, "");
    const ref = resolveRef(this.#common, head.ref, refs);
    if (ref.kind === "missing") {
      const isLost = [this.#git, this.#common].some(
        (at) => (readEntry(join(at, "logs", head.ref)).stats?.size ?? 0) > 0,
      );
      if (isLost) this.#report("head_branch_lost", headPath, `the branch ${branch}`, "its reflog alone");
      else if (this.#hasAnyCommit(refs))
        this.#report("head_branch_unborn", headPath, `the branch ${branch}`, "no such branch");
    }
    if (ref.kind === "cyclic")
      this.#report("ref_invalid", join(this.#common, head.ref), "a commit", "a cycle");
    return { branch, commit: ref.kind === "commit" ? ref.objectId : undefined };
  }

  #hasAnyCommit(refs: ReadonlyMap<string, string>): boolean {
    return (
      refs.size > 0 ||
      listLooseRefs(this.#common).some((name) => readLooseRef(this.#common, name).kind === "commit")
    );
  }

  #probeLooseRefs(head: Head, packed: ReadonlyMap<string, string>, store: ObjectStore | undefined): void {
    for (const name of listLooseRefs(this.#common)) {
      const path = join(this.#common, name);
      const isOthers = this.#git !== this.#common && !(head.kind === "branch" && head.ref === name);
      if (isOthers && name.startsWith("refs/heads/worktree/")) continue;
      const ref = readLooseRef(this.#common, name);
      if (ref.kind === "invalid") this.#report("ref_invalid", path, "an object id", ref.found);
      else if (ref.kind === "commit" && store?.has(ref.objectId) === false) {
        this.#report("ref_target_missing", path, `the object ${ref.objectId}`, "no such object");
      } else if (ref.kind === "symbolic" && resolveRef(this.#common, name, packed).kind === "cyclic") {
        this.#report("ref_invalid", path, "a commit", "a cycle");
      }
    }
  }

  #probeCommit(commit: string, store: ObjectStore, refPath: string): void {
    const damaged = store.corruptLoosePath(commit);
    if (damaged !== undefined) {
      this.#report("object_corrupt", damaged, "a commit", "data that is no object");
      return;
    }
    if (!store.has(commit)) {
      this.#report("ref_target_missing", refPath, `the commit ${commit}`, "no such object");
      return;
    }
    const tree = /^tree ([0-9a-f]+)\n/.exec(store.readLoose(commit)?.content.toString("latin1") ?? "")?.[1];
    if (tree === undefined) return;
    const damagedTree = store.corruptLoosePath(tree);
    if (damagedTree !== undefined)
      this.#report("object_corrupt", damagedTree, "a tree", "data that is no object");
  }

  #probeIndex(idBytes: 20 | 32): void {
    const path = join(this.#git, "index");
    const index = readIndex(path, idBytes);
    if (index.kind === "corrupt")
      this.#report("index_corrupt", path, "an index with its checksum", index.found);
  }
}

interface Tip {
  readonly branch: string | undefined;
  readonly commit: string | undefined;
}

function findUnsupportedFormat(config: GitConfig): string | undefined {
  if (configValue(config, "extensions.refstorage") === "reftable") return "references in a reftable";
  const unknown = [...config.values.keys()].find(
    (key) =>
      key.startsWith("extensions.") &&
      key !== "extensions.refstorage" &&
      !knownExtensions.includes(key.slice(11)),
  );
  return unknown === undefined ? undefined : `the repository extension ${unknown}`;
}

function isTrue(value: string): boolean {
  return ["true", "yes", "on", "1", ""].includes(value.toLowerCase());
}
