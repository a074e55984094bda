import { readdirSync, statSync, type Dirent } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../../platform/coded-error.ts";
import { describeUnread } from "../../platform/unread-path.ts";

/** What a pattern matched, and what kept it from being matched whole. */
export interface Matches {
  /** Directories, links to directories among them. */
  readonly paths: readonly string[];
  readonly unread: readonly { readonly path: string; readonly detail: string }[];
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
  const unread: { path: string; detail: string }[] = [];
  const budget = { names: mostNames, untilStep: namesPerStep };
  const directories = new Set<string>();
  const exceptions = except.map(matcherOf);
  let paths = ["/"];
  for (const segment of splitPattern(pattern)) {
    const next: string[] = [];
    for (const path of paths) {
      if (!/[*?]/.test(segment.replace(/\\./g, ""))) next.push(join(path, segment.replace(/\\(.)/g, "$1")));
      else next.push(...(yield* matchNames(path, segment, { unread, budget, directories, exceptions })));
    }
    paths = next;
  }
  return {
    paths: paths.filter((path) => directories.has(path) || isDirectoryOrLinkToOne(path, unread)).sort(),
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
  readonly unread: { path: string; detail: string }[];
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
    const path = join(directory, name);
    if (entry.isDirectory()) directories.add(path);
    if (isUsablePath(name)) found.push(path);
    else
      unread.push({
        path: directory,
        detail: `${directory}: a name in it is no printable UTF-8: ${JSON.stringify(name)}`,
      });
  }
  return found;
}

function listEntries(directory: string, unread: { path: string; detail: string }[]): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    const code = systemErrorCode(error) ?? "EIO";
    if (code !== "ENOENT" && code !== "ENOTDIR")
      unread.push({ path: directory, detail: describeUnread(directory, code) });
    return [];
  }
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

function isDirectoryOrLinkToOne(path: string, unread: { path: string; detail: string }[]): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (error) {
    // A link cycle, no permission on the way, a mount that does not answer.
    unread.push({ path, detail: describeUnread(path, systemErrorCode(error) ?? "EIO") });
    return false;
  }
}
