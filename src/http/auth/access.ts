import { isIP } from "node:net";
import { hostname } from "node:os";
import type { Request } from "express";
import type { Authentication, Identity } from "./authentication.ts";
import { RequestRefusal, unavailable } from "../request-refusal.ts";
import { mayUse, type Role } from "./role.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { WebConfig } from "./web-config.ts";

/** Who may use a route. */
interface Admission {
  readonly access: Role;
  readonly isProbe?: boolean;
}

/** Decides who may read and who may change something. Agents share the host, so loopback is not trusted. */
export class Access {
  readonly #authentication: Authentication;
  readonly #webConfig: () => WebConfig;
  readonly #externalUrl: URL | undefined;
  readonly #rateLimit: RateLimit;
  readonly #hasOpenProbes: boolean;

  constructor(settings: {
    authentication: Authentication;
    webConfig: () => WebConfig;
    externalUrl: string | undefined;
    rateLimit: RateLimit;
    hasOpenProbes: boolean;
  }) {
    this.#authentication = settings.authentication;
    this.#webConfig = settings.webConfig;
    this.#rateLimit = settings.rateLimit;
    this.#hasOpenProbes = settings.hasOpenProbes;
    this.#externalUrl = settings.externalUrl === undefined ? undefined : new URL(settings.externalUrl);
  }

  isWritable(): boolean {
    return this.#authentication.isConfigured();
  }

  /** True if a person can sign in with a browser: with a password or a certificate. */
  admitsBrowsers(): boolean {
    return this.#authentication.admitsBrowsers();
  }

  /** @throws RequestRefusal if the request may not use such a route */
  admit({ access, isProbe = false }: Admission, request: Request): Promise<Identity | undefined> {
    if (isProbe && this.#hasOpenProbes) return Promise.resolve(undefined);
    return access === "read" ? this.#admitReader(request) : this.#admitWriter(access, request);
  }

  /** Asked first, so that a flood costs no comparison of passwords. @throws RequestRefusal 429, for alerts 503 */
  limitRate({ access, isProbe = false }: Admission): void {
    if (isProbe) return;
    const settings = this.#webConfig().rateLimit;
    const waitMilliseconds = settings === undefined ? 0 : this.#rateLimit.takeOrWaitMilliseconds(settings);
    if (waitMilliseconds === 0) return;
    const retryAfter = { "Retry-After": String(Math.ceil(waitMilliseconds / 1000)) };
    // Alertmanager repeats a notification at once after 503 alone.
    if (access === "webhook") throw unavailable("overloaded", retryAfter);
    throw new RequestRefusal(429, "rate_limited", "more requests than rate_limit allows", retryAfter);
  }

  /** The visitor's identity if it is proven; reads are open unless the web configuration has users. */
  async #admitReader(request: Request): Promise<Identity | undefined> {
    const attempt = await this.#authentication.identify(request);
    const isOpen = this.#webConfig().basicAuthUsers.size === 0;
    if (attempt.kind === "known") {
      if (!isOpen) requireRole(attempt.identity, "read");
      return attempt.identity;
    }
    if (isOpen) return undefined;
    if (attempt.kind === "busy") throw unavailable("overloaded");
    throw await this.#authentication.refuse(attempt.wasTried);
  }

  async #admitWriter(access: Role, request: Request): Promise<Identity> {
    if (!this.isWritable()) {
      throw new RequestRefusal(
        403,
        "writes_disabled",
        "no authentication is configured, so nothing can be changed over HTTP",
      );
    }
    this.#checkOrigin(request);
    const attempt = await this.#authentication.identify(request);
    if (attempt.kind === "busy") throw unavailable("overloaded");
    if (attempt.kind === "unknown") throw await this.#authentication.refuse(attempt.wasTried);
    requireRole(attempt.identity, access);
    if (attempt.identity.method === "basic") this.#checkHost(request);
    return attempt.identity;
  }

  #checkOrigin(request: Request): void {
    const { origin, host } = request.headers;
    if (origin === undefined) return;
    if (origin === this.#externalUrl?.origin) return;
    // Another page of this browser may send the request, but it cannot choose what its Origin says.
    if (URL.canParse(origin) && host !== undefined) {
      const url = new URL(origin);
      const own = `${url.protocol}//${host}`;
      if (/^https?:$/.test(url.protocol) && URL.canParse(own) && new URL(own).origin === url.origin) return;
    }
    throw new RequestRefusal(403, "bad_origin", "the Origin is neither this server nor its external URL");
  }

  /** A name that an attacker's DNS points here would make his page "our own origin". */
  #checkHost(request: Request): void {
    const name = hostNameOf(request.headers.host);
    const ours = ["localhost", hostname().toLowerCase(), this.#externalUrl?.hostname];
    if (name !== undefined && (isIP(name.replace(/^\[|\]$/g, "")) !== 0 || ours.includes(name))) return;
    throw new RequestRefusal(
      403,
      "bad_host",
      "the Host is not an address, localhost, this host's name or the external URL's",
    );
  }
}

function requireRole({ operator, role }: Identity, access: Role): void {
  if (mayUse(role, access)) return;
  throw new RequestRefusal(
    403,
    "role_insufficient",
    `${operator} has the role ${role}; this needs ${access}`,
  );
}

function hostNameOf(host: string | undefined): string | undefined {
  const url = `http://${host ?? ""}`;
  return host !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
}
