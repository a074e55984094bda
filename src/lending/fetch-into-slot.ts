import { isDeepStrictEqual } from "node:util";
import { readShallow } from "../git/refs/shallow.ts";
import { describeGitFailure, networkProtocols } from "../git/run/git-command.ts";
import { runNetworkGit } from "../git/run/network-git.ts";
import { readPackedRefs } from "../git/refs/packed-refs.ts";
import { listLooseRefs, readLooseRef } from "../git/refs/refs.ts";
import { asError } from "../platform/coded-error.ts";
import type { ScratchRepository } from "../git/scratch/scratch-repository.ts";
import type { CleanUp } from "./clean-up.ts";
import type { SlotRepositoryFiles } from "./slot-repository-files.ts";

interface Fetch {
  /** A copy of the slot's repository. */
  readonly scratch: ScratchRepository;
  readonly url: string;
  readonly files: SlotRepositoryFiles;
  readonly job: CleanUp;
}

/**
 * Fetches into a scratch repository, then moves the packs and the remote's refs into the slot's repository: the
 * slot's remotes, helpers and hooks are never asked. What goes wrong is a warning: a remote that is down makes a slot
 * stale, not unusable.
 */
export async function fetchIntoSlot({ scratch, url, files, job }: Fetch): Promise<string[]> {
  const before = readRemoteRefs(scratch.directory);
  const shallow = readShallow(scratch.directory);
  const fetched = await runNetworkGit({
    args: [
      "fetch",
      "--quiet",
      "--no-write-fetch-head",
      "--no-auto-maintenance",
      "--no-recurse-submodules",
      "--",
      url,
      "+refs/heads/*:refs/remotes/origin/*",
    ],
    gitDirectory: scratch.directory,
    cwd: scratch.directory,
    settings: ["fetch.unpackLimit=1", "transfer.unpackLimit=1"],
    allowedProtocols: networkProtocols,
    trusts: "network",
    timeoutSeconds: job.timeoutSeconds,
  });
  if (fetched.kind !== "done") return [`not fetched: ${describeGitFailure(fetched)}`];
  if (!isDeepStrictEqual(readShallow(scratch.directory), shallow))
    return ["not fetched: the remote would have changed how deep the clone is"];
  return install({ scratch, files, before, after: readRemoteRefs(scratch.directory) });
}

function install(fetched: {
  scratch: ScratchRepository;
  files: SlotRepositoryFiles;
  before: ReadonlyMap<string, string>;
  after: ReadonlyMap<string, string>;
}): string[] {
  const { scratch, files, before, after } = fetched;
  const warnings: string[] = [];
  try {
    files.installObjects(scratch);
  } catch (error) {
    return [`not fetched: ${asError(error).message}`];
  }
  for (const [name, objectId] of after) {
    if (before.get(name) === objectId) continue;
    try {
      files.writeRef(name, objectId);
    } catch (error) {
      warnings.push(`${name} was not updated: ${asError(error).message}`);
    }
  }
  return warnings;
}

/** Symbolic ones, such as origin/HEAD, are left out: they follow the ref that they name. */
function readRemoteRefs(gitDirectory: string): Map<string, string> {
  const packed = readPackedRefs(gitDirectory);
  const refs = new Map<string, string>();
  const isOurs = (name: string): boolean => /^refs\/(?:remotes\/origin|tags)\//.test(name);
  for (const [name, objectId] of packed.kind === "valid" ? packed.refs : [])
    if (isOurs(name)) refs.set(name, objectId);
  for (const name of listLooseRefs(gitDirectory).filter(isOurs)) {
    const ref = readLooseRef(gitDirectory, name);
    if (ref.kind === "commit") refs.set(name, ref.objectId);
    else refs.delete(name);
  }
  return refs;
}
