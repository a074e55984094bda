import { join } from "node:path";
import { shallowPath } from "../../git/refs/shallow.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { looseObjectPath } from "../../git/objects/loose-object.ts";
import { isInside } from "../../platform/contained-path.ts";
import type { Finding, FindingCode } from "../finding.ts";

/** What `git fsck` printed about a repository, with the paths of the scratch repository that it ran in. */
export interface FsckOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly scratch: string;
}

/** fsck's exit code is a bit mask. Source: git-fsck(1) and its source, measured. */
const fsckBits = [
  [1, "object_corrupt"],
  [2, "object_missing"],
  [4, "pack_corrupt"],
  [8, "ref_invalid"],
  [16, "commit_graph_corrupt"],
  [32, "multi_pack_index_corrupt"],
] as const;

/** The exit code of a git that died: what it said before still counts. */
const diedExitCode = 128;

interface Fault {
  readonly code: FindingCode;
  readonly path: string;
}

/** Lines that name what is broken, with the path they name. An object id becomes the path of its loose file. */
const patterns: readonly {
  readonly code: FindingCode;
  readonly pattern: RegExp;
  readonly of: "path" | "object" | "ref" | "shallow_file";
}[] = [
  { code: "pack_corrupt", pattern: /^error: (\S.*\.pack) pack checksum mismatch/s, of: "path" },
  {
    code: "pack_corrupt",
    pattern: /^error: index CRC mismatch for object \S+ from (\S.*\.pack) /s,
    of: "path",
  },
  {
    code: "pack_corrupt",
    pattern: /^fatal: packed object \S+ \(stored in (\S.*\.pack)\) is corrupt/,
    of: "path",
  },
  { code: "object_corrupt", pattern: /^fatal: loose object \S+ \(stored in (\S.*)\) is corrupt/, of: "path" },
  { code: "object_corrupt", pattern: /^error: object file (\S.*) is empty/, of: "path" },
  {
    code: "object_corrupt",
    pattern: /^error: ([0-9a-f]{40,64}): object (?:corrupt or missing|could not)/,
    of: "object",
  },
  { code: "object_missing", pattern: /^missing \w+ ([0-9a-f]{40,64})/, of: "object" },
  { code: "ref_target_missing", pattern: /^error: (\S+): invalid sha1 pointer/, of: "ref" },
  { code: "object_missing", pattern: /^error: (\S+): invalid reflog entry/, of: "ref" },
  { code: "shallow_invalid", pattern: /^fatal: (bad shallow) line/, of: "shallow_file" },
];

/**
 * One finding for each place that fsck names, and one for each bit of its exit code that no place explains. Undefined
 * if fsck ended for a reason other than the repository.
 */
export function readFsckReport(
  output: FsckOutput,
  directories: GitDirectories,
  depth: "connectivity" | "full",
): Finding[] | undefined {
  const { commonDirectory } = directories;
  const lines = `${output.stderr}\n${output.stdout}`.split("\n");
  const faults = new Map<string, Finding>();
  const add = ({ code, path }: Fault, found: string): void => {
    const key = `${code} ${path}`;
    const finding = { code, path, expected: "git fsck without errors", found, depth };
    if (!faults.has(key) && faults.size < mostFindings) faults.set(key, finding);
  };
  for (const line of lines) {
    const fault = readLine(line, output.scratch, commonDirectory);
    // A ref or reflog of another work tree is that one's to show.
    if (fault !== undefined && !isOfOtherWorktree(fault.path, directories)) add(fault, printable(line));
  }
  if (output.exitCode >= diedExitCode) return faults.size > 0 ? [...faults.values()] : undefined;
  const isExplained = (code: FindingCode): boolean =>
    lines.some((line) => belongsTo(readLine(line, output.scratch, commonDirectory)?.code, code));
  for (const [bit, code] of fsckBits) {
    if ((output.exitCode & bit) === 0 || isExplained(code)) continue;
    add({ code, path: commonDirectory }, `git fsck exited with ${output.exitCode}`);
  }
  return [...faults.values()];
}

const mostFindings = 50;

function readLine(line: string, scratch: string, commonDirectory: string): Fault | undefined {
  for (const { code, pattern, of } of patterns) {
    const named = pattern.exec(line)?.[1];
    if (named === undefined) continue;
    if (of === "object") return { code, path: looseObjectPath(join(commonDirectory, "objects"), named) };
    if (of === "ref") return { code, path: join(commonDirectory, named) };
    if (of === "shallow_file") return { code, path: shallowPath(commonDirectory) };
    return { code, path: named.replace(scratch, commonDirectory) };
  }
  return undefined;
}

/** The bit for references is set for whatever is wrong with one; that for objects covers damaged packs too. */
function belongsTo(code: FindingCode | undefined, bitCode: FindingCode): boolean {
  if (bitCode === "ref_invalid") return code === "ref_target_missing";
  if (bitCode === "object_corrupt") return code === "object_corrupt" || code === "pack_corrupt";
  if (bitCode === "object_missing") return code === "object_missing" || code === "ref_target_missing";
  return code === bitCode;
}

/** True for a path in the admin directory of another worktree than the one that was asked about. */
function isOfOtherWorktree(path: string, { gitDirectory, commonDirectory }: GitDirectories): boolean {
  return isInside(join(commonDirectory, "worktrees"), path) && !isInside(gitDirectory, path);
}

function printable(line: string): string {
  // eslint-disable-next-line no-control-regex -- a slot's names may hold terminal escapes
  return line.replace(/[\u0000-\u001f\u007f]/g, "?").slice(0, 300);
}
