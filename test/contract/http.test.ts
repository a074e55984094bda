import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { replaceMarked } from "../../scripts/faults-reference.ts";
import { renderAnswers, renderRoutes } from "../../scripts/http-reference.ts";
import { gatewayRoutes } from "../../src/http/gateway/gateway-routes.ts";
import { routes } from "../../src/http/routes/routes.ts";

test.each([
  ["docs/http.md", routes],
  ["docs/fleet.md", gatewayRoutes],
])("%s has the table of routes that is served", async (file, table) => {
  const page = readFileSync(file, "utf8");
  expect(page, "run npm run docs:generate").toBe(replaceMarked(page, "routes", await renderRoutes(table)));
});

test("docs/http-answers.md shows each example with the answer that it gets", async () => {
  expect(readFileSync("docs/http-answers.md", "utf8"), "run npm run docs:generate").toBe(
    await renderAnswers(),
  );
});

const auth = "test/http/auth";

/** Where each row of the comparison with node_exporter is shown: a file, and what a test of it is called there. */
const shownBy: Readonly<Record<string, readonly [file: string, title: string]>> = {
  "`cert_file`, `key_file`": [`${auth}/tls-options.test.ts`, "a renewed certificate is served without"],
  "`cert`, `key`, `client_ca` inline": [`${auth}/tls-options.test.ts`, "can stand in the file itself"],
  "`cert` beside `cert_file`": [`${auth}/web-config.test.ts`, "a certificate given twice"],
  "`client_auth_type: NoClientCert`": [`${auth}/web-config.test.ts`, "an authority that nothing uses"],
  "`RequestClientCert`": [`${auth}/tls-options.test.ts`, "RequestClientCert lets everybody in"],
  "`RequireAnyClientCert`": [
    `${auth}/tls-options.test.ts`,
    "a certificate that any authority signed is let in",
  ],
  "`VerifyClientCertIfGiven`": [`${auth}/tls-options.test.ts`, "where a certificate is optional"],
  "`RequireAndVerifyClientCert`": [
    `${auth}/tls-options.test.ts`,
    "without a certificate, or with one that another",
  ],
  "the two that verify, without a CA": [`${auth}/web-config.test.ts`, "verification without an authority"],
  "`client_allowed_sans`": [`${auth}/tls-options.test.ts`, "a certificate whose names are not allowed"],
  "`min_version`, `max_version`": [`${auth}/tls-options.test.ts`, "the versions, curves and the order"],
  "`cipher_suites`": [`${auth}/tls-options.test.ts`, "cipher suites of TLS 1.2 leave TLS 1.3 on"],
  "`prefer_server_cipher_suites`": [`${auth}/tls-options.test.ts`, "the versions, curves and the order"],
  "`http2`": [`${auth}/web-config.test.ts`, "a documented example is read"],
  "`headers`": ["test/integration/web-config-files.test.ts", "every documented key that is served"],
  "`basic_auth_users`": [`${auth}/access.test.ts`, "a password of up to 72 bytes is compared whole"],
  "`rate_limit: {": ["test/http/http-server.test.ts", "a rate limit answers 429 with Retry-After"],
  "`rate_limit` with an interval": [`${auth}/web-config.test.ts`, "a rate limit that answers nothing"],
  "a key that is not known": [`${auth}/web-config.test.ts`, "a key that is not served is refused"],
  "empty sections": [`${auth}/web-config.test.ts`, "sections that are empty"],
  "HTTP on the TLS port": [`${auth}/tls-options.test.ts`, "a request without TLS is answered 400"],
  "`Accept-Encoding: gzip`": ["test/metrics/exposition-format.test.ts", '["gzip;q=0.5, identity", false]'],
  "`Accept-Encoding: *`": ["test/metrics/exposition-format.test.ts", '["*", true]'],
  "`--web.listen-address`": ["test/cli/systemd.test.ts", "serve takes systemd's socket"],
};

test("each row of the comparison with node_exporter is shown by a test that is there", () => {
  const [, table = ""] =
    /^\| web configuration, or request .*\n.*\n((?:\|.*\n)+)/m.exec(readFileSync("docs/http.md", "utf8")) ??
    [];
  const rows = table.trim().split("\n");
  const begins = Object.keys(shownBy);
  expect(rows.map((row) => begins.filter((begin) => row.startsWith(`| ${begin}`)).length)).toEqual(
    rows.map(() => 1),
  );
  expect(begins.length).toBe(rows.length);
  for (const [file, title] of Object.values(shownBy))
    expect(readFileSync(file, "utf8"), file).toContain(title);
});
