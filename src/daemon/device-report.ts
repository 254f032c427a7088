import type {Availability} from '../contract/backend.ts';
import type {Footprint} from '../contract/engine.ts';
import type {BackendReport, DeviceReport} from '../contract/report.ts';
import type {Hardware} from '../device/detect.ts';
import type {MemoryReading} from '../device/memory.ts';

/** The page of `mofa info`. */
export function deviceReport(
	hardware: Hardware,
	memory: MemoryReading,
	budget: Footprint,
	backends: readonly BackendReport[],
): DeviceReport {
	return {
		platform: hardware.device.platform,
		arch: hardware.device.arch,
		cpu: {
			model: hardware.cpuModel,
			features: hardware.features,
			cores: hardware.machineCores,
			usableCores: hardware.usable.cores,
			limitedBy: hardware.usable.limitedBy,
		},
		memory: {total: memory.total, available: memory.available, limit: memory.limit, budget},
		gpus: hardware.gpus,
		backends,
	};
}

export function backendReport(name: string, availability: Availability): BackendReport {
	return availability.ok
		? {
				name,
				usable: true,
				version: availability.version,
				accelerator: availability.accelerator,
				reason: null,
				hint: null,
			}
		: {name, usable: false, version: null, accelerator: null, reason: availability.reason, hint: availability.hint};
}
