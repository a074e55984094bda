import { homedir } from "node:os";
import { describe, expect, test } from "vitest";
import { gitArguments, gitEnvironment } from "../../../src/git/run/git-invocation.ts";

const service = {
  PATH: "/opt/tools/bin:node_modules/.bin::.:/usr/bin",
  HOME: "/home/pool",
  XDG_CONFIG_HOME: "/home/pool/settings",
  LANG: "de_DE.UTF-8",
  LC_ALL: "de_DE.UTF-8",
  TOKEN_OF_A_HELPER: "secret",
  SSH_AUTH_SOCK: "/run/agent",
  https_proxy: "http://proxy.invalid",
  SSL_CERT_FILE: "/etc/own.pem",
  GIT_SSL_CAINFO: "/etc/git.pem",
  GIT_SSH_COMMAND: "ssh -F /etc/ssh_pool",
  GIT_ASKPASS: "/usr/bin/answer",
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: "http.extraHeader",
  GIT_CONFIG_VALUE_0: "X-Token: 1",
  GIT_DIR: "/elsewhere",
  GIT_INDEX_FILE: "/elsewhere/index",
  GIT_OBJECT_DIRECTORY: "/elsewhere/objects",
  GIT_CONFIG_PARAMETERS: "'core.bare=true'",
  GIT_ALLOW_PROTOCOL: "ext",
  GIT_TERMINAL_PROMPT: "1",
  GIT_TRACE: "/elsewhere/trace",
  GIT_OPTIONAL_LOCKS: "1",
};

const environmentOf = (trusts?: "settings" | "network"): Record<string, string> =>
  gitEnvironment({ args: ["fetch"], timeoutSeconds: 1, ...(trusts ? { trusts } : {}) }, undefined, service);

test("a command that speaks to a remote gets what the service's own git would get, and no other repository", () => {
  const environment = environmentOf("network");
  const names = [
    "HOME",
    "XDG_CONFIG_HOME",
    "TOKEN_OF_A_HELPER",
    "SSH_AUTH_SOCK",
    "https_proxy",
    "SSL_CERT_FILE",
  ];
  const ofGit = ["SSL_CAINFO", "SSH_COMMAND", "ASKPASS", "CONFIG_COUNT", "CONFIG_KEY_0", "CONFIG_VALUE_0"];
  for (const name of [...names, ...ofGit.map((name) => `GIT_${name}`)])
    expect(environment).toHaveProperty(name, service[name as keyof typeof service]);
  for (const name of ["DIR", "INDEX_FILE", "OBJECT_DIRECTORY", "CONFIG_PARAMETERS", "TRACE", "CONFIG_GLOBAL"])
    expect(environment).not.toHaveProperty(`GIT_${name}`);
  expect(environment).toMatchObject({
    LC_ALL: "C",
    GIT_ALLOW_PROTOCOL: "",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
  });
});

test("a program is looked for in no directory that depends on where git runs", () => {
  expect(environmentOf("network")["PATH"]).toBe("/opt/tools/bin:/usr/bin");
});

test("a command that reads settings alone gets nothing else of the service", () => {
  const environment = environmentOf("settings");
  expect(environment).toMatchObject({ HOME: "/home/pool", XDG_CONFIG_HOME: "/home/pool/settings" });
  const foreign = ["TOKEN_OF_A_HELPER", "https_proxy", "GIT_SSH_COMMAND", "GIT_CONFIG_GLOBAL"];
  expect(Object.keys(environment).filter((name) => foreign.includes(name))).toEqual([]);
});

test("every other command gets nothing of the service, and reads no settings but the repository's", () => {
  const environment = environmentOf();
  const kept = Object.keys(service).filter(
    (name) => environment[name] === service[name as keyof typeof service],
  );
  expect(kept).toEqual([]);
  expect(environment).toMatchObject({ GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" });
});

test("a service without HOME has the home directory of its user", () => {
  const command = { args: ["fetch"], timeoutSeconds: 1, trusts: "network" } as const;
  expect(gitEnvironment(command, undefined, {})["HOME"]).toBe(homedir());
});

describe("settings that would shape a slot", () => {
  const command = { args: ["clone"], timeoutSeconds: 1, settings: ["fetch.unpackLimit=1"] };
  test("are as git has them by itself where the user's are read, and the caller's come last", () => {
    const line = gitArguments({ ...command, trusts: "network" });
    expect(line).toContain("core.autocrlf=false");
    expect(line.indexOf("fetch.unpackLimit=1")).toBeGreaterThan(line.indexOf("core.autocrlf=false"));
  });
  test("are not spelled out where nobody's are read", () => {
    expect(gitArguments(command)).not.toContain("core.autocrlf=false");
  });
});
