import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { Logger } from "../../platform/logger.ts";
import { systemErrorCode } from "../../platform/coded-error.ts";
import { PasswordCheck } from "./password-check.ts";
import { RequestRefusal } from "../request-refusal.ts";
import { WatchedFile } from "./watched-file.ts";
import { verifiesClients, type WebConfig } from "./web-config.ts";

/** Who sent a request. `operator` is the name that the journal records. */
export interface Identity {
  readonly method: "certificate" | "bearer" | "basic";
  readonly operator: string;
}

export type Attempt =
  | { readonly kind: "known"; readonly identity: Identity }
  /** No credentials, or wrong ones: both are answered alike. */
  | { readonly kind: "unknown"; readonly wasTried: boolean }
  | { readonly kind: "busy" };

const mostDelayedAnswers = 64;
const failureDelayMilliseconds = 500;

/** Finds out who sent a request: a verified client certificate, the bearer token, or a user of the web configuration. */
export class Authentication {
  readonly #webConfig: () => WebConfig;
  readonly #tokenFile: WatchedFile | undefined;
  readonly #logger: Logger;
  readonly #onWrongCredentials: (method: "bearer" | "basic") => void;
  readonly #passwords = new PasswordCheck();
  #delayedAnswers = 0;
  #hasSaidUnreadable = false;

  constructor(settings: {
    webConfig: () => WebConfig;
    bearerTokenFile: string | undefined;
    logger: Logger;
    onWrongCredentials?: (method: "bearer" | "basic") => void;
  }) {
    this.#webConfig = settings.webConfig;
    this.#tokenFile =
      settings.bearerTokenFile === undefined ? undefined : new WatchedFile(settings.bearerTokenFile);
    this.#logger = settings.logger;
    this.#onWrongCredentials = settings.onWrongCredentials ?? (() => undefined);
  }

  /** False if there is no way to authenticate. */
  isConfigured(): boolean {
    const config = this.#webConfig();
    return (
      this.#tokenFile !== undefined ||
      config.basicAuthUsers.size > 0 ||
      verifiesClients(config.tls?.clientAuthType)
    );
  }

  async identify(request: IncomingMessage): Promise<Attempt> {
    const certificateName = verifiesClients(this.#webConfig().tls?.clientAuthType)
      ? verifiedClientName(request)
      : undefined;
    if (certificateName !== undefined) return known("certificate", certificateName);
    const [scheme, credentials] = splitAuthorization(request.headers.authorization);
    if (scheme === "bearer") {
      return this.#isToken(credentials) ? known("bearer", "token") : this.#wrong("bearer");
    }
    if (scheme === "basic") return this.#identifyUser(credentials, request.socket.remoteAddress ?? "");
    return { kind: "unknown", wasTried: scheme !== "" };
  }

  /** The answer to unknown senders. Wrong credentials wait a little for it; right ones never wait. */
  async refuse(wasTried: boolean): Promise<RequestRefusal> {
    if (wasTried) await this.#delayAnswer();
    const challenge =
      this.#webConfig().basicAuthUsers.size > 0
        ? 'Basic realm="repo-pool-sidecar", charset="UTF-8"'
        : "Bearer";
    return new RequestRefusal(401, "unauthorized", "authentication is needed", {
      "WWW-Authenticate": challenge,
    });
  }

  async #delayAnswer(): Promise<void> {
    if (this.#delayedAnswers >= mostDelayedAnswers) return;
    this.#delayedAnswers += 1;
    await new Promise((resolve) => setTimeout(resolve, failureDelayMilliseconds));
    this.#delayedAnswers -= 1;
  }

  async #identifyUser(credentials: string, address: string): Promise<Attempt> {
    const users = this.#webConfig().basicAuthUsers;
    const decoded = Buffer.from(credentials, "base64").toString("utf8");
    const colon = decoded.indexOf(":");
    if (colon < 0 || users.size === 0) return this.#wrong("basic");
    const user = decoded.slice(0, colon);
    const login = { user, password: decoded.slice(colon + 1), hash: users.get(user), address };
    const verdict = await this.#passwords.check(login);
    if (verdict === "busy") return { kind: "busy" };
    return verdict === "good" ? known("basic", user) : this.#wrong("basic");
  }

  #wrong(method: "bearer" | "basic"): Attempt {
    this.#onWrongCredentials(method);
    return { kind: "unknown", wasTried: true };
  }

  #isToken(given: string): boolean {
    const token = this.#readToken();
    // Digests have one length, so the comparison tells nothing about the token's.
    return token !== "" && timingSafeEqual(digest(given), digest(token));
  }

  /** Empty, which matches nothing, if the file cannot be read: a lost secret must not open a door. */
  #readToken(): string {
    try {
      const token = this.#tokenFile?.read().toString("utf8").trim() ?? "";
      this.#hasSaidUnreadable = false;
      return token;
    } catch (error) {
      const fields = { path: this.#tokenFile?.path, code: systemErrorCode(error) };
      if (!this.#hasSaidUnreadable) this.#logger.error(fields, "bearer_token.unreadable");
      this.#hasSaidUnreadable = true;
      return "";
    }
  }
}

function known(method: Identity["method"], operator: string): Attempt {
  return { kind: "known", identity: { method, operator } };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function splitAuthorization(header = ""): readonly [scheme: string, credentials: string] {
  const space = header.indexOf(" ");
  if (space < 0) return [header.toLowerCase(), ""];
  return [header.slice(0, space).toLowerCase(), header.slice(space + 1).trim()];
}

/** The name in a certificate that the configured authority signed. */
function verifiedClientName(request: IncomingMessage): string | undefined {
  const { socket } = request;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  return (
    /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? certificate.subjectAltName ?? certificate.fingerprint256
  );
}
