import {modelOption} from '../client/model-options.ts';

/** What commands are called elsewhere. */
const otherNames: Readonly<Record<string, string>> = {
	ask: 'run',
	chat: 'run',
	generate: 'run',
	say: 'speak',
	tts: 'speak',
	asr: 'transcribe',
	stt: 'transcribe',
	dictate: 'listen',
	record: 'listen',
	draw: 'imagine',
	image: 'imagine',
	embeddings: 'embed',
	rank: 'rerank',
	download: 'pull',
	install: 'pull',
	delete: 'rm',
	remove: 'rm',
	uninstall: 'rm',
	models: 'list',
	inspect: 'show',
	status: 'ps',
	unload: 'stop',
	kill: 'stop',
	start: 'serve',
	daemon: 'serve',
	update: 'upgrade',
	settings: 'config',
	check: 'doctor',
	version: '--version',
};

/** A way on from what the parser refused, where it is clear what was meant; null where its own words have to do. Pure. */
export function typingHint(command: string | undefined, refusal: string): string | null {
	const word = /^error: unknown command '([^']+)'/.exec(refusal)?.[1];
	if (word !== undefined && command === undefined)
		return Object.hasOwn(otherNames, word) ? `it is called mofa ${otherNames[word] ?? ''} here` : null;
	const option = /^error: unknown option '(-[^'=]+)/.exec(refusal)?.[1];
	if (option === undefined || command !== 'run') return null;
	if (option === '-m' || option === '--model')
		return 'the model comes first, without an option: mofa run qwen3 "Hello"';
	const name = option.replace(/^-+/, '').replaceAll('-', '_');
	return modelOption(name) === undefined ? null : `settings of the model go behind -o: mofa run -o ${name}=…`;
}
