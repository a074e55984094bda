import { basename, dirname } from "node:path";
import { backlinkPath, readBacklink } from "../../git/git-directory.ts";
import { isOfMaking, isUnlocked, listAdminDirectories, readWorktreeLock } from "../../git/worktrees.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";
import type { PoolProblem } from "../pool.ts";
import { readCached, type RecordCache } from "../records/record-cache.ts";
import { notWatched } from "./source.ts";
import type { Lookup, Repository } from "./watched-repositories.ts";

/** More registrations of one repository than this are not read. */
const mostRegistrations = 10_000;

export interface Registration {
  readonly path: string;
  readonly admin: string;
}

export interface Registrations {
  readonly present: readonly Registration[];
  /** Registered, and no directory is there. */
  readonly gone: readonly Registration[];
  /** Gone and locked by `git worktree lock`. */
  readonly awayCount: number;
  readonly problems: PoolProblem[];
}

/** What `worktrees/*` of a repository tells, with the reason for each that cannot be watched. */
export function* readRegistrations(
  { commonDirectory }: Repository,
  { reader, places, seen }: Lookup,
  cache: RecordCache | undefined,
): Generator<undefined, Registrations> {
  const present: Registration[] = [];
  const gone: Registration[] = [];
  let awayCount = 0;
  const problems: PoolProblem[] = [];
  const admins = listAdminDirectories(reader, commonDirectory);
  if (admins.length > mostRegistrations)
    problems.push({
      code: "unread",
      path: commonDirectory,
      detail: `${admins.length} work trees are registered: ${mostRegistrations} of them are watched`,
    });
  for (const admin of admins.slice(0, mostRegistrations)) {
    yield;
    const gitFile = readCached(cache, backlinkPath(admin), () => readBacklink(reader, admin), isRead);
    const facts = seen.factsOf(admin);
    if (facts.isUnlocked !== true && isUnlocked(reader, admin)) facts.isUnlocked = true;
    const lock = facts.isUnlocked === true ? undefined : readWorktreeLock(reader, admin);
    if (isOfMaking(lock)) continue;
    if (gitFile === undefined || basename(gitFile) !== ".git") {
      problems.push(notWatched(admin, "its link back names no work tree"));
      continue;
    }
    const { path, isMissing } = places.find(dirname(gitFile));
    if (!isMissing) present.push({ path, admin });
    else if (lock === undefined) gone.push({ path, admin });
    else {
      awayCount++;
      problems.push(notWatched(path, "nothing is there, and git's lock on it says that it may be away"));
    }
  }
  return { present, gone, awayCount, problems };
}

function isRead(value: unknown): boolean {
  return value !== undefined;
}

/**
 * If several registered work trees seem gone at once, they are more likely on a disk that is not mounted, or outside of this
 * container. They are suspect if their parent directory is missing too, or if no work tree is left.
 */
export function selectSuspects(
  gone: readonly Registration[],
  presentCount: number,
  reader: SlotReader,
): { suspects: readonly Registration[]; missing: readonly Registration[] } {
  const isSuspect = ({ path }: Registration): boolean =>
    presentCount === 0 || reader.readEntry(dirname(path)).kind === "missing";
  const suspects = gone.filter(isSuspect);
  return suspects.length < 2
    ? { suspects: [], missing: gone }
    : { suspects, missing: gone.filter((registration) => !isSuspect(registration)) };
}

/** One problem for all of them, none if there are none. */
export function describeSuspects(
  { directory }: Repository,
  suspects: readonly Registration[],
): PoolProblem[] {
  const [first] = suspects;
  if (first === undefined) return [];
  const what = suspects.length === 1 ? "a work tree" : `${suspects.length} work trees`;
  const detail = `${what} of ${directory} (such as ${first.path}) cannot be found where git registered them: is this a container's view, or a disk not mounted? Nothing is judged and nothing done there; if they were removed, \`git worktree prune\` on their own host forgets them`;
  return [{ code: "vantage_suspect", path: directory, detail }];
}
