import type {TypedNames} from '../typed-words.ts';

/** The fields of a request, as they are typed. */
export const typed: TypedNames = {
	prompt: 'the prompt',
	negativePrompt: '--negative',
	width: '--size',
	height: '--size',
	steps: '--steps',
	guidance: '--guidance',
	seed: '--seed',
	count: '--count',
	image: '--init-image',
	strength: '--strength',
	mask: '--mask',
	scheduler: '--scheduler',
};
