import {MofaError} from '../../contract/error.ts';
import {exitCodes} from '../exit-code.ts';
import type {Invocation} from '../invocation.ts';
import {findRecorder, microphone, recorderNames, type FoundRecorder} from '../listen/recorder.ts';
import {record} from '../listen/record.ts';
import {ExplainedFailure} from '../report-failure.ts';
import {styled} from '../style.ts';
import {writeLine, type Terminal} from '../terminal.ts';
import {CaptionWriter} from '../transcribe/caption-writer.ts';
import {JsonLinesWriter} from '../transcribe/json-writer.ts';
import {LiveWriter} from '../transcribe/live-writer.ts';
import {listeningModel} from '../transcribe/model.ts';
import {lostOption, readTranscribeOptions, requestFor, type TranscribeOptions} from '../transcribe/options.ts';
import {readSource} from '../transcribe/source.ts';
import {transcribe, warn} from '../transcribe/transcribe.ts';
import type {TranscriptWriter} from '../transcribe/transcript.ts';

/** 1. what records, 2. who listens, 3. until Ctrl-C, after which the last words are still written. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal} = invocation;
	const options = readTranscribeOptions(invocation.options);
	const lost = lostOption(options);
	if (lost !== null) await warn(terminal, lost);
	// 1.
	const recorder = await foundRecorder(terminal);
	// 2.
	const stop = invocation.signal;
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const model = await listeningModel(client, options, invocation, stop);
	// 3.
	if (terminal.stderr.isTerminal)
		await writeLine(
			terminal.stderr,
			styled(terminal.stderr, 'dim', `listening with ${recorder.program}; Ctrl-C ends it`),
		);
	const source = {name: 'the microphone', bytes: record(recorder, stop), totalBytes: null};
	const {audio, estimate} = readSource(source, microphone, terminal, () => undefined);
	const request = requestFor(audio, options);
	const writer = writerFor(options, terminal, model);
	// The end of the recording ends the work in order; a second Ctrl-C ends the process.
	const {signal} = new AbortController();
	try {
		await transcribe({client, model, request, writer, terminal, name: source.name, estimate, signal});
	} catch (error) {
		// Stopped before anything was heard.
		if (!stop.aborted || !MofaError.is(error, 'invalid-request')) throw error;
	}
	return exitCodes.ok;
}

async function foundRecorder({env}: Terminal): Promise<FoundRecorder> {
	const recorder = await findRecorder(env['PATH'] ?? '');
	if (recorder !== null) return recorder;
	throw new ExplainedFailure(
		{
			message: 'no program that records sound is on this machine',
			next: `install one of ${recorderNames()}, or transcribe a file: mofa transcribe talk.mp3`,
		},
		new MofaError('backend-unavailable', {backend: 'sound', reason: 'not-installed', hint: recorderNames()}),
	);
}

function writerFor({format, words}: TranscribeOptions, {stdout}: Terminal, model: string): TranscriptWriter {
	if (format === 'json') return new JsonLinesWriter(stdout, 'microphone', model);
	return format === 'text' ? new LiveWriter(stdout) : new CaptionWriter(stdout, format, words);
}
