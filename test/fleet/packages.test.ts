import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RealPool } from "../kit/real-pool.ts";
import { programEnvironment, programFile, runProgram, ServedProgram } from "../kit/served-program.ts";

let pool: RealPool;
beforeAll(() => {
  pool = new RealPool(1);
  writeFileSync(join(pool.root, "token"), "token");
  writeFileSync(join(pool.root, "postgres"), "postgres://nobody@127.0.0.1:1/none");
});
afterAll(() => {
  pool.destroy();
});

const asUrl = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
const refusePackages = asUrl(`
  export async function resolve(specifier, context, next) {
    if (specifier !== "pg" && specifier !== "pg-boss") return next(specifier, context);
    throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: "ERR_MODULE_NOT_FOUND" });
  }`);
const register = `import { register } from "node:module"; register(${JSON.stringify(refusePackages)});`;
/** As if nobody installed them. */
const without = { NODE_OPTIONS: `--import=${asUrl(register)}` };

const queue = "queue: { driver: postgres, postgres: { connection_string_file: postgres } }";
const auth = "remediation: { auth: { bearer_token_file: token } }";

function refusalOf(config: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const file = join(pool.root, "refused.yaml");
  writeFileSync(file, config);
  const serve = ["serve", "--config.file", file, "--web.listen-address", "127.0.0.1:0"];
  const { status, stderr } = runProgram(pool, [...serve, ...args], env);
  return { status, code: /^[A-Z_]+(?=: )/m.exec(stderr)?.[0], stderr };
}

test("a sidecar with the local queue needs no package of PostgreSQL's", async () => {
  const served = await ServedProgram.start(pool, { env: without });
  expect(await served.stop()).toBe(0);
});

test.each([
  ["a host", queue, []],
  ["a gateway", `${queue}\n${auth}`, ["--role", "gateway"]],
])("%s of a fleet without them says what to install, and does not start", (_who, config, args) => {
  const refusal = refusalOf(config, args, without);
  expect([refusal.status, refusal.code]).toEqual([2, "FLEET_PACKAGE_MISSING"]);
  expect(refusal.stderr).toContain("npm install pg-boss@10.4 pg@8");
});

test("another major version of pg-boss is refused with the one that works", () => {
  const root = join(pool.root, "with-other-boss");
  const modules = join(root, "node_modules");
  mkdirSync(join(modules, "pg-boss"), { recursive: true });
  cpSync(dirname(programFile), join(root, "dist"), { recursive: true });
  const installed = fileURLToPath(new URL("../../node_modules", import.meta.url));
  for (const name of readdirSync(installed))
    if (name !== "pg-boss") symlinkSync(join(installed, name), join(modules, name));
  const other = { name: "pg-boss", version: "12.38.0", type: "module", main: "./index.js" };
  writeFileSync(join(modules, "pg-boss", "package.json"), JSON.stringify(other));
  writeFileSync(join(modules, "pg-boss", "index.js"), "export class PgBoss {}");
  const file = join(pool.root, "other-boss.yaml");
  writeFileSync(file, queue);
  const serve = ["serve", "--config.file", file, "--web.listen-address", "127.0.0.1:0"];
  const { status, stderr } = spawnSync(process.execPath, [join(root, "dist", "main.js"), ...serve], {
    encoding: "utf8",
    cwd: pool.root,
    env: programEnvironment(pool),
  });
  expect([status, stderr.trim()]).toEqual([
    2,
    "FLEET_PACKAGE_UNSUPPORTED: pg-boss 12.38.0 is installed, and this program works with 10.4: npm install pg-boss@10.4 pg@8, with --global if the program is installed globally",
  ]);
});

test.each([
  ["without authentication", queue, "GATEWAY_UNAUTHENTICATED"],
  ["without PostgreSQL", auth, "FLEET_UNCONFIGURED"],
])("a gateway %s does not start", (_without, config, code) => {
  expect(refusalOf(config, ["--role", "gateway"])).toMatchObject({ status: 2, code });
});

test("a host whose PostgreSQL is not there from the start serves, and says so in log, metric and API", async () => {
  const config = `${queue}\ncollector: { schedule: "* * * * * *" }\n`;
  const served = await ServedProgram.start(pool, { config });
  try {
    await expect.poll(() => served.metric("repo_pool_fleet_up"), { timeout: 20_000 }).toBe(0);
    await expect
      .poll(() => served.get("/api/v1/anomalies"), { timeout: 20_000 })
      .toContain('"fleet_unavailable"');
    expect(await served.metric('repo_pool_up{pool="demo"}')).toBe(1);
    expect(served.events("fleet.unavailable")).toHaveLength(1);
  } finally {
    await served.stop();
  }
});
