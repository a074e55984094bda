/** A dashboard as its committed file holds it. */
export function printDashboard(dashboard: object): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
