import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { decodeBytes } from "../platform/byte-text.ts";
import type { SlotReader } from "../platform/slot-reader.ts";

/** Where the parts of a work tree's repository are. Both are the same directory for a clone. */
export interface GitDirectories {
  /** HEAD, index and logs of this work tree. */
  readonly gitDirectory: string;
  /** Objects, refs and configuration. */
  readonly commonDirectory: string;
}

const maxLinkBytes = 4096;

/**
 * The path behind `gitdir: ` of a work tree's `.git` file, or what a symbolic link in its place leads to: git-annex puts one
 * there. Undefined if the file has no such line.
 */
export function readGitFile(reader: SlotReader, path: string): string | undefined {
  if (reader.readEntry(path).kind === "link") return reader.resolveLinks(path);
  const reading = reader.readRegularFile(path, { maxBytes: maxLinkBytes });
  if (reading.kind !== "content") return undefined;
  const target = /^gitdir: (.+)$/s.exec(readName(reading.content) ?? "")?.[1];
  return target === undefined ? undefined : resolve(dirname(path), target);
}

/**
 * The text of a link file as git takes it: first it drops the line ends at the end of the file, then its name ends at a NUL,
 * with what a torn write has left behind it. Undefined if that is no single line. Source: git's setup.c.
 */
function readName(content: Buffer): string | undefined {
  const [text = ""] = decodeBytes(content)
    .replace(/[\n\r]+$/, "")
    .split("\0", 1);
  return text === "" || text.includes("\n") ? undefined : text;
}

/** By this file an admin directory names the `.git` file of its work tree. */
export function backlinkPath(admin: string): string {
  return `${admin}/gitdir`;
}

/** By this file an admin directory names the repository above it. */
export function commonLinkPath(admin: string): string {
  return `${admin}/commondir`;
}

/** The path in the file; a relative one starts at the admin directory. Undefined if there is no such line. */
export function readBacklink(reader: SlotReader, admin: string): string | undefined {
  return readLinkFile(reader, backlinkPath(admin));
}

/** The same of the other file. */
export function readCommonLink(reader: SlotReader, admin: string): string | undefined {
  return readLinkFile(reader, commonLinkPath(admin));
}

function readLinkFile(reader: SlotReader, path: string): string | undefined {
  const reading = reader.readRegularFile(path, { maxBytes: maxLinkBytes });
  if (reading.kind !== "content") return undefined;
  const target = readName(reading.content);
  if (target === undefined) return undefined;
  return isAbsolute(target) ? target : join(dirname(path), target);
}

/** The two files that link a work tree and its admin directory: where they are and what they name. */
export interface WorktreeLinks {
  /** The work tree's `.git` file. */
  readonly gitFile: string;
  readonly admin: string;
}

/** Their names. */
export const linkNames = { gitFile: ".git", backlink: "gitdir" } as const;
export type LinkName = (typeof linkNames)[keyof typeof linkNames];

/** Which of the two hold a relative path, so that a pool can be mounted elsewhere. */
export interface LinkStyle {
  readonly hasRelativeGitFile: boolean;
  readonly hasRelativeBacklink: boolean;
}

/** The content of `commondir`: an admin directory is two levels below its repository. */
export const commonLink = "../..\n";

/** The content of each file. */
export function formatLinks(
  { gitFile, admin }: WorktreeLinks,
  style: LinkStyle = { hasRelativeGitFile: false, hasRelativeBacklink: false },
): { readonly gitFile: string; readonly backlink: string; readonly commonLink: string } {
  const toAdmin = style.hasRelativeGitFile ? relative(dirname(gitFile), admin) : admin;
  const back = style.hasRelativeBacklink ? relative(admin, gitFile) : gitFile;
  return { gitFile: `gitdir: ${toAdmin}\n`, backlink: `${back}\n`, commonLink };
}

/** Undefined if the content is not that of such a file. */
export function isRelativeLink(name: LinkName, content: Buffer): boolean | undefined {
  const form = name === linkNames.gitFile ? /^gitdir: ([^\0\n\r]+)/ : /^([^\0\n\r]*\/\.git)[\n\r]*$/;
  const target = form.exec(decodeBytes(content))?.[1];
  return target === undefined ? undefined : !isAbsolute(target);
}

/** Whatever every git command that works on a work tree writes: the youngest tells when one last did. */
export function listActivityPaths(gitDirectory: string): string[] {
  return ["index", "logs/HEAD", "HEAD", "FETCH_HEAD"].map((name) => `${gitDirectory}/${name}`);
}

/** Files that say how a repository is read and where its parts are. None of them is large in a healthy one. */
export const smallFileNames = ["config", "HEAD", "shallow", "commondir", "gitdir", ".git"] as const;
export type SmallFileName = (typeof smallFileNames)[number];

/** Those of a repository without a work tree. */
export const smallFilesOfBare = ["config", "HEAD", "shallow"] as const satisfies readonly SmallFileName[];

export function smallFilePath(
  name: SmallFileName,
  { slotPath, directories }: { readonly slotPath: string; readonly directories: GitDirectories },
): string {
  if (name === ".git") return join(slotPath, name);
  const isShared = name === "config" || name === "shallow";
  return join(isShared ? directories.commonDirectory : directories.gitDirectory, name);
}
