import type {Backend} from '../../contract/backend.ts';

/** What the program computes by itself, without weights or a runtime: always there. */
export const builtIn: Backend<AsyncDisposable> = {
	name: 'built-in',
	probe: async () => ({ok: true, version: '1', accelerator: 'cpu'}),
	probedFrom: async () => 'built-in 1',
	open: async () => ({[Symbol.asyncDispose]: async () => undefined}),
};
