import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderDependencies, type LockedPackages } from "../../scripts/dependencies-reference.ts";

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

test("the package has everything that its documentation names, and is built before it is packed", () => {
  const said = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { encoding: "utf8" });
  const files = (JSON.parse(said) as Packed[])[0]!.files.map(({ path }) => path);
  for (const file of [
    "dist/main.js",
    "dist/library/index.d.ts",
    "alerts/repo-pool.yaml",
    "grafana/repo-pool-fleet.json",
    "grafana/provisioning/dashboards/repo-pool.yaml",
    "grafana/provisioning/datasources/prometheus.yaml",
    "deploy/systemd/repo-pool-sidecar.service",
    "docs/runbooks/RepoPoolExhausted.md",
    "examples/recovery.mjs",
    "CHANGELOG.md",
  ])
    expect(files).toContain(file);
  // An image is built in a clone, which has the lock file.
  expect(files).not.toContain("deploy/container/Dockerfile");
  expect(files.filter((file) => /^(?:src|test|scripts)\//.test(file))).toEqual([]);
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object };
  expect(scripts).toMatchObject({ prepack: "npm run build", version: "node scripts/release-notes.mjs" });
});

test("each package that is installed has its reason, in the version that is locked", async () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: LockedPackages };
  const committed = readFileSync("docs/dependencies.md", "utf8");
  expect(committed, "run npm run docs:generate").toBe(await renderDependencies(packages));
  const unexplained = {
    ...packages,
    "": { dependencies: { ...packages[""]?.dependencies, "left-pad": "1.3.0" } },
  };
  expect(() => renderDependencies(unexplained)).toThrow("left-pad");
});

const addresses = { repository: "a/b", homepage: "https://a.example", bugs: "https://b.example" };

function release(changelog: string, fields: object = addresses) {
  const directory = mkdtempSync(join(tmpdir(), "release-notes-"));
  try {
    cpSync("scripts/release-notes.mjs", join(directory, "release-notes.mjs"));
    writeFileSync(join(directory, "package.json"), JSON.stringify({ version: "1.2.3", ...fields }));
    writeFileSync(join(directory, "CHANGELOG.md"), changelog);
    execFileSync("git", ["init", "-q"], { cwd: directory });
    const { status, stderr } = spawnSync("node", ["release-notes.mjs"], { cwd: directory, encoding: "utf8" });
    return { status, stderr, text: readFileSync(join(directory, "CHANGELOG.md"), "utf8") };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("a release dates what is unreleased", () => {
  const { status, text } = release("# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n");
  expect(status).toBe(0);
  expect(text).toMatch(
    /^# Changelog\n\n## \[Unreleased\]\n\n## \[1\.2\.3\] - \d{4}-\d\d-\d\d\n\n### Added\n\n- A thing\.\n$/,
  );
});

test.each([
  ["an empty section", "## [Unreleased]\n\n### Added\n\n## [1.0.0]\n\n- Old.\n", "is empty"],
  ["no section", "## [1.0.0]\n\n- Old.\n", "has no section"],
  ["a version that was released", "## [Unreleased]\n\n- A.\n\n## [1.2.3]\n\n- Old.\n", "already"],
])("a release with %s is refused, and changes nothing", (_what, changelog, problem) => {
  const { status, stderr, text } = release(changelog);
  expect([status, text]).toEqual([1, changelog]);
  expect(stderr).toContain(problem);
});

test("a release of a package that does not say where it is found is refused", () => {
  const { status, stderr } = release("## [Unreleased]\n\n- A.\n", { repository: "a/b" });
  expect([status, stderr]).toEqual([
    1,
    "package.json has no homepage, bugs: set them to the addresses where the project is published\n",
  ]);
});
