import {MofaError, type FailureCode, type Failures, type RunnerFailure, type UnknownNames} from '../contract/error.ts';
import {formatByteSize} from '../lib/byte-size.ts';
import {quoted} from '../lib/quoted.ts';
import {similar} from '../lib/similar.ts';
import {isRepository} from './is-repository.ts';
import {packetName} from './packet-name.ts';

/** A failure in words: what happened in one line, and what to do about it. */
export interface Explanation {
	readonly message: string;
	/** A command or a step; null where nothing would help. */
	readonly next: string | null;
}

/** The only place with words for failures; the command line and the chat both print these. */
export function explain(error: unknown): Explanation {
	const failure = MofaError.from(error);
	const explainCode = explanations[failure.code] as ((data: Failures[FailureCode]) => Explanation) | undefined;
	// A newer daemon may know failures that this client does not.
	return explainCode?.(failure.data) ?? {message: failure.message, next: 'mofa doctor'};
}

/** A good first model for a task that nothing does yet. */
const firstModels: Readonly<Record<string, string>> = {
	chat: 'mofa pull qwen3',
	speech: 'mofa pull kokoro',
	transcription: 'mofa pull whisper',
	image: 'mofa pull sd-turbo',
	embedding: 'mofa pull all-minilm',
	reranking: 'mofa pull bge-reranker',
};

/** The command that asks a model of a task. */
const taskCommands: Readonly<Record<string, string>> = {
	chat: 'run',
	completion: 'run',
	speech: 'speak',
	transcription: 'transcribe',
	image: 'imagine',
	embedding: 'embed',
	reranking: 'rerank',
};

/** For a model that does something else than it was asked for. */
function commandFor(model: string, supported: readonly string[]): string | null {
	const command = supported.map(task => taskCommands[task]).find(known => known !== undefined);
	if (command === undefined) return null;
	return `mofa ${command} ${command === 'run' ? '' : '-m '}${quoted(model)} is the way to use it`;
}

