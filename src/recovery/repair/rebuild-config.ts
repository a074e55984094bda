import { formatGitConfig, type GitConfig } from "../../git/config/git-config.ts";
import { allBranches } from "../../git/refs/refspec.ts";
import { isSafeRepoUrl } from "../../pool/repo-url.ts";
import type { RepositoryFormat } from "../../git/config/repository-format.ts";

export interface ConfigFacts {
  readonly isBare: boolean;
  readonly format: RepositoryFormat;
  readonly repoUrl: string | undefined;
  /** Short names of local branches that the remote has under the same name. */
  readonly trackedBranches: readonly string[];
  /** What was there before: our copy, or what of the damaged file could be read. */
  readonly before: GitConfig | undefined;
}

/** Settings that say how a repository is read; none of them names a program, a file or another place. */
const keptSettings = new RegExp(
  "^(?:" +
    [
      "core\\.(?:filemode|symlinks|ignorecase|precomposeunicode|logallrefupdates|autocrlf|eol|safecrlf|abbrev)",
      "core\\.(?:sparsecheckout|sparsecheckoutcone|quotepath|compression|bigfilethreshold|checkstat|trustctime|sharedrepository)",
      "user\\.(?:name|email)",
      "branch\\..+\\.(?:remote|merge|rebase|description)",
      "remote\\..+\\.(?:fetch|tagopt|prune)",
      "submodule\\..+\\.(?:active|branch|update)",
      "(?:pull|rebase|merge|push|fetch|init|index|pack|gc|diff)\\.(?:rebase|ff|default|prune|autostash|renames|version|auto|defaultbranch)",
      "extensions\\.worktreeconfig",
    ].join("|") +
    ")$",
);
/** `submodule.<name>.update` may be a command that begins with an exclamation mark. */
const namesProgram = /^\s*!/;

/**
 * A configuration for a repository whose own is lost or damaged. What was set before is kept if it is on the list
 * above: whatever names a program, a helper, a file or an include is not brought back.
 */
export function rebuildConfig(facts: ConfigFacts): string {
  const settings = new Map<string, string[]>();
  const set = (key: string, ...values: string[]): void => void settings.set(key, values);
  const { format } = facts;
  const hasExtension = format.idBytes === 32 || format.isPartial;
  set("core.repositoryformatversion", hasExtension ? "1" : "0");
  set("core.filemode", "true");
  set("core.bare", String(facts.isBare));
  if (!facts.isBare) set("core.logallrefupdates", "true");
  if (format.idBytes === 32) set("extensions.objectformat", "sha256");
  for (const branch of facts.trackedBranches) {
    set(`branch.${branch}.remote`, "origin");
    set(`branch.${branch}.merge`, `refs/heads/${branch}`);
  }
  if (!facts.isBare) set("remote.origin.fetch", allBranches);
  for (const [key, values] of keptFrom(facts.before)) set(key, ...values);
  if (facts.repoUrl !== undefined) set("remote.origin.url", facts.repoUrl);
  if (format.isPartial) {
    set("extensions.partialclone", "origin");
    set("remote.origin.promisor", "true");
    set("remote.origin.partialclonefilter", format.filter ?? "blob:none");
  }
  return formatGitConfig(settings);
}

function keptFrom(before: GitConfig | undefined): [string, string[]][] {
  return [...(before?.values ?? [])].flatMap(([key, values]): [string, string[]][] => {
    const isRemoteUrl = /^remote\..+\.url$/s.test(key);
    if (!isRemoteUrl && !keptSettings.test(key)) return [];
    const kept = values.filter(
      (value) => !namesProgram.test(value) && (!isRemoteUrl || isSafeRepoUrl(value)),
    );
    return kept.length === 0 ? [] : [[key, kept]];
  });
}
