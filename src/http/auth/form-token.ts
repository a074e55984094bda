import { randomBytes } from "node:crypto";
import type { Request, Response } from "express";
import { RequestRefusal } from "../request-refusal.ts";
import { isSameSecret } from "./is-same-secret.ts";

const cookieName = "repo_pool_form_token";

/**
 * The double-submit token of the page's forms: another origin can make a browser send the cookie,
 * but cannot read it to put the same value into a form.
 */
export function issueFormToken(request: Request, response: Response): string {
  const token = readCookie(request) ?? randomBytes(24).toString("base64url");
  response.cookie(cookieName, token, { httpOnly: true, sameSite: "strict", secure: request.secure });
  return token;
}

/** @throws RequestRefusal 403 `bad_form_token` */
export function requireFormToken(request: Request, given: string | undefined): void {
  const expected = readCookie(request);
  if (expected !== undefined && given !== undefined && isSameSecret(expected, given)) return;
  throw new RequestRefusal(403, "bad_form_token", "the form is not from this page: load the page again");
}

function readCookie(request: Request): string | undefined {
  const pattern = new RegExp(`(?:^|;\\s*)${cookieName}=([A-Za-z0-9_-]{32})(?:;|$)`);
  return pattern.exec(request.headers.cookie ?? "")?.[1];
}
