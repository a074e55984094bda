import { rmSync } from "node:fs";
import { describeGitFailure, networkProtocols } from "../../git/git-command.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { runNetworkGit } from "../../git/network-git.ts";
import { stalledTransferSettings, trustedEnvironment } from "../../git/trusted-environment.ts";
import { checkDeep } from "../../inspection/deep-check.ts";
import { redactUrl } from "../../platform/redact.ts";

const cloneTimeoutSeconds = 3600;
const verifyTimeoutSeconds = 600;

/** Clones over the network into a directory of ours. @returns what went wrong, without the URL's secrets, if anything did. */
export async function cloneBeside(
  url: string,
  staging: string,
  options: readonly string[] = [],
): Promise<string | undefined> {
  const result = await runNetworkGit(
    {
      args: ["clone", "--quiet", "--no-local", "--template=", ...options, "--", url, staging],
      settings: stalledTransferSettings,
      timeoutSeconds: cloneTimeoutSeconds,
      allowedProtocols: networkProtocols,
      env: trustedEnvironment(),
    },
    {
      beforeAttempt: () => {
        rmSync(staging, { recursive: true, force: true });
      },
    },
  );
  return result.kind === "done" ? undefined : describeGitFailure(result).replaceAll(url, redactUrl(url));
}

/** @returns why the new repository cannot be trusted with a slot, if it cannot. */
export async function verifyClone(directories: GitDirectories): Promise<string | undefined> {
  const check = await checkDeep(directories, { depth: "connectivity", timeoutSeconds: verifyTimeoutSeconds });
  if (check.kind === "unchecked") return check.detail;
  return check.findings.length === 0 ? undefined : check.findings.map((finding) => finding.found).join("; ");
}
