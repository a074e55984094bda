import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { readCodeBlocks, type CodeBlock } from "./code-blocks.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));

export interface PageRun {
  readonly status: number | null;
  readonly output: string;
}

/** A directory in which a program finds the built package as it does where npm installed it. */
export function linkPackage(directory: string): void {
  const modules = join(directory, "node_modules");
  mkdirSync(modules, { recursive: true });
  symlinkSync(project, join(modules, "repo-pool-sidecar"));
  const commands = join(modules, ".bin");
  mkdirSync(commands);
  symlinkSync(join(project, "dist/main.js"), join(commands, "repo-pool-sidecar"));
}

/**
 * Runs what a page tells its reader to type, from top to bottom: the TypeScript is one program, which runs the commands
 * of `sh` blocks in between. A block of TypeScript that imports something is at the top of the program, any other in a
 * scope of its own. A command ends with 0, or with what a comment behind it says. `home` has been given to `linkPackage`.
 */
export function runPage(page: string, home: string, port: number): PageRun {
  writeFileSync(join(home, "page.mjs"), translate(createPageProgram(page, port)));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(home, "page.mjs")], {
    cwd: home,
    encoding: "utf8",
    env: {
      PATH: `${join(home, "node_modules/.bin")}:${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
      HOME: home,
      REPO_POOL_SIDECAR_WEB_LISTEN_ADDRESS: `127.0.0.1:${port}`,
      PROJECT: project,
    },
  });
  endServe(join(home, "serve.pid"));
  return { status, output: stdout + stderr };
}

/** After a page that failed on its way. */
function endServe(pidFile: string): void {
  if (!existsSync(pidFile)) return;
  try {
    process.kill(Number(readFileSync(pidFile, "utf8")));
  } catch {
    // The page's last command has ended it.
  }
}

/** The TypeScript of a page alone, as its reader would write it. */
export function createPageTypeScript(page: string): string {
  const blocks = readCodeBlocks(page).filter(({ language }) => language === "ts");
  return [...blocks.map((block) => translateBlock(block, 0)), "export {};"].join("\n");
}

function createPageProgram(page: string, port: number): string {
  const parts = readCodeBlocks(page).map((block) => translateBlock(block, port));
  return [
    'import { execFileSync } from "node:child_process";',
    'import { readFileSync, writeFileSync } from "node:fs";',
    ...parts,
  ].join("\n");
}

function translateBlock({ language, code }: CodeBlock, port: number): string {
  switch (language) {
    case "ts":
      return /^import /m.test(code) ? code : `{\n${code}}`;
    case "sh":
      return runInShell(code.split("\n"), port);
    case "crontab":
      return runInShell(code.split("\n").map(readCronCommand), port);
    case "yaml": {
      const file = /^# (\S+)/.exec(code)?.[1];
      return `writeFileSync(${JSON.stringify(file)}, ${JSON.stringify(code)});`;
    }
    // A program of examples/, which a test of its own runs.
    case "js":
      return "";
    default:
      throw new Error(`a block of ${language} is not run`);
  }
}

/** All blocks are typed into one shell: the directory of one is that of the next. */
function runInShell(lines: readonly string[], port: number): string {
  const commands = lines.map((line) => expectExitCode(line, port));
  const script = [...commands, 'pwd > "$HOME/directory"'].join("\n");
  return [
    `execFileSync("sh", ["-uc", ${JSON.stringify(script)}], { stdio: "inherit" });`,
    'process.chdir(readFileSync(`${process.env.HOME}/directory`, "utf8").trimEnd());',
  ].join("\n");
}

const exitCodePattern = /\s+# (?:exit code|終了コード) (\d+)$/;

function expectExitCode(line: string, port: number): string {
  const command = line.replace(exitCodePattern, "");
  // `linkPackage` has installed the program.
  if (command === "" || command.startsWith("#") || command.startsWith("npm ")) return "";
  // What serves ends when the page's last request to it was answered.
  if (command.startsWith("repo-pool-sidecar serve"))
    return `${command} > "$HOME/serve.log" 2>&1 & echo $! > "$HOME/serve.pid"`;
  const expected = exitCodePattern.exec(line)?.[1] ?? "0";
  const failed = `{ echo ${JSON.stringify(`${command} did not end with ${expected}`)} >&2; exit 1; }`;
  const local = command.replace(
    "http://127.0.0.1:10469",
    `--silent --retry 100 --retry-delay 1 --retry-all-errors http://127.0.0.1:${port}`,
  );
  const end = command.endsWith("/metrics") ? '\nkill $(cat "$HOME/serve.pid")' : "";
  return `${local}; test $? -eq ${expected} || ${failed}${end}`;
}

/** The command of a line of /etc/cron.d, behind the five fields of the time and the user. */
function readCronCommand(line: string): string {
  if (line.startsWith("#")) return "";
  const command = line.split(" ").slice(6).join(" ");
  return command
    .replace("/usr/bin/node /opt/repo-pools/", "node $PROJECT/examples/")
    .replace("/etc/repo-pool-sidecar/", "");
}

function translate(source: string): string {
  return ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
  }).outputText;
}
