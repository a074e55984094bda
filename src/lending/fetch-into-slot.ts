import { isDeepStrictEqual } from "node:util";
import { readGitConfig } from "../git/config/git-config.ts";
import { planRefChanges } from "../git/refs/ref-changes.ts";
import { expandRefspecs, isTrackingRef, readFetchSettings } from "../git/refs/refspec.ts";
import { readShallow } from "../git/refs/shallow.ts";
import { joinRefs, readRefFiles, readRefIds, type RefFiles } from "../git/refs/tips.ts";
import { describeGitFailure, networkProtocols, type GitResult } from "../git/run/git-command.ts";
import { runNetworkGit } from "../git/run/network-git.ts";
import { asError } from "../platform/coded-error.ts";
import { countOf } from "../platform/count-of.ts";
import type { ScratchRepository } from "../git/scratch/scratch-repository.ts";
import type { CleanUpPlace } from "./clean-up.ts";
import { withSlotCopy } from "./slot-copy.ts";
import { SlotRepositoryFiles } from "./slot-repository-files.ts";
import { uncachedReader } from "../platform/slot-reader.ts";

interface Fetch {
  /** A copy of the slot's repository. */
  readonly scratch: ScratchRepository;
  readonly url: string;
  readonly files: SlotRepositoryFiles;
  readonly place: CleanUpPlace;
}

/**
 * Fetches into a scratch repository, then moves the packs and the remote's refs into the slot's repository: of the slot's
 * remotes only the names that it fetches are believed, and its helpers and hooks are never asked. What goes wrong is a
 * warning: a remote that is down makes a slot stale, not unusable.
 */
export async function fetchIntoSlot(place: CleanUpPlace, url: string): Promise<string[]> {
  const files = new SlotRepositoryFiles(place.directories);
  try {
    return await withSlotCopy(place, (scratch) => fetchThrough({ scratch, url, files, place }));
  } catch (error) {
    return [`not fetched: ${asError(error).message}`];
  }
}

async function fetchThrough(fetch: Fetch): Promise<string[]> {
  const { scratch, files } = fetch;
  const before = readRefFiles(scratch.directory);
  const shallow = readShallow(uncachedReader, scratch.directory);
  const warnings = await fetchRefs(fetch);
  if (!isDeepStrictEqual(readShallow(uncachedReader, scratch.directory), shallow))
    return ["not fetched: the remote would have changed how deep the clone is"];
  const after = readRefFiles(scratch.directory);
  if (before.packed === after.packed && isDeepStrictEqual(before.loose, after.loose)) return warnings;
  const changes = planRefChanges(selectFetched(before), selectFetched(after));
  if (changes.written.size === 0) return warnings;
  try {
    files.installObjects(scratch);
  } catch (error) {
    return [`not fetched: ${asError(error).message}`];
  }
  return [...warnings, ...changeRefs(files, changes)];
}

function changeRefs(
  files: SlotRepositoryFiles,
  { written, removed }: ReturnType<typeof planRefChanges>,
): string[] {
  const warnings: string[] = [];
  const attempt = (name: string, change: () => void): void => {
    try {
      change();
    } catch (error) {
      warnings.push(`${name} was not updated: ${asError(error).message}`);
    }
  };
  for (const [name, objectId] of removed)
    attempt(name, () => {
      files.removeRef(name);
      warnings.push(
        `${name} (${objectId}) was removed: the remote no longer has this branch, and a new one needs its name`,
      );
    });
  for (const [name, objectId] of written)
    attempt(name, () => {
      files.writeRef(name, objectId);
    });
  return warnings;
}

/** The refs that a fetch may write. */
function selectFetched(files: RefFiles): Map<string, string> {
  const refs = [...joinRefs(files)];
  return new Map(refs.filter(([name]) => isTrackingRef(name) || name.startsWith("refs/tags/")));
}

/** @returns warnings. What of the refs could be fetched is in the scratch repository in any case. */
async function fetchRefs(fetch: Fetch): Promise<string[]> {
  const settings = readFetchSettings(readGitConfig(fetch.place.directories.commonDirectory));
  // Tracking refs of what the remote no longer has may be in the way of new ones.
  const options = [...settings.tagOptions, "--prune"];
  const fetched = await runFetch(fetch, settings.refspecs, { options });
  if (fetched.kind === "done") return [];
  const failure = `not fetched: ${describeGitFailure(fetched)}`;
  // Git gives up everything for one ref of the remote that is gone or damaged.
  if (fetched.kind !== "failed") return [failure];
  const single = await listChanges(fetch, settings.refspecs);
  if (single === undefined) return [failure];
  const failures = await new PartialFetch(fetch, settings.tagOptions).run(single);
  return failures.length === 0 && single.length > 0 ? [] : [failure, ...failures];
}

/** For each ref of the remote that is not as the scratch repository has it, a refspec. Undefined if the remote does not answer. */
async function listChanges({ scratch, url, place }: Fetch, refspecs: readonly string[]) {
  const listed = await runNetworkGit(
    {
      args: ["ls-remote", "--quiet", "--refs", "--", url],
      ...{ allowedProtocols: networkProtocols, trusts: "network", timeoutSeconds: place.timeoutSeconds },
    },
    { attempts: 1 },
  );
  if (listed.kind !== "done") return undefined;
  const ids = new Map(
    listed.stdout
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([id = "", name = ""]) => [name, id]),
  );
  const known = readRefIds(scratch.directory);
  return [...expandRefspecs(refspecs, ids.keys())]
    .filter(([target, { source }]) => known.get(target) !== ids.get(source))
    .map(([, { refspec }]) => refspec);
}

/** One more fetch for each half, until those refs that fail stand alone. */
class PartialFetch {
  readonly #fetch: Fetch;
  readonly #options: readonly string[];
  #attemptsLeft = 40;

  constructor(fetch: Fetch, options: readonly string[]) {
    this.#fetch = fetch;
    this.#options = options;
  }

  /** @returns what could not be fetched. */
  async run(refspecs: readonly string[]): Promise<string[]> {
    if (refspecs.length === 0) return [];
    if (this.#attemptsLeft-- <= 0)
      return [`not fetched, because the time ran out: ${countOf(refspecs.length, "ref")}`];
    const fetched = await runFetch(this.#fetch, refspecs, { options: this.#options, attempts: 1 });
    if (fetched.kind === "done") return [];
    if (refspecs.length === 1 || fetched.kind !== "failed")
      return [`not fetched: ${refspecs[0]}: ${describeGitFailure(fetched)}`];
    const half = Math.ceil(refspecs.length / 2);
    return [...(await this.run(refspecs.slice(0, half))), ...(await this.run(refspecs.slice(half)))];
  }
}

function runFetch(
  { scratch, url, place }: Fetch,
  refspecs: readonly string[],
  { options, attempts }: { options: readonly string[]; attempts?: number },
): Promise<GitResult> {
  const { filter } = scratch.format;
  return runNetworkGit(
    {
      args: [
        ...["fetch", "--quiet", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules"],
        ...(filter === undefined ? [] : [`--filter=${filter}`]),
        ...[...options, "--stdin", "--", url],
      ],
      input: refspecs.map((refspec) => `${refspec}\n`).join(""),
      gitDirectory: scratch.directory,
      cwd: scratch.directory,
      settings: ["fetch.unpackLimit=1", "transfer.unpackLimit=1"],
      allowedProtocols: networkProtocols,
      trusts: "network",
      timeoutSeconds: place.timeoutSeconds,
    },
    { attempts },
  );
}
