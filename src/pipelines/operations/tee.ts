import * as z from 'zod';
import type {Operation} from './operation.ts';
import {parseSettings} from './parse-settings.ts';

const schema = z.strictObject({
	/** Where the command line writes it; absent: what is text goes to standard error. */
	file: z.string().min(1).max(4096).optional(),
});

/** Passes everything on, and lets a copy out of the pipeline. */
export const tee: Operation = {
	accepts: 'any',
	taps: true,
	open(settings) {
		parseSettings(schema, settings);
		return {value: value => [value]};
	},
};
