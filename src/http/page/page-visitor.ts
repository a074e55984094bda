import type { Access } from "../auth/access.ts";
import type { Identity } from "../auth/authentication.ts";
import { issueFormToken } from "../auth/form-token.ts";
import type { RouteCall } from "../routes/route.ts";
import type { Root } from "./document.ts";
import { html, type Html } from "./html.ts";

export interface PageVisitor {
  /** Undefined if the visitor may only read. */
  readonly writer: PageWriter | undefined;
  /** Why the visitor may only read; undefined if they may do more. */
  readonly hindrance: string | undefined;
}

export interface PageWriter {
  /** Where the forms are sent. */
  readonly root: Root;
  readonly operator: string;
  readonly formToken: string;
}

/** The visitor of a page: with the form token if they may press the buttons, else with the reason why not. */
export function identifyVisitor(
  {
    request,
    response,
    visitor,
    access,
  }: Pick<RouteCall<unknown>, "request" | "response" | "visitor" | "access">,
  root: Root,
): PageVisitor {
  const hindrance = findHindrance(visitor, access);
  if (visitor === undefined || hindrance !== undefined) return { writer: undefined, hindrance };
  const { operator } = visitor;
  return { writer: { operator, formToken: issueFormToken(request, response), root }, hindrance };
}

/** A browser never sends a token with a form, so buttons are for users and certificates. */
function findHindrance(visitor: Identity | undefined, access: Access): string | undefined {
  if (visitor !== undefined && visitor.method !== "bearer")
    return visitor.role === "operate" ? undefined : `${visitor.operator} has the role ${visitor.role}`;
  if (!access.isWritable()) return "no authentication is configured";
  if (access.admitsBrowsers()) return "no client certificate was sent";
  return "tokens are for programs; buttons need basic_auth_users in --web.config.file, or client certificates";
}

export function describeVisitor({ writer, hindrance }: PageVisitor): Html {
  if (writer !== undefined) return html`signed in as <strong>${writer.operator}</strong>`;
  return html`read only: ${hindrance}`;
}
