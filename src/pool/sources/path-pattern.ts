import { lstatSync, readdirSync, statSync, type Dirent } from "node:fs";
import { dirname } from "node:path";
import { systemErrorCode } from "../../platform/coded-error.ts";
import { describeUnread, type UnreadPlace } from "../../platform/unread-path.ts";

/** What a pattern matched, and what kept it from being matched whole. */
export interface Matches {
  /** Directories, links to directories among them. */
  readonly paths: readonly string[];
  /** Those of them that are no links. */
  readonly directories: ReadonlySet<string>;
  readonly unread: readonly UnreadPlace[];
}

/** More names than this in all are not looked at: a pattern is of fixed depth, but not of fixed width. */
const mostNames = 100_000;
const namesPerStep = 512;
/** Controls and line breaks would forge lines of a log, and git's link files cannot hold them; lone surrogates and U+FFFD stand for bytes that are no UTF-8. */
const unusableCharacters = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFFFD]/u;

/** True for a name that is printable UTF-8: only such a path is watched. */
export function isUsablePath(path: string): boolean {
  return !unusableCharacters.test(path);
}

/** What is wrong with a pattern, if anything. `*` and `?` stand for characters of one name, `\` takes their meaning away. */
export function findPatternFault(pattern: string): string | undefined {
  if (!isUsablePath(pattern)) return "expected no control characters";
  return splitPattern(pattern).includes("**") ? "expected no `**`: the depth is fixed" : undefined;
}

/** A pattern that matches this path alone. */
export function literalPattern(path: string): string {
  return path.replace(/[*?\\]/g, "\\$&");
}

/** The directories that an absolute pattern matches, sorted. As in a shell, `*` matches no hidden name; nor one of the exceptions. */
export function* expandPattern(
  pattern: string,
  except: readonly string[] = [],
): Generator<undefined, Matches> {
  const unread: UnreadPlace[] = [];
  const budget = { names: mostNames, untilStep: namesPerStep };
  const directories = new Set<string>();
  const exceptions = except.map(matcherOf);
  let paths = ["/"];
  for (const segment of splitPattern(pattern)) {
    if (!/[*?]/.test(segment.replace(/\\./g, ""))) {
      const name = segment.replace(/\\(.)/g, "$1");
      paths = paths.map((path) => childOf(path, name));
      continue;
    }
    const next: string[] = [];
    for (const path of paths)
      next.push(...(yield* matchNames(path, segment, { unread, budget, directories, exceptions })));
    paths = next;
  }
  return {
    paths: paths.filter((path) => directories.has(path) || isDirectory(path, { unread, directories })).sort(),
    directories,
    unread,
  };
}

/** True if a path is matched by a pattern that starts at the same place. */
export function isMatch(path: string, pattern: string): boolean {
  const names = path.split("/").filter((name) => name !== "");
  const segments = splitPattern(pattern);
  return (
    names.length === segments.length &&
    names.every((name, index) => matcherOf(segments[index] ?? "").test(name))
  );
}

interface Matching {
  readonly unread: UnreadPlace[];
  readonly budget: { names: number; untilStep: number };
  /** What a listing showed to be one: it need not be asked about again. */
  readonly directories: Set<string>;
  readonly exceptions: readonly RegExp[];
}

function* matchNames(
  directory: string,
  segment: string,
  { unread, budget, directories, exceptions }: Matching,
): Generator<undefined, string[]> {
  const matcher = matcherOf(segment);
  const found: string[] = [];
  if (!directories.has(directory) && isMissing(directory)) return found;
  for (const entry of listEntries(directory, unread)) {
    const { name } = entry;
    if (--budget.names < 0) {
      if (budget.names === -1)
        unread.push({
          path: directory,
          detail: `${directory}: more than ${mostNames} names: not all were looked at`,
        });
      break;
    }
    if (--budget.untilStep === 0) {
      budget.untilStep = namesPerStep;
      yield;
    }
    if (entry.isFile() || !matcher.test(name) || exceptions.some((each) => each.test(name))) continue;
    const path = childOf(directory, name);
    if (entry.isDirectory()) directories.add(path);
    if (isUsablePath(name)) found.push(path);
    else unread.push(describeUnusableName(directory, name));
  }
  return found;
}

export function describeUnusableName(directory: string, name: string): UnreadPlace {
  const detail = `${directory}: a name in it is no printable UTF-8: ${JSON.stringify(name)}`;
  return { path: directory, detail };
}

/** What is in a directory, links followed. Nothing if it is gone, or if it cannot be listed: `unread` gets the reason. */
export function listEntries(directory: string, unread: UnreadPlace[]): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    const code = systemErrorCode(error) ?? "EIO";
    if (code !== "ENOENT" && code !== "ENOTDIR")
      unread.push({ path: directory, detail: describeUnread(directory, code) });
    return [];
  }
}

/** True if nothing is there. An error that is thrown would cost ten times the question. */
export function isMissing(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    // The listing tells why.
    return false;
  }
}

/** Of many thousand paths, so that nothing is done that only other names need. */
function childOf(directory: string, name: string): string {
  if (name === "..") return dirname(directory);
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

function splitPattern(pattern: string): string[] {
  return pattern.split("/").filter((segment) => segment !== "" && segment !== ".");
}

const matchers = new Map<string, RegExp>();

function matcherOf(segment: string): RegExp {
  const known = matchers.get(segment);
  if (known !== undefined) return known;
  const source = segment.replace(/\\.|[\s\S]/g, (token) => {
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    return (token.length > 1 ? token.slice(1) : token).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  const matcher = new RegExp(`^${/^[*?]/.test(segment) ? "(?!\\.)" : ""}${source}$`, "su");
  matchers.set(segment, matcher);
  return matcher;
}

/** True for a link to a directory too. Notes the path if it is a directory itself. */
function isDirectory(
  path: string,
  { unread, directories }: Pick<Matching, "unread" | "directories">,
): boolean {
  try {
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (entry?.isDirectory() === true) directories.add(path);
    if (entry?.isSymbolicLink() !== true) return entry?.isDirectory() ?? false;
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (error) {
    // A link cycle, no permission on the way, a mount that does not answer.
    unread.push({ path, detail: describeUnread(path, systemErrorCode(error) ?? "EIO") });
    return false;
  }
}
