import { configValue, type GitConfig } from "../config/git-config.ts";
import { isRefName } from "./head.ts";

/** What a clone fetches that was told nothing else. */
export const allBranches = "+refs/heads/*:refs/remotes/origin/*";

/** What a repository fetches from its remote by itself. */
export interface FetchSettings {
  readonly refspecs: readonly string[];
  /** Options of `git fetch` on tags; without one, the tags of what is fetched come along. */
  readonly tagOptions: readonly string[];
}

/**
 * The refspecs of the remote `origin` that write tracking refs. All branches if there are none, as in a bare clone or a
 * mirror.
 */
export function readFetchSettings(config: GitConfig | undefined): FetchSettings {
  const refspecs = (config?.values.get("remote.origin.fetch") ?? []).filter(isTrackingRefspec);
  const tagOption = config === undefined ? undefined : configValue(config, "remote.origin.tagopt");
  return {
    refspecs: refspecs.some((refspec) => !refspec.startsWith("^")) ? refspecs : [allBranches],
    tagOptions: tagOption === "--tags" || tagOption === "--no-tags" ? [tagOption] : [],
  };
}

/** A ref of a remote's, as a repository remembers it: derived data. */
export function isTrackingRef(name: string): boolean {
  return name.startsWith("refs/remotes/");
}

/** Source: the part on refspecs of git-fetch(1). One that begins with `^` takes names out of the others. */
function isTrackingRefspec(refspec: string): boolean {
  const { source, destination } = splitRefspec(refspec);
  if (source.startsWith("-")) return false;
  if (refspec.startsWith("^")) return destination === undefined && isPattern(source);
  if (destination === undefined || !isTrackingRef(destination) || !isPattern(destination)) return false;
  return (isPattern(source) || isPattern(`refs/heads/${source}`)) && hasStar(source) === hasStar(destination);
}

function splitRefspec(refspec: string): {
  readonly isForced: boolean;
  readonly source: string;
  readonly destination: string | undefined;
} {
  const [source = "", destination, ...more] = refspec.replace(/^[+^]/, "").split(":");
  return {
    isForced: refspec.startsWith("+"),
    source,
    destination: more.length === 0 ? destination : undefined,
  };
}

/** The name of a ref in which one star stands for any text. */
function isPattern(text: string): boolean {
  return isRefName(text.replace("*", "x"));
}

function hasStar(text: string): boolean {
  return text.includes("*");
}

/**
 * Pure: for each of the remote's refs that the refspecs ask for, the refspec that asks for this one alone, by the name of
 * the tracking ref.
 */
export function expandRefspecs(
  refspecs: readonly string[],
  remoteRefs: Iterable<string>,
): Map<string, { readonly refspec: string; readonly source: string }> {
  const excluded = refspecs.filter((refspec) => refspec.startsWith("^")).map((refspec) => refspec.slice(1));
  const wanted = refspecs.filter((refspec) => !refspec.startsWith("^")).map(splitRefspec);
  const exact = new Map<string, { refspec: string; source: string }>();
  for (const source of remoteRefs) {
    if (excluded.some((pattern) => matchStar(pattern, source) !== undefined)) continue;
    for (const { isForced, source: pattern, destination = "" } of wanted) {
      const text = matchStar(pattern, source) ?? matchStar(`refs/heads/${pattern}`, source);
      if (text === undefined) continue;
      const target = destination.replace("*", () => text);
      exact.set(target, { refspec: `${isForced ? "+" : ""}${source}:${target}`, source });
    }
  }
  return exact;
}

/** What the star stands for; empty if there is none and both are the same. */
function matchStar(pattern: string, name: string): string | undefined {
  const [start = "", end] = pattern.split("*");
  if (end === undefined) return pattern === name ? "" : undefined;
  const isMatch = name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end);
  return isMatch ? name.slice(start.length, name.length - end.length) : undefined;
}
