/** A request that gets an error answer. `code` is stable and listed in docs/http.md. */
export class RequestRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Alertmanager repeats a notification after 503 and drops it after 429. */
export function unavailable(code: "overloaded" | "not_ready"): RequestRefusal {
  const message =
    code === "overloaded" ? "too much waits or runs already" : "the first collection has not ended";
  return new RequestRefusal(503, code, message, { "Retry-After": "10" });
}
