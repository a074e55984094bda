import { isAbsolute, join, resolve } from "node:path";
import { isPlainPath, readDirectory } from "../../platform/directory.ts";
import { readEntry, readRegularFile } from "../../platform/regular-file.ts";

export interface Alternates {
  /** Object directories that are there, nearest first. */
  readonly directories: readonly string[];
  readonly faults: readonly AlternatesFault[];
}

export interface AlternatesFault {
  readonly path: string;
  readonly found: string;
  /** False where something else is in the place of the file: git may wait for ever, or be led away. */
  readonly isFile: boolean;
}

const maxAlternatesBytes = 64 * 1024;
const deepestAlternate = 5;
const mostAlternates = 64;

/** The object directories that this one borrows from, and those which they borrow from. Source: gitrepository-layout(5). */
export function readAlternates(objectsDirectory: string): Alternates {
  const directories: string[] = [];
  const faults: AlternatesFault[] = [];
  const visit = (directory: string, depth: number): void => {
    const path = `${directory}/info/alternates`;
    const lines = readLines(directory, path);
    if (!Array.isArray(lines)) faults.push({ path, ...lines });
    else
      for (const line of lines) {
        const target = isAbsolute(line) ? line : resolve(directory, line);
        if (directories.includes(target) || directories.length >= mostAlternates) continue;
        if (readEntry(join(target, ".")).kind !== "directory") {
          faults.push({ path, found: JSON.stringify(line), isFile: true });
          continue;
        }
        directories.push(target);
        if (depth < deepestAlternate) visit(target, depth + 1);
      }
  };
  visit(objectsDirectory, 1);
  return { directories, faults };
}

/** The lines, or why the file cannot be read. */
function readLines(directory: string, path: string): string[] | Omit<AlternatesFault, "path"> {
  // What looks for a commit-graph lists it as well.
  readDirectory(`${directory}/info`);
  if (!isPlainPath(directory, "info/alternates")) return { found: "a way through a link", isFile: true };
  const reading = readRegularFile(path, { maxBytes: maxAlternatesBytes });
  if (reading.kind === "missing") return [];
  if (reading.kind === "not_a_file") return { found: `no file but a ${reading.found}`, isFile: false };
  if (reading.kind !== "content")
    return { found: reading.kind === "unreadable" ? reading.errorCode : reading.kind, isFile: true };
  const lines = reading.content.toString("latin1").split("\n");
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => Buffer.from(unquote(line), "latin1").toString("utf8"));
}

const escapes = new Map(Object.entries({ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }));

/** A line may be a quoted string of C, byte by byte. Source: git's quote.c, as its core.quotePath writes them. */
function unquote(line: string): string {
  if (!/^".*"$/.test(line)) return line;
  return line
    .slice(1, -1)
    .replace(/\\(?:([0-3][0-7]{2})|(.))/g, (_, octal: string | undefined, character: string) =>
      octal === undefined ? (escapes.get(character) ?? character) : String.fromCharCode(parseInt(octal, 8)),
    );
}
