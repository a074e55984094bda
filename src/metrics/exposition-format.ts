/** The two formats of https://github.com/prometheus/docs: text 0.0.4, and OpenMetrics 1.0.0. */
export const expositionFormats = ["text", "openmetrics"] as const;
export type ExpositionFormat = (typeof expositionFormats)[number];

export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** What each entry of an `Accept` header must say to mean one of these formats. */
const mediaTypes: Readonly<Record<ExpositionFormat, { type: string; version: string }>> = {
  text: { type: "text/plain", version: "0.0.4" },
  openmetrics: { type: "application/openmetrics-text", version: "1.0.0" },
};

interface HeaderEntry {
  readonly value: string;
  readonly version: string | undefined;
  /** 0 means "not this one". */
  readonly quality: number;
}

/** The format that the `Accept` header prefers; text if it prefers none, or accepts neither. */
export function selectFormat(accept: string | undefined): ExpositionFormat {
  if (accept === undefined) return "text";
  const entries = parseHeader(accept);
  return qualityOf("openmetrics", entries) > qualityOf("text", entries) ? "openmetrics" : "text";
}

/** Whether the `Accept-Encoding` header allows gzip, by name or by `*`, and does not prefer `identity`. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const entries = parseHeader(acceptEncoding ?? "");
  const named = (name: string) => entries.find(({ value }) => value === name)?.quality;
  const quality = named("gzip") ?? named("*") ?? 0;
  return quality > 0 && quality >= (named("identity") ?? 0);
}

/** The most specific entry that covers the format decides. */
function qualityOf(format: ExpositionFormat, entries: readonly HeaderEntry[]): number {
  const { type, version } = mediaTypes[format];
  const family = `${type.slice(0, type.indexOf("/"))}/*`;
  const exact = entries.filter((entry) => entry.value === type);
  const found =
    exact.find((entry) => entry.version === version) ??
    exact.find((entry) => entry.version === undefined) ??
    entries.find((entry) => entry.value === family) ??
    entries.find((entry) => entry.value === "*/*");
  return found?.quality ?? 0;
}

function parseHeader(header: string): HeaderEntry[] {
  return header.split(",").map((entry) => {
    const [value = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    return {
      value,
      version: readParameter(parameters, "version"),
      quality: parseQuality(readParameter(parameters, "q")),
    };
  });
}

function readParameter(parameters: readonly string[], name: string): string | undefined {
  const found = parameters.find((parameter) => parameter.startsWith(`${name}=`));
  return found?.slice(name.length + 1).replace(/^"(.*)"$/, "$1");
}

function parseQuality(text: string | undefined): number {
  if (text === undefined) return 1;
  const quality = Number.parseFloat(text);
  return quality >= 0 && quality <= 1 ? quality : 0;
}
