/** What became of one alert of an accepted notification: a closed set and a metric label. */
export const webhookDecisions = [
  "queued",
  "duplicate",
  "resolved",
  "no_policy",
  "not_ours",
  "not_permitted",
  "ambiguous",
  "paused",
  "pool_rescan",
] as const;
export type WebhookDecision = (typeof webhookDecisions)[number];

/** Why a whole notification was not accepted: a closed set and a metric label. */
export const webhookRejections = [
  "unauthorized",
  "malformed",
  "too_large",
  "overloaded",
  "not_ready",
  "not_leader",
  "disabled",
] as const;
export type WebhookRejection = (typeof webhookRejections)[number];
