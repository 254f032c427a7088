import type {Failures, RunnerFailure} from '../../contract/error.ts';

/** All that is known when a runner process is gone. */
export interface DeathFacts {
	/** How the daemon condemned it, when it was the daemon that ended it. */
	readonly verdict?: Verdict | undefined;
	/** The error nobody caught, as the runner's last words. */
	readonly fault?: string | undefined;
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	/** The last lines of its log, oldest first. */
	readonly tail: readonly string[];
	/** The kernel ended some process for lack of memory while this one lived. */
	readonly oomKill: boolean;
}

export interface Verdict {
	readonly reason: RunnerFailure;
	readonly detail: string;
}

/**
 * Why it died, decided in this order:
 *
 * 1. the daemon ended it: the daemon's own reason
 * 2. it said that memory ran out, or the kernel ended it while ending processes for memory: `out-of-memory`
 * 3. a signal ended it, its own abort included: `killed`
 * 4. it left by itself: `exited`
 */
export function explainDeath(model: string, facts: DeathFacts): Failures['runner-failed'] {
	const {verdict, fault, code, signal, tail, oomKill} = facts;
	const words = fault ?? tellingLine(tail);
	const because = (how: string): string => (words === undefined ? how : `${how}: ${words}`);
	// 1
	if (verdict !== undefined) return {model, reason: verdict.reason, detail: because(verdict.detail)};
	const how = signal ?? `exit code ${code}`;
	// 2
	if (tail.some(line => memoryRanOut.test(line)) || (oomKill && signal === 'SIGKILL'))
		return {model, reason: 'out-of-memory', detail: because(how)};
	// 3, 4
	return {model, reason: signal === null ? 'exited' : 'killed', detail: because(how)};
}

const memoryRanOut = /heap out of memory|std::bad_alloc|cannot allocate memory/i;

/** Runtimes go on printing after the line that says what went wrong. */
const telling = /assert|fatal|error|abort|terminate called|exception|failed/i;

function tellingLine(tail: readonly string[]): string | undefined {
	return tail.findLast(line => telling.test(line)) ?? tail.at(-1);
}
