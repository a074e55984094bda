// `npm run docs:generate`: writes the pages that are generated from the source.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderMetricsReference } from "./metrics-reference.ts";

const file = fileURLToPath(new URL("../docs/metrics.md", import.meta.url));
writeFileSync(file, await renderMetricsReference());
