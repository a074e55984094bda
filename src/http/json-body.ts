import express, { type Request, type RequestHandler, type Response } from "express";
import { isJsonObject } from "../pool/records/slot-record.ts";
import { RequestRefusal } from "./request-refusal.ts";

export const bodyLimits = { bytes: 1024 * 1024, depth: 32 } as const;

/** Compressed bodies are refused (415): what they inflate to is not bounded by what was sent. */
const parseJson: RequestHandler = express.json({
  limit: bodyLimits.bytes,
  inflate: false,
  verify: (_request, _response, body) => {
    if (isDeeperThan(bodyLimits.depth, body)) {
      throw new RequestRefusal(400, "too_deep", `the body is nested deeper than ${bodyLimits.depth} levels`);
    }
  },
});
const parseForm: RequestHandler = express.urlencoded({
  limit: 16 * 1024,
  inflate: false,
  extended: false,
  parameterLimit: 32,
});

/** Called after authentication: an unknown sender's body is never read. @throws RequestRefusal */
export async function readJsonBody(request: Request, response: Response): Promise<unknown> {
  if (!request.is("application/json")) {
    throw new RequestRefusal(415, "unsupported_media_type", "the body must be application/json");
  }
  await runParser(parseJson, request, response);
  return request.body as unknown;
}

/** As `readJsonBody`, where no body at all means an empty object. */
export async function readOptionalJsonBody(request: Request, response: Response): Promise<unknown> {
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  return hasBody ? readJsonBody(request, response) : {};
}

export async function readForm(request: Request, response: Response): Promise<ReadonlyMap<string, string>> {
  if (!request.is("application/x-www-form-urlencoded")) {
    throw new RequestRefusal(
      415,
      "unsupported_media_type",
      "the page sends application/x-www-form-urlencoded",
    );
  }
  await runParser(parseForm, request, response);
  const body: unknown = request.body;
  const fields = isJsonObject(body) ? Object.entries(body) : [];
  return new Map(fields.flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])));
}

function runParser(parser: RequestHandler, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void parser(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(refusalOf(error));
    });
  });
}

const bodyErrors: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ["malformed", "the body is not valid JSON"],
  413: ["too_large", `the body is larger than ${bodyLimits.bytes} bytes`],
  415: ["unsupported_media_type", "compressed bodies and other character sets are not read"],
};

function refusalOf(error: unknown): Error {
  if (error instanceof RequestRefusal) return error;
  const status = error instanceof Error && "status" in error ? Number(error.status) : 400;
  // body-parser turns what `verify` throws into its own 403 and keeps our code.
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "too_deep") return new RequestRefusal(400, "too_deep", "the body is nested too deep");
  const [known, message] = bodyErrors[status] ?? ["malformed", "the body could not be read"];
  return new RequestRefusal(status in bodyErrors ? status : 400, known, message);
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
