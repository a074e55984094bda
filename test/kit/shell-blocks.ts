import { readFileSync } from "node:fs";

/** The commands of a page's `sh` blocks, one a line, in their order. */
export function readShellCommands(file: string): string[] {
  const blocks = [...readFileSync(file, "utf8").matchAll(/^ *```sh\n(.*?)^ *```$/gms)];
  return blocks.flatMap(([, block = ""]) => block.split("\n")).filter((line) => line.trim() !== "");
}
