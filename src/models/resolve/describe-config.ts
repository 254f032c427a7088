import {isSupertone} from './supertone-layout.ts';

/** What a repository says of its model beside the weights. */
export interface RepositoryHints {
	/** The Hub's word for the task. */
	readonly pipelineTag: string | null;
	/** Parsed `config.json`, or null. */
	readonly config: unknown;
	/** Parsed `model_index.json` of diffusers, or null. */
	readonly modelIndex: unknown;
	/** Names of all its files, which tell where no configuration does. */
	readonly files?: readonly string[];
}

export interface ConfigDescription {
	/** `unknown` where nothing says it. */
	readonly family: string;
	readonly tasks: readonly string[];
	readonly accepts: readonly string[];
	readonly contextLength: number | null;
	/** What is missing, and what would help. */
	readonly unknown: readonly string[];
}

/** Tasks by the Hub's own names for them. */
const byPipeline: Readonly<Record<string, readonly string[]>> = {
	'text-generation': ['chat', 'completion'],
	'image-text-to-text': ['chat'],
	'any-to-any': ['chat'],
	'automatic-speech-recognition': ['transcription'],
	'text-to-speech': ['speech'],
	'text-to-audio': ['speech'],
	'text-to-image': ['image'],
	'image-to-image': ['image'],
	'feature-extraction': ['embedding'],
	'sentence-similarity': ['embedding'],
	'text-ranking': ['reranking'],
	'voice-activity-detection': ['voice-activity'],
	'text-to-video': ['video'],
};

/** Tasks by the end of a transformers class name. */
const byArchitecture: ReadonlyArray<readonly [RegExp, readonly string[]]> = [
	[/For(CausalLM)$|LMHeadModel$/, ['chat', 'completion']],
	[/ForConditionalGeneration$/, ['chat']],
	[/ForSpeechSeq2Seq$|ForCTC$|ForTDT$/, ['transcription']],
	[/ForSequenceClassification$/, ['reranking']],
	[/ForImageTextToText$/, ['chat']],
	// Encoders without a head: what they have to say of a text is a vector.
	[/(Bert|BERT|Roberta|RoBERTa|MPNet|Electra|Deberta(V2)?)Model$|^NewModel$/, ['embedding']],
];

/** Tasks by the beginning of a family's name, where its class says less. */
const byFamily: ReadonlyArray<readonly [RegExp, readonly string[]]> = [
	[
		/^(whisper|lite-whisper|moonshine|wav2vec2|wav2vec2-bert|hubert|parakeet|nemo-conformer|paraformer|sensevoice|streaming-(?:transducer|paraformer|ctc)$|cohere_asr|spelling-cnn$)/,
		['transcription'],
	],
	// Language models with ears.
	[/^(voxtral|granite_speech)/, ['transcription']],
	[/^silero-vad$/, ['voice-activity']],
	[/^model2vec$/, ['embedding']],
	// Their classes are called after the language model inside.
	[/^(phi3_v|llava_qwen2|moondream1)$/, ['chat']],
	[/^(style_text_to_speech_2|vits|speecht5|supertonic|kitten)/, ['speech']],
];

/** Family and tasks from `config.json`, `model_index.json` and the Hub's own tag. Never a guess: what is not said is unknown. Pure. */
export function describeConfig({pipelineTag, config, modelIndex, files = []}: RepositoryHints): ConfigDescription {
	const fields = fieldsOf(config);
	const index = fieldsOf(modelIndex);
	const type = familyByFiles(files) ?? textOf(fields?.['model_type']) ?? (isKitten(fields) ? 'kitten-tts' : null);
	const pipeline = textOf(index?.['_class_name']);
	const family = type ?? (pipeline === null ? null : dashed(pipeline.replace(/^(ORT|OV|Onnx)|Pipeline$/g, '')));
	const architecture = listOf(fields?.['architectures'])[0] ?? '';
	const tasks = index === null ? tasksOf(family, pipelineTag, architecture, fields) : ['image'];
	const text = fieldsOf(fields?.['text_config']) ?? fields;
	const context = text?.['max_position_embeddings'] ?? text?.['n_positions'];
	return {
		family: family ?? 'unknown',
		tasks,
		accepts: tasks.includes('chat') && sees(pipelineTag, fields) ? ['image'] : [],
		contextLength: typeof context === 'number' && Number.isSafeInteger(context) && context > 0 ? context : null,
		unknown: [
			...(family === null ? ['its family: a config.json with "model_type" would say it'] : []),
			...(tasks.length === 0
				? ['what it does: a pipeline tag on its page, or "architectures" in config.json, would say it']
				: []),
		],
	};
}

function tasksOf(
	family: string | null,
	pipelineTag: string | null,
	architecture: string,
	fields: Readonly<Record<string, unknown>> | null,
): readonly string[] {
	const known = family === null ? undefined : byFamily.find(([pattern]) => pattern.test(family))?.[1];
	if (known !== undefined) return known;
	const tagged = byPipeline[pipelineTag ?? ''];
	if (tagged !== undefined) return tagged;
	if (architecture.endsWith('ForSequenceClassification') && tellsKindsApart(fields)) return [];
	return byArchitecture.find(([pattern]) => pattern.test(architecture))?.[1] ?? [];
}

/** Moods, languages, topics: such a network has a name for each kind, or more kinds than "answers" and "does not". */
function tellsKindsApart(fields: Readonly<Record<string, unknown>> | null): boolean {
	const labels = Object.values(fieldsOf(fields?.['id2label']) ?? {});
	const count = labels.length > 0 ? labels.length : fields?.['num_labels'];
	if (count === 1) return false;
	return (typeof count === 'number' && count > 2) || labels.some(label => !/^LABEL_\d+$/.test(String(label)));
}

/** Whether what chats takes pictures too. */
const sees = (pipelineTag: string | null, fields: Readonly<Record<string, unknown>> | null): boolean =>
	pipelineTag === 'image-text-to-text' ||
	fields?.['vision_config'] !== undefined ||
	fields?.['img_processor'] !== undefined ||
	fields?.['model_type'] === 'moondream1';

/** Its `config.json` only counts downloads. */
const familyByFiles = (files: readonly string[]): string | null => (isSupertone(files) ? 'supertonic' : null);

/** KittenTTS has a configuration of its own kind. */
const isKitten = (fields: Readonly<Record<string, unknown>> | null): boolean =>
	typeof fields?.['model_file'] === 'string' && fields['voices'] === 'voices.npz';

const dashed = (name: string): string => name.replaceAll(/([a-z\d])([A-Z])/g, '$1-$2').toLowerCase();

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | null {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as Record<string, unknown>)
		: null;
}

function textOf(value: unknown): string | null {
	return typeof value === 'string' && /^[\w.+-]{1,80}$/.test(value) ? value : null;
}

function listOf(value: unknown): readonly string[] {
	return Array.isArray(value) ? value.filter(item => typeof item === 'string').slice(0, 10) : [];
}
