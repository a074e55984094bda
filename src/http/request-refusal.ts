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

/** Alertmanager repeats a notification soon after 503; after a 4xx, 429 included, only at its next `group_interval`. */
export function unavailable(
  code: keyof typeof unavailableNow,
  headers: Readonly<Record<string, string>> = { "Retry-After": "10" },
): RequestRefusal {
  return new RequestRefusal(503, code, unavailableNow[code], headers);
}

export const unavailableNow = {
  overloaded: "too many requests wait or run already",
  not_ready: "the first collection has not ended",
  not_leader: "another process of this state directory answers alerts",
  queue_unavailable: "the fleet's PostgreSQL does not answer",
} as const;

export function noSuch(what: string): RequestRefusal {
  return new RequestRefusal(404, "not_found", `there is no such ${what}`);
}
