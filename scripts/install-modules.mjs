import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Runs `npm ci` unless the installed modules are those of the present lock file. @returns whether they are there. */
export function installModules(root) {
  const stamp = `${root}node_modules/.package-lock-hash`;
  const hash = createHash("sha256")
    .update(readFileSync(`${root}package-lock.json`))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return true;
  console.log("Installing the npm packages of package-lock.json.");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, stdio: "inherit" });
  if (status !== 0) return false;
  writeFileSync(stamp, hash);
  return true;
}
