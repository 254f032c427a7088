import {spawn} from 'node:child_process';
import {MofaError} from '../../contract/error.ts';
import {ExplainedFailure} from '../report-failure.ts';
import type {FoundRecorder} from './recorder.ts';

/** What the microphone hears, until `stop` aborts: that is its good end. Throws where the recorder ends by itself. */
export async function* record(recorder: FoundRecorder, stop: AbortSignal): AsyncGenerator<Uint8Array> {
	// A group of its own, so that Ctrl-C in the terminal reaches mofa alone, which then ends the recorder.
	const child = spawn(recorder.file, recorder.words, {stdio: ['ignore', 'pipe', 'pipe'], detached: true});
	const end = (): void => void child.kill();
	if (stop.aborted) end();
	else stop.addEventListener('abort', end, {once: true});
	let said = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-2000)));
	const ended = new Promise<string>(resolve => {
		child.once('error', error => resolve(error.message));
		child.once('close', (code, killed) => resolve(said.trim().split('\n').at(-1) || `it ended with ${killed ?? code}`));
	});
	try {
		yield* child.stdout as AsyncIterable<Uint8Array>;
		const problem = await ended;
		if (!stop.aborted) throw recordFailure(recorder, problem);
	} finally {
		stop.removeEventListener('abort', end);
		child.kill();
	}
}

function recordFailure({program}: FoundRecorder, problem: string): ExplainedFailure {
	return new ExplainedFailure(
		{message: `${program} could not record: ${problem}`, next: 'to transcribe a file: mofa transcribe talk.mp3'},
		new MofaError('file-error', {path: program, problem}),
	);
}