const explanations: {readonly [C in FailureCode]: (data: Failures[C]) => Explanation} = {
	'invalid-request': data =>
		(data.unknown === undefined ? (noStage(data) ?? noneOfMany(data)) : nothingCalled(data.path, data.unknown)) ?? {
			message: /expected|invalid/i.test(data.expected)
				? `${data.path}: ${data.expected}`
				: `${data.path}: expected ${data.expected}`,
			next: null,
		},
	'model-not-found': ({model, similar}) => ({
		message: isAbsolutePath(model)
			? `there is no model file ${model}`
			: `no model called "${model}" is on this machine`,
		next: wayToModel(model, similar),
	}),
	'model-invalid': ({model, problem}) => ({
		message: `${model} is not a model that mofa can read: ${problem}`,
		next: isAbsolutePath(model)
			? 'fetch the file again if it should be one'
			: `mofa verify ${quoted(model)} --repair fetches what is damaged`,
	}),
	'model-unsupported': ({model, problem, hint}) => ({message: `${model} cannot run here: ${problem}`, next: hint}),
	'task-unsupported': ({model, task, supported}) =>
		model === ''
			? {message: `no model on this machine does ${task}`, next: firstModels[task] ?? null}
			: {
					message: `${model} cannot do ${task}${supported.length > 0 ? `, only ${supported.join(', ')}` : ''}`,
					next: commandFor(model, supported) ?? 'mofa list shows what each model can do',
				},
	'does-not-fit': ({model, needs, has, passedOver}) => ({
		message: [
			`${model} does not fit: ${Object.entries(needs)
				.map(
					([pool, bytes]) =>
						`it needs ${formatByteSize(bytes)} of ${pool}, ${formatByteSize(has[pool] ?? 0)} can be had`,
				)
				.join('; ')}`,
			...passedOver.map(({variant, adapter, because}) => `  ${variant} with ${adapter}: ${because}`),
		].join('\n'),
		next: `a smaller context may fit: --option num_ctx=2048; mofa ps shows what else holds memory`,
	}),
	'context-overflow': ({model, tokens, limit, atLeast}) => ({
		message: `the text is ${atLeast ? 'at least ' : ''}${tokens} tokens long, and ${model} was loaded to hold ${limit}`,
		next:
			tokens > longestContext
				? 'shorten it'
				: `shorten it, or load with a longer context: --option num_ctx=${roundUpContext(tokens)}`,
	}),
	'backend-unavailable': ({backend, reason, hint, pack}) => ({
		message: `the ${backend} backend cannot be used here (${reason})${hint === '' ? '' : `: ${hint}`}`,
		next:
			pack === undefined
				? 'mofa info shows every backend and why it is missing'
				: `mofa backend install ${pack.name}${pack.bytes === null ? '' : `  (${formatByteSize(pack.bytes)})`}`,
	}),
	'load-failed': ({model, problem}) => ({
		message: `${model} could not be loaded: ${problem}`,
		next: `mofa show ${quoted(model)} --why`,
	}),
	'runner-failed': ({model, reason, detail}) => ({
		message: `${runnerFailures[reason]} ${model}${detail === '' ? '' : `: ${detail}`}`,
		next:
			reason === 'out-of-memory'
				? 'mofa ps shows what else holds memory'
				: 'try again: the next request starts a fresh one',
	}),
	'model-in-use': ({model, leases}) => ({
		message: `${model} is in use (${leases === 1 ? 'one request' : `${leases} requests`})`,
		next: 'try again when it is done, or add --force',
	}),
	busy: ({model, queued, retryAfterSeconds}) => ({
		message: `too many requests wait for ${model} (${queued})`,
		next: `try again in ${retryAfterSeconds === 1 ? 'a second' : `${retryAfterSeconds} seconds`}`,
	}),
	network({address, problem, daemon}) {
		if (daemon === undefined)
			return {
				message: `${address} could not be reached: ${problem}`,
				next: 'check the connection, and HTTPS_PROXY if there is a proxy',
			};
		if (daemon === 'running')
			return {message: problem, next: 'mofa doctor says where it answers; mofa stop --all ends it'};
		if (daemon === 'cannot-listen')
			return {
				message: `mofa cannot listen at ${address}: ${listenProblems[/E[A-Z]+/.exec(problem)?.[0] ?? ''] ?? problem}`,
				next: 'mofa serve --host 127.0.0.1:8421 takes another address; with --no-http there is none',
			};
		return {message: `the daemon at ${address} cannot be asked: ${problem}`, next: remoteSteps[daemon]};
	},
	unauthorized: ({address, hint}) => ({
		message: `${address} wants a key or a permission`,
		next: hint === '' ? null : hint,
	}),
	gated: ({repository, page, signedIn}) => ({
		message: `the author of ${repository} asks you to accept the licence first`,
		next: signedIn
			? `accept it on ${page} with the account of your token, then try again`
			: `accept it on ${page}, then set HF_TOKEN to a token of that account and try again`,
	}),
	'rate-limited': ({address, retryAfterSeconds}) => ({
		message: `${address} asks to wait`,
		next: `try again in ${retryAfterSeconds} seconds; with HF_TOKEN set the limits are wider`,
	}),
	offline: ({wanted, setting}) => ({
		message: `${wanted} needs the network, and ${setting} keeps mofa off it`,
		next: `unset ${setting}`,
	}),
	'disk-full': ({path, needs, free}) => ({
		message: `not enough room at ${path}: ${formatByteSize(needs)} are needed, ${formatByteSize(free)} are free`,
		next: 'mofa du shows what takes the space, mofa prune frees what nothing uses; what was fetched so far is kept',
	}),
	'content-mismatch': ({file, expected, found}) => ({
		message: `${file} is not what the Hub announced: expected ${expected}, found ${found}`,
		next: 'try again: what is good is kept, and only the rest is fetched',
	}),
	'daemon-unreachable': ({address, problem}) => ({
		message: `the daemon does not answer at ${address}: ${problem}`,
		next: 'mofa doctor; or do without it: mofa run --no-daemon',
	}),
	'file-error': ({path, problem}) => {
		const known = fileProblems[/^E[A-Z]+/.exec(problem)?.[0] ?? ''];
		return {message: `${path}: ${known?.words ?? problem}`, next: known?.next ?? null};
	},
	'stage-failed': ({stage, model, failure}) => {
		const {message, next} = explain(ofPacket(new MofaError(failure.code, failure.data)));
		return {message: `the stage ${stage}${model === null ? '' : ` (${model})`}: ${message}`, next};
	},
	cancelled: () => ({message: 'cancelled', next: null}),
	internal: ({problem}) => ({message: `something went wrong inside mofa: ${problem}`, next: 'mofa doctor'}),
};

/** The nearest that is known, or all there are. */
function nothingCalled(path: string, {names, known}: UnknownNames): Explanation {
	const near = [...new Set(names.flatMap(name => similar(name.slice(0, 100), known, 2)))];
	const all = known.length === 0 ? null : `known are ${known.join(', ')}`;
	return {
		message: `${path === 'body' ? '' : `${path}: `}there is no setting called ${names.slice(0, 5).join(', ')}`,
		next: near.length === 0 ? all : `did you mean ${near.join(' or ')}?`,
	};
}

/** A word of a pipeline that no stage has for a name. Null for anything else. */
function noStage({path, expected}: Failures['invalid-request']): Explanation | null {
	const word = /^stage (\D.*)$/.exec(path)?.[1];
	const list = /^one of (.+)$/.exec(expected)?.[1];
	if (word === undefined || list === undefined) return null;
	const known = list.split(', ');
	return {
		message: `there is no stage called ${word}`,
		next: known.length > 3 ? `stages are ${list}` : `did you mean ${known.join(' or ')}?`,
	};
}

