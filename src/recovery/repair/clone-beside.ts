import { rmSync } from "node:fs";
import { describeGitFailure, networkProtocols, type GitResult } from "../../git/run/git-command.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { readCloneEnvironment } from "../../git/run/clone-settings.ts";
import { runNetworkGit } from "../../git/run/network-git.ts";
import { checkDeep } from "../../inspection/deep/deep-check.ts";
import { redactUrl } from "../../platform/redact.ts";
import { createTemporaryDirectory } from "../../platform/temporary-directory.ts";
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
    const result = await runNetworkGit(
      {
        args: [
          ...["clone", "--quiet", "--no-local", "--template=", ...borrowing, ...branch, ...options],
          ...["--", url, staging],
        ],
        settings: reference === undefined ? [] : [offerReferenceRefs],
        timeoutSeconds: cloneTimeoutSeconds,
        allowedProtocols: networkProtocols,
        // A partial clone fetches the files of its first checkout by itself.
        env: { GIT_NO_LAZY_FETCH: "0", ...(await readCloneEnvironment(place)) },
        trusts: "network",
      },
      {
        beforeAttempt: () => {
          rmSync(staging, { recursive: true, force: true });
        },
      },
    );
    return describeFailure(result, url);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

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
