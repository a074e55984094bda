import { resolve } from "node:path";
import {
  listKept,
  pruneKept,
  restoreKept,
  showKept,
  type PrintedKeptWork,
  type SalvageManifest,
} from "../serve/run-salvage.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { printable, printableLines } from "./terminal/printable.ts";
import { formatTable } from "./terminal/table.ts";

export interface SalvageListOptions extends CommonOptions {
  readonly quarantine?: boolean;
}

export interface SalvageRestoreOptions extends CommonOptions {
  readonly to: string;
}

export interface SalvagePruneOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

export async function listSalvage(options: SalvageListOptions, context: CommandContext): Promise<void> {
  const { salvages, quarantine } = listKept(await configOf(options, context));
  const chosen = options.quarantine === true ? quarantine : salvages;
  printResult(chosen, options, context, () => {
    const saved = options.quarantine === true ? [] : [section("Saved work", salvages, context)];
    return [...saved, section("Moved aside whole", quarantine, context)].join("\n\n");
  });
}

function section(title: string, kept: readonly PrintedKeptWork[], { terminal }: CommandContext): string {
  if (kept.length === 0) return `${title}: none`;
  const rows = kept.map(({ id, created_at, reason, bytes, complete }) => [
    id,
    created_at,
    reason,
    formatSize(bytes),
    complete ? "yes" : { text: "no", colour: "red" as const },
  ]);
  return `${title}\n${formatTable(terminal, ["ID", "CREATED", "REASON", "SIZE", "COMPLETE"], rows)}`;
}

const sizeUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

function formatSize(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(sizeUnits.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${value.toFixed(step === 0 ? 0 : 1)} ${sizeUnits[step] ?? "B"}`;
}

export async function showSalvage(
  id: string,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const shown = showKept(await configOf(options, context), id);
  printResult(shown, options, context, () => {
    const { manifest, quarantined } = shown;
    const common = [
      shown.id,
      `slot      ${shown.slot_id}`,
      `created   ${shown.created_at}, because: ${shown.reason}`,
      `path      ${shown.path} (${formatSize(shown.bytes)})`,
    ];
    const held = manifest === undefined ? [] : describeManifest(manifest);
    const others = quarantined.map((path) => `aside     ${path}`);
    return printableLines([...common, ...held, ...others, "", restoreHint(shown.id)]);
  });
}

function describeManifest(manifest: SalvageManifest): string[] {
  const { files, refs, stashes, missing_objects: missing } = manifest;
  const told = (title: string, lines: readonly string[]): string[] =>
    lines.slice(0, 20).map((line) => `${title.padEnd(10)}${line}`);
  return [
    `at        ${manifest.commit ?? "no commit"}${manifest.branch === null ? "" : ` on ${manifest.branch}`}`,
    `files     ${files.count} (${formatSize(files.bytes)}); index ${manifest.index}`,
    `history   ${manifest.history}: ${refs.length} refs, ${stashes.length} stashes`,
    ...told("operation", manifest.operations_in_progress),
    ...told("excluded", manifest.excluded),
    ...told(
      "special",
      manifest.special_files.map(({ path, found }) => `${path} (${found})`),
    ),
    ...told(
      "unreadable",
      manifest.unreadable_files.map(({ path, found }) => `${path} (${found})`),
    ),
    ...(missing.count === 0
      ? []
      : [`missing   ${missing.count} objects that could not be read before either`]),
    ...(manifest.damage === null ? [] : [`damage    ${manifest.damage}`]),
  ];
}

const restoreHint = (id: string): string => `repo-pool-sidecar salvage restore ${id} --to DIR`;

export async function restoreSalvage(
  id: string,
  options: SalvageRestoreOptions,
  context: CommandContext,
): Promise<void> {
  const { directory, manifest } = await restoreKept(
    await configOf(options, context),
    id,
    resolve(options.to),
  );
  const value = {
    id,
    directory,
    branch: manifest.branch,
    commit: manifest.commit,
    files: manifest.files.count,
  };
  printResult(value, options, context, () =>
    printableLines([
      `${directory}: ${manifest.files.count} files, ${manifest.refs.length} refs, ${manifest.stashes.length} stashes`,
      `The slot's settings, hooks and logs lie in .git/salvage, where git does not look.`,
      `Nested repositories keep theirs: read their .git/config before you run git inside them.`,
    ]),
  );
}

export async function pruneSalvage(options: SalvagePruneOptions, context: CommandContext): Promise<void> {
  const dryRun = options.dryRun === true;
  const result = pruneKept(await configOf(options, context), { trigger: "command", dryRun });
  if (result.kind === "busy") {
    printResult({ removed: [], errors: [result.detail] }, options, context, () => printable(result.detail));
    context.setExitCode(1);
    return;
  }
  const { removed, errors } = result;
  printResult({ dry_run: dryRun, removed, errors }, options, context, () =>
    printableLines([
      ...removed.map(({ id, kind, bytes, because }) => `${kind} ${id} (${formatSize(bytes)}, ${because})`),
      ...errors.map((error) => `error: ${error}`),
      `${dryRun ? "would remove" : "removed"} ${removed.length}`,
    ]),
  );
  context.setExitCode(errors.length > 0 ? 1 : 0);
}
