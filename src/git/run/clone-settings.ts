import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatGitConfig, parseConfigList } from "../config/git-config.ts";
import { runGit } from "./run-git.ts";

/**
 * Settings of the user that `-c` cannot undo: a URL or refspec of a remote of that name is used before, or beside, that of
 * the clone (measured). What an include adds is listed anyway.
 */
const isLeftOut = /^(?:remote\.origin\.(?:url|pushurl|fetch)|core\.logallrefupdates|include\.|includeif\.)/;

const timeoutSeconds = 60;

/**
 * The environment in which such settings do not affect a clone. If the user has any, the other settings are written to a file
 * in `directory`, and git reads that. If git cannot list the settings, the clone itself will say so.
 */
export async function readCloneEnvironment(directory: string): Promise<Readonly<Record<string, string>>> {
  const listed = await runGit({ args: ["config", "--list", "-z"], trusts: "settings", timeoutSeconds });
  if (listed.kind !== "done") return {};
  const entries = parseConfigList(listed.stdout);
  const kept = entries.filter(([key]) => !isLeftOut.test(key));
  if (kept.length === entries.length) return {};
  const settings = new Map<string, string[]>();
  for (const [key, value] of kept) settings.set(key, [...(settings.get(key) ?? []), value]);
  const file = join(directory, "gitconfig");
  writeFileSync(file, formatGitConfig(settings), { mode: 0o600 });
  return { GIT_CONFIG_GLOBAL: file, GIT_CONFIG_NOSYSTEM: "1" };
}
