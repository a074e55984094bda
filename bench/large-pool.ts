import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatPoolTime, systemTimeZone } from "../src/pool/records/local-time.ts";
import { git } from "../test/kit/real-pool.ts";

const filesPerFolder = 100;
const commitCount = 20;

/**
 * A pool of many slots with as many files as a real one has. Each slot has its own directories and its own files of
 * git, packs included, as clones of a remote have them; what is checked out is hard links to one template, so that a
 * thousand slots fit on the disk.
 */
export class LargePool {
  readonly root = mkdtempSync(join(tmpdir(), "bench-pool-"));
  readonly workspacesDir = join(this.root, "workspaces");
  readonly layout: "clone" | "worktree";
  #slotCount = 0;

  constructor(layout: "clone" | "worktree", fileCount: number) {
    this.layout = layout;
    mkdirSync(join(this.workspacesDir, "locks"), { recursive: true });
    mkdirSync(this.#directory);
    this.#makeTemplate(fileCount);
  }

  get #directory(): string {
    return join(this.workspacesDir, "demo");
  }

  get #template(): string {
    return join(this.root, "template");
  }

  /** Where git keeps what belongs to the template alone. */
  get #templateGit(): string {
    return this.layout === "clone" ? join(this.#template, ".git") : this.#adminDirectory("template");
  }

  /** The work trees, in order. */
  slotPaths(): string[] {
    return Array.from({ length: this.#slotCount }, (_, index) => this.#slotPath(index + 1));
  }

  growTo(slotCount: number): void {
    for (let number = this.#slotCount + 1; number <= slotCount; number++) this.#addSlot(number);
    this.#slotCount = slotCount;
    this.#writePoolRecord();
    // Each further link changes the times that an index knows of a file.
    git(this.#template, "update-index", "-q", "--refresh");
    for (let number = 1; number <= slotCount; number++)
      copyFileSync(join(this.#templateGit, "index"), join(this.#slotGit(number), "index"));
  }

  destroy(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #makeTemplate(fileCount: number): void {
    const seed = join(this.root, "seed");
    git(this.root, "init", "-q", "-b", "main", seed);
    for (let index = 0; index < fileCount; index++) {
      const folder = join(seed, `folder${Math.floor(index / filesPerFolder)}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `file${index}.ts`), `export const value${index} = ${index};\n`.repeat(40));
    }
    for (let commit = 0; commit < commitCount; commit++) {
      writeFileSync(join(seed, "CHANGELOG.md"), `change ${commit}\n`);
      git(seed, "add", ".");
      git(seed, "commit", "-q", "-m", `change ${commit}`);
    }
    git(this.root, "clone", "-q", "--bare", `file://${seed}`, this.#origin);
    if (this.layout === "clone") git(this.root, "clone", "-q", `file://${this.#origin}`, this.#template);
    else {
      git(this.root, "clone", "-q", "--bare", `file://${this.#origin}`, this.#mainRepository);
      git(this.#mainRepository, "worktree", "add", "-q", this.#template, "-b", "template");
    }
  }

  #addSlot(number: number): void {
    const path = this.#slotPath(number);
    mkdirSync(join(this.#directory, `slot${number}`), { recursive: true });
    mkdirSync(path, { recursive: true });
    copy("-al", `${this.#template}/.`, path);
    rmSync(join(path, ".git"), { recursive: true });
    if (this.layout === "clone") copy("-a", this.#templateGit, path);
    else this.#addWorktree(number, path);
    this.#writeSlotRecord(number);
  }

  /** What `git worktree add` writes. */
  #addWorktree(number: number, path: string): void {
    const admin = this.#adminDirectory(`slot${number}`);
    copy("-a", this.#templateGit, admin);
    writeFileSync(join(admin, "gitdir"), `${path}/.git\n`);
    writeFileSync(join(admin, "HEAD"), `ref: refs/heads/worktree/demo/slot${number}\n`);
    writeFileSync(join(path, ".git"), `gitdir: ${admin}\n`);
    git(this.#mainRepository, "update-ref", `refs/heads/worktree/demo/slot${number}`, "main");
  }

  #writeSlotRecord(number: number): void {
    const record = {
      slot_id: `workspace-demo-slot${number}`,
      repo_name: "demo",
      repo_url: this.#url,
      slot_path: this.#slotPath(number),
      state: "available",
      allocation_count: 0,
      total_usage_seconds: 0,
      last_allocated_at: null,
      last_released_at: null,
      current_branch: this.layout === "clone" ? "main" : `worktree/demo/slot${number}`,
      current_commit: null,
      metadata: {},
      created_at: now(),
      updated_at: now(),
    };
    writeFileSync(join(this.#directory, `slot${number}`, "slot.json"), JSON.stringify(record, undefined, 2));
  }

  #writePoolRecord(): void {
    const file = join(this.#directory, "pool.json");
    const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as object) : {};
    const record = { repo_name: "demo", repo_url: this.#url, created_at: now(), ...known };
    const changed = { num_slots: this.#slotCount, updated_at: now(), metadata: {} };
    writeFileSync(file, JSON.stringify({ ...record, ...changed }, undefined, 2));
  }

  get #origin(): string {
    return join(this.root, "origin.git");
  }

  get #url(): string {
    return `file://${this.#origin}`;
  }

  get #mainRepository(): string {
    return join(this.#directory, ".main_repo");
  }

  #adminDirectory(name: string): string {
    return join(this.#mainRepository, "worktrees", name);
  }

  #slotPath(number: number): string {
    const parent = this.layout === "clone" ? this.#directory : join(this.#directory, "worktrees");
    return join(parent, `slot${number}`);
  }

  #slotGit(number: number): string {
    return this.layout === "clone"
      ? join(this.#slotPath(number), ".git")
      : this.#adminDirectory(`slot${number}`);
  }
}

function now(): string {
  return formatPoolTime(new Date(), systemTimeZone());
}

/** `-al` makes hard links of files. */
function copy(how: "-a" | "-al", from: string, to: string): void {
  execFileSync("cp", [how, from, to]);
}
