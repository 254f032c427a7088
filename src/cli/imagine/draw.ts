import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import type {RequestOf, Warning} from '../../contract/task.ts';
import {Spinner} from '../spinner.ts';
import {tellWarning} from '../tell-warning.ts';
import type {Terminal} from '../terminal.ts';
import {inTypedWords} from '../typed-words.ts';
import type {DrawingView} from './drawing-view.ts';
import {typed} from './option-names.ts';

export interface DrawAsk {
	readonly client: Client;
	readonly model: string;
	readonly request: RequestOf<'image'>;
	readonly view: DrawingView;
	readonly terminal: Terminal;
	readonly signal: AbortSignal;
	/** Hears of each picture as soon as it is done. */
	readonly onPicture: (picture: Drawn) => Promise<void>;
}

export interface Drawn {
	readonly png: Uint8Array;
	/** From 0. */
	readonly index: number;
	readonly width: number;
	readonly height: number;
	readonly seed: number;
}

/** What it took; times in milliseconds from the question on. */
export interface Drawing {
	readonly steps: number;
	readonly tokens: number;
	readonly computeMs: number;
	readonly totalMs: number;
	readonly warnings: readonly Warning[];
}

/** Pictures one after the other; those that were done before a failure have been given. */
export async function draw(ask: DrawAsk): Promise<Drawing> {
	try {
		return await listen(ask);
	} catch (error) {
		throw inTypedWords(error, typed);
	} finally {
		await ask.view.clear();
	}
}

async function listen({client, model, request, view, terminal, signal, onPicture}: DrawAsk): Promise<Drawing> {
	const started = performance.now();
	const warnings: Warning[] = [];
	// The first step of a large model takes a minute, and until then there is nothing to show of it.
	using spinner = new Spinner(terminal);
	spinner.show(`${model} begins`);
	for await (const event of client.run({model, task: 'image', request, signal})) {
		if (event.type !== 'load-progress' && event.type !== 'load-end') spinner.stop();
		if (event.type === 'step-end') view.step({...event, preview: event.preview?.bytes ?? null});
		else if (event.type === 'warning') {
			warnings.push(event.warning);
			await view.clear();
			await tellWarning(terminal, event.warning, typed);
		} else if (event.type === 'image') {
			await view.clear();
			const {image, index, width, height, seed} = event;
			await onPicture({png: image.bytes, index, width, height, seed});
		} else if (event.type === 'image-end')
			return {...event.usage, totalMs: Math.round(performance.now() - started), warnings};
	}
	throw signal.aborted ? new MofaError('cancelled', {}) : new Error('the drawing ended without its closing event');
}
