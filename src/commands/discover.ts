import { existsSync } from "node:fs";
import { countOf } from "../platform/count-of.ts";
import { secondsBetween } from "../platform/clock.ts";
import { formatBytes, formatDuration } from "../platform/readable-units.ts";
import type { ProposedConfig } from "../pool/sources/propose-sources.ts";
import {
  createDiscoverReport,
  type DiscoverReport,
  type Discovery,
  type RepositoryReport,
  type WorkTreeReport,
} from "../views/discover-report.ts";
import { printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import {
  parsePositiveNumber,
  withCommonOptions,
  withExamples,
  type DefineCommand,
} from "./program/command-definition.ts";
import { printable, printableLines } from "./terminal/printable.ts";
import { formatTable, type Cell } from "./terminal/table.ts";

interface DiscoverOptions extends CommonOptions {
  readonly depth: number;
  readonly seconds: number;
}

export const defineDiscover: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description(
      "Show the repositories below directories and their work trees: who uses them, how long they have been idle, their size, their unsaved work, and what is broken. Prints the configuration that watches them. Changes nothing.",
    )
    .argument("<dir...>", "the directories to search")
    .option("--depth <levels>", "how many levels below each", parsePositiveNumber, 6)
    .option(
      "--seconds <seconds>",
      "how long to look; what was not reached is reported",
      parsePositiveNumber,
      20,
    )
    .action((directories: string[], options: DiscoverOptions) => discover(directories, options, context));
  withExamples(command, [
    ["discover .", "what lies here, and what of it is at risk"],
    ["discover . --json", "the same for a script"],
  ]);
};

async function discover(
  directories: readonly string[],
  options: DiscoverOptions,
  context: CommandContext,
): Promise<void> {
  const { discovery, workspacesDir } = await lookAt(directories, options, context);
  const report = createDiscoverReport(discovery);
  await printResult(report, options, context, () => describeDiscovery(report, workspacesDir, context));
  context.setExitCode(report.is_whole ? 0 : 1);
}

/** Half of the time at most goes to the search; the rest to what was found. */
async function lookAt(
  directories: readonly string[],
  { depth, seconds, ...options }: DiscoverOptions,
  context: CommandContext,
): Promise<{ discovery: Discovery; workspacesDir: string }> {
  const { openDirectories } = await import("./program/open-directories.ts");
  const { proposeConfig } = await import("../pool/sources/propose-sources.ts");
  const { withProgress } = await import("./terminal/progress.ts");
  const { startStopwatch } = await import("../platform/clock.ts");
  const elapsedSeconds = startStopwatch();
  const opened = await withProgress(context.errorTerminal, "Looking for repositories", (update) => {
    const onProgress = (doneCount: number): void => {
      update({ doneCount, totalCount: undefined, detail: "directories" });
    };
    const limits = { depth, seconds: seconds / 2, onProgress };
    return openDirectories(directories, options, context, { limits });
  });
  const surveySeconds = Math.max(0, seconds - elapsedSeconds());
  const snapshot = await withProgress(context.errorTerminal, "Looking at work trees", (update) => {
    const onProgress = (doneCount: number, totalCount: number): void => {
      update({ doneCount, totalCount, detail: "" });
    };
    return opened.manager.snapshot({ surveySeconds }, { onProgress });
  });
  const { scan, errors, config } = opened;
  const discovery = { scan, errors, snapshot, config: proposeConfig(scan, context.homeDirectory) };
  return { discovery, workspacesDir: config.workspacesDir };
}

async function describeDiscovery(
  report: DiscoverReport,
  workspacesDir: string,
  context: CommandContext,
): Promise<string> {
  const trees = report.repositories.flatMap(({ work_trees: found }) => found);
  const parts = [
    ...(trees.length === 0 ? [] : [await formatTrees(report, context)]),
    printableLines([
      ...report.repositories.flatMap(({ problems }) =>
        problems.map(({ code, detail }) => `problem  ${code}: ${detail}`),
      ),
      ...[...report.problems, ...report.errors].map(({ code, detail }) => `error    ${code}: ${detail}`),
      ...describeSums(report, trees),
    ]),
    ...(report.config === null ? [] : [await describeConfig(report.config, workspacesDir)]),
  ];
  return parts.join("\n\n");
}

