import {harmlessText} from '../../tui/harmless-text.ts';
import {styled} from '../style.ts';
import type {Output, Terminal} from '../terminal.ts';

/**
 * Puts an answer on stdout as it comes, and thinking where only a person sees it: dimmed before the answer on a
 * terminal; on stderr when the answer goes elsewhere; nowhere when no terminal is left.
 */
export class AnswerPrinter {
	readonly #stdout: Output;
	readonly #thinking: Output | undefined;
	#thinks = false;
	#last = '';

	constructor({stdout, stderr}: Terminal, {hideThinking}: {readonly hideThinking: boolean}) {
		this.#stdout = stdout;
		if (!hideThinking) this.#thinking = [stdout, stderr].find(output => output.isTerminal);
	}

	/** False where thinking leaves nothing on the screen. */
	get showsThinking(): boolean {
		return this.#thinking !== undefined;
	}

	async thinking(text: string): Promise<void> {
		const output = this.#thinking;
		if (output === undefined) return;
		if (!this.#thinks) await output.write(`${styled(output, 'dim', 'Thinking…')}\n`);
		this.#thinks = true;
		await output.write(styled(output, 'dim', harmlessText(text)));
	}

	async text(text: string): Promise<void> {
		if (text === '') return;
		await this.#endThinking();
		// Off a terminal the answer is data, and stays as it is.
		const shown = this.#stdout.isTerminal ? harmlessText(text) : text;
		this.#last = shown.at(-1) ?? this.#last;
		await this.#stdout.write(shown);
	}

	/** The answer is over, whole or not: whatever comes next begins on a line of its own. */
	async end(): Promise<void> {
		await this.#endThinking();
		if (this.#last !== '' && this.#last !== '\n') await this.#stdout.write('\n');
		this.#last = '';
	}

	async #endThinking(): Promise<void> {
		if (!this.#thinks || this.#thinking === undefined) return;
		this.#thinks = false;
		await this.#thinking.write(`\n${styled(this.#thinking, 'dim', '…done thinking.')}\n\n`);
	}
}
