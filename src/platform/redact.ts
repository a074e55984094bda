/** A URL without its user name, password, query and fragment, any of which may be a secret. */
export function redactUrl(url: string): string {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^?#]*)/i.exec(url);
  return parts === null ? url : `${parts[1] ?? ""}${parts[2] ?? ""}`;
}

/** A text whose URLs are all redacted, whatever they are quoted with. */
export function redactUrls(text: string): string {
  return text.replace(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, redactUrl);
}
