import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { Logger } from "../../platform/logger.ts";
import { systemErrorCode } from "../../platform/coded-error.ts";
import { PasswordCheck } from "./password-check.ts";
import { RequestRefusal } from "../request-refusal.ts";
import { roleOf, type CredentialSettings, type Role } from "./role.ts";
import { WatchedFile } from "./watched-file.ts";
import { verifiesClients, type WebConfig } from "./web-config.ts";
import { isSameSecret } from "./is-same-secret.ts";

/** Who sent a request. `operator` is the name that the journal records. */
export interface Identity {
  readonly method: "certificate" | "bearer" | "basic";
  readonly operator: string;
  readonly role: Role;
}

export type Attempt =
  | { readonly kind: "known"; readonly identity: Identity }
  /** No credentials, or wrong ones: both are answered alike. */
  | { readonly kind: "unknown"; readonly wasTried: boolean }
  | { readonly kind: "busy" };

interface Token {
  readonly file: WatchedFile;
  readonly operator: string;
  readonly role: Role;
  hasSaidUnreadable: boolean;
}

const mostDelayedAnswers = 64;
const failureDelayMilliseconds = 500;

/** Finds out who sent a request: a verified client certificate, the bearer token, or a user of the web configuration. */
export class Authentication {
  readonly #webConfig: () => WebConfig;
  readonly #tokens: readonly Token[];
  readonly #credentials: readonly CredentialSettings[];
  readonly #logger: Logger;
  readonly #onWrongCredentials: (method: "bearer" | "basic") => void;
  readonly #passwords = new PasswordCheck();
  #delayedAnswers = 0;

  constructor(settings: {
    webConfig: () => WebConfig;
    bearerTokenFile: string | undefined;
    credentials: readonly CredentialSettings[];
    logger: Logger;
    onWrongCredentials?: (method: "bearer" | "basic") => void;
  }) {
    this.#webConfig = settings.webConfig;
    this.#credentials = settings.credentials;
    this.#logger = settings.logger;
    this.#tokens = [
      { tokenFile: settings.bearerTokenFile, name: "token", role: "operate" as const },
      ...settings.credentials,
    ].flatMap(({ tokenFile, name = "token", role }) =>
      tokenFile === undefined
        ? []
        : [{ file: new WatchedFile(tokenFile), operator: name, role, hasSaidUnreadable: false }],
    );
    this.#onWrongCredentials = settings.onWrongCredentials ?? (() => undefined);
  }

  /** False if there is no way to authenticate. */
  isConfigured(): boolean {
    return this.#tokens.length > 0 || this.admitsBrowsers();
  }

  /** False if tokens are the only way. */
  admitsBrowsers(): boolean {
    const { basicAuthUsers, tls } = this.#webConfig();
    return basicAuthUsers.size > 0 || verifiesClients(tls?.clientAuthType);
  }

  async identify(request: IncomingMessage): Promise<Attempt> {
    const certificateName = verifiesClients(this.#webConfig().tls?.clientAuthType)
      ? verifiedClientName(request)
      : undefined;
    if (certificateName !== undefined) return this.#known("certificate", certificateName);
    const [scheme, credentials] = splitAuthorization(request.headers.authorization);
    if (scheme === "bearer") {
      const token = this.#findToken(credentials);
      return token === undefined
        ? this.#wrong("bearer")
        : { kind: "known", identity: { method: "bearer", operator: token.operator, role: token.role } };
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
    return verdict === "good" ? this.#known("basic", user) : this.#wrong("basic");
  }

  #wrong(method: "bearer" | "basic"): Attempt {
    this.#onWrongCredentials(method);
    return { kind: "unknown", wasTried: true };
  }

  #known(method: "certificate" | "basic", operator: string): Attempt {
    const role = roleOf(method === "basic" ? "user" : method, operator, this.#credentials);
    return { kind: "known", identity: { method, operator, role } };
  }

  #findToken(given: string): Token | undefined {
    return this.#tokens.find((token) => {
      const expected = this.#readToken(token);
      return expected !== "" && isSameSecret(expected, given);
    });
  }

  /** Empty, which matches nothing, if the file cannot be read: a lost secret must not open a door. */
  #readToken(token: Token): string {
    try {
      const text = token.file.read().toString("utf8").trim();
      token.hasSaidUnreadable = false;
      return text;
    } catch (error) {
      const fields = { path: token.file.path, code: systemErrorCode(error) };
      if (!token.hasSaidUnreadable) this.#logger.error(fields, "bearer_token.unreadable");
      token.hasSaidUnreadable = true;
      return "";
    }
  }
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
