import { expect, test } from "vitest";
import { createPinoLogger, type LogFormat } from "../../src/platform/pino-logger.ts";

function logOneLine(format: LogFormat): string {
  let written = "";
  const destination = { write: (text: string) => void (written += text) };
  const logger = createPinoLogger({ level: "info", format }, destination).child({ pool: "demo" });
  logger.debug({}, "not.shown");
  logger.info({ detail: "two words\nlevel=error" }, "recovery.finished");
  return written;
}

test("json keeps the event and every field", () => {
  const fields: unknown = JSON.parse(logOneLine("json"));
  expect(fields).toMatchObject({ level: "info", event: "recovery.finished", pool: "demo" });
});

test.each(["logfmt", "pretty"] as const)("%s keeps a value with a line break on one line", (format) => {
  const text = logOneLine(format);
  expect(text.trimEnd().split("\n")).toHaveLength(1);
  expect(text).toContain('detail="two words\\nlevel=error"');
  expect(text).toContain("pool=demo");
});
