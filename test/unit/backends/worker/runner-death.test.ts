import {expect, test} from 'vitest';
import {explainDeath, type DeathFacts} from '../../../../src/backends/worker/runner-death.ts';

const facts: DeathFacts = {code: null, signal: null, tail: [], oomKill: false};

test.each<[string, Partial<DeathFacts>, string, string]>([
	['an exit', {code: 3, tail: ['loading', 'bye']}, 'exited', 'exit code 3: bye'],
	['an exit without words', {code: 0}, 'exited', 'exit code 0'],
	['an uncaught error', {code: 1, fault: 'oops', tail: ['    at x.js:1']}, 'exited', 'exit code 1: oops'],
	[
		'an abort with a back trace',
		{signal: 'SIGABRT', tail: ['GGML_ASSERT(x) failed', '0x00 libc']},
		'killed',
		'SIGABRT: GGML_ASSERT(x) failed',
	],
	['a kill', {signal: 'SIGKILL'}, 'killed', 'SIGKILL'],
	['a kill while the kernel ended processes', {signal: 'SIGKILL', oomKill: true}, 'out-of-memory', 'SIGKILL'],
	['a segfault while the kernel ended another', {signal: 'SIGSEGV', oomKill: true}, 'killed', 'SIGSEGV'],
	[
		'a full heap',
		{
			signal: 'SIGABRT',
			tail: ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', 'x'],
		},
		'out-of-memory',
		'SIGABRT: FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
	],
	[
		'a verdict of the daemon',
		{signal: 'SIGKILL', oomKill: true, verdict: {reason: 'hung', detail: 'silent'}},
		'hung',
		'silent',
	],
])('%s is told apart', (_name, given, reason, detail) => {
	expect(explainDeath('m', {...facts, ...given})).toEqual({model: 'm', reason, detail});
});
