import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { Journal } from "../../src/journal/journal.ts";
import { systemClock } from "../../src/platform/clock.ts";
import {
  anAlert,
  aPayload,
  aRemediation,
  decisionsOf,
  emptyReport,
} from "../remediation/fake-remediation.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
let directory = "";
let stateDir = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-cli-"));
  stateDir = join(directory, "state");
  mkdirSync(join(directory, "pools"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: directory, REPO_POOL_SIDECAR_STATE_DIR: stateDir },
  });
  return { status, stdout, stderr };
}

const onPools = () => ["--workspaces-dir", join(directory, "pools")];

function firstWaiting(): { id: string } {
  const recoveries = JSON.parse(run("recoveries", "list", "--json", ...onPools()).stdout) as { id: string }[];
  expect(recoveries).toHaveLength(1);
  return recoveries[0]!;
}

function writeFile(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

test("a pause is listed, cannot be begun twice, ends with resume, and the journal names who did it", () => {
  expect(run("pause", "disk-move", "--reason", "new disk", "--for", "2h", ...onPools()).status).toBe(0);
  const listed = JSON.parse(run("pause", "--json", ...onPools()).stdout);
  expect(listed).toMatchObject([{ name: "disk-move", reason: "new disk", pool: null, slot_id: null }]);
  const again = run("pause", "disk-move", "--reason", "again", ...onPools());
  expect([again.status, again.stderr]).toEqual([2, expect.stringContaining("PAUSE_DUPLICATE")]);
  expect(run("resume", "disk-move", ...onPools()).status).toBe(0);
  expect(run("pause", ...onPools()).stdout).toBe("nothing is paused\n");
  expect(run("resume", "disk-move", ...onPools()).stderr).toContain("PAUSE_UNKNOWN");
  const notes = new Journal(stateDir).read().filter(({ kind }) => kind === "note");
  expect(notes).toMatchObject([
    { action: "pause", requested_by: `uid ${process.getuid?.()}`, detail: "disk-move: new disk" },
    { action: "resume", trigger: "command", detail: "disk-move" },
  ]);
});

test("a pause of a pool that is not there is wrong usage, and so is one without a reason", () => {
  expect(run("pause", "p", "--reason", "r", "--pool", "none", ...onPools()).stderr).toContain("POOL_UNKNOWN");
  expect(run("pause", "p", ...onPools()).stderr).toContain("--reason");
  expect(run("pause", "p", "--reason", "r", "--for", "soon", ...onPools()).stderr).toContain(
    "OPTION_INVALID",
  );
});

test("a recovery that waits is approved by a command while serve runs, and only once", async () => {
  const operators: string[] = [];
  const remediation = aRemediation(
    {
      clock: systemClock,
      stateDir: stateDir,
      runRecovery: ({ options }) => {
        if (!options.dryRun) operators.push("ran");
        return Promise.resolve(emptyReport);
      },
    },
    { mode: "approve" },
  );
  remediation.start();
  decisionsOf(remediation, aPayload([anAlert()]));
  const waiting = firstWaiting();
  expect(waiting).toMatchObject({ status: "waiting_for_approval", target: "slot:workspace-demo-slot1" });
  expect(run("recoveries", "approve", "no-such", ...onPools()).stderr).toContain("RECOVERY_UNKNOWN");
  const approved = run("recoveries", "approve", waiting.id.slice(0, 6), "--json", ...onPools());
  expect([approved.status, JSON.parse(approved.stdout)]).toMatchObject([0, { recovery_id: waiting.id }]);
  await expect
    .poll(() => remediation.get(waiting.id), { timeout: 30_000 })
    .toMatchObject({ state: "finished" });
  expect(remediation.get(waiting.id)?.by).toBe(`uid ${process.getuid?.()}`);
  await remediation.stop();
  expect(operators).toEqual(["ran"]);
  expect(run("recoveries", "approve", waiting.id, ...onPools()).stderr).toContain("RECOVERY_UNKNOWN");
});

test("what a command decides while no serve runs holds when the next one starts", async () => {
  const settings = { mode: "approve" } as const;
  const first = aRemediation({ clock: systemClock, stateDir: stateDir }, settings);
  first.start();
  decisionsOf(first, aPayload([anAlert()]));
  await first.stop();
  const waiting = firstWaiting();
  expect(run("recoveries", "reject", waiting.id, ...onPools()).status).toBe(0);
  expect(run("recoveries", "approve", waiting.id, ...onPools()).stderr).toContain("RECOVERY_NOT_WAITING");
  expect(run("recoveries", "list", ...onPools()).stdout).toContain("rejected");
  const second = aRemediation({ clock: systemClock, stateDir: stateDir }, settings);
  second.start();
  expect(second.get(waiting.id)).toMatchObject({ state: "rejected" });
  await second.stop();
});

test("config check names every problem with its line, and ends with 2", () => {
  const file = writeFile(
    "bad.yaml",
    `timezone: Mars/Olympus
recovery:
  schedule: every night
  budget: 3
remediation:
  policies:
    - name: one
      matchers: ['alertname="A"', 'slot=~"(']
    - name: one
      matchers: []
  maintenance_windows:
    - { schedule: "0 2 * * *", duration: 40d }
`,
  );
  const { status, stdout } = run("config", "check", file);
  expect(status).toBe(2);
  expect(stdout.trim().split("\n")).toEqual([
    expect.stringContaining("line 1: timezone"),
    expect.stringContaining("line 3: recovery.schedule"),
    expect.stringContaining("line 4: recovery.budget: unknown key"),
    expect.stringContaining("line 8: remediation.policies.0.matchers.1"),
    expect.stringContaining("line 9: remediation.policies.1.name"),
    expect.stringContaining("line 12: remediation.maintenance_windows.0.duration"),
  ]);
});

test("config check accepts a token file that lies beside the configuration", () => {
  writeFile("beside.token", "secret\n");
  const file = writeFile(
    "good.yaml",
    "remediation: { enabled: true, auth: { bearer_token_file: beside.token } }\n",
  );
  const { status, stdout } = run("config", "check", file);
  expect([status, stdout]).toEqual([0, expect.stringContaining("valid")]);
});

test.each([
  ["missing", undefined, "ENOENT"],
  ["empty", "", "is empty"],
  ["blank", " \n\n", "is empty"],
  ["two lines of", "one\ntwo\n", "more than one line"],
])("config check and serve refuse a token file with %s content", (name, content, detail) => {
  const tokenFile = `refused-${name.replaceAll(" ", "-")}.token`;
  if (content !== undefined) writeFile(tokenFile, content);
  const file = writeFile("refused.yaml", `remediation: { auth: { bearer_token_file: ${tokenFile} } }\n`);
  const check = run("config", "check", file);
  expect([check.status, check.stdout]).toEqual([2, expect.stringContaining(detail)]);
  const serve = run("serve", "--config.file", file, "--web.listen-address", "127.0.0.1:0");
  expect([serve.status, serve.stderr]).toEqual([2, expect.stringContaining("TOKEN_FILE_UNUSABLE")]);
});

test("alertmanager-config prints a receiver and a route for each host of the arguments and the file", () => {
  const targets = writeFile(
    "hosts.yaml",
    "- targets: [b:10469]\n  labels: { instance: build-b }\n- targets: [c:10469]\n",
  );
  const { status, stdout } = run(
    "alertmanager-config",
    "--targets",
    targets,
    "a=https://a.example:443/base/",
  );
  expect(status).toBe(0);
  const { routes, receivers } = parse(stdout);
  expect(receivers).toMatchObject([
    { name: "repo-pool-sidecar build-b" },
    { name: "repo-pool-sidecar c:10469" },
    { name: "repo-pool-sidecar a" },
  ]);
  expect(receivers[2].webhook_configs[0].url).toBe("https://a.example:443/base/api/v1/alerts");
  expect(routes[0]).toMatchObject({
    receiver: "repo-pool-sidecar build-b",
    matchers: ['auto_recover="true"', 'instance="build-b"'],
  });
});

test("alertmanager-config refuses two hosts of one instance, and what is no host", () => {
  expect(run("alertmanager-config", "a:1", "a:1").status).toBe(2);
  expect(run("alertmanager-config", "a b").stderr).toContain("TARGETS_INVALID");
  expect(run("alertmanager-config").status).toBe(2);
});
