import { lutimesSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Sets every time of a directory, and of all below it, so many days back. */
export function ageTree(directory: string, days: number): void {
  const then = Date.now() / 1000 - days * 86_400;
  for (const name of ["", ...readdirSync(directory, { recursive: true, encoding: "utf8" })])
    lutimesSync(join(directory, name), then, then);
}
