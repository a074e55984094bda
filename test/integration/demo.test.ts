import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { programFile } from "../kit/served-program.ts";

/** What README.md says that the demo does. */
function documentedActions(): string[] {
  const readme = readFileSync("README.md", "utf8");
  return [...readme.matchAll(/^- `([a-z_]+)`: /gm)].map(([, action = ""]) => action);
}

test("the demo waits where it says so, does what the README says, restores what was saved or reclaimed and leaves nothing", async () => {
  const args = [
    programFile,
    "demo",
    "--step",
    "--exit-after-recovery",
    "--web.listen-address",
    "127.0.0.1:0",
  ];
  const demo = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  let pressCount = 0;
  demo.stdout.on("data", (bytes: Buffer) => {
    output += bytes.toString();
    const askedCount = output.match(/Press Enter/g)?.length ?? 0;
    for (; pressCount < askedCount; pressCount++) demo.stdin.write("\n");
  });
  const [status] = (await once(demo, "close")) as [number | null];
  expect([status, pressCount]).toEqual([0, 4]);
  expect(output).not.toContain("Ctrl-C");
  expect(output).toContain("Recoveries that wait for approval on the page: 4.");
  const done = [...output.matchAll(/^ {2}(?:workspace|agents)-\S+: (\w+) done/gm)].map(
    ([, action = ""]) => action,
  );
  expect(output).toMatch(
    /fix: in quarantine: `reclaim --undo \S+` brings it back; saved as \S+-agents-api-fix-\S+\n {2}1 work tree, .* reclaimed\n/,
  );
  done.push("reclaim");
  expect(done.sort()).toEqual(documentedActions().sort());
  expect(output).toMatch(/salvage restore \S+-workspace-clones-slot3 --to \S+[^]*files, /);
  expect(existsSync(/Serving (\S+)/.exec(output)?.[1] ?? "/")).toBe(false);
}, 120_000);
