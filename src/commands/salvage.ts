import { resolve } from "node:path";
import { CodedError } from "../platform/coded-error.ts";
import { countOf } from "../platform/count-of.ts";
import { formatBytes } from "../platform/readable-units.ts";
import type { SalvageManifest } from "../salvage/salvage-manifest.ts";
import type { KeptWork } from "../salvage/salvage-store.ts";
import { refusedExitCode } from "../views/recover-report.ts";
import {
  createKeptWorkReport,
  createPruneReport,
  createRestoreReport,
  createSalvageReport,
  createSaveReport,
  type KeptWorkReport,
  type SalvageReport,
} from "../views/salvage-report.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { printable, printableLines } from "./terminal/printable.ts";
import { formatTable } from "./terminal/table.ts";

interface ListOptions extends CommonOptions {
  readonly quarantine?: boolean;
}

interface RestoreOptions extends CommonOptions {
  readonly to: string;
}

interface PruneOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

export const defineSalvage: DefineCommand = (command, context) => {
  command.description("Saved work: list, show, restore and prune it.");
  const save = withCommonOptions(command.command("save"))
    .description("Save the unsaved work of a slot or of any git work tree, and change nothing in it.")
    .argument("<slot>", "the slot's slot_id, or a path in it")
    .action((slotIdOrPath: string, options: CommonOptions) => saveSalvage(slotIdOrPath, options, context));
  withExamples(save, [["salvage save .", "before something risky is tried in this work tree"]]);
  const list = withCommonOptions(command.command("list"))
    .description("Saved work, oldest first; then the directories in quarantine.")
    .option("--quarantine", "with --json: the directories in quarantine instead of saved work")
    .action((options: ListOptions) => listSalvage(options, context));
  withExamples(list, [["salvage list", "what can be restored"]]);
  const show = withCommonOptions(command.command("show"))
    .description("What one salvage holds, what could not be saved, and where else the slot's files are.")
    .argument("<id>", "the id that `salvage list` shows")
    .action((id: string, options: CommonOptions) => showSalvage(id, options, context));
  withExamples(show, [
    ["salvage show 2026-05-04T12-00-00-000Z-0a1b2c3d-workspace-demo-slot1", "look before restoring"],
  ]);
  const restore = withCommonOptions(command.command("restore"))
    .description("Make a git repository of saved work, or of a directory in quarantine.")
    .argument("<id>", "the id that `salvage list` shows")
    .requiredOption("--to <dir>", "required; a directory that is new or empty, outside the pools")
    .action((id: string, options: RestoreOptions) => restoreSalvage(id, options, context));
  withExamples(restore, [
    [
      "salvage restore 2026-05-04T12-00-00-000Z-0a1b2c3d-workspace-demo-slot1 --to restored",
      "get an agent's work back",
    ],
  ]);
  const prune = withCommonOptions(command.command("prune"))
    .description(
      "Remove what is older, or takes more space, than salvage.max_age and salvage.max_bytes allow.",
    )
    .option("--dry-run", "list what would be removed, remove nothing")
    .action((options: PruneOptions) => pruneSalvage(options, context));
  withExamples(prune, [["salvage prune --dry-run", "what would be removed"]]);
};

async function saveSalvage(
  slotIdOrPath: string,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const { openSlot } = await import("./program/open-directories.ts");
  const { manager, slot } = await openSlot(slotIdOrPath, options, context);
  const saved = await manager.saveSlot(slot.slotId);
  await printResult(createSaveReport(slot, saved), options, context, () =>
    printable(saved.kind === "nothing_unsaved" ? `${slot.path}: nothing is unsaved` : saved.detail),
  );
  context.setExitCode(saved.kind === "incomplete" ? 1 : saved.kind === "busy" ? refusedExitCode : 0);
}

async function listSalvage(options: ListOptions, context: CommandContext): Promise<void> {
  const { stateDirectoriesOf } = await import("./program/open-directories.ts");
  const { listQuarantine, listSalvages, requireListable } = await import("../salvage/salvage-store.ts");
  const stateDirs = await stateDirectoriesOf(options, context);
  stateDirs.forEach(requireListable);
  const salvages = stateDirs.flatMap(listSalvages).map(createKeptWorkReport);
  const quarantine = stateDirs.flatMap(listQuarantine).map(createKeptWorkReport);
  const wantsQuarantine = options.quarantine === true;
  await printResult(wantsQuarantine ? quarantine : salvages, options, context, async () => {
    const saved = wantsQuarantine ? [] : [await section("Saved work", salvages, context)];
    return [...saved, await section("Quarantine", quarantine, context)].join("\n\n");
  });
}

async function section(
  title: string,
  kept: readonly KeptWorkReport[],
  { terminal }: CommandContext,
): Promise<string> {
  if (kept.length === 0) return `${title}: none`;
  const rows = kept.map(({ id, created_at, reason, bytes, complete }) => [
    id,
    created_at,
    reason,
    formatBytes(bytes),
    complete ? "yes" : { text: "no", colour: "red" as const },
  ]);
  return `${title}\n${await formatTable(terminal, ["ID", "CREATED", "REASON", "SIZE", "COMPLETE"], rows)}`;
}

