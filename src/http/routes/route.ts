import type { Request, Response } from "express";
import type { z } from "zod";
import type { RenderedExposition } from "../../metrics/exposition.ts";
import type { Access } from "../auth/access.ts";
import type { Identity } from "../auth/authentication.ts";
import type { Role } from "../auth/role.ts";
import type { ErrorStatus } from "../error-codes.ts";
import type { RequestRefusal } from "../request-refusal.ts";
import type { AnswerOf } from "./answers.ts";

export type MediaType = "text/plain" | "text/html" | "text/css" | "text/javascript" | "image/svg+xml";

/** By status: the schema of a JSON body, or the media type of another one. */
export type Answers = Readonly<Partial<Record<200 | 201 | 202 | 503, z.ZodType | MediaType>>>;

/** What the routes of one program have in common: what they may do, and who may use them. */
export interface RouteContext<Dependencies> {
  readonly dependencies: Dependencies;
  readonly access: Access;
  readonly telemetryPath: string;
  /** The whole table, for the document that describes it. */
  readonly routes: readonly Route<Dependencies>[];
}

/** One request that was let in and whose path and body are valid. */
export interface RouteCall<
  Dependencies,
  Parameters = unknown,
  Body = unknown,
  Visitor = Identity | undefined,
> extends RouteContext<Dependencies> {
  readonly parameters: Parameters;
  readonly body: Body;
  readonly visitor: Visitor;
  readonly request: Request;
  readonly response: Response;
}

/** One route: it is served, validated and documented from this entry alone. */
export interface Route<Dependencies> {
  readonly method: "get" | "post" | "put";
  /** As express reads it. Those below `/-/` and `/api/` are in the OpenAPI document. */
  readonly path: string;
  readonly access: Role;
  /** True for health probes: the rate limit does not apply to them. */
  readonly isProbe?: boolean;
  /** One line of the OpenAPI document and of docs/http.md. */
  readonly summary: string;
  /** What the named parts of the path must be; a request with others is answered 404. */
  readonly parameters?: z.ZodType;
  /** What the request must carry. A body that may be `{}` may be left out. Undefined reads no body. */
  readonly body?: z.ZodType;
  /** True for the body of a page's form; other bodies are JSON. */
  readonly isForm?: boolean;
  readonly answers: Answers;
  /** Statuses of refusals beside those that `errorStatusesOf` derives. */
  readonly errors?: readonly ErrorStatus[];
  /** Why requests are refused now; called before the body is read. */
  refuse?(dependencies: Dependencies): RequestRefusal | undefined;
  /** Called with the code of each refusal. */
  onRefused?(dependencies: Dependencies, code: string): void;
  /** @throws RequestRefusal */
  run(call: RouteCall<Dependencies>): object | Promise<object>;
}

interface Definition<
  Dependencies,
  Kind extends Role,
  Parameters extends z.ZodType,
  Body extends z.ZodType,
  Given extends Answers,
> extends Omit<Route<Dependencies>, "method" | "path" | "access" | "run"> {
  readonly method?: "post" | "put";
  readonly parameters?: Parameters;
  readonly body?: Body;
  readonly answers: Given;
  run(
    call: RouteCall<Dependencies, z.output<Parameters>, z.output<Body>, VisitorOf<Kind>>,
  ): Result<Given> | Promise<Result<Given>>;
}

type VisitorOf<Kind extends Role> = Kind extends "read" ? Identity | undefined : Identity;

/** One of the statuses with what it carries: `{ 200: … }`. */
export type Result<Given extends Answers> = {
  [Status in keyof Given]: { readonly [Only in Status]: ContentOf<Given[Status]> };
}[keyof Given];

type ContentOf<Answer> = Answer extends z.ZodType ? AnswerOf<Answer> : string | RenderedExposition;

/**
 * Makes the entries of a table, by who may use them; what reads is a GET, the rest a POST. The compiler checks that each
 * runs with what its schemas let through and answers what its schemas say.
 */
export function routesFor<Dependencies>() {
  const define =
    <Kind extends Role>(access: Kind) =>
    <Parameters extends z.ZodType, Body extends z.ZodType, const Given extends Answers>(
      path: string,
      definition: Definition<Dependencies, Kind, Parameters, Body, Given>,
    ): Route<Dependencies> => ({ method: access === "read" ? "get" : "post", ...definition, path, access });
  return { read: define("read"), webhook: define("webhook"), operate: define("operate") };
}
