/** What a dashboard shows, as plain values: build-dashboard.ts gives it Grafana's form. */
export interface DashboardSpecification {
  /** Part of the address of the dashboard, and of the file's name: never changes. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Whether the pool can be chosen; job and instance always can. */
  readonly hasPoolVariable: boolean;
  readonly rows: readonly RowSpecification[];
}

export interface RowSpecification {
  readonly title: string;
  readonly panels: readonly PanelSpecification[];
}

export const panelKinds = ["number", "graph", "stacked", "table", "timeline"] as const;
export type PanelKind = (typeof panelKinds)[number];

export interface PanelSpecification {
  readonly kind: PanelKind;
  readonly title: string;
  readonly description: string;
  readonly queries: readonly QuerySpecification[];
  /** A unit of Grafana's list, such as `s`, `bytes`, `short`, `percentunit`. */
  readonly unit: string;
  /** Columns of 24. */
  readonly width: number;
  readonly height: number;
  /** Green below the first, then orange, then red. Where empty, colour says nothing. */
  readonly warnings?: readonly number[];
  /** Names for the values of a timeline. */
  readonly values?: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
  /** The alert that tells of the same. */
  readonly alert?: string;
}

export interface QuerySpecification {
  readonly expr: string;
  readonly legend: string;
}

/** Labels that the variables select: in every selector of every query. */
export const hosts = 'job=~"$job", instance=~"$instance"';
export const pools = `${hosts}, pool=~"$pool"`;
