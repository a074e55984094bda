import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import {
  resolveRecoveryOptions,
  strategies,
  type RecoveryOptions,
} from "../../src/recovery/plan/recovery-options.ts";
import { readCodeBlocks, type CodeBlock } from "../kit/code-blocks.ts";
import { createPageTypeScript } from "../kit/run-page.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));

/** Pages that have the same commands and code in two languages. */
const translations = [
  ["docs/guide.md", "docs/ja/guide.md"],
  ["README.md", "docs/ja/README.md"],
  ["docs/getting-started.md", "docs/ja/getting-started.md"],
  ["docs/alerts.md", "docs/ja/alerts.md"],
] as const;

function withoutComments({ language, code }: CodeBlock): string {
  if (language !== "ts" && language !== "js")
    return `${language}\n${code.replaceAll(/(?:^|[ \t]+)# .*$/gm, "")}`;
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    removeComments: true,
  };
  return `${language}\n${ts.transpileModule(code, { compilerOptions }).outputText}`;
}

test.each(translations)("%s and its Japanese form have the same commands and code", (english, japanese) => {
  const code = readCodeBlocks(english).map(withoutComments);
  expect(code.length).toBeGreaterThanOrEqual(5);
  expect(readCodeBlocks(japanese).map(withoutComments)).toEqual(code);
});

test("the programs that the guide shows are those of examples/", () => {
  for (const page of translations[0]) {
    const programs = readCodeBlocks(page).filter(({ language }) => language === "js");
    expect(programs).toHaveLength(4);
    for (const { code } of programs)
      expect(code).toBe(readFileSync(/examples\/\S+(?=:)/.exec(code)![0], "utf8"));
  }
});

test("TypeScript accepts the code of every page and example that uses the library, and the library's own types need only what package.json declares", () => {
  const pages = [
    "README.md",
    "docs/library.md",
    ...translations.flat().filter((page) => page.startsWith("docs/")),
  ];
  const sources = new Map(
    pages.map((page, index) => [join(project, `page-${index}.ts`), createPageTypeScript(page)]),
  );
  const examples = ["recovery", "health-check", "staged-recovery", "isolated-slots"];
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noEmit: true,
    lib: ["lib.es2023.d.ts"],
    skipLibCheck: false,
    allowJs: true,
    checkJs: true,
    types: ["node"],
  };
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const readFile = host.readFile.bind(host);
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (file, version, ...more) => {
    const text = sources.get(file);
    return text === undefined ? readSource(file, version, ...more) : ts.createSourceFile(file, text, version);
  };
  const files = [...sources.keys(), ...examples.map((name) => join(project, `examples/${name}.mjs`))];
  const program = ts.createProgram(files, options, host);
  const problems = ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  expect(problems).toEqual([]);
  const library = program.getSourceFiles().filter(({ fileName }) => fileName.includes("/dist/library/"));
  expect(library.length).toBeGreaterThan(1);
  const packages = library
    .flatMap(({ text }) => ts.preProcessFile(text).importedFiles.map((one) => one.fileName))
    .filter((name) => !name.startsWith("."))
    .map((name) => (name.startsWith("node:") ? "@types/node" : name));
  const { dependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Record<
    string,
    object
  >;
  expect(Object.keys({ ...dependencies, ...peerDependencies })).toEqual(
    expect.arrayContaining([...new Set(packages)]),
  );
});

/** The first cells of the rows of a marked table. */
function readMarkedTable(page: string, marker: string): string[][] {
  const text = readFileSync(page, "utf8");
  const [, table = ""] = new RegExp(`<!-- ${marker} -->(.*)<!-- /${marker} -->`, "s").exec(text)!;
  return table
    .trim()
    .split("\n")
    .slice(2)
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
}

test("the table of the strategies has what each of them sets", () => {
  const rows = readMarkedTable("docs/strategies.md", "strategies");
  const columns = [{}, ...strategies.map((strategy) => ({ strategy }))].map((input) => {
    const options = resolveRecoveryOptions(input);
    return rows.map(([option]) => String(options[option as keyof RecoveryOptions]));
  });
  expect(rows).toHaveLength(4);
  expect(rows.map(([, ...cells]) => cells)).toEqual(
    rows.map((_, row) => columns.map((column) => column[row])),
  );
});

test.each(["pool", "slot"])("the page on the disk format has every field of %s.json", (record) => {
  const source = readFileSync(`src/pool/records/${record}-record.ts`, "utf8");
  const fields = new Set([...source.matchAll(/reader\.\w+\("(\w+)"/g)].map(([, field]) => field));
  expect(
    readMarkedTable("docs/disk-format.md", `${record}-fields`)
      .map(([field]) => field)
      .sort(),
  ).toEqual([...fields].sort());
});

/** What the original guide names. */
const originalNames = [
  ...["detect_long_allocated_slots", "detect_corrupted_slots", "detect_orphaned_locks", "detect_anomalies"],
  ...["recover_slot", "isolate_slot", "auto_recover", "get_pool", "remove_slot", "add_slot", "health_check"],
  ...["from_config_file", "load_from_file", "detect_stale_locks", "cleanup_stale_locks", "force_unlock"],
  ...["max_allocation_hours", "recover_corrupted", "cleanup_orphaned_locks", "force_release_long_allocated"],
  ...["force", "stale_lock_hours", "max_age_hours", "isolated_at", "isolation_reason"],
  ...["long_allocated_slots", "corrupted_slots", "orphaned_locks"],
  ...[
    "long_allocated_released",
    "corrupted_recovered",
    "corrupted_isolated",
    "orphaned_locks_cleaned",
    "errors",
  ],
  ...["strategy: conservative", "strategy: aggressive", "strategy: maintenance", "schedule with cron"],
  ...["practice 1", "practice 2", "practice 3", "practice 4", "trouble 1", "trouble 2", "trouble 3"],
  ...["requirement 9.1", "requirement 9.2", "requirement 9.3", "requirement 9.4", "requirement 9.5"],
];

test("each part of the original guide has its code, test and page", () => {
  const parts = readMarkedTable("docs/guide.md", "guide-map").map(
    ([part = "", code = "", proof = "", page = ""]) => {
      const [codeFile = "", name = ""] = splitOnce(code);
      const [testFile = "", title = ""] = splitOnce(proof);
      expect(readFileSync(codeFile, "utf8")).toMatch(new RegExp(`\\b${name}\\b`));
      expect(readFileSync(testFile, "utf8")).toContain(title);
      expect(page).toMatch(/^\[.+\]\(.+\)$/);
      return part;
    },
  );
  const isPart = (name: string): boolean =>
    parts.some((part) => new RegExp(`(?<!\\w)${name}(?!\\w)`).test(part));
  expect(originalNames.filter((name) => !isPart(name))).toEqual([]);
});

const splitOnce = (cell: string): string[] => [
  cell.slice(0, cell.indexOf(": ")),
  cell.slice(cell.indexOf(": ") + 2),
];
