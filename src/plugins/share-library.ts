import * as nodeModule from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {packageRoot} from '../lib/package-root.ts';

type Doors = Readonly<Record<string, string>>;
type Resolve = (specifier: string, context: unknown, next: (specifier: string, context: unknown) => unknown) => unknown;

/** Newer versions of node resolve in the same thread. */
interface SynchronousHooks {
	registerHooks?(hooks: {readonly resolve: Resolve}): void;
}

const program = `
	let doors = {};
	export function initialize(given) { doors = given; }
	export function resolve(specifier, context, next) {
		return Object.hasOwn(doors, specifier)
			? {url: doors[specifier], shortCircuit: true}
			: next(specifier, context);
	}`;

let shared = false;

/**
 * From now on `import 'mofa'` means this very copy of mofa, wherever the one who imports it lies: a plugin needs none of its
 * own, and what it throws and defines is what this process knows.
 */
export function shareLibrary(): void {
	if (shared) return;
	shared = true;
	const doors = doorsOf(path.join(packageRoot(), 'dist'));
	const {registerHooks} = nodeModule as SynchronousHooks;
	if (registerHooks === undefined)
		nodeModule.register(`data:text/javascript,${encodeURIComponent(program)}`, {data: doors});
	else
		registerHooks({
			resolve: (specifier, context, next) => {
				const url = Object.hasOwn(doors, specifier) ? doors[specifier] : undefined;
				return url === undefined ? next(specifier, context) : {url, shortCircuit: true};
			},
		});
}

const doorsOf = (dist: string): Doors => ({
	mofa: pathToFileURL(path.join(dist, 'index.js')).href,
	'mofa/testing': pathToFileURL(path.join(dist, 'testing.js')).href,
});