/** More are not read, and fill the screen. */
const readableChoices = 12;

/** For a word of which there are too many to list: the nearest ones, and where to see the rest. Null for anything else. */
function noneOfMany({path, expected, model}: Failures['invalid-request']): Explanation | null {
	const [, list = '', wanted = ''] = /^one of (.+), not "?(.*?)"?$/s.exec(expected) ?? [];
	const known = list.split(', ');
	const near = similar(wanted.slice(0, 100), known, 4);
	const isVoice = /\bvoice$/.test(path);
	if (known.length <= readableChoices || (near.length === 0 && !isVoice)) return null;
	const steps = [
		...(near.length === 0 ? [] : [`did you mean ${near.join(' or ')}?`]),
		...(isVoice ? [`mofa voices${model === undefined ? '' : ` ${quoted(model)}`} lists all ${known.length}`] : []),
	];
	return {message: `${path}: there is no ${wanted}`, next: steps.join(' ')};
}

function ofPacket(error: MofaError): MofaError {
	if (!MofaError.is(error, 'invalid-request')) return error;
	return new MofaError('invalid-request', {...error.data, path: packetName(error.data.path)});
}

/** What the system says of addresses, by its code. */
const listenProblems: Readonly<Record<string, string>> = {
	EADDRINUSE: 'another program has it',
	EACCES: 'you may not; ports below 1024 are often for administrators',
	EADDRNOTAVAIL: 'it is no address of this machine',
};

/** Where a daemon elsewhere was to be asked. This machine never answers in its place unasked. */
const remoteSteps: Readonly<
	Record<Exclude<Failures['network']['daemon'], undefined | 'running' | 'cannot-listen'>, string>
> = {
	silent:
		'start it there: mofa serve --host 0.0.0.0:8420; to ask this machine instead, unset MOFA_HOST, or mofa config set host',
	untrusted: 'NODE_EXTRA_CA_CERTS can name a file with the certificate to trust',
	'other-version': 'install the same version of mofa on both machines',
};

/** What the system says of files, by its code. */
const fileProblems: Readonly<Record<string, {readonly words: string; readonly next: string | null}>> = {
	EACCES: {words: 'you may not read or write it', next: 'check who owns it; mofa doctor checks the folders mofa uses'},
	EPERM: {words: 'the system does not allow it', next: 'check who owns it; mofa doctor checks the folders mofa uses'},
	ENOENT: {words: 'it is not there', next: null},
	ENOTDIR: {words: 'a part of the path is a file', next: null},
	EISDIR: {words: 'it is a folder', next: null},
	EROFS: {words: 'the disk can only be read', next: 'HF_HOME can name a folder on another disk for models'},
	ENOSPC: {words: 'the disk is full', next: 'mofa du shows what takes the space, mofa prune frees what nothing uses'},
	EDQUOT: {words: 'your share of the disk is used up', next: 'mofa du shows what models take of it'},
	ENAMETOOLONG: {words: 'the name is too long for this disk', next: null},
	EMFILE: {words: 'too many files are open', next: 'raise the limit: ulimit -n 4096'},
	EIO: {words: 'the disk reports an error', next: 'look at the disk; a copy elsewhere is wise'},
};

const runnerFailures: Readonly<Record<RunnerFailure, string>> = {
	exited: 'the process ended that ran',
	killed: 'the process was killed that ran',
	hung: 'the process stopped answering that ran',
	'out-of-memory': 'the memory ran out for',
};

/**
 * 1. A path. 2. A name that is known, as its being similar to itself says, and not here. 3. What looks like a repository.
 * 4. A slip of the hand. 5. Anything else.
 */
function wayToModel(model: string, similar: readonly string[]): string {
	const meant = similar.length > 0 ? `did you mean ${similar.join(', ')}?` : null;
	// 1.
	if (isAbsolutePath(model)) return meant ?? 'check the path; mofa list shows the models that are here';
	// 2.
	if (similar.some(name => name.toLowerCase() === model.toLowerCase())) return `mofa pull ${quoted(model)}`;
	// 3.
	if (isRepository(model)) return `${meant === null ? '' : `${meant} or `}mofa pull ${quoted(model)}`;
	// 4, 5.
	return meant ?? `mofa list shows the models that are here, mofa search ${quoted(model)} those that can be fetched`;
}

function isAbsolutePath(name: string): boolean {
	return /^(\/|[A-Za-z]:[\\/]|\\\\)/.test(name);
}

/** Tokens. No advice to load a model with more: few are made for it, and fewer machines. */
const longestContext = 131_072;

/** The next power of two with room for an answer. */
function roundUpContext(tokens: number): number {
	return 2 ** Math.ceil(Math.log2(Math.max(tokens + 512, 1024)));
}
