import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { HttpDependencies } from "../../src/http/http-dependencies.ts";
import { startHttpServer } from "../../src/http/http-server.ts";
import type { HttpSettings } from "../../src/http/http-settings.ts";
import { routes } from "../../src/http/routes/routes.ts";
import { token } from "./credentials.ts";

/** A directory that the end of the test removes. Not by a hook of this file: test files share what they import. */
export function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "http-test-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  return directory;
}

export function aTokenFile(): string {
  const path = join(aDirectory(), "token");
  writeFileSync(path, `${token}\n`);
  return path;
}

export const defaultSettings: HttpSettings = {
  listenAddresses: ["127.0.0.1:0"],
  telemetryPath: "/metrics",
  externalUrl: undefined,
  webConfig: undefined,
  bearerTokenFile: undefined,
};

/** A server that the end of the test stops; the answer fetches a path of it. */
export async function aServer(dependencies: HttpDependencies, settings: Partial<HttpSettings> = {}) {
  const server = await startHttpServer({ ...defaultSettings, ...settings }, dependencies, routes);
  onTestFinished(() => server.stop());
  const address = server.addresses[0]!;
  const get = (path: string, init: RequestInit = {}) => fetch(`http://${address}${path}`, init);
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    get(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return { server, address, get, post };
}

export async function errorCode(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } };
  return error.code;
}
