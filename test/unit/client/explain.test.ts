import {expect, test} from 'vitest';
import {explain} from '../../../src/client/explain.ts';
import {MofaError, type FailureCode} from '../../../src/contract/error.ts';

const failures: {readonly [C in FailureCode]: MofaError<C>} = {
	'invalid-request': new MofaError('invalid-request', {path: 'temperature', expected: 'a number'}),
	'model-not-found': new MofaError('model-not-found', {model: 'quide', similar: ['guide']}),
	'model-invalid': new MofaError('model-invalid', {model: '/x.gguf', problem: 'it is a web page'}),
	'model-unsupported': new MofaError('model-unsupported', {
		model: 'org/whisper',
		problem: 'no adapter runs onnx files of the family whisper',
		hint: 'mofa search finds models that run',
	}),
	'task-unsupported': new MofaError('task-unsupported', {model: 'bert', task: 'chat', supported: ['embedding']}),
	'does-not-fit': new MofaError('does-not-fit', {
		model: 'big',
		needs: {ram: 12e9},
		has: {ram: 4e9},
		passedOver: [{variant: 'q4', adapter: 'gguf', because: 'needs 12 GB'}],
	}),
	'context-overflow': new MofaError('context-overflow', {model: 'guide', tokens: 3000, limit: 2048}),
	'backend-unavailable': new MofaError('backend-unavailable', {
		backend: 'llama',
		reason: 'not-installed',
		hint: 'install a pack',
		pack: {name: 'llama-cpu', bytes: 45e6},
	}),
	'load-failed': new MofaError('load-failed', {model: 'my model', problem: 'tensor missing'}),
	'runner-failed': new MofaError('runner-failed', {model: 'guide', reason: 'killed', detail: 'SIGKILL'}),
	'model-in-use': new MofaError('model-in-use', {model: 'guide', leases: 2}),
	busy: new MofaError('busy', {model: 'guide', queued: 512, retryAfterSeconds: 3}),
	network: new MofaError('network', {address: 'registry.npmjs.org', problem: 'no such host'}),
	unauthorized: new MofaError('unauthorized', {address: 'huggingface.co', hint: 'set HF_TOKEN'}),
	gated: new MofaError('gated', {
		repository: 'meta-llama/Llama-3.2-1B',
		page: 'https://huggingface.co/meta-llama/Llama-3.2-1B',
		signedIn: false,
	}),
	'rate-limited': new MofaError('rate-limited', {address: 'huggingface.co', retryAfterSeconds: 30}),
	offline: new MofaError('offline', {wanted: 'org/repo', setting: 'HF_HUB_OFFLINE'}),
	'disk-full': new MofaError('disk-full', {path: '/cache', needs: 4e9, free: 1e9}),
	'content-mismatch': new MofaError('content-mismatch', {file: 'a.gguf', expected: 'x', found: 'y'}),
	'daemon-unreachable': new MofaError('daemon-unreachable', {address: '/run/mofa.sock', problem: 'refused'}),
	'file-error': new MofaError('file-error', {path: '/x', problem: 'disk full'}),
	'stage-failed': new MofaError('stage-failed', {
		stage: 'llm',
		model: 'guide',
		failure: {code: 'runner-failed', data: {model: 'guide', reason: 'killed', detail: 'SIGKILL'}},
	}),
	cancelled: new MofaError('cancelled', {}),
	internal: new MofaError('internal', {problem: 'undefined is not a function'}),
};

test.each(Object.entries(failures))('%s is told with its data and without its code', (code, failure) => {
	const {message, next} = explain(failure);
	expect(message).not.toContain('{');
	expect(message).not.toBe('');
	expect(next).not.toBe('');
	if (code.includes('-')) expect(message).not.toContain(code);
	const [first] = Object.values(failure.data) as unknown[];
	if (typeof first === 'string') expect(message).toContain(first);
});

test('a misspelt name comes with the one that was meant', () => {
	expect(explain(failures['model-not-found']).next).toContain('guide');
});

test('a missing file is called a file', () => {
	expect(explain(new MofaError('model-not-found', {model: '/x.gguf', similar: []})).message).toContain(
		'no model file /x.gguf',
	);
});

test('a missing pack comes with the command that installs it and its size', () => {
	expect(explain(failures['backend-unavailable']).next).toBe('mofa backend install llama-cpu  (45 MB)');
});

test('a model that does not fit says what it needs, what there is, and what was passed over', () => {
	const {message} = explain(failures['does-not-fit']);
	expect(message).toContain('12 GB');
	expect(message).toContain('4.0 GB');
	expect(message).toContain('q4 with gguf: needs 12 GB');
});

test('a failure of a newer daemon is shown rather than lost', () => {
	const unknown = {isMofaError: true, code: 'from-the-future', data: {}, message: 'from-the-future {}'};
	expect(explain(unknown).message).toContain('from-the-future');
});

