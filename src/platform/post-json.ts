import { readFileSync } from "node:fs";
import { systemErrorCode } from "./coded-error.ts";

export type PostOutcome =
  | { readonly kind: "sent" }
  /** The detail never holds the address, which may be a secret itself. */
  | { readonly kind: "failed"; readonly detail: string };

/**
 * Posts to the address that the file holds, read again each time, and to no other: a redirect is a failure. The answer's
 * body is not read. Never rejects.
 */
export async function postJson(
  addressFile: string,
  body: unknown,
  { timeoutMilliseconds }: { timeoutMilliseconds: number },
): Promise<PostOutcome> {
  let address;
  try {
    address = readFileSync(addressFile, "utf8").trim();
  } catch (thrown) {
    return { kind: "failed", detail: `${addressFile}: ${systemErrorCode(thrown) ?? "cannot be read"}` };
  }
  if (!/^https?:\/\/\S+$/.test(address) || !URL.canParse(address))
    return { kind: "failed", detail: "the address is no http or https URL" };
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    await response.body?.cancel();
    return response.ok ? { kind: "sent" } : { kind: "failed", detail: `the answer was ${response.status}` };
  } catch (thrown) {
    return { kind: "failed", detail: describeFailure(thrown) };
  }
}

/** From codes alone: messages of failed requests may name the address. */
function describeFailure(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "the request failed";
  if (thrown.name === "TimeoutError") return "no answer in time";
  return `the request failed: ${systemErrorCode(thrown.cause) ?? thrown.name}`;
}
