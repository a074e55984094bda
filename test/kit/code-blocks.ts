import { readFileSync } from "node:fs";

/** A fenced block of a page. */
export interface CodeBlock {
  /** What stands behind the fence: `sh`, `ts`, `yaml`, … */
  readonly language: string;
  readonly code: string;
}

/** The fenced blocks of a page in their order, those inside a list without its indentation. */
export function readCodeBlocks(file: string): CodeBlock[] {
  const blocks = readFileSync(file, "utf8").matchAll(/^( *)```(\w+)\n(.*?)^ *```$/gms);
  return [...blocks].map(([, indent = "", language = "", code = ""]) => ({
    language,
    code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** The commands of a page's `sh` blocks, one a line, in their order. */
export function readShellCommands(file: string): string[] {
  const blocks = readCodeBlocks(file).filter(({ language }) => language === "sh");
  return blocks.flatMap(({ code }) => code.split("\n")).filter((line) => line.trim() !== "");
}
