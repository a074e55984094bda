import { rmSync } from "node:fs";
import { join } from "node:path";
import { allBranches } from "../../git/refs/refspec.ts";
import { describeGitFailure, networkProtocols, type GitResult } from "../../git/run/git-command.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { readCloneEnvironment } from "../../git/run/clone-settings.ts";
import { runNetworkGit } from "../../git/run/network-git.ts";
import { runGit } from "../../git/run/run-git.ts";
import { checkDeep } from "../../inspection/deep/deep-check.ts";
import { redactUrl } from "../../platform/redact.ts";
import { createTemporaryDirectory } from "../../platform/temporary-directory.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { noKnownBranches, type KnownBranches } from "./known-branches.ts";

/** For a remote that hangs: only then is a clone begun, which may take its time. */
const answerTimeoutSeconds = 60;
const cloneTimeoutSeconds = 3600;
const verifyTimeoutSeconds = 600;

export interface CloneChoices {
  /** Of `git clone`. */
  readonly options?: readonly string[];
  /** A scratch repository, made for this clone alone, with objects that the remote need not send. */
  readonly reference?: string | undefined;
  readonly branches?: KnownBranches;
}

/** Clones over the network into our own directory. @returns what went wrong, without the URL's secrets, if anything did. */
export async function cloneBeside(
  url: string,
  staging: string,
  { options = [], reference, branches = noKnownBranches }: CloneChoices = {},
): Promise<string | undefined> {
  const answer = await chooseBranch(url, branches);
  if ("failure" in answer) return answer.failure;
  const branch = answer.branch === undefined ? [] : [`--branch=${answer.branch}`];
  const borrowing = reference === undefined ? [] : [`--reference=${reference}`, "--dissociate"];
  const place = createTemporaryDirectory("clone");
  try {
    const userSettings = await readCloneEnvironment(place);
    const clone = (...more: string[]): Promise<GitResult> =>
      runNetworkGit(
        {
          args: [
            ...[
              "clone",
              "--quiet",
              "--no-local",
              "--template=",
              ...borrowing,
              ...branch,
              ...options,
              ...more,
            ],
            ...["--", url, staging],
          ],
          settings: reference === undefined ? [] : [offerReferenceRefs],
          timeoutSeconds: cloneTimeoutSeconds,
          allowedProtocols: networkProtocols,
          // A partial clone fetches the files of its first checkout by itself.
          env: { GIT_NO_LAZY_FETCH: "0", ...userSettings },
          trusts: "network",
        },
        {
          beforeAttempt: () => {
            rmSync(staging, { recursive: true, force: true });
          },
        },
      );
    const whole = await clone();
    if (!isFaultOfOneRef(whole)) return describeFailure(whole, url);
    const single = await clone("--single-branch");
    // The next fetch brings the other branches, each for itself if need be.
    return describeFailure(single.kind === "done" ? await followAllBranches(staging) : single, url);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** The remote gives up everything for one ref that leads to nothing, or to what it cannot read. */
function isFaultOfOneRef(result: GitResult): boolean {
  return result.kind === "failed" && /not our ref|repository corruption on the remote/.test(result.stderr);
}

/** The refspecs of a bare repository are those that the caller gives. */
async function followAllBranches(clone: string): Promise<GitResult> {
  const gitDirectory = join(clone, ".git");
  const timeoutSeconds = answerTimeoutSeconds;
  if (uncachedReader.readEntry(gitDirectory).kind !== "directory") return nothingToDo;
  return runGit({ args: ["config", "remote.origin.fetch", allBranches], gitDirectory, timeoutSeconds });
}

const nothingToDo: GitResult = { kind: "done", stdout: "", stderr: "" };

/** Undefined for the branch that the remote's HEAD names. */
type BranchChoice = { readonly branch: string | undefined } | { readonly failure: string };

async function chooseBranch(url: string, { preferred, otherwise }: KnownBranches): Promise<BranchChoice> {
  const asked = await askRemote(url, ["HEAD", ...preferred.map((name) => `refs/heads/${name}`)]);
  if ("failure" in asked) return asked;
  const branch = preferred.find((name) => asked.names.has(`refs/heads/${name}`));
  if (branch !== undefined || asked.names.has("HEAD")) return { branch };
  const listed = await askRemote(url, ["refs/heads/*"]);
  if ("failure" in listed) return listed;
  const present = [...listed.names].map((name) => name.replace("refs/heads/", ""));
  return { branch: otherwise.find((name) => present.includes(name)) ?? present[0] };
}

async function askRemote(
  url: string,
  patterns: readonly string[],
): Promise<{ readonly names: ReadonlySet<string> } | { readonly failure: string }> {
  const result = await runNetworkGit({
    args: ["ls-remote", "--quiet", "--", url, ...patterns],
    timeoutSeconds: answerTimeoutSeconds,
    allowedProtocols: networkProtocols,
    trusts: "network",
  });
  const failure = describeFailure(result, url);
  if (failure !== undefined) return { failure };
  const lines = result.kind === "done" ? result.stdout.split("\n") : [];
  return { names: new Set(lines.flatMap((line) => line.split("\t").slice(1))) };
}

function describeFailure(result: GitResult, url: string): string | undefined {
  return result.kind === "done" ? undefined : describeGitFailure(result).replaceAll(url, redactUrl(url));
}

/** What git does by itself, and what is switched off wherever the other repository may be a slot's. */
const offerReferenceRefs =
  'core.alternateRefsCommand=offer() { git --git-dir="$1" for-each-ref --format="%(objectname)"; }; offer';

/** @returns why the new repository cannot be trusted with a slot, if it cannot. */
export async function verifyClone(directories: GitDirectories): Promise<string | undefined> {
  const check = await checkDeep(directories, { depth: "connectivity", timeoutSeconds: verifyTimeoutSeconds });
  if (check.kind === "unchecked") return check.detail;
  return check.findings.length === 0 ? undefined : check.findings.map((finding) => finding.found).join("; ");
}
