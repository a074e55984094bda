import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { git, RealPool } from "../kit/real-pool.ts";
import { runProgram, ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

const secrets = {
  token: "planted-bearer-token",
  password: "planted-password",
  guess: "planted-guess",
  urlPassword: "planted-url-password",
  urlQuery: "planted-url-query",
  webhook: "planted-webhook-path",
};
const remote = `http://agent:${secrets.urlPassword}@127.0.0.1:1/demo.git?access_token=${secrets.urlQuery}`;
const basic = (password: string) => ({
  authorization: `Basic ${Buffer.from(`ann:${password}`).toString("base64")}`,
});

let pool: RealPool;
let served: ServedProgram;

beforeEach(async () => {
  pool = new RealPool(2);
  plantInRemotes();
  writeFileSync(join(pool.root, "token"), secrets.token);
  writeFileSync(join(pool.root, "webhook"), `http://127.0.0.1:1/${secrets.webhook}`);
  writeFileSync(join(pool.root, "web.yml"), `basic_auth_users: { ann: ${hashSync(secrets.password, 4)} }\n`);
  served = await ServedProgram.start(pool, {
    config: `remediation: { enabled: true, auth: { bearer_token_file: ${join(pool.root, "token")} } }
health_check: { webhook_url_file: ${join(pool.root, "webhook")} }
collector: { schedule: "*/2 * * * * *" }
`,
    args: ["--web.config.file", join(pool.root, "web.yml"), "--log.level", "debug"],
  });
  await until("the first collection", async () =>
    (await served.get("/-/ready", basic(secrets.password))) === "ready\n" ? true : undefined,
  );
});

afterEach(async () => {
  await served.stop();
  pool.destroy();
});

/** The pool's records and each clone name a remote with credentials, one of them a strange one; neither answers. */
function plantInRemotes(): void {
  const poolFile = join(pool.directory, "pool.json");
  writeFileSync(poolFile, readFileSync(poolFile, "utf8").replace(pool.url, remote));
  for (const [number, url] of [remote.replace("demo", "other"), remote].entries()) {
    pool.writeRecord(number + 1, { repo_url: remote });
    git(pool.slotPath(number + 1), "config", "remote.origin.url", url);
  }
}

const pages = [
  "/",
  "/metrics",
  "/api/v1/anomalies",
  "/api/v1/pools",
  "/api/v1/slots",
  "/api/v1/recoveries",
  "/api/v1/salvages",
];

async function readAll(): Promise<Record<string, string>> {
  const shown: Record<string, string> = { log: served.output };
  for (const path of pages) shown[path] = await served.get(path, basic(secrets.password));
  const journal = join(pool.stateDir, "journal");
  for (const name of readdirSync(journal)) shown[name] = readFileSync(join(journal, name), "utf8");
  for (const args of [["check"], ["check", "--json"], ["history"], ["why", pool.slotId(2)], ["status"]]) {
    const { stdout, stderr } = runProgram(pool, args);
    shown[args.join(" ")] = stdout + stderr;
  }
  return shown;
}

test("no token, password or credential of a URL is logged, shown, exported or journaled", async () => {
  // Without a sound sibling, its repair has to ask the remote.
  for (const number of [1, 2]) rmSync(join(pool.slotPath(number), ".git", "objects"), { recursive: true });
  expect((await fetch(`http://${served.address}/`, { headers: basic(secrets.guess) })).status).toBe(401);
  const wrongToken = { authorization: `Bearer ${secrets.guess}` };
  await served.get("/metrics", wrongToken);

  const answer = await fetch(`http://${served.address}/api/v1/slots/${pool.slotId(2)}/recover`, {
    method: "POST",
    headers: { authorization: `Bearer ${secrets.token}` },
  });
  expect(answer.status).toBe(202);
  await until("the run to end without its remote", () => served.events("recovery.finished")[0]);

  const shown = await readAll();
  expect(shown["/"]).toMatch(/badge (failed|no_effect)/);
  expect(shown["/"]).toContain("remote_changed");
  expect(shown["log"]).toContain("http.refused");
  for (const [place, text] of Object.entries(shown))
    for (const [name, secret] of Object.entries(secrets))
      expect(text.includes(secret), `${name} in ${place}`).toBe(false);
});
