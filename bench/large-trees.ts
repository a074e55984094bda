import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { git } from "../test/kit/real-pool.ts";

const filesPerFolder = 100;
const commitCount = 20;

/**
 * Many slots with as many files as real ones have, of no pool manager: the linked work trees of one repository, or
 * checkouts. Each slot has its own directories and its own files of git, packs included, as clones of a remote have them;
 * what is checked out is hard links to one template, so that a thousand slots fit on the disk.
 */
export class LargeTrees {
  readonly root = mkdtempSync(join(tmpdir(), "bench-pool-"));
  readonly workspacesDir = join(this.root, "workspaces");
  readonly layout: "clone" | "worktree";
  protected slotCount = 0;

  constructor(layout: "clone" | "worktree", fileCount: number) {
    this.layout = layout;
    mkdirSync(this.directory, { recursive: true });
    this.#makeTemplate(fileCount);
  }

  /** What a person would look at. */
  get directory(): string {
    return join(this.root, "src");
  }

  /** That linked work trees share. */
  protected get mainRepository(): string {
    return join(this.directory, "api", ".git");
  }

  protected slotPath(number: number): string {
    return this.layout === "clone"
      ? join(this.directory, `checkout${number}`)
      : join(this.directory, "api", ".claude", "worktrees", `slot${number}`);
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
    return Array.from({ length: this.slotCount }, (_, index) => this.slotPath(index + 1));
  }

  growTo(slotCount: number): void {
    for (let number = this.slotCount + 1; number <= slotCount; number++) this.addSlot(number);
    this.slotCount = slotCount;
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
    if (this.layout === "clone") git(this.root, "clone", "-q", this.url, this.#template);
    else {
      this.cloneMainRepository();
      git(this.mainRepository, "worktree", "add", "-q", this.#template, "-b", "template");
    }
  }

  protected cloneMainRepository(): void {
    git(this.root, "clone", "-q", this.url, join(this.mainRepository, ".."));
  }

  protected branchOf(number: number): string {
    return this.layout === "clone" ? "main" : `worktree/demo/slot${number}`;
  }

  protected addSlot(number: number): void {
    const path = this.slotPath(number);
    mkdirSync(path, { recursive: true });
    copy("-al", `${this.#template}/.`, path);
    rmSync(join(path, ".git"), { recursive: true });
    if (this.layout === "clone") copy("-a", this.#templateGit, path);
    else this.#addWorktree(number, path);
  }

  /** What `git worktree add` writes. */
  #addWorktree(number: number, path: string): void {
    const admin = this.#adminDirectory(`slot${number}`);
    copy("-a", this.#templateGit, admin);
    writeFileSync(join(admin, "gitdir"), `${path}/.git\n`);
    writeFileSync(join(admin, "HEAD"), `ref: refs/heads/${this.branchOf(number)}\n`);
    writeFileSync(join(path, ".git"), `gitdir: ${admin}\n`);
    git(this.mainRepository, "update-ref", `refs/heads/${this.branchOf(number)}`, "main");
  }

  get #origin(): string {
    return join(this.root, "origin.git");
  }

  protected get url(): string {
    return `file://${this.#origin}`;
  }

  #adminDirectory(name: string): string {
    return join(this.mainRepository, "worktrees", name);
  }

  #slotGit(number: number): string {
    return this.layout === "clone"
      ? join(this.slotPath(number), ".git")
      : this.#adminDirectory(`slot${number}`);
  }
}

/** `-al` makes hard links of files. */
function copy(how: "-a" | "-al", from: string, to: string): void {
  execFileSync("cp", [how, from, to]);
}
