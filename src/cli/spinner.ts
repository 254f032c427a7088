import type {Spin, Terminal} from './terminal.ts';

/** What is quicker than this needs no announcement, and saves loading the spinner's code. */
const patienceMs = 150;

/** Tells a waiting person what is going on. Silent and free where stderr is no terminal. */
export class Spinner implements Disposable {
	readonly #terminal: Terminal;
	#text = '';
	#timer: NodeJS.Timeout | undefined;
	#spin: Spin | undefined;
	#stopped = true;

	constructor(terminal: Terminal) {
		this.#terminal = terminal;
	}

	/** Shows the text, now if it already spins, else when it has lasted long enough to be worth it. */
	show(text: string): void {
		if (!this.#terminal.stderr.isTerminal) return;
		this.#text = text;
		this.#stopped = false;
		if (this.#spin === undefined) this.#timer ??= setTimeout(() => void this.#start(), patienceMs);
		else this.#spin.update(text);
	}

	/** Must come before anything else is written to the screen. */
	stop(): void {
		this.#stopped = true;
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#spin?.stop();
		this.#spin = undefined;
	}

	[Symbol.dispose](): void {
		this.stop();
	}

	async #start(): Promise<void> {
		const spin = await this.#terminal.spin(this.#text);
		// The wait may have ended, or another spin begun, while the spinner's code was being loaded.
		if (this.#stopped || this.#spin !== undefined) spin.stop();
		else this.#spin = spin;
		this.#spin?.update(this.#text);
	}
}
