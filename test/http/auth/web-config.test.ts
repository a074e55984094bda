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
        cert: { file: "/etc/sidecar/server.crt" },
        key: { file: "/keys/server.key" },
        clientCa: { file: "/etc/sidecar/tls/ca.crt" },
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
  expect(problemsOf("rate_limits: { burst: 1 }")).toEqual([
    "unknown key rate_limits; served here: tls_server_config, http_server_config, basic_auth_users, rate_limit",
  ]);
});

test.each([
  ["1s", 1000],
  ["100ms", 100],
  ["1m30s", 90_000],
  ["0.5h", 1_800_000],
  ["2000000", undefined],
  ["1 s", undefined],
  ["", undefined],
])("a rate limit with the interval %j is read as Go reads it", (interval, expected) => {
  const reading = parseWebConfig(`rate_limit: { interval: "${interval}", burst: 5 }`, "/");
  const settings = reading.kind === "valid" ? reading.config.rateLimit : undefined;
  expect(settings?.intervalMilliseconds).toBe(expected);
});

test("a rate limit without an interval is none, and a bare number counts nanoseconds", () => {
  const limitOf = (text: string) => parseWebConfig(`rate_limit: ${text}`, "/");
  expect(limitOf("{ interval: 0, burst: 5 }")).toMatchObject({ config: { rateLimit: undefined } });
  expect(limitOf("{ interval: 5000000, burst: 5 }")).toMatchObject({
    config: { rateLimit: { intervalMilliseconds: 5, burst: 5 } },
  });
});

test("cipher suites have Go's names, and those of TLS 1.3 are always on", () => {
  const reading = parseWebConfig(
    "tls_server_config: { cert_file: a, key_file: b, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA] }",
    "/",
  );
  expect(reading.kind === "valid" && reading.config.tls?.cipherSuites).toEqual([
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-RSA-AES128-SHA",
  ]);
});

test("sections that are empty, and the toolkit's older name of a client_auth_type, are read", () => {
  const empty = "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:\n";
  expect(parseWebConfig(empty, "/")).toMatchObject({ kind: "valid", config: { tls: undefined } });
  const older = "tls_server_config: { cert: a, key: b, client_ca: c, client_auth_type: RequireClientCert }";
  expect(parseWebConfig(older, "/")).toMatchObject({
    config: { tls: { clientAuthType: "RequireAnyClientCert", clientCa: { text: "c" } } },
  });
});

test.each(["RequestClientCert", "RequireAnyClientCert"])("%s may name an authority", (type) => {
  const text = `tls_server_config: { cert_file: a, key_file: b, client_ca_file: c, client_auth_type: ${type} }`;
  expect(parseWebConfig(text, "/").kind).toBe("valid");
});

test.each([
  ["a rate limit that answers nothing", "rate_limit: { interval: 1s }", "burst"],
  [
    "a certificate given twice",
    "tls_server_config: { cert_file: a, cert: a, key_file: b }",
    "cert_file is given too",
  ],
  ["a certificate without a key", "tls_server_config: { cert_file: a }", "key_file"],
  [
    "names where a client may send none",
    "tls_server_config: { cert: a, key: b, client_ca: c, client_auth_type: RequestClientCert, client_allowed_sans: [x] }",
    "client_allowed_sans",
  ],
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
