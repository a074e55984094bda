/** `1 time`, `2 times`; a plural that is not made with an "s" is given. */
export function countOf(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}
