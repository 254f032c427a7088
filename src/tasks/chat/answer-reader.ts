import type {ChatEvent, ChatRequest} from '../chat.ts';
import type {TokenLogprob} from '../generation.ts';
import {createAnswerParser} from './answer-parser.ts';
import {createStopFilter} from './stop-strings.ts';
import type {Thinking} from './thinking.ts';

/** Splits the text of one answer into events; stop strings count in its content only. */
export class AnswerReader {
	content = '';
	calls = 0;
	stopped = false;
	pastThinking: boolean;
	readonly #parser: ReturnType<typeof createAnswerParser>;
	readonly #stops: ReturnType<typeof createStopFilter>;
	readonly #reportsLogprobs: boolean;
	readonly #thinkingEnd: string | undefined;
	#tail = '';
	#held: TokenLogprob[] = [];

	constructor(request: ChatRequest, thinking: Thinking, toolCalls: boolean) {
		this.#parser = createAnswerParser({thinking: thinking.mode, toolCalls});
		this.#stops = createStopFilter(request.stop ?? []);
		this.#reportsLogprobs = request.logprobs !== undefined;
		this.#thinkingEnd = thinking.end;
		this.pastThinking = thinking.end === undefined;
	}

	read(text: string, logprobs: readonly TokenLogprob[], emit: (event: ChatEvent) => void): 'more' | 'enough' {
		this.#watchThinking(text);
		this.#held.push(...logprobs);
		for (const event of this.#sort(this.#parser.push(text))) emit(event);
		return this.stopped ? 'enough' : 'more';
	}

	/** What was held back until the end. */
	*end(): Generator<ChatEvent> {
		if (this.stopped) return;
		yield* this.#sort(this.#parser.end());
		const rest = this.stopped ? '' : this.#stops.end();
		if (rest !== '') yield this.#textEvent(rest);
	}

	*#sort(pieces: ReturnType<ReturnType<typeof createAnswerParser>['push']>): Generator<ChatEvent> {
		for (const piece of pieces) {
			if (this.stopped) return;
			if (piece.type === 'text-delta') {
				const safe = this.#stops.push(piece.text);
				this.stopped = safe.stopped;
				if (safe.text !== '') yield this.#textEvent(safe.text);
				continue;
			}
			// Log probabilities belong to the content alone.
			this.#held = [];
			if (piece.type === 'tool-call') this.calls += 1;
			yield piece;
		}
	}

	#textEvent(text: string): ChatEvent {
		this.content += text;
		return {type: 'text-delta', text, ...(this.#reportsLogprobs ? {logprobs: this.#held.splice(0)} : {})};
	}

	#watchThinking(text: string): void {
		if (this.pastThinking || this.#thinkingEnd === undefined) return;
		this.#tail = (this.#tail + text).slice(-(this.#thinkingEnd.length + text.length));
		this.pastThinking = this.#tail.includes(this.#thinkingEnd);
	}
}
