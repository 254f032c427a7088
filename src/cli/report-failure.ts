import type {Explanation} from '../client/explain.ts';
import {MofaError} from '../contract/error.ts';
import {exitCodeOf, exitCodes} from './exit-code.ts';
import {styled} from './style.ts';
import {OutputClosed, writeLine, type Terminal} from './terminal.ts';

/** A failure whose general words would mislead here; `cause` decides on the exit code. */
export class ExplainedFailure extends Error {
	override readonly name = 'ExplainedFailure';
	readonly explanation: Explanation;

	constructor(explanation: Explanation, cause: unknown) {
		super(explanation.message, {cause});
		this.explanation = explanation;
	}

	/** Each command is a bundle with a class of its own, so the name tells. */
	static is(error: unknown): error is ExplainedFailure {
		return error instanceof Error && error.name === 'ExplainedFailure' && 'explanation' in error;
	}
}

/** Says on stderr what went wrong and what to do next; resolves to the exit code. */
export async function reportFailure(terminal: Terminal, error: unknown): Promise<number> {
	if (OutputClosed.is(error)) return exitCodes.outputClosed;
	const failure = MofaError.from(ExplainedFailure.is(error) ? error.cause : error);
	if (failure.code === 'cancelled') return exitCodes.interrupted;
	await sayFailure(terminal, ExplainedFailure.is(error) ? error.explanation : await explained(failure));
	if (terminal.env['MOFA_DEBUG'] && error instanceof Error) await writeLine(terminal.stderr, error.stack ?? '');
	return exitCodeOf(failure);
}

async function explained(failure: MofaError): Promise<Explanation> {
	const {explain} = await import('../client/explain.ts');
	return explain(failure);
}

export async function sayFailure({stderr}: Terminal, {message, next}: Explanation): Promise<void> {
	await writeLine(stderr, `${styled(stderr, 'red', 'error:')} ${message}`);
	if (next !== null) await writeLine(stderr, styled(stderr, 'dim', `→ ${next}`));
}

/** A mistake in what was typed: one line, a way on, and the exit code for it. */
export async function usageFailure(terminal: Terminal, message: string, next: string | null = null): Promise<number> {
	await sayFailure(terminal, {message, next});
	return exitCodes.usage;
}
