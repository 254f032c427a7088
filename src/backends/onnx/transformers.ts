import {ElasticSession} from './elastic-session.ts';
import {createNative, createThrough} from './native-create.ts';
import {importTransformers} from './runtime.ts';
import {sessionOptions} from './session-options.ts';
import type {OnnxModule, TransformersModule} from './session.ts';

export interface TransformersLibrary {
	readonly library: TransformersModule;
	/** Closes what it opened, unless others in this process use it still. */
	release(): Promise<void>;
}

/** Says how many threads its user may use now. */
type Threads = () => number;

/**
 * A process has one copy of the library, which tells nobody for whom it opens a graph. In a runner there is one user; where
 * engines share a process the newest is taken for it, and what is left open is closed behind the last.
 */
const users = new Set<Threads>();
const graphs = new Set<ElasticSession>();

/** The library, kept off the network and quiet, with its graphs opened like ours. Throws `backend-unavailable`. */
export async function openTransformers(
	entry: string,
	module: OnnxModule,
	threads: Threads,
): Promise<TransformersLibrary> {
	const library = await importTransformers(entry);
	restrain(library);
	const create = createNative(module);
	createThrough(module, async (source, options) => {
		const newest = (): Threads => [...users].at(-1) ?? threads;
		const open = (count: number): ReturnType<typeof create> => create(source, {...options, ...sessionOptions(count)});
		// Graphs of one operator, which the library makes itself and keeps for good: whoever comes next uses them again.
		if (typeof source !== 'string') return ElasticSession.open(open, () => newest()());
		const wanted = newest();
		const graph = await ElasticSession.open(open, wanted, () => graphs.delete(graph));
		graphs.add(graph);
		return graph;
	});
	users.add(threads);
	return {
		library,
		async release() {
			users.delete(threads);
			if (users.size === 0) await Promise.all([...graphs].map(graph => graph.release()));
		},
	};
}

function restrain({env, LogLevel}: TransformersModule): void {
	env.allowRemoteModels = false;
	env.allowLocalModels = true;
	// What is not found by its path is not looked for anywhere else, nor kept for later.
	env.useFSCache = false;
	env.useBrowserCache = false;
	env.useCustomCache = false;
	env.useWasmCache = false;
	env.fetch = async address => {
		throw new Error(`nothing is fetched here: ${String(address)}`);
	};
	// Whatever it would print it throws as well.
	env.logLevel = LogLevel.NONE;
}
