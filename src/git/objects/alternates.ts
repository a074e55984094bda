import { isAbsolute, join, resolve } from "node:path";
import { decodeLatin1 } from "../../platform/byte-text.ts";
import { uncachedReader, type SlotReader } from "../../platform/slot-reader.ts";

export interface Alternates {
  /** Object directories that are there, nearest first. */
  readonly directories: readonly string[];
  readonly faults: readonly AlternatesFault[];
}

export interface AlternatesFault {
  readonly path: string;
  readonly found: string;
  /** False if something else is in the place of the file: git may wait indefinitely, or be led away. */
  readonly isFile: boolean;
}

const maxAlternatesBytes = 64 * 1024;
const deepestAlternate = 5;
const mostAlternates = 64;

export function alternatesPath(objectsDirectory: string): string {
  return `${objectsDirectory}/info/alternates`;
}

/**
 * The object directories that this one borrows from, and those which they borrow from; only those that `mayFollow`
 * allows. Source: gitrepository-layout(5).
 */
export function readAlternates(
  reader: SlotReader,
  objectsDirectory: string,
  { mayFollow = () => true }: { readonly mayFollow?: (directory: string) => boolean } = {},
): Alternates {
  const directories: string[] = [];
  const faults: AlternatesFault[] = [];
  const visit = (directory: string, depth: number): void => {
    const path = alternatesPath(directory);
    const stores = readStores(reader, directory);
    if (!Array.isArray(stores)) faults.push({ path, ...stores });
    else
      for (const { line, target } of stores) {
        if (directories.includes(target) || directories.length >= mostAlternates) continue;
        if (!isThere(reader, target)) {
          faults.push({ path, found: JSON.stringify(line), isFile: true });
          continue;
        }
        if (!mayFollow(target)) continue;
        directories.push(target);
        if (depth < deepestAlternate) visit(target, depth + 1);
      }
  };
  visit(objectsDirectory, 1);
  return { directories, faults };
}

/**
 * The content of the alternates file without the stores that are gone. Undefined if there is no such file, or if each of
 * its stores is there; empty if none is left, or if something else is in its place.
 */
export function readLivingAlternates(objectsDirectory: string): string | undefined {
  const stores = readStores(uncachedReader, objectsDirectory);
  // What the system would not read may be sound.
  if (!Array.isArray(stores)) return stores.isFile ? undefined : "";
  const living = stores.filter(({ target }) => isThere(uncachedReader, target));
  return living.length === stores.length ? undefined : formatAlternates(living.map(({ line }) => line));
}

/** The content of an alternates file. A path that is no plain line is quoted as git itself writes one. */
export function formatAlternates(directories: readonly string[]): string {
  return directories.map((directory) => `${quote(directory)}\n`).join("");
}

/** A store as the file names it, and where it is. */
interface Store {
  readonly line: string;
  readonly target: string;
}

function isThere(reader: SlotReader, directory: string): boolean {
  return reader.isDirectory(join(directory, "."));
}

/** The stores that the file names, or why it cannot be read. */
function readStores(reader: SlotReader, directory: string): Store[] | Omit<AlternatesFault, "path"> {
  // What looks for a commit-graph lists it as well.
  reader.readDirectory(`${directory}/info`);
  if (!reader.isPlainPath(directory, "info/alternates"))
    return { found: "a way through a link", isFile: true };
  const reading = reader.readRegularFile(alternatesPath(directory), { maxBytes: maxAlternatesBytes });
  if (reading.kind === "missing") return [];
  if (reading.kind === "not_a_file") return { found: `no file but a ${reading.found}`, isFile: false };
  if (reading.kind !== "content")
    return { found: reading.kind === "unreadable" ? reading.errorCode : reading.kind, isFile: true };
  return parseAlternates(reading.content).map((line) => ({
    line,
    target: isAbsolute(line) ? line : resolve(directory, line),
  }));
}

/**
 * Pure: the paths that the content of the file names, in its order; relative ones start at the object directory. Git reads it up
 * to the first NUL byte, as a disk that lost its power leaves them at the end.
 */
export function parseAlternates(content: Buffer): string[] {
  const [text = ""] = content.toString("latin1").split("\0", 1);
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => decodeLatin1(unquote(line)));
}

const escapes = new Map(Object.entries({ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }));

/** A line may be a quoted string of C, byte by byte. Source: git's quote.c, as its core.quotePath writes them. */
function unquote(line: string): string {
  if (!/^".*"$/s.test(line)) return line;
  return line
    .slice(1, -1)
    .replace(/\\(?:([0-3][0-7]{2})|(.))/gs, (_, octal: string | undefined, character: string) =>
      octal === undefined ? (escapes.get(character) ?? character) : String.fromCharCode(parseInt(octal, 8)),
    );
}

function quote(path: string): string {
  if (!/^["#]|\n/.test(path)) return path;
  const escaped = path.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n");
  return `"${escaped}"`;
}
