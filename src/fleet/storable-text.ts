/** PostgreSQL stores neither a NUL nor half of a surrogate pair, and what slots and alerts say can have both. */
export function storableText(text: string): string {
  return text.replace(/[\0\p{Cs}]/gu, "\uFFFD");
}
