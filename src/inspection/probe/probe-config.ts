import { dirname, isAbsolute, resolve } from "node:path";
import {
  configPath,
  configValue,
  parseConfigBoolean,
  readGitConfigFile,
  type GitConfig,
} from "../../git/config/git-config.ts";
import { selectJudgedSettings } from "../../git/config/judged-settings.ts";
import { judgeRepositoryFormat, type RepositoryFormat } from "../../git/config/repository-format.ts";
import { isInside } from "../../platform/contained-path.ts";
import type { ProbeNotes } from "./probe-notes.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

const deepestInclude = 10;

export type ConfigProbe =
  | { readonly kind: "known"; readonly config: GitConfig; readonly format: RepositoryFormat }
  | { readonly kind: "unsupported"; readonly what: string }
  /** Missing or invalid, and reported. */
  | { readonly kind: "unknown" };

/** The configuration of a repository: there, readable for git, and of a format that is known. */
export function probeConfig(reader: SlotReader, commonDirectory: string, notes: ProbeNotes): ConfigProbe {
  const path = configPath(commonDirectory);
  const config = readConfigFile(reader, path, notes, { isRequired: true });
  if (config === undefined) return { kind: "unknown" };
  if (config.values.size === 0) {
    notes.report("config_invalid", path, "git's configuration", "no setting at all");
    return { kind: "unknown" };
  }
  const reading = judgeRepositoryFormat(config);
  if (reading.kind === "unsupported") return reading;
  if (reading.kind === "invalid") {
    notes.report("config_invalid", path, reading.expected, reading.found);
    return { kind: "unknown" };
  }
  return { kind: "known", config, format: reading.format };
}

/** Undefined if it is missing or invalid. Settings that would stop git are reported. */
export function readConfigFile(
  reader: SlotReader,
  path: string,
  notes: ProbeNotes,
  { isRequired }: { isRequired: boolean },
): GitConfig | undefined {
  const reading = readGitConfigFile(reader, path);
  switch (reading.kind) {
    case "valid":
      addJudgedSettings(path, reading.config, notes);
      return reading.config;
    case "invalid":
      notes.report("config_invalid", path, "git's configuration", `an error in line ${reading.line}`);
      return undefined;
    case "missing":
      if (isRequired) notes.report("config_missing", path, "git's configuration", "nothing");
      return undefined;
    case "too_large":
      notes.skip(path, `${reading.bytes} bytes of configuration`);
      return undefined;
    case "unreadable":
      notes.reportUnreadable("config_invalid", path, reading.errorCode);
      return undefined;
    case "not_a_file":
      notes.report("config_invalid", path, "a file", `a ${reading.found}`);
      return undefined;
  }
}

/** Reading shows whether a value has the right form; git's commands fail on one that has not. */
function addJudgedSettings(path: string, config: GitConfig, notes: ProbeNotes): void {
  const settings = selectJudgedSettings(config);
  if (settings.length === 0) return;
  const finding = { code: "config_invalid" as const, path, expected: "a value that git accepts", found: "" };
  notes.addUnverified("are_settings_refused", finding, { settings });
}

/** Of a main repository: its own files may leave the setting out, but not give it a value that stops every command. */
export function probeBareSetting(config: Pick<GitConfig, "values">, path: string, notes: ProbeNotes): void {
  const bare = configValue(config, "core.bare") ?? "true";
  if (parseConfigBoolean(bare) === undefined)
    notes.report("config_invalid", path, "core.bare true", `core.bare ${bare}`);
}

/**
 * The settings `core.bare` and `core.worktree`, which say where the work tree is. Git takes them from the repository's own
 * files alone, and for a linked worktree only from its `config.worktree`. `workTree` is where it should be.
 */
export function probeWorkTreeSettings(
  reader: SlotReader,
  { config, path }: { config: Pick<GitConfig, "values">; path: string },
  directories: { gitDirectory: string; workTree: string },
  notes: ProbeNotes,
): void {
  const bare = configValue(config, "core.bare");
  const isBare = bare === undefined ? false : parseConfigBoolean(bare);
  if (isBare !== false) notes.report("config_invalid", path, "core.bare false", `core.bare ${bare ?? ""}`);
  const named = configValue(config, "core.worktree");
  if (named === undefined) return;
  const target = isAbsolute(named) ? named : resolve(directories.gitDirectory, named);
  if (!reader.isSamePlace(target, directories.workTree))
    notes.report("config_unsafe", path, "no core.worktree", "a core.worktree that leads elsewhere");
}

/**
 * Files that the configuration includes without a condition: one that git cannot parse stops every command, and so do
 * includes that go too deep, as those of a file that includes itself. Only those inside `root` are opened, each once; git
 * itself ignores a missing one.
 */
export function probeIncludes(
  reader: SlotReader,
  { config, path }: { config: GitConfig; path: string },
  search: { root: string; notes: ProbeNotes; chain?: readonly string[]; seen?: Set<string> },
): void {
  const { root, notes, chain = [path], seen = new Set<string>() } = search;
  for (const value of config.values.get("include.path") ?? []) {
    if (value === "") {
      notes.report("config_invalid", path, "includes of files", "an include without a path");
      continue;
    }
    const target = resolve(dirname(path), value);
    if (value.startsWith("~") || !isThereInside(reader, root, target)) continue;
    if (chain.includes(target) || chain.length > deepestInclude) {
      notes.report("config_invalid", path, "includes that end", `an include of ${target}`);
      continue;
    }
    if (seen.has(target)) continue;
    seen.add(target);
    const included = readConfigFile(reader, target, notes, { isRequired: false });
    if (included === undefined) continue;
    const below = { root, notes, chain: [...chain, target], seen };
    probeIncludes(reader, { config: included, path: target }, below);
  }
}

function isThereInside(reader: SlotReader, root: string, path: string): boolean {
  if (!isInside(root, path) || !reader.isReallyInside(root, path)) return false;
  return reader.readEntry(path).kind !== "missing";
}
