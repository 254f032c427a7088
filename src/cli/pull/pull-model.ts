import {MofaError} from '../../contract/error.ts';
import type {ModelReport} from '../../contract/report.ts';
import type {ModelStore} from '../../contract/store.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {quoted} from '../../lib/quoted.ts';
import {confirm} from '../confirm.ts';
import {Spinner} from '../spinner.ts';
import {styled} from '../style.ts';
import {writeLine, type Terminal} from '../terminal.ts';
import {PullReporter, type Telling} from './pull-reporter.ts';

export interface PullJob {
	readonly store: ModelStore;
	/** As typed. */
	readonly model: string;
	readonly terminal: Terminal;
	readonly telling: Telling;
	/** Go on without asking when it does not fit. */
	readonly yes: boolean;
	readonly signal: AbortSignal;
	/** Said after Ctrl-C: what to type to go on. */
	readonly resume: string;
}

export interface Pulled {
	readonly model: ModelReport;
	/** False: every byte was here before. */
	readonly fetched: boolean;
}

/**
 * Fetches one model and tells how it goes. What does not fit is asked about first where there is someone to ask;
 * null: the answer was no. Throws whatever else goes wrong; after `cancelled` it has been said how to go on.
 */
export async function pullModel(job: PullJob): Promise<Pulled | null> {
	try {
		return await attempt(job, job.yes);
	} catch (error) {
		const asks = job.terminal.canAsk && job.telling === 'terminal';
		if (!MofaError.is(error, 'does-not-fit') || job.yes || !asks) throw error;
		const {explain} = await import('../../client/explain.ts');
		const {stderr} = job.terminal;
		await writeLine(stderr, `${styled(stderr, 'yellow', 'warning:')} ${explain(error).message}`);
		const answer = await confirm(job.terminal, `Download ${job.model} all the same?`, {yes: false, byDefault: false});
		return answer === 'yes' ? attempt(job, true) : null;
	}
}

async function attempt(job: PullJob, evenIfUnfit: boolean): Promise<Pulled> {
	const {store, model, terminal, telling, signal} = job;
	const reporter = new PullReporter(terminal, telling);
	let pulled: ModelReport | undefined;
	let fetched = false;
	try {
		await using _ = reporter;
		using spinner = new Spinner(terminal);
		if (telling === 'terminal') spinner.show(`looking for ${model}`);
		for await (const event of store.pull({model, evenIfUnfit, signal})) {
			spinner.stop();
			await reporter.hear(event);
			if (event.type === 'file-end') fetched ||= event.source !== 'present';
			if (event.type === 'pull-end') pulled = event.model;
		}
		if (signal.aborted && pulled === undefined) throw new MofaError('cancelled', {});
	} catch (error) {
		if (MofaError.from(error).code === 'cancelled') await tellStopped(job, reporter.total);
		throw error;
	}
	if (pulled === undefined) throw new Error(`the pull of ${model} ended without its result`);
	return {model: pulled, fetched};
}

async function tellStopped({terminal, telling, resume}: PullJob, total: PullReporter['total']): Promise<void> {
	if (telling === 'quiet') return;
	const here =
		total === undefined
			? 'nothing was fetched yet'
			: `${formatByteSize(total.bytes)} of ${formatByteSize(total.totalBytes)} are here`;
	await writeLine(terminal.stderr, `stopped: ${here}; ${resume} goes on where it stopped`);
}

/** The one line at the end of a pull: what to type now. A short name that was typed goes on working. */
export function pulledLine({model, fetched}: Pulled, typed: string): string {
	const {name, tasks, bytes} = model;
	const runs = tasks.includes('chat') || tasks.includes('completion');
	const next = `mofa ${runs ? 'run' : 'show'} ${quoted(typed.includes('/') ? name : typed)}`;
	return fetched ? `pulled ${name}, ${formatByteSize(bytes)}: ${next}` : `${name} is here already: ${next}`;
}
