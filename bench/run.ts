// `npm run bench -- NAME`: runs bench/NAME.ts, which may take more arguments.
import { existsSync } from "node:fs";

const [, , name = ""] = process.argv;
const file = new URL(`${name}.ts`, import.meta.url);
if (!/^[a-z][a-z-]*$/.test(name) || name === "run" || !existsSync(file)) {
  console.error("usage: npm run bench -- NAME, where bench/NAME.ts exists; for example scrape");
  process.exitCode = 2;
} else {
  await import(file.href);
}
