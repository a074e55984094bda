import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { git, type RealPool } from "./real-pool.ts";

/** One thing that an agent does in its slot; `text` is new each time. */
type Deed = (slot: string, text: string) => void;

function write(slot: string, name: string, content: string | Buffer): void {
  mkdirSync(dirname(join(slot, name)), { recursive: true });
  writeFileSync(join(slot, name), content);
}

function commit(slot: string, text: string, name = "committed.txt"): void {
  write(slot, name, text);
  git(slot, "add", name);
  git(slot, "commit", "-q", "-m", text);
}

/** With its time restored. */
function editUnseen(slot: string, name: string, text: string): void {
  const { atime, mtime } = statSync(join(slot, name));
  write(slot, name, text);
  utimesSync(join(slot, name), atime, mtime);
}

const deeds: readonly Deed[] = [
  (slot, text) => {
    write(slot, "src/one.txt", text);
  },
  (slot, text) => {
    write(slot, "src/binary.bin", Buffer.from([0, 255, 10, 13, ...Buffer.from(text)]));
  },
  (slot, text) => {
    write(slot, `new/${text}/file.txt`, text);
  },
  (slot, text) => {
    write(slot, "notes.log", text);
  },
  (slot, text) => mkdirSync(join(slot, "empty", text), { recursive: true }),
  (slot) => {
    rmSync(join(slot, "src/two.txt"), { force: true });
  },
  (slot) => {
    chmodSync(join(slot, "file.txt"), 0o755);
  },
  (slot) => {
    chmodSync(join(slot, "file.txt"), 0o600);
  },
  (slot, text) => {
    symlinkSync(text, join(slot, `link-${text}`));
  },
  (slot, text) => {
    write(slot, `nested-${text}/.git/config`, text);
  },
  (slot, text) => {
    write(slot, "staged.txt", text);
    git(slot, "add", "staged.txt");
    write(slot, "staged.txt", `${text}, and then edited`);
  },
  (slot, text) => {
    editUnseen(slot, "file.txt", text);
  },
  (slot, text) => {
    git(slot, "update-index", "--assume-unchanged", "src/three.txt");
    editUnseen(slot, "src/three.txt", text);
  },
  (slot, text) => {
    git(slot, "update-index", "--skip-worktree", "src/four.txt");
    editUnseen(slot, "src/four.txt", text);
  },
  (slot, text) => {
    commit(slot, text);
  },
  (slot, text) => {
    commit(slot, text, "src/one.txt");
  },
  (slot, text) => {
    const before = git(slot, "rev-parse", "HEAD");
    commit(slot, text);
    git(slot, "branch", `topic-${text}`);
    git(slot, "reset", "-q", "--soft", before);
  },
  (slot, text) => {
    write(slot, "file.txt", text);
    write(slot, "untracked-in-stash.txt", text);
    git(slot, "stash", "push", "-q", "--include-untracked", "-m", text);
  },
  (slot, text) => git(slot, "tag", "-a", `tag-${text}`, "-m", text),
  (slot) => git(slot, "checkout", "-q", "--detach"),
  (slot, text) => {
    const [other, own] = ["other", "own"].map((side) => {
      write(slot, "conflict.txt", `${side} ${text}`);
      return git(slot, "hash-object", "-w", "conflict.txt");
    });
    const entries = [`100644 ${other} 2\tconflict.txt`, `100644 ${own} 3\tconflict.txt`];
    for (const entry of entries) feedIndex(slot, entry);
  },
];

function feedIndex(slot: string, entry: string): void {
  const list = join(slot, "..", "entries");
  writeFileSync(list, `${entry}\n`);
  git(slot, "-c", `alias.feed=!git update-index --index-info < '${list}'`, "feed");
  rmSync(list);
}

const mostDeeds = 9;

/** A mix of work, the same for the same random numbers. What git refuses, such as a stash with conflicts, is left out. */
export function leaveRandomWork(slot: string, random: () => number): void {
  const count = 1 + Math.floor(random() * mostDeeds);
  for (let deed = 1; deed <= count; deed++) {
    const chosen = deeds[Math.floor(random() * deeds.length)];
    try {
      chosen?.(slot, `text-${deed}-${Math.floor(random() * 1e9)}`);
    } catch (error) {
      if (!(error instanceof Error && "status" in error)) throw error;
    }
  }
  write(slot, "last.txt", "unsaved in any case");
}

/** Gives the remote some files and history, and lets the slots have them. */
export function fillRemote(pool: RealPool, slots: readonly number[]): void {
  const clone = join(pool.root, "filler");
  git(pool.root, "clone", "-q", pool.url, clone);
  for (const name of ["one", "two", "three", "four"]) commit(clone, name, `src/${name}.txt`);
  commit(clone, "*.log\n", ".gitignore");
  git(clone, "push", "-q", "origin", "HEAD");
  const head = git(clone, "rev-parse", "HEAD");
  if (pool.layout === "worktree") git(pool.mainRepository, "fetch", "-q", "origin", "+main:main");
  for (const number of slots) {
    if (pool.layout === "clone") git(pool.slotPath(number), "fetch", "-q");
    git(pool.slotPath(number), "reset", "-q", "--hard", head);
  }
}