async function showSalvage(id: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const { listQuarantine } = await import("../salvage/salvage-store.ts");
  const { readManifest } = await import("../salvage/salvage-manifest.ts");
  const { stateDir, kept } = await findSaved(id, options, context);
  const manifest = kept.kind === "quarantine" ? undefined : readManifest(kept.path);
  const shown = createSalvageReport(kept, { manifest, quarantine: listQuarantine(stateDir) });
  await printResult(shown, options, context, () => printableLines(describeSalvage(shown)));
}

/** @throws UsageError as `configOf`; CodedError `SALVAGE_UNKNOWN` */
async function findSaved(
  id: string,
  options: CommonOptions,
  context: CommandContext,
): Promise<{ stateDir: string; kept: KeptWork }> {
  const { stateDirectoriesOf } = await import("./program/open-directories.ts");
  const { findKeptWork } = await import("../salvage/salvage-store.ts");
  const [usual = "", ...others] = await stateDirectoriesOf(options, context);
  for (const stateDir of others) {
    try {
      return { stateDir, kept: findKeptWork(stateDir, id) };
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== "SALVAGE_UNKNOWN") throw error;
    }
  }
  return { stateDir: usual, kept: findKeptWork(usual, id) };
}

/** The lines that `salvage show` prints for people. */
export function describeSalvage(shown: SalvageReport): string[] {
  return [
    shown.id,
    `slot      ${shown.slot_id}`,
    `created   ${shown.created_at}, because: ${shown.reason}`,
    `path      ${shown.path} (${formatBytes(shown.bytes)})`,
    ...(shown.manifest === undefined ? [] : describeManifest(shown.manifest)),
    ...shown.quarantined.map((path) => `aside     ${path}`),
    "",
    `repo-pool-sidecar salvage restore ${shown.id} --to DIR`,
  ];
}

function describeManifest(manifest: SalvageManifest): string[] {
  const { files, refs, stashes, missing_objects: missing } = manifest;
  const told = (title: string, lines: readonly string[]): string[] =>
    lines.slice(0, 20).map((line) => `${title.padEnd(10)}${line}`);
  return [
    `at        ${manifest.commit ?? "no commit"}${manifest.branch === null ? "" : ` on ${manifest.branch}`}`,
    `files     ${files.count} (${formatBytes(files.bytes)}); index ${manifest.index}`,
    `history   ${manifest.history}: ${countOf(refs.length, "ref")}, ${countOf(stashes.length, "stash", "stashes")}`,
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
      : [`missing   ${countOf(missing.count, "object")} that had already been lost or damaged`]),
    ...(manifest.damage === null ? [] : [`damage    ${manifest.damage}`]),
  ];
}

async function restoreSalvage(id: string, options: RestoreOptions, context: CommandContext): Promise<void> {
  const { workspacesDir } = await configOf(options, context);
  const { stateDir } = await findSaved(id, options, context);
  const { restoreWork } = await import("../salvage/restore/restore-work.ts");
  const wanted = { id, directory: resolve(options.to), stateDir, workspacesDir, now: new Date() };
  const restored = await restoreWork(wanted);
  const { directory, manifest } = restored;
  await printResult(createRestoreReport(id, restored), options, context, () =>
    printableLines([
      `${directory}: ${countOf(manifest.files.count, "file")}, ${countOf(manifest.refs.length, "ref")}, ${countOf(manifest.stashes.length, "stash", "stashes")}`,
      `The slot's settings, hooks and logs lie in .git/salvage, where git does not look.`,
      `A nested repository keeps its settings: read its .git/config before you run git inside it.`,
    ]),
  );
}

async function pruneSalvage(options: PruneOptions, context: CommandContext): Promise<void> {
  const dryRun = options.dryRun === true;
  const { pruneSalvages } = await import("../serve/requests/prune-salvages.ts");
  const result = await pruneSalvages(await configOf(options, context), { trigger: "command", dryRun });
  if (result.kind === "busy") {
    const { detail } = result;
    await printResult({ removed: [], errors: [detail] }, options, context, () => printable(detail));
    context.setExitCode(1);
    return;
  }
  const report = createPruneReport(result, { dryRun });
  const { removed, errors } = report;
  await printResult(report, options, context, () =>
    printableLines([
      ...removed.map(({ id, kind, bytes, because }) => `${kind} ${id} (${formatBytes(bytes)}, ${because})`),
      ...errors.map((error) => `error: ${error}`),
      `${countOf(removed.length, "directory", "directories")} ${dryRun ? "would be removed" : "removed"}`,
    ]),
  );
  context.setExitCode(errors.length > 0 ? 1 : 0);
}
