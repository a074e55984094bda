import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { listCommands } from "../../scripts/cli-reference.ts";
import {
  renderBashCompletion,
  renderFishCompletion,
  renderManPage,
  renderZshCompletion,
} from "../../scripts/shell-reference.ts";

test.each([
  ["repo-pool-sidecar.1", renderManPage],
  ["repo-pool-sidecar.bash", renderBashCompletion],
  ["_repo-pool-sidecar", renderZshCompletion],
  ["repo-pool-sidecar.fish", renderFishCompletion],
])("shell/%s is what the definitions of the commands say", async (file, render) => {
  expect(readFileSync(`shell/${file}`, "utf8"), "run npm run docs:generate").toBe(await render());
});

/** What bash offers behind these words; the last one is begun. */
function complete(...words: string[]): string[] {
  const script = `source shell/repo-pool-sidecar.bash
    COMP_WORDS=(repo-pool-sidecar ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}
    _repo_pool_sidecar; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim().split("\n");
}

test("bash completes subcommands, their subcommands, flags and values", () => {
  expect(complete("che")).toEqual(["check"]);
  expect(complete("pool", "")).toEqual(expect.arrayContaining(["create", "list", "add-slot"]));
  expect(complete("serve", "--web.sys")).toEqual(["--web.systemd-socket"]);
  expect(complete("serve", "--log.level", "w")).toEqual(["warn"]);
  expect(complete("salvage", "restore", "--t")).toEqual(["--to"]);
});

test("every command is in the man page and in each completion", async () => {
  const texts = [
    "repo-pool-sidecar.1",
    "repo-pool-sidecar.bash",
    "_repo-pool-sidecar",
    "repo-pool-sidecar.fish",
  ].map((file) => readFileSync(`shell/${file}`, "utf8").replaceAll("\\-", "-"));
  for (const { words } of await listCommands())
    for (const text of texts) expect(text).toContain(words.split(" ").at(-1));
});

test.each([
  ["zsh", ["-n", "shell/_repo-pool-sidecar"]],
  ["fish", ["--no-execute", "shell/repo-pool-sidecar.fish"]],
  ["groff", ["-man", "-Tascii", "-ww", "-z", "shell/repo-pool-sidecar.1"]],
])("%s, if it is installed, finds nothing wrong", (program, args) => {
  const { error, status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  expect([status ?? 0, stderr || ""]).toEqual([error === undefined ? status : 0, ""]);
});
