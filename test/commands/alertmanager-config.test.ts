import { expect, test } from "vitest";
import { createAlertmanagerConfig, parseHost } from "../../src/commands/alertmanager-config.ts";

test("a host's instance is its address unless another is named", () => {
  expect(parseHost("build1:10469")).toEqual({ instance: "build1:10469", address: "build1:10469" });
  expect(parseHost("build1=10.0.0.1:10469")).toEqual({ instance: "build1", address: "10.0.0.1:10469" });
});

test.each(["a b", 'a"b:1', "x=", "{a}:1"])("%j is no host", (text) => {
  expect(() => parseHost(text)).toThrow(expect.objectContaining({ code: "TARGETS_INVALID" }));
});

test("an alert goes to the sidecar of its own instance alone", () => {
  const hosts = [parseHost("build1:10469"), parseHost("b2=https://build2/sidecar/")];
  const { routes, receivers } = createAlertmanagerConfig(hosts, "/token");
  expect(routes.map(({ matchers, receiver }) => [receiver, matchers[1]])).toEqual([
    ["repo-pool-sidecar build1:10469", 'instance="build1:10469"'],
    ["repo-pool-sidecar b2", 'instance="b2"'],
  ]);
  expect(receivers.map(({ webhook_configs: [webhook] }) => webhook?.url)).toEqual([
    "http://build1:10469/api/v1/alerts",
    "https://build2/sidecar/api/v1/alerts",
  ]);
});

test("two hosts of one instance are refused", () => {
  const hosts = [parseHost("a=b:1"), parseHost("a=c:1")];
  expect(() => createAlertmanagerConfig(hosts, "/token")).toThrow("two hosts have the instance a");
});