function formatTrees(
  { repositories, directories, checked_at: now }: DiscoverReport,
  { terminal }: CommandContext,
): Promise<string> {
  const heads = ["WORK TREE", "OWNER", "IDLE", "SIZE", "UNSAVED WORK", "WRONG"];
  const rows = repositories.flatMap((repository) => {
    const linked = repository.work_trees.filter((tree) => !tree.is_main);
    const [main] = repository.work_trees.filter((tree) => tree.is_main);
    const name = shorten(repository.path, directories);
    const head = main === undefined ? [[name, "", "", "", "", ""]] : [describeTree(name, main, now)];
    return [
      ...head,
      ...linked.map((tree) => describeTree(`└ ${nameOf(tree, repository, directories)}`, tree, now)),
    ];
  });
  return formatTable(terminal, heads, rows);
}

function describeTree(name: string, tree: WorkTreeReport, now: string): Cell[] {
  const { owner, last_activity_at: activeAt, disk_bytes: bytes, reasons } = tree;
  const work = tree.unsaved_work.join(", ");
  const isAtRisk = work !== "" && work !== "unknown";
  return [
    name,
    owner === null ? "unknown" : owner.evidence,
    activeAt === null ? "unknown" : formatDuration(secondsBetween(new Date(activeAt), new Date(now))),
    bytes === null ? "unknown" : formatBytes(bytes),
    isAtRisk ? { text: work, colour: "yellow" } : work || "none",
    { text: reasons.join(", "), colour: "red" },
  ];
}

/** From the repository if it is inside, as people name it. */
function nameOf(tree: WorkTreeReport, { path }: RepositoryReport, directories: readonly string[]): string {
  return tree.path.startsWith(`${path}/`)
    ? tree.path.slice(path.length + 1)
    : shorten(tree.path, directories);
}

function shorten(path: string, directories: readonly string[]): string {
  const [directory] = directories;
  const isAlone = directories.length === 1 && directory !== undefined;
  return isAlone && path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path;
}

function describeSums({ repositories }: DiscoverReport, trees: readonly WorkTreeReport[]): string[] {
  const count = (is: (tree: WorkTreeReport) => boolean): number => trees.filter(is).length;
  const unseen = count((tree) => tree.unsaved_work_seen_at === null);
  const unmeasured = count((tree) => tree.disk_bytes === null);
  const atRisk = count((tree) => tree.unsaved_work.some((kind) => kind !== "unknown"));
  const broken = count((tree) => tree.reasons.length > 0);
  return [
    `${countOf(repositories.length, "repository", "repositories")}, ${countOf(trees.length, "work tree")}: ${atRisk} with unsaved work, ${broken} broken. Nothing was changed.`,
    ...describeUnseen(unseen, "looked at for unsaved work"),
    ...describeUnseen(unmeasured, "measured"),
  ];
}

function describeUnseen(count: number, what: string): string[] {
  return count === 0
    ? []
    : [`${countOf(count, "work tree")} not ${what}: a fault is in the way, or no time was left (--seconds).`];
}

/** The library that writes YAML is loaded for it alone. */
async function describeConfig(config: ProposedConfig, workspacesDir: string): Promise<string> {
  const { stringify } = await import("yaml");
  const { workspacesSourceName } = await import("../pool/sources/source.ts");
  const text = stringify(config, { lineWidth: 0 }).trimEnd().split("\n").map(printable).join("\n");
  const isUnwatched = config.sources.every(({ kind }) => kind !== "managed") && existsSync(workspacesDir);
  return [
    "# A configuration that watches them. In sidecar.yaml:",
    "# repo-pool-sidecar serve --config.file sidecar.yaml",
    ...(isUnwatched
      ? [
          printable(
            `# To watch ${workspacesDir} as well, add: - { name: ${workspacesSourceName}, kind: managed }`,
          ),
        ]
      : []),
    text,
  ].join("\n");
}
