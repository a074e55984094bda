import { InvalidArgumentError } from "commander";

export function parseHours(text: string): number {
  return parsePositive(text, "hours, more than 0");
}

export function parseSeconds(text: string): number {
  return text === "0" ? 0 : parsePositive(text, "seconds, 0 or more");
}

function parsePositive(text: string, expected: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError(`expected ${expected}.`);
  return value;
}
