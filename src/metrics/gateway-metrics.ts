import { CachedPart } from "./cached-part.ts";
import { fleetMetrics, sidecarMetrics } from "./catalogue.ts";
import { Exposition, type ExpositionRequest, type RenderedExposition } from "./exposition.ts";
import { noFleet, sampleFleet, type FleetState } from "./fleet-samples.ts";
import { Instruments } from "./instruments.ts";
import type { MetricDefinition } from "./metric-definition.ts";
import { ProcessMetrics } from "./process-metrics.ts";
import { renderPart, type RenderedPart } from "./rendered-part.ts";
import { describeProgram, type ProgramFacts } from "./describe-program.ts";

/** A gateway has no pools: series of collections at 0 would look like a sidecar that hangs. */
const gatewayMetrics = [
  sidecarMetrics.webhookNotifications,
  sidecarMetrics.webhookRejected,
  sidecarMetrics.webhookAlerts,
  sidecarMetrics.authenticationFailures,
  sidecarMetrics.buildInfo,
  sidecarMetrics.webInfo,
] as const;

/** What is scraped of a gateway: the queues of the fleet, what the webhook counted, and its process. */
export class GatewayMetrics {
  readonly #instruments: Instruments;
  readonly #part = new CachedPart(() => this.#render());
  readonly #process = new ProcessMetrics();
  readonly #exposition = new Exposition(async () => [
    await this.#part.current(),
    await this.#process.render(),
  ]);
  #fleet: FleetState = { ...noFleet, isUp: false };

  constructor(program: ProgramFacts) {
    this.#instruments = new Instruments(gatewayMetrics, () => {
      this.#part.invalidate();
    });
    describeProgram(this.#instruments, program);
  }

  increment(metric: MetricDefinition, labels: Record<string, string> = {}): void {
    this.#instruments.increment(metric, labels, 1);
  }

  setFleet(fleet: FleetState): void {
    this.#fleet = fleet;
    this.#part.invalidate();
  }

  render(request: ExpositionRequest): Promise<RenderedExposition> {
    return this.#exposition.render(request);
  }

  async #render(): Promise<RenderedPart> {
    const samples = [...(await this.#instruments.sample()), ...sampleFleet(this.#fleet)];
    return renderPart([...gatewayMetrics, ...Object.values(fleetMetrics)], samples);
  }
}
