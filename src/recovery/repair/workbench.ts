import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GitCommand, GitResult } from "../../git/run/git-command.ts";
import { runGit } from "../../git/run/run-git.ts";
import { syncDirectory } from "../../platform/atomic-file.ts";
import { CodedError, systemErrorCode } from "../../platform/coded-error.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import type { RepositoryFormat } from "./repository-format.ts";

/** A local command on objects: long enough for a large pack. */
const localTimeoutSeconds = 1800;

/**
 * A bare repository of ours in the state directory, with our configuration: what git makes there is verified by git and
 * then renamed into the slot, and nothing that the slot's own configuration names can run meanwhile.
 */
export class Workbench {
  readonly directory: string;
  readonly format: RepositoryFormat;

  constructor(directory: string, format: RepositoryFormat) {
    this.directory = directory;
    this.format = format;
    mkdirSync(join(directory, "objects", "info"), { recursive: true, mode: 0o700 });
    mkdirSync(join(directory, "objects", "pack"));
    mkdirSync(join(directory, "refs"));
    writeFileSync(join(directory, "HEAD"), "ref: refs/heads/none\n");
    writeFileSync(join(directory, "config"), workbenchConfig(format));
  }

  get objects(): string {
    return join(this.directory, "objects");
  }

  /** Borrows the objects of these stores; nothing of theirs is changed. */
  borrow(...stores: readonly string[]): void {
    writeFileSync(join(this.objects, "info", "alternates"), stores.map((store) => `${store}\n`).join(""));
  }

  run(args: readonly string[], more: Partial<GitCommand> = {}): Promise<GitResult> {
    return runGit({ args, gitDirectory: this.directory, timeoutSeconds: localTimeoutSeconds, ...more });
  }
}

/** Lends a workbench, and removes it afterwards. */
export async function withWorkbench<T>(
  context: RecoveryContext,
  format: RepositoryFormat,
  use: (bench: Workbench) => Promise<T>,
): Promise<T> {
  const directory = freeStagingPath(context);
  try {
    return await use(new Workbench(directory, format));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function freeStagingPath({ stateDir, stamp, slot }: RecoveryContext): string {
  const base = join(stateDir, "staging", `${stamp}-${slot.slotId}-objects`);
  let path = base;
  for (let count = 1; readEntry(path).kind === "directory"; count++) path = `${base}.${count}`;
  return path;
}

function workbenchConfig({ idBytes, isPartial }: RepositoryFormat): string {
  const extensions = [
    ...(idBytes === 32 ? ["\tobjectFormat = sha256\n"] : []),
    ...(isPartial ? ["\tpartialClone = origin\n"] : []),
  ];
  const remote = isPartial ? '[remote "origin"]\n\turl = /dev/null\n\tpromisor = true\n' : "";
  return `[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n${extensions.join("")}${remote}`;
}

/**
 * Moves what a workbench made into a repository's object store: an object that is there already stays, a pack whose name
 * a damaged one still has gets another, and a pack's index comes last, since git sees a pack by its index.
 * @returns how many files came. @throws CodedError `PATH_UNSAFE` where the store leads out of the pool.
 */
export function moveObjectsInto(
  context: RecoveryContext,
  bench: Workbench,
  target: { readonly objects: string; readonly damagedNames: ReadonlySet<string> },
): number {
  let moved = 0;
  const folders = readdirSync(bench.objects).filter((name) => /^(?:[0-9a-f]{2}|pack)$/.test(name));
  for (const folder of folders) {
    const names = readdirSync(join(bench.objects, folder)).sort((a, b) => indexLast(a) - indexLast(b));
    if (names.length === 0) continue;
    const into = openStoreFolder(context, join(target.objects, folder));
    const newName = nameApart(target.damagedNames);
    for (const name of names) {
      const path = join(into, newName(name));
      if (readEntry(path).kind !== "missing") continue;
      moveFile(join(bench.objects, folder, name), path);
      moved++;
    }
    syncDirectory(into);
  }
  return moved;
}

function openStoreFolder({ pool }: RecoveryContext, path: string): string {
  if (!isReallyInside(pool.directory, path))
    throw new CodedError("PATH_UNSAFE", `${path} leads out of the pool`);
  mkdirSync(path, { recursive: true });
  if (readEntry(path).kind !== "directory") throw new CodedError("PATH_UNSAFE", `${path} is no directory`);
  return path;
}

/** All files of one pack get the same new name. */
function nameApart(taken: ReadonlySet<string>): (name: string) => string {
  const others = new Map<string, string>();
  const isTaken = (base: string): boolean => [...taken].some((name) => name.startsWith(`${base}.`));
  return (name) => {
    const base = /^(pack-[0-9a-f]+)\.\w+$/.exec(name)?.[1];
    if (base === undefined || !isTaken(base)) return name;
    const other = others.get(base) ?? `pack-${randomBytes((base.length - 5) / 2).toString("hex")}`;
    others.set(base, other);
    return name.replace(base, other);
  };
}

function indexLast(name: string): number {
  return name.endsWith(".idx") ? 1 : 0;
}

/** By rename; by copy and rename where the state directory is another file system. */
function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemErrorCode(error) !== "EXDEV") throw error;
    const incoming = `${to}.incoming`;
    copyFileSync(from, incoming);
    renameSync(incoming, to);
    rmSync(from);
  }
}
