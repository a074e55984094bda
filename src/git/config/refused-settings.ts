import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { GitResult } from "../run/git-command.ts";
import { withScratchRepository, type ScratchRepository } from "../scratch/scratch-repository.ts";
import { formatGitSettings, type GitConfig, type GitSetting } from "./git-config.ts";
import { selectJudgedSettings } from "./judged-settings.ts";

/** A setting whose value stops git's commands, in git's own words. */
export interface RefusedSetting extends GitSetting {
  readonly why: string;
}

/** Between them they read all that stops an agent's commands. None of them has anything to show or to write. */
const commands: readonly (readonly string[])[] = [
  ["status"],
  ["commit", "--dry-run", "--allow-empty", "--message=x"],
  ["log", "--all", "--max-count=1"],
  ["add", "--all"],
  ["branch"],
  ["fetch", "--multiple"],
  ["clean", "-n", "-d"],
  ["checkout", "-q", "--orphan", "none"],
  ["checkout-index", "--all"],
  ["rerere"],
  ["reset", "-q"],
  ["gc", "--auto"],
  // As a fetch does, from the scratch repository itself.
  ["ls-remote", ".."],
  // Our own settings hide these two from every other command.
  ["config", "--local", "--type=int", "--get", "gc.auto"],
  ["config", "--local", "--type=bool", "--get", "maintenance.auto"],
];
/** The exit code of a git that refuses a setting; a lower one concerns the empty repository. */
const deathExitCode = 128;
/** What a fault of its own ends a program with. Others, such as for a lack of memory, say nothing of a setting. */
const crashSignals: readonly (NodeJS.Signals | undefined)[] = [
  "SIGSEGV",
  "SIGABRT",
  "SIGBUS",
  "SIGILL",
  "SIGFPE",
];
const timeoutSeconds = 10;
/** If one of them is refused, each is tried alone. */
const mostSettings = 100;

/** Git's answers by the settings' text, kept for an hour: git may be upgraded while `serve` runs. */
const answers = new Map<string, { readonly refused: readonly RefusedSetting[]; readonly askedAt: number }>();
const mostAnswers = 200;
const believedForMilliseconds = 3_600_000;

/**
 * The settings that git refuses, tried in an empty repository that has them. Each text is tried once an hour. If git gives no
 * answer, nothing is refused.
 */
export async function findRefusedSettings(
  config: Pick<GitConfig, "settings">,
): Promise<readonly RefusedSetting[]> {
  const judged = selectJudgedSettings(config).slice(0, mostSettings);
  if (judged.length === 0) return [];
  const key = createHash("sha256").update(JSON.stringify(judged)).digest("base64");
  const known = answers.get(key);
  if (known !== undefined && performance.now() - known.askedAt < believedForMilliseconds)
    return known.refused;
  const refused = await askGit(judged);
  if (answers.size >= mostAnswers) answers.clear();
  answers.set(key, { refused, askedAt: performance.now() });
  return refused;
}

async function askGit(judged: readonly GitSetting[]): Promise<RefusedSetting[]> {
  const failing = await withSettings(judged, (scratch) => selectFailing(scratch, commands));
  if (failing.length === 0) return [];
  // A command that fails without any of them does not concern them.
  const always = await withSettings([], (scratch) => selectFailing(scratch, failing));
  const asked = failing.filter((command) => !always.includes(command));
  const refused: RefusedSetting[] = [];
  for (const setting of judged) {
    const why = await withSettings([setting], (scratch) => askAny(scratch, asked));
    if (why !== undefined) refused.push({ ...setting, why });
  }
  return refused;
}

type Command = (typeof commands)[number];

async function selectFailing(scratch: ScratchRepository, asked: readonly Command[]): Promise<Command[]> {
  const failing: Command[] = [];
  for (const command of asked) if ((await ask(scratch, command)) !== undefined) failing.push(command);
  return failing;
}

async function askAny(scratch: ScratchRepository, asked: readonly Command[]): Promise<string | undefined> {
  for (const command of asked) {
    const why = await ask(scratch, command);
    if (why !== undefined) return why;
  }
  return undefined;
}

async function ask(scratch: ScratchRepository, args: Command): Promise<string | undefined> {
  const workTree = join(scratch.directory, "work");
  return describeRefusal(await scratch.run(args, { workTree, allowedProtocols: ["file"] }));
}

/** Why git ended; undefined if it did its work, or its end says nothing of its settings. */
export function describeRefusal(result: GitResult): string | undefined {
  if (result.kind === "killed" && crashSignals.includes(result.signal)) return result.detail;
  if (result.kind !== "failed" || result.exitCode < deathExitCode) return undefined;
  const words = result.stderr.split("\n").filter((text) => /^(?:error|fatal): /.test(text));
  // The file and its lines are those of the scratch repository.
  return words.map((text) => text.replace(/ in file '?\S+?'?(?: at line \d+)?(?=:|$)/, "")).join("; ");
}

function withSettings<T>(
  settings: readonly GitSetting[],
  use: (scratch: ScratchRepository) => Promise<T>,
): Promise<T> {
  return withScratchRepository(
    { format: { idBytes: 20, isPartial: false }, timeoutSeconds },
    async (scratch) => {
      mkdirSync(join(scratch.directory, "work"));
      appendFileSync(join(scratch.directory, "config"), formatGitSettings(settings));
      return use(scratch);
    },
  );
}
