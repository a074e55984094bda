import { basename, dirname } from "node:path";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { findRepository } from "./find-repository.ts";
import { literalPattern } from "./path-pattern.ts";
import type { Scan } from "./scan-directory.ts";
import { workspacesSourceName } from "./source.ts";
import { pathDigest, safeName } from "./source-names.ts";

/** A configuration that watches what a scan found, in the words of the file. */
export interface ProposedConfig {
  readonly workspaces_dir?: string;
  readonly sources: readonly ProposedSource[];
}

export type ProposedSource =
  | { readonly name: string; readonly kind: "managed" }
  | {
      readonly name: string;
      readonly kind: "worktrees";
      readonly repositories: readonly string[];
      readonly include?: readonly string[];
    }
  | {
      readonly name: string;
      readonly kind: "checkouts";
      readonly paths: readonly string[];
      readonly idle_after: string;
    };

/** People leave a repository alone for longer than an agent leaves a work tree. */
const idleAfterOfCheckouts = "30d";

/** The source that watches nothing is left out: undefined if nothing is left. */
export function proposeConfig(scan: Scan, homeDirectory: string): ProposedConfig | undefined {
  const toPatterns = (paths: readonly string[]): string[] => patternsOf(paths, scan, homeDirectory);
  const { checkouts, bare } = scan;
  const repositories = toPatterns([...checkouts, ...bare]);
  const paths = toPatterns(checkouts);
  const [workspacesDir, ...otherDirectories] = new Set(scan.managedPools.map(dirname));
  const isManaged = workspacesDir !== undefined && otherDirectories.length === 0;
  const sources: ProposedSource[] = [
    ...(isManaged ? [{ name: workspacesSourceName, kind: "managed" as const }] : []),
    ...(repositories.length > 0 ? [{ name: "worktrees", kind: "worktrees" as const, repositories }] : []),
    ...proposeOuter(scan, homeDirectory),
    ...(paths.length > 0
      ? [{ name: "checkouts", kind: "checkouts" as const, paths, idle_after: idleAfterOfCheckouts }]
      : []),
  ];
  if (sources.length === 0) return undefined;
  return { ...(isManaged && { workspaces_dir: workspacesDir }), sources };
}

/** Of each repository elsewhere, the work trees that lie here. */
function proposeOuter({ strays }: Scan, homeDirectory: string): ProposedSource[] {
  const outer = [...new Set(strays.map(({ repository }) => repository))].filter((repository) =>
    ["repository", "bare"].includes(findRepository(repository, uncachedReader).kind),
  );
  return outer.map((repository) => ({
    name: `worktrees-${safeName(basename(repository)).slice(0, 40)}-${pathDigest(repository)}`,
    kind: "worktrees",
    repositories: [fromHome(literalPattern(repository), homeDirectory)],
    include: strays
      .filter((stray) => stray.repository === repository)
      .map(({ path }) => literalPattern(path)),
  }));
}

/** One pattern for the siblings of a directory in which nothing else of git's lies: it also matches those that come. */
function patternsOf(paths: readonly string[], scan: Scan, homeDirectory: string): string[] {
  const chosen = new Set(paths);
  const siblings = new Map<string, string[]>();
  for (const path of [
    ...scan.checkouts,
    ...scan.bare,
    ...scan.linked.map((tree) => tree.path),
    ...scan.managedPools,
  ]) {
    const others = siblings.get(dirname(path));
    if (others === undefined) siblings.set(dirname(path), [path]);
    else others.push(path);
  }
  const isChosen = (path: string): boolean => chosen.has(path) && !basename(path).startsWith(".");
  const patterns = [...siblings].flatMap(([directory, found]) =>
    found.length > 1 && found.every(isChosen)
      ? [`${literalPattern(directory).replace(/\/$/, "")}/*`]
      : found.filter((path) => chosen.has(path)).map(literalPattern),
  );
  return patterns.map((pattern) => fromHome(pattern, homeDirectory));
}

function fromHome(pattern: string, homeDirectory: string): string {
  const home = `${literalPattern(homeDirectory)}/`;
  return pattern.startsWith(home) ? `~/${pattern.slice(home.length)}` : pattern;
}
