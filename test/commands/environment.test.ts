import { Command } from "commander";
import { expect, test } from "vitest";
import { withCommonOptions, parsePositiveNumber } from "../../src/commands/program/command-definition.ts";
import { environmentVariableOf, readEnvironment } from "../../src/commands/program/environment.ts";

/** What a subcommand is given for these flags and variables. */
function optionsOf(args: readonly string[], env: Record<string, string>): unknown {
  let given: unknown;
  const program = new Command("program").exitOverride().configureOutput({ writeErr: () => undefined });
  withCommonOptions(program.command("serve"))
    .exitOverride()
    .option("--web.listen-address <address...>")
    .option("--hours <hours>", "", parsePositiveNumber)
    .option("--deep")
    .option("--repair")
    .option("--no-repair")
    .action((options) => {
      given = options;
    });
  readEnvironment(program, env);
  program.parse(["serve", ...args], { from: "user" });
  return given;
}

test("a variable has the prefix and the flag in capitals, with _ for . and -", () => {
  const { options } = withCommonOptions(new Command())
    .option("--web.listen-address <a>")
    .option("--no-repair");
  expect(options.map(environmentVariableOf)).toEqual([
    "REPO_POOL_SIDECAR_WORKSPACES_DIR",
    "REPO_POOL_SIDECAR_STATE_DIR",
    "REPO_POOL_SIDECAR_CONFIG_FILE",
    "REPO_POOL_SIDECAR_JSON",
    "REPO_POOL_SIDECAR_LOG_LEVEL",
    "REPO_POOL_SIDECAR_LOG_FORMAT",
    "REPO_POOL_SIDECAR_WEB_LISTEN_ADDRESS",
    "REPO_POOL_SIDECAR_REPAIR",
  ]);
});

test("a list is separated by commas, and a flag replaces all of it", () => {
  const env = { REPO_POOL_SIDECAR_WEB_LISTEN_ADDRESS: "127.0.0.1:1, [::1]:2" };
  expect(optionsOf([], env)).toEqual({ "web.listenAddress": ["127.0.0.1:1", "[::1]:2"] });
  expect(optionsOf(["--web.listen-address", ":3", "--web.listen-address", ":4"], env)).toEqual({
    "web.listenAddress": [":3", ":4"],
  });
});

test("a flag wins over its variable, and an empty variable is none", () => {
  expect(optionsOf(["--hours", "3"], { REPO_POOL_SIDECAR_HOURS: "5" })).toEqual({ hours: 3 });
  expect(optionsOf([], { REPO_POOL_SIDECAR_HOURS: "5" })).toEqual({ hours: 5 });
  expect(optionsOf([], { REPO_POOL_SIDECAR_HOURS: "" })).toEqual({});
});

test("an empty path is refused, as one of a script's variable that was not set", () => {
  expect(() => optionsOf(["--workspaces-dir", ""], {})).toThrow(
    /--workspaces-dir <dir>' argument '' is invalid/,
  );
});

test("an option without a value is true or false by its variable", () => {
  expect(optionsOf([], { REPO_POOL_SIDECAR_DEEP: "true", REPO_POOL_SIDECAR_REPAIR: "0" })).toEqual({
    deep: true,
    repair: false,
  });
  expect(optionsOf(["--no-repair"], { REPO_POOL_SIDECAR_REPAIR: "1" })).toEqual({ repair: false });
});

test.each([
  ["REPO_POOL_SIDECAR_HOURS", "-1"],
  ["REPO_POOL_SIDECAR_HOURS", "soon"],
  ["REPO_POOL_SIDECAR_DEEP", "yes please"],
  ["REPO_POOL_SIDECAR_LOG_LEVEL", "loud"],
])("a bad %s=%s is wrong usage that names the variable", (variable, value) => {
  expect(() => optionsOf([], { [variable]: value })).toThrow(
    expect.objectContaining({
      code: "ENVIRONMENT_INVALID",
      message: expect.stringContaining(`${variable}="${value}"`),
    }),
  );
});
