import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";

/** Runs `npm ci` unless the installed modules are those of the present lock file. @returns whether they are there. */
export function installModules(root) {
  const stamp = `${root}node_modules/.package-lock-hash`;
  const hash = createHash("sha256")
    .update(readFileSync(`${root}package-lock.json`))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return true;
  if (isInstalledByHand(root)) return true;
  console.log("Installing the npm packages of package-lock.json.");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, stdio: "inherit" });
  if (status !== 0) return false;
  writeFileSync(stamp, hash);
  return true;
}

/** npm writes what it has installed into a file of its own. */
function isInstalledByHand(root) {
  const changedAt = (file) => statSync(`${root}${file}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return changedAt("node_modules/.package-lock.json") > changedAt("package-lock.json");
}
