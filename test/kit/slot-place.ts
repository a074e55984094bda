import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { git, type RealPool } from "./real-pool.ts";

/** Where the parts of one slot of a real pool are, and what git does with them. */
export class SlotPlace {
  readonly pool: RealPool;
  readonly number: number;
  /** The work tree. */
  readonly path: string;
  /** HEAD and index of this slot. */
  readonly gitDirectory: string;
  /** Objects, refs and configuration. */
  readonly commonDirectory: string;
  /** The full name of the branch that the slot was made on. */
  readonly branch: string;
  readonly recordPath: string;

  constructor(pool: RealPool, number: number) {
    const isClone = pool.layout === "clone";
    this.pool = pool;
    this.number = number;
    this.path = pool.slotPath(number);
    this.commonDirectory = isClone ? join(this.path, ".git") : pool.mainRepository;
    this.gitDirectory = isClone
      ? this.commonDirectory
      : join(this.commonDirectory, "worktrees", `slot${number}`);
    this.branch = isClone ? "refs/heads/main" : `refs/heads/worktree/${pool.repoName}/slot${number}`;
    this.recordPath = pool.recordPath(number);
  }

  /** Runs git in the work tree. */
  run(...args: string[]): string {
    return git(this.path, ...args);
  }

  objectPath(id: string): string {
    return join(this.commonDirectory, "objects", id.slice(0, 2), id.slice(2));
  }

  /** The largest pack, or the file beside it, made writable. */
  pack(extension: "pack" | "idx" = "pack"): string {
    const folder = join(this.commonDirectory, "objects", "pack");
    const sizeOf = (name: string): number => statSync(join(folder, name)).size;
    const [largest] = readdirSync(folder)
      .filter((entry) => entry.endsWith(`.${extension}`))
      .sort((a, b) => sizeOf(b) - sizeOf(a));
    if (largest === undefined) throw new Error(`${folder} has no .${extension}`);
    chmodSync(join(folder, largest), 0o644);
    return join(folder, largest);
  }

  /** Puts every object into one pack, work that is nowhere else included. */
  packAll(): void {
    git(this.commonDirectory, "repack", "-adq");
    git(this.commonDirectory, "prune-packed");
  }

  /** Makes every object loose. */
  unpackAll(): void {
    const packs = join(this.commonDirectory, "objects", "pack");
    const aside = join(this.pool.root, `packs-${this.number}`);
    renameSync(packs, aside);
    mkdirSync(packs);
    for (const name of readdirSync(aside).filter((file) => file.endsWith(".pack")))
      execFileSync("git", ["--git-dir", this.commonDirectory, "unpack-objects", "-q"], {
        input: readFileSync(join(aside, name)),
      });
    rmSync(aside, { recursive: true });
  }

  setRecord(fields: Readonly<Record<string, unknown>>): void {
    const record: unknown = JSON.parse(readFileSync(this.recordPath, "utf8"));
    writeFileSync(this.recordPath, JSON.stringify({ ...(record as object), ...fields }, undefined, 2));
  }
}

/** Gives the slot a commit of its own, loose and unpushed, as an agent's slot has. */
export function workIn(slot: SlotPlace): void {
  writeFileSync(join(slot.path, "own.txt"), "own\n");
  slot.run("add", "own.txt");
  slot.run("commit", "-q", "-m", "own");
}

/** Adds a submodule to the slot. @returns its git directory. */
export function addSubmodule(slot: SlotPlace): string {
  slot.run("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", slot.pool.url, "parts/one");
  slot.run("commit", "-q", "-m", "submodule");
  return join(slot.gitDirectory, "modules", "parts", "one");
}

/** Adds a submodule that has one itself. @returns the inner one's git directory. */
export function addNestedSubmodule(slot: SlotPlace): string {
  const outer = addSubmodule(slot);
  const path = join(slot.path, "parts", "one");
  git(path, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", slot.pool.url, "inner");
  return join(outer, "modules", "inner");
}
