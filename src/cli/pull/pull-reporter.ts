import type {PullEvent} from '../../contract/store.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {harmlessText} from '../../tui/harmless-text.ts';
import {footprintText} from '../footprint-text.ts';
import {styled} from '../style.ts';
import {writeLine, type Output, type Terminal} from '../terminal.ts';
import {showsUnicode} from '../unicode.ts';
import {LiveLines} from './live-lines.ts';
import {doneLine, plainLine, progressLines, type LineSettings} from './progress-lines.ts';
import {advance, startProgress, totalOf, type PullProgress} from './progress.ts';

/** How a pull is told: to a person who watches, to a log, to a program, or not at all. */
export type Telling = 'terminal' | 'log' | 'json' | 'quiet';

const frameMs = 100;
const logMs = 5000;

export function tellingOf(
	{stderr, env}: Terminal,
	{quiet, json}: {readonly quiet: boolean; readonly json: boolean},
): Telling {
	if (json) return 'json';
	if (quiet) return 'quiet';
	// A dumb terminal cannot go back to a line.
	return stderr.isTerminal && env['TERM'] !== 'dumb' ? 'terminal' : 'log';
}

/** Tells one pull from its first event to its last; `end` leaves the screen to whoever writes next. */
export class PullReporter implements AsyncDisposable {
	readonly #terminal: Terminal;
	readonly #telling: Telling;
	readonly #lines: LiveLines;
	#progress: PullProgress | undefined;
	#timer: NodeJS.Timeout | undefined;

	constructor(terminal: Terminal, telling: Telling) {
		this.#terminal = terminal;
		this.#telling = telling;
		this.#lines = new LiveLines(terminal.stderr);
	}

	/** What has come so far, and of how much; undefined before the first event. */
	get total(): {readonly bytes: number; readonly totalBytes: number} | undefined {
		return this.#progress && totalOf(this.#progress);
	}

	/** Settles when the event has been told, so a slow reader of standard output slows the pull. */
	async hear(event: PullEvent): Promise<void> {
		const before = this.#progress;
		this.#progress =
			event.type === 'pull-start' ? startProgress(event, Date.now()) : before && advance(before, event, Date.now());
		if (this.#telling === 'json') return writeLine(this.#terminal.stdout, JSON.stringify(event));
		if (this.#telling === 'quiet') return;
		if (event.type === 'pull-start') {
			for (const line of startLines(event, this.#terminal.stderr)) await writeLine(this.#terminal.stderr, line);
			this.#begin();
		} else if (event.type === 'file-end') await this.#tellDone(event);
		else if (event.type === 'file-retry') await this.#tellRetry(event, before);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		clearInterval(this.#timer);
		await this.#lines.clear();
	}

	#begin(): void {
		clearInterval(this.#timer);
		const terminal = this.#telling === 'terminal';
		this.#timer = setInterval(() => void (terminal ? this.#draw() : this.#log()), terminal ? frameMs : logMs);
	}

	#draw(): void {
		if (this.#progress !== undefined) this.#lines.draw(progressLines(this.#progress, this.#settings()));
	}

	async #log(): Promise<void> {
		if (this.#progress === undefined) return;
		await writeLine(this.#terminal.stderr, `${harmlessText(this.#progress.model)}: ${plainLine(this.#progress)}`);
	}

	/** A file that was here before is part of the first line. */
	async #tellDone({file: name, source}: Extract<PullEvent, {type: 'file-end'}>): Promise<void> {
		const file = this.#progress?.files.find(({file}) => file === name);
		if (file === undefined || this.#progress === undefined || source === 'present') return;
		const settings = this.#settings();
		if (this.#telling === 'log')
			await writeLine(this.#terminal.stderr, doneLine(file, {...settings, columns: Infinity}));
		else await this.#lines.write([doneLine(file, settings)], progressLines(this.#progress, settings));
	}

	/** A terminal shows it in the line of the file; a log hears of each problem once. */
	async #tellRetry(
		{file, problem, waitMs}: Extract<PullEvent, {type: 'file-retry'}>,
		before: PullProgress | undefined,
	): Promise<void> {
		const known = before?.files.find(other => other.file === file)?.problem === problem;
		if (this.#telling !== 'log' || known) return;
		const seconds = Math.ceil(waitMs / 1000);
		const text = `${file}: ${problem}; trying again${seconds > 0 ? ` in ${seconds}s` : ''}`;
		await writeLine(this.#terminal.stderr, harmlessText(text).replaceAll('\n', ' '));
	}

	#settings(): LineSettings {
		const {stderr, env} = this.#terminal;
		return {
			columns: stderr.columns,
			rows: stderr.rows,
			unicode: showsUnicode(env, process.platform),
			paint: (style, text) => styled(stderr, style, text),
			now: Date.now(),
		};
	}
}

/** What will be fetched, and whether it will run here: said before the first byte. */
function startLines(start: Extract<PullEvent, {type: 'pull-start'}>, stderr: Output): readonly string[] {
	const {model, variant, repository, totalBytes, presentBytes} = start;
	if (presentBytes >= totalBytes) return [];
	const here = presentBytes > 0 ? `, ${formatByteSize(presentBytes)} of it is here already` : '';
	const from = model.toLowerCase().startsWith(repository.toLowerCase()) ? '' : ` from ${repository}`;
	const what = `pulling ${model} (${variant})${from}: ${formatByteSize(totalBytes)}${here}`;
	return [harmlessText(what), ...fitLine(start, stderr)];
}

function fitLine({fit}: Extract<PullEvent, {type: 'pull-start'}>, stderr: Output): readonly string[] {
	if (fit === null) return [];
	const needs = fit.needs === null ? '' : `: it takes ${footprintText(fit.needs)}`;
	const because = fit.because === null ? needs : `: ${harmlessText(fit.because)}`;
	switch (fit.verdict) {
		case 'fits':
			return [styled(stderr, 'dim', `it fits on this machine${needs}`)];
		case 'fits-after-eviction':
			return [styled(stderr, 'dim', `it fits once other models have left the memory${needs}`)];
		case 'unknown':
			return [styled(stderr, 'dim', `whether it fits is not known${because}`)];
		case 'does-not-fit':
			return [`${styled(stderr, 'yellow', 'warning:')} it does not fit on this machine${because}`];
		case 'cannot-run':
			return [`${styled(stderr, 'yellow', 'warning:')} it cannot run on this machine${because}`];
	}
}
