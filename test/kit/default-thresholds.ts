import type { Thresholds } from "../../src/anomalies/thresholds.ts";
import { defaultSettings } from "../../src/config/default-settings.ts";

export const defaultThresholds: Thresholds = defaultSettings.detection;
