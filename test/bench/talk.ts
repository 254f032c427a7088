import type {Client} from '../../src/client/client.ts';
import type {AnyPacket} from '../../src/contract/stage.ts';
import type {PipelineEvent, StageSpec} from '../../src/contract/pipeline.ts';
import {talkingModel} from './llama.ts';

/** Who answers in the benches of pipelines, and what is asked. */
export interface Writer {
	readonly name: string;
	readonly model: string;
	readonly maxTokens: number;
	readonly questions: readonly string[];
}

const told =
	'You can see which models are loaded with the command mofa ps, and it shows how much memory each of them holds. ' +
	'A model stays for five minutes after the last question, unless something else needs its place. ' +
	'Then the one that was used longest ago goes first, because whoever asks now should not wait for room. ' +
	'To keep one for good, say so when you start it; to be rid of it at once, stop it by its name.';
/** Of them, the first sentence. */
const tokensOfSentence = 22;

/** The toy that is always there, and a model of a real size where one can be made. */
export function writers(): readonly Writer[] {
	const toy = {model: 'guide', maxTokens: 400};
	const short = ['How do I see which models are loaded?', 'How do I free disk space?'];
	const long = ['What is mofa and what can it do?', 'What can you do?', 'How do I run a model from the Hub?'];
	const real = talkingModel(told);
	return [
		{...toy, name: 'answers of some sentences', questions: long},
		{...toy, name: 'answers of one sentence', questions: short},
		...(real === undefined
			? []
			: [
					{name: '135 M parameters, some sentences', model: real, maxTokens: 400, questions: ['What can you do?']},
					{name: '135 M parameters, one sentence', model: real, maxTokens: tokensOfSentence, questions: ['And now?']},
				]),
	];
}

export function answerAloud(
	client: Client,
	writer: Writer,
	question: AnyPacket,
	ears: readonly string[] = [],
): AsyncIterable<PipelineEvent> {
	async function* input(): AsyncGenerator<AnyPacket> {
		yield question;
	}
	const {model, maxTokens} = writer;
	const llm: StageSpec = {stage: 'llm', model, settings: {temperature: 0, maxTokens}};
	return client.runPipeline({
		pipeline: {stages: [...ears, llm, 'tts:voice']},
		input: input(),
		signal: new AbortController().signal,
	});
}
