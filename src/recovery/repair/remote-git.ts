import { describeGitFailure, networkProtocols, type GitCommand } from "../../git/run/git-command.ts";
import { runNetworkGit } from "../../git/run/network-git.ts";
import { redactUrl } from "../../platform/redact.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { isSafeRepoUrl } from "../../pool/repo-url.ts";

export type RemoteResult =
  { readonly kind: "done"; readonly stdout: string } | { readonly kind: "failed"; readonly detail: string };

/** Why objects of a remote are not taken. */
export const anotherRepository =
  "the remote has none of the commits that the pool's slots know: it is another repository, or its history was replaced";

/**
 * Runs one git command that speaks with the pool's remote: only by its URL, with the configuration of the sidecar's own
 * user, and without the URL's secrets in what it says.
 */
export async function runRemoteGit(
  context: RecoveryContext,
  command: Pick<GitCommand, "args" | "gitDirectory">,
): Promise<RemoteResult> {
  const result = await runNetworkGit({
    ...command,
    timeoutSeconds: context.deepTimeoutSeconds,
    allowedProtocols: networkProtocols,
    trusts: "network",
  });
  if (result.kind === "done") return { kind: "done", stdout: result.stdout };
  return { kind: "failed", detail: withoutSecret(describeGitFailure(result), context.pool.repoUrl) };
}

/** The pool's URL if git may be given it; else what is wrong with it. */
export function readSafeUrl(context: RecoveryContext): { url: string } | { refusal: string } {
  const url = context.pool.repoUrl;
  if (url === undefined) return { refusal: "the pool names no repo_url" };
  return isSafeRepoUrl(url) ? { url } : { refusal: "the pool's repo_url is not one that git may be given" };
}

function withoutSecret(text: string, url: string | undefined): string {
  return url === undefined ? text : text.replaceAll(url, redactUrl(url));
}
