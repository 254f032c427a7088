import type {LoadSettings} from '../contract/adapter.ts';
import type {Image} from '../contract/media.ts';
import type {RequestOf} from '../contract/task.ts';

export interface SeenPicture {
	/** As it is told to a person. */
	readonly file: string;
	readonly image: Image;
}

export type ChatRequest = RequestOf<'chat'>;
export type ChatMessage = ChatRequest['messages'][number];
export type Think = NonNullable<ChatRequest['think']>;
export type Sampling = NonNullable<ChatRequest['sampling']>;
export type Format = NonNullable<ChatRequest['format']>;

/** Everything `/set` changes. */
export interface ChatSettings {
	readonly system: string | null;
	/** Null: as the model's template has it. */
	readonly think: Think | null;
	readonly hideThinking: boolean;
	readonly verbose: boolean;
	readonly wordWrap: boolean;
	readonly history: boolean;
	readonly format: {readonly name: string; readonly format: Format} | null;
	readonly sampling: Sampling;
	readonly maxTokens: number | null;
	readonly stop: readonly string[];
	/** What shapes the load: a change loads the model anew. */
	readonly load: LoadSettings;
	/** Milliseconds; null: the daemon's own. */
	readonly keepAlive: number | null;
}

export const defaultSettings: ChatSettings = {
	system: null,
	think: null,
	hideThinking: false,
	verbose: false,
	wordWrap: true,
	history: true,
	format: null,
	sampling: {},
	maxTokens: null,
	stop: [],
	load: {},
	keepAlive: null,
};

/** The part of the settings that goes into every request. */
export function generationOf(settings: ChatSettings): Pick<ChatRequest, 'sampling' | 'maxTokens' | 'stop' | 'format'> {
	return {
		...(Object.keys(settings.sampling).length > 0 && {sampling: settings.sampling}),
		...(settings.maxTokens !== null && {maxTokens: settings.maxTokens}),
		...(settings.stop.length > 0 && {stop: settings.stop}),
		...(settings.format !== null && {format: settings.format.format}),
	};
}
