import { CodedError } from "../../platform/coded-error.ts";
import { describeGitFailure } from "./git-command.ts";
import { isAtLeast, parseGitVersion } from "./host-git-version.ts";
import { runGit } from "./run-git.ts";

/** The first version that keeps GIT_NO_LAZY_FETCH for every command, and refuses what hostile repositories name. */
const oldestGitVersion = [2, 39, 4] as const;

const timeoutSeconds = 30;

/** @throws CodedError `GIT_UNAVAILABLE` or `GIT_TOO_OLD`: nothing is recovered without a git that is safe to run. */
export async function requireGit(): Promise<void> {
  const result = await runGit({ args: ["version"], timeoutSeconds });
  if (result.kind !== "done") throw new CodedError("GIT_UNAVAILABLE", describeGitFailure(result));
  const version = parseGitVersion(result.stdout);
  if (version !== undefined && isAtLeast(version, oldestGitVersion)) return;
  const found = result.stdout.trim().slice(0, 80);
  throw new CodedError("GIT_TOO_OLD", `found ${found}: install git ${oldestGitVersion.join(".")} or newer`);
}
