/** The codes of each status, beside the names of the guards that refuse with 409. */
export const errorCodes = {
  400: ["malformed", "too_deep", "expired"],
  401: ["unauthorized"],
  403: [
    "writes_disabled",
    "remediation_disabled",
    "role_insufficient",
    "bad_origin",
    "bad_host",
    "bad_form_token",
  ],
  404: ["not_found"],
  408: [],
  409: ["not_waiting", "duplicate", "too_many", "busy", "pool_exists", "none_available"],
  413: ["too_large"],
  415: ["unsupported_media_type"],
  422: ["config_invalid"],
  429: ["rate_limited"],
  500: ["internal"],
  503: ["not_ready", "not_leader", "overloaded", "queue_unavailable"],
} as const;

export type ErrorStatus = keyof typeof errorCodes;

export const errorMeanings: Readonly<Record<ErrorStatus, string>> = {
  400: "The request is malformed; the message names each fault",
  401: "No credentials, or wrong ones",
  403: "The request is not permitted; the code says why",
  404: "Nothing of this name exists",
  408: "The request took too long to arrive",
  409: "Refused because of the present state, which the code names",
  413: "The body is too large",
  415: "The body is not JSON, or is compressed",
  422: "The new configuration has problems",
  429: "More requests than the web configuration's rate_limit allows",
  500: "The request failed; the log has its X-Request-Id",
  503: "Try again after the seconds of Retry-After",
};
