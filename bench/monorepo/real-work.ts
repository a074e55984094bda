import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { git } from "../../test/kit/real-pool.ts";
import { pathOfFile } from "./big-repository.ts";

export interface WorkSize {
  readonly edits: number;
  readonly commits: number;
  readonly stashes: number;
  /** Of build output that git ignores. */
  readonly buildMebibytes: number;
}

/** Older than everything that the agent wrote. */
const beginning = join(".git", "info", "beginning");

/** What an agent leaves behind in days: commits of its own, stashes, edits, files that git does not know, a build. */
export function doRealWork(slot: string, { edits, commits, stashes, buildMebibytes }: WorkSize): void {
  writeFileSync(join(slot, beginning), "");
  git(slot, "checkout", "-q", "-B", "agent");
  commitOften(slot, commits);
  for (let stash = 1; stash <= stashes; stash++) {
    writeFileSync(join(slot, pathOfFile(stash)), `stash ${stash} of ${process.hrtime.bigint()}\n`);
    git(slot, "stash", "push", "-q");
  }
  for (let index = 0; index < edits; index++)
    writeFileSync(join(slot, pathOfFile(index)), editOf(index, `edit ${process.hrtime.bigint()}`));
  mkdirSync(join(slot, "notes"), { recursive: true });
  writeFileSync(join(slot, "notes", "todo.md"), "not added yet\n");
  const build = join(slot, "build");
  rmSync(build, { recursive: true, force: true });
  mkdirSync(build);
  writeFileSync(join(slot, ".git", "info", "exclude"), "/build/\n");
  const mebibyte = Buffer.alloc(1024 ** 2, "built\n");
  for (let part = 0; part < buildMebibytes; part++) writeFileSync(join(build, `part${part}.o`), mebibyte);
}

/** About as long as a source file. */
function editOf(index: number, line: string): string {
  return `${line} ${index}\n`.repeat(40);
}

/** By fast-import: starting git for each of hundreds of commits would take longer than what is measured. */
function commitOften(slot: string, commits: number): void {
  const head = git(slot, "rev-parse", "HEAD");
  const script = Array.from({ length: commits }, (_, index) => {
    const content = editOf(index, `commit ${process.hrtime.bigint()}`);
    const from = index === 0 ? `from ${head}\n` : "";
    const header = `commit refs/heads/agent\ncommitter a <a@example.invalid> ${1_800_000_000 + index} +0000\ndata 2\nc\n${from}`;
    return `${header}M 100644 inline ${pathOfFile(index)}\ndata ${content.length}\n${content}\n`;
  });
  const arguments_ = ["-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--force"];
  execFileSync("git", arguments_, { cwd: slot, input: script.join("") });
  git(slot, "reset", "-q", "--hard", "agent");
}

/** For bash, in the slot: what the salvage has to hold, packed by a tool that knows where it is. */
export function tarOfWork(archive: string): string {
  const objects = "find .git/objects -newer ${beginning} -type f";
  const files = "git ls-files -m -o --exclude-standard";
  return `{ ${files}; ${objects}; ls -d .git/refs .git/logs .git/HEAD .git/index; } | tar -cf ${archive} -T -`;
}
