import type {Llama} from 'node-llama-cpp';
import type {Backend, OpenOptions} from '../../contract/backend.ts';
import {probedFrom, probeLlama} from './probe.ts';
import {gpuOf, importRuntime, unavailable, type Gpu, type LlamaModule} from './runtime.ts';

/** llama.cpp inside this process, through node-llama-cpp. */
export interface LlamaSession extends AsyncDisposable {
	readonly module: LlamaModule;
	readonly llama: Llama;
	/** The last lines the native code wrote; what explains a failed load. */
	readonly log: () => string;
}

export const llama: Backend<LlamaSession> = {
	name: 'llama',
	probe: device => probeLlama(device),
	probedFrom: device => probedFrom(device),
	async open(options) {
		const module = await importRuntime();
		options.signal.throwIfAborted();
		const lines: string[] = [];
		const instance = await openOnBest(module, options, line => {
			lines.push(line.trim());
			if (lines.length > 40) lines.shift();
		});
		return {
			module,
			llama: instance,
			log: () => lines.filter(line => line !== '').join('; '),
			[Symbol.asyncDispose]: () => instance.dispose(),
		};
	},
};

/** The accelerator's own build, else the one for the processor alone. */
async function openOnBest(module: LlamaModule, options: OpenOptions, log: (line: string) => void): Promise<Llama> {
	const wanted = gpuOf(options.device);
	try {
		return await open(module, wanted, options, log);
	} catch (error) {
		if (wanted === false) throw unavailable('crashed', undefined, error);
	}
	try {
		return await open(module, false, options, log);
	} catch (error) {
		throw unavailable('crashed', undefined, error);
	}
}

function open(module: LlamaModule, gpu: Gpu, options: OpenOptions, log: (line: string) => void): Promise<Llama> {
	return module.getLlama({
		gpu,
		// A self-test that fails would else compile for minutes, in silence.
		build: 'never',
		skipDownload: true,
		progressLogs: false,
		// The ceiling a context may ever reach; what it may use now is set on the instance.
		maxThreads: options.device.cores,
		logLevel: module.LlamaLogLevel.error,
		logger: (_level, message) => log(message),
	});
}
