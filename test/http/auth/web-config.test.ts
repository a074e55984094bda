import { expect, test } from "vitest";
import { parseListenAddress } from "../../../src/http/listen-address.ts";
import { parseWebConfig } from "../../../src/http/auth/web-config.ts";

const problemsOf = (text: string): readonly string[] => {
  const reading = parseWebConfig(text, "/etc/sidecar");
  return reading.kind === "invalid" ? reading.problems : [];
};
const hash = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

test("a documented example is read, its paths relative to the file", () => {
  const reading = parseWebConfig(
    [
      "tls_server_config:",
      "  cert_file: server.crt",
      "  key_file: /keys/server.key",
      "  client_auth_type: RequireAndVerifyClientCert",
      "  client_ca_file: tls/ca.crt",
      "  client_allowed_sans: [prometheus.example]",
      "  min_version: TLS13",
      "http_server_config: { http2: true, headers: { X-Frame-Options: DENY } }",
      `basic_auth_users: { alice: ${hash} }`,
    ].join("\n"),
    "/etc/sidecar",
  );
  expect(reading).toMatchObject({
    kind: "valid",
    config: {
      headers: { "X-Frame-Options": "DENY" },
      tls: {
        certFile: "/etc/sidecar/server.crt",
        keyFile: "/keys/server.key",
        clientCaFile: "/etc/sidecar/tls/ca.crt",
        minVersion: "TLSv1.3",
      },
    },
  });
  expect(reading.kind === "valid" && reading.config.basicAuthUsers.get("alice")).toBe(hash);
});

test("an empty file is a configuration without anything", () => {
  expect(parseWebConfig("", "/").kind).toBe("valid");
});

test("a blank header is left out", () => {
  const reading = parseWebConfig('http_server_config: { headers: { X-XSS-Protection: "" } }', "/");
  expect(reading).toMatchObject({ kind: "valid", config: { headers: {} } });
});

test("a key that is not served is refused with the list of those that are", () => {
  expect(problemsOf("rate_limit: { burst: 1 }")).toEqual([
    "unknown key rate_limit; served here: tls_server_config, http_server_config, basic_auth_users",
  ]);
});

test.each([
  ["a password that is no bcrypt hash", "basic_auth_users: { ann: secret }", "bcrypt"],
  [
    "verification without an authority",
    "tls_server_config: { cert_file: a, key_file: b, client_auth_type: RequireAndVerifyClientCert }",
    "client_ca_file",
  ],
  [
    "an authority that nothing uses",
    "tls_server_config: { cert_file: a, key_file: b, client_ca_file: c }",
    "client_auth_type",
  ],
  [
    "names that nothing verifies",
    "tls_server_config: { cert_file: a, key_file: b, client_allowed_sans: [x] }",
    "client_allowed_sans",
  ],
  [
    "versions the wrong way round",
    "tls_server_config: { cert_file: a, key_file: b, min_version: TLS13, max_version: TLS12 }",
    "min_version",
  ],
  [
    "a header with a line break",
    'http_server_config: { headers: { X-Frame-Options: "a\\nSet-Cookie: b" } }',
    "printable",
  ],
  [
    "a frame option that browsers do not know",
    "http_server_config: { headers: { X-Frame-Options: ALLOWALL } }",
    "deny or sameorigin",
  ],
])("%s is refused", (_name, text, part) => {
  expect(problemsOf(text).join()).toContain(part);
});

test.each([
  ["127.0.0.1:10469", { host: "127.0.0.1", port: 10469 }],
  ["[::1]:10469", { host: "::1", port: 10469 }],
  [":10469", { host: undefined, port: 10469 }],
])("the listen address %s is read", (text, expected) => {
  expect(parseListenAddress(text)).toEqual(expected);
});

test.each(["10469", "::1:10469", "[127.0.0.1]:1", "a:65536", "a:-1", ""])(
  "the listen address %s is refused",
  (text) => {
    expect(() => parseListenAddress(text)).toThrow(
      expect.objectContaining({ code: "LISTEN_ADDRESS_INVALID" }),
    );
  },
);
