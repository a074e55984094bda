// `npm run docs:generate`: writes the pages that are generated from the source.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderCliReference } from "./cli-reference.ts";
import { renderMetricsReference } from "./metrics-reference.ts";

const pages = { "metrics.md": renderMetricsReference, "cli.md": renderCliReference };

for (const [name, render] of Object.entries(pages)) {
  writeFileSync(fileURLToPath(new URL(`../docs/${name}`, import.meta.url)), await render());
}
