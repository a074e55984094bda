import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { printDashboard } from "./print-dashboard.ts";
import { buildRepoPoolDashboard } from "./repo-pool-dashboard.ts";

const file = fileURLToPath(new URL("../repo-pool.json", import.meta.url));
writeFileSync(file, printDashboard(buildRepoPoolDashboard()));