test.each([
	['qwen3', ['qwen3'], 'mofa pull qwen3'],
	['Qwen3:8B', ['qwen3:8b', 'qwen3'], 'mofa pull Qwen3:8B'],
	['org/repo', [], 'mofa pull org/repo'],
	['hf.co/org/repo:Q4_K_M', [], 'mofa pull hf.co/org/repo:Q4_K_M'],
	['org/repo@v1.0', ['org/repo2'], 'did you mean org/repo2? or mofa pull org/repo@v1.0'],
	['quide', ['guide'], 'did you mean guide?'],
	['nothing', [], 'mofa search nothing'],
	['two words', [], 'mofa search "two words"'],
	['a/b/c', [], 'mofa search a/b/c'],
	['/x.gguf', [], 'check the path'],
	['/x.gguf', ['/y.gguf'], 'did you mean /y.gguf?'],
])('the way to the model %j, to which %j is similar, is %s', (model, similar, said) => {
	expect(explain(new MofaError('model-not-found', {model, similar})).next).toContain(said);
});

test.each([
	["EACCES: permission denied, open '/x'", 'you may not read or write it', 'mofa doctor'],
	['ENOSPC: no space left on device, write', 'the disk is full', 'mofa prune'],
	["EROFS: read-only file system, mkdir '/x'", 'the disk can only be read', 'HF_HOME'],
	['it is odd', 'it is odd', null],
])('a file with %s', (problem, said, next) => {
	const {message, next: told} = explain(new MofaError('file-error', {path: '/x', problem}));
	expect(message).toBe(`/x: ${said}`);
	if (next === null) expect(told).toBeNull();
	else expect(told).toContain(next);
});

test('a model that is damaged can be repaired, a file only fetched again', () => {
	const broken = (model: string): string | null =>
		explain(new MofaError('model-invalid', {model, problem: 'it is cut off'})).next;
	expect(broken('qwen3')).toContain('mofa verify qwen3 --repair');
	expect(broken('/x.gguf')).toContain('fetch the file again');
});

test('a task that no model here does says what to fetch for it', () => {
	const missing = new MofaError('task-unsupported', {model: '', task: 'transcription', supported: ['chat']});
	expect(explain(missing)).toEqual({
		message: 'no model on this machine does transcription',
		next: 'mofa pull whisper',
	});
});

test('of what came to a stage it is said what it is, and not where it stands in a request that nobody wrote', () => {
	const said = (path: string): string =>
		explain(
			new MofaError('stage-failed', {
				stage: 'see',
				model: 'eyes',
				failure: {code: 'invalid-request', data: {path, expected: 'a whole one'}},
			}),
		).message;
	expect(said('messages.2.content.0.image')).toBe('the stage see (eyes): the picture: expected a whole one');
	expect(said('temperature')).toBe('the stage see (eyes): temperature: expected a whole one');
});

test.each([
	['listen EADDRINUSE: address already in use 127.0.0.1:80', /another program has it/, /--host 127\.0\.0\.1:8421/],
	['listen EACCES: permission denied 127.0.0.1:80', /may not/, /--host 127\.0\.0\.1:8421/],
	['listen EADDRNOTAVAIL: address not available 10.0.0.9', /no address of this machine/, /--host/],
	['listen EWHATEVER: so it is', /EWHATEVER: so it is/, /--host/],
])('an address that a daemon cannot have is told as that: %s', (problem, message, next) => {
	const explained = explain(new MofaError('network', {address: '127.0.0.1:80', problem, daemon: 'cannot-listen'}));
	expect(explained).toMatchObject({message: expect.stringMatching(message), next: expect.stringMatching(next)});
	expect(explained.next).not.toContain('PROXY');
});

test.each([
	['imagine', ['stpes'], ['width', 'steps'], 'imagine: there is no setting called stpes', 'did you mean steps?'],
	['imagine', ['sizee'], ['width', 'steps'], 'imagine: there is no setting called sizee', 'known are width, steps'],
	['body', ['one', 'two'], [], 'there is no setting called one, two', null],
])('what nobody knows of %s is told with the nearest that is known: %j', (path, names, known, message, next) => {
	const data = {path, expected: 'nothing called so', unknown: {names, known}};
	expect(explain(new MofaError('invalid-request', data))).toEqual({message, next});
});

const many = ['de', 'en-us', ...Array.from({length: 100}, (_, index) => `tongue-${index}`)];
test.each([
	['--voice', 'dee', 'espeak', 'did you mean de? mofa voices espeak lists all 102'],
	['tts.voice', 'nobody', undefined, 'mofa voices lists all 102'],
	['language', 'en-su', undefined, 'did you mean en-us?'],
])('of a hundred choices for %s the nearest to %s are told', (path, wanted, model, next) => {
	const data = {path, expected: `one of ${many.join(', ')}, not ${wanted}`, ...(model === undefined ? {} : {model})};
	expect(explain(new MofaError('invalid-request', data))).toEqual({message: `${path}: there is no ${wanted}`, next});
});

test('a few choices are told all, and many where none is near', () => {
	const few = {path: '--voice', expected: 'one of slt, rms, not "slx"'};
	expect(explain(new MofaError('invalid-request', few)).message).toBe('--voice: expected one of slt, rms, not "slx"');
	const none = {path: 'language', expected: `one of ${many.join(', ')}, not q`};
	expect(explain(new MofaError('invalid-request', none)).message).toContain('tongue-99');
});

test.each([
	['lllm', 'one of llm', 'did you mean llm?'],
	['nothing', 'one of asr, llm, tts, tee', 'stages are asr, llm, tts, tee'],
])('a stage %s that there is not is told with those there are', (word, expected, next) => {
	const explained = explain(new MofaError('invalid-request', {path: `stage ${word}`, expected}));
	expect(explained).toEqual({message: `there is no stage called ${word}`, next});
});
