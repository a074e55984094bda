import express, { type Request, type RequestHandler } from "express";
import { z } from "zod";
import { RequestRefusal } from "./request-refusal.ts";

const bodyLimits = { bytes: 1024 * 1024, depth: 32 } as const;

/** Compressed bodies are refused (415): what they inflate to is not bounded by what was sent. */
const readJson: RequestHandler = express.json({
  limit: bodyLimits.bytes,
  inflate: false,
  verify: (_request, _response, body) => {
    if (isDeeperThan(bodyLimits.depth, body)) {
      throw new RequestRefusal(400, "too_deep", `the body is nested deeper than ${bodyLimits.depth} levels`);
    }
  },
});
const readForm: RequestHandler = express.urlencoded({
  limit: 16 * 1024,
  inflate: false,
  extended: false,
  parameterLimit: 32,
});

interface BodyOfRoute {
  readonly body?: z.ZodType;
  readonly isForm?: boolean;
}

/** What reads the body of a route. It runs after authentication: an unknown sender's body is never read. */
export function bodyReaders({ body, isForm = false }: BodyOfRoute): RequestHandler[] {
  if (body === undefined) return [];
  const mediaType = isForm ? "application/x-www-form-urlencoded" : "application/json";
  const message = isForm ? `the page sends ${mediaType}` : `the body must be ${mediaType}`;
  const isOptional = isOptionalBody(body);
  const checkType: RequestHandler = (request, _response, next) => {
    if ((hasBody(request) || !isOptional) && !request.is(mediaType))
      throw new RequestRefusal(415, "unsupported_media_type", message);
    next();
  };
  return [checkType, isForm ? readForm : readJson];
}

/** @throws RequestRefusal 400 `malformed` that names every field at fault */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, sent: unknown): z.output<Schema> {
  const parsed = schema.safeParse(sent);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  throw new RequestRefusal(400, "malformed", problems.join("; "));
}

/** No body at all stands for `{}`, if every field may be left out. */
export function isOptionalBody(body: z.ZodType): boolean {
  return !(body instanceof z.ZodUnknown) && body.safeParse({}).success;
}

function hasBody({ headers }: Request): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

const bodyErrors: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ["malformed", "the body is not valid JSON"],
  413: ["too_large", `the body is larger than ${bodyLimits.bytes} bytes`],
  415: ["unsupported_media_type", "compressed bodies and other character sets are not read"],
};

/** The refusal that an error is, or what express could not read as one; undefined for a failure of this program. */
export function refusalOf(error: unknown): RequestRefusal | undefined {
  if (error instanceof RequestRefusal) return error;
  // A path such as /%ff.
  if (error instanceof URIError) return new RequestRefusal(400, "malformed", "the path cannot be decoded");
  if (!(error instanceof Error && "status" in error && "type" in error)) return undefined;
  const [code, message] = bodyErrors[Number(error.status)] ?? ["malformed", "the body could not be read"];
  return new RequestRefusal(Number(error.status) in bodyErrors ? Number(error.status) : 400, code, message);
}

/** Counts brackets outside strings: found before anything is parsed, without recursion. */
function isDeeperThan(limit: number, body: Buffer): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (isInString && byte === 0x5c) at += 1;
    else if (byte === 0x22) isInString = !isInString;
    else if (!isInString && (byte === 0x5b || byte === 0x7b)) depth += 1;
    else if (!isInString && (byte === 0x5d || byte === 0x7d)) depth -= 1;
    if (depth > limit) return true;
  }
  return false;
}
