import { randomUUID } from "node:crypto";
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Router } from "express";
import { refusalOf } from "./request-body.ts";
import { RequestRefusal } from "./request-refusal.ts";
import { asError } from "../platform/coded-error.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { RepeatLimit } from "../platform/repeat-limit.ts";

const securityHeaders = {
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  // Under no-referrer a browser sends "Origin: null" with the page's own forms.
  "Referrer-Policy": "same-origin",
  // A browser keeps the last answer, asks with its ETag whether it still holds, and shows it to nobody else.
  "Cache-Control": "private, no-cache",
} as const;

export function createHttpApp(parts: {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly extraHeaders: () => Readonly<Record<string, string>>;
  /** The path of the external URL, such as `/sidecar`, for a reverse proxy that passes it on; empty if it has none. */
  readonly externalPath: string;
  readonly createRouter: () => Router;
}): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("query parser", "simple");
  app.use(addHeaders(parts.extraHeaders));
  if (parts.externalPath !== "") app.use(parts.externalPath, slashAdded(parts), parts.createRouter());
  app.use(parts.createRouter());
  app.use(() => {
    throw new RequestRefusal(404, "not_found", "there is nothing at this path");
  });
  app.use(answerError(parts));
  return app;
}

function addHeaders(extraHeaders: () => Readonly<Record<string, string>>): RequestHandler {
  return (request, response, next) => {
    const given = request.headers["x-request-id"];
    const isUsable = typeof given === "string" && /^[A-Za-z0-9._-]{1,64}$/.test(given);
    response.set({ ...securityHeaders, "X-Request-Id": isUsable ? given : randomUUID(), ...extraHeaders() });
    next();
  };
}

/** The page's links are relative to a path that ends in a slash. */
function slashAdded({ externalPath }: { externalPath: string }): RequestHandler {
  return (request, response, next) => {
    if (request.originalUrl === externalPath) response.redirect(308, `${externalPath}/`);
    else next();
  };
}

function answerError({ logger, clock }: { logger: Logger; clock: Clock }): ErrorRequestHandler {
  // Passwords may be guessed all day: each guess is counted, and logged now and then.
  const refusals = new RepeatLimit({ mostPerPeriod: 20, periodSeconds: 60 });
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const refusal =
      refusalOf(error) ??
      new RequestRefusal(500, "internal", "the request failed; the log has its X-Request-Id");
    const fields = { requestId: response.get("X-Request-Id"), method: request.method, code: refusal.code };
    if (refusal.status === 500) logger.error({ ...fields, err: asError(error) }, "http.failed");
    else if (refusal.status === 401 || refusal.status === 403) {
      const { isAdmitted, suppressedCount } = refusals.admit(refusal.code, clock.now());
      if (isAdmitted) logger.warn({ ...fields, suppressedCount }, "http.refused");
    }
    // What is left of an unread body must not be taken for the next request.
    if (!request.complete) response.set("Connection", "close");
    response.set(refusal.headers).status(refusal.status);
    response.json({ error: { code: refusal.code, message: refusal.message } });
  };
}
