import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test, vi} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import {encodePng} from '../../../src/media/picture/png.ts';
import {openChat, type Chat} from '../../../src/tui/chat.ts';
import {defaultSettings} from '../../../src/tui/chat-settings.ts';
import {initialState} from '../../../src/tui/state.ts';
import {createStore, type Store} from '../../../src/tui/store.ts';
import {plainText} from '../../../src/tui/styled-text.ts';
import {
	scriptedClient,
	type ScriptedClient,
	type ScriptedOptions,
	type Script,
} from '../../fixtures/tui/scripted-client.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

interface Opened {
	readonly chat: Chat;
	readonly store: Store;
	readonly client: ScriptedClient;
	readonly folder: string;
	type(text: string): void;
	press(...keys: readonly string[]): void;
	/** Types a line, sends it and waits until everything sent is done. */
	send(line: string): Promise<void>;
	settled(): Promise<void>;
	screen(): string;
}

async function open(
	answer: ScriptedOptions['answer'] = message => [`You said: ${message}`],
	options: Partial<ScriptedOptions> & {readonly historyFile?: string | null; readonly sees?: boolean} = {},
): Promise<Opened> {
	const folder = temporaryFolder();
	const client = scriptedClient({answer, ...options});
	const store = createStore(
		initialState({
			model: 'guide',
			task: 'chat',
			sees: options.sees === true,
			settings: defaultSettings,
			size: {columns: 80, rows: 24},
		}),
	);
	let clock = 0;
	const chat = openChat({
		client,
		store,
		historyFile: options.historyFile === undefined ? path.join(folder, 'history.jsonl') : options.historyFile,
		sessionsFolder: path.join(folder, 'sessions'),
		now: () => (clock += 1),
		clearScreen: () => undefined,
		openEditor: async text => `${text} edited`,
		suspend: async () => undefined,
	});
	const press = (...keys: readonly string[]): void => {
		for (const key of keys) chat.input({type: 'key', key});
	};
	const type = (text: string): void => chat.input({type: 'text', text});
	const settled = (): Promise<void> =>
		vi.waitFor(() => {
			expect(store.state()).toMatchObject({turn: null, queue: [], loading: null});
		});
	await settled();
	return {
		chat,
		store,
		client,
		folder,
		type,
		press,
		settled,
		screen: () => store.state().printed.map(plainText).join('\n'),
		async send(line) {
			type(line);
			press('enter');
			// What a command does beyond the state ends in a printed line.
			await new Promise(resolve => {
				setImmediate(resolve);
			});
			await settled();
		},
	};
}

const stuck: Script = ['Half an ', 'answer', 60_000];
const roles = ({store}: Opened): readonly string[] =>
	store.state().messages.map(({role, content}) => `${role}: ${String(content)}`);

test('a message and its answer become the conversation', async () => {
	const opened = await open();
	await opened.send('hello');
	await opened.send('again');
	expect(roles(opened)).toEqual([
		'user: hello',
		'assistant: You said: hello',
		'user: again',
		'assistant: You said: again',
	]);
	expect(opened.client.requests.at(-1)).toMatchObject({messages: [{content: 'hello'}, {}, {content: 'again'}]});
	expect(opened.screen()).toContain('>>> hello\nYou said: hello');
});

test('a picture that is dropped on the line goes with the message, and comes back with the saved chat', async () => {
	const opened = await open(undefined, {sees: true});
	const bytes = encodePng({data: new Uint8Array(12), width: 2, height: 2, channels: 3});
	const file = path.join(opened.folder, 'a photo.png');
	writeFileSync(file, bytes);
	await opened.send(`What is this? '${file}'`);
	await vi.waitFor(() => expect(opened.store.state().messages).toHaveLength(2));
	const content = [
		{type: 'image', image: {bytes: Uint8Array.from(bytes), mediaType: 'image/png'}},
		{type: 'text', text: 'What is this?'},
	];
	expect(opened.client.requests.at(-1)).toMatchObject({messages: [{content}]});
	expect(opened.screen()).toContain('>>> What is this?\nwith a photo.png');
	await opened.send('/save seen');
	await opened.send('/clear');
	await opened.send('/load seen');
	await vi.waitFor(() => expect(opened.store.state().messages[0]).toMatchObject({content}));
});

test('what is wrong with a picture of any turn is said of its file', async () => {
	const failure = new MofaError('invalid-request', {path: 'messages.0.content.0.image', expected: 'a whole picture'});
	const opened = await open(message => (message === 'again' ? [failure] : ['A dot.']), {sees: true});
	const file = path.join(opened.folder, 'dot.png');
	writeFileSync(file, encodePng({data: new Uint8Array(3), width: 1, height: 1, channels: 3}));
	await opened.send(`What is this? ${file}`);
	await vi.waitFor(() => expect(opened.store.state().messages).toHaveLength(2));
	await opened.send('again');
	await vi.waitFor(() => expect(opened.screen()).toContain(`${file}: expected a whole picture`));
});

test('a model that sees nothing is sent the name of a picture as it was typed', async () => {
	const opened = await open();
	writeFileSync(
		path.join(opened.folder, 'a.png'),
		encodePng({data: new Uint8Array(3), width: 1, height: 1, channels: 3}),
	);
	await opened.send(`open ${path.join(opened.folder, 'a.png')}`);
	expect(opened.client.requests.at(-1)).toMatchObject({
		messages: [{content: `open ${path.join(opened.folder, 'a.png')}`}],
	});
});

test('a picture that is none is said, and nothing is sent', async () => {
	const opened = await open(undefined, {sees: true});
	writeFileSync(path.join(opened.folder, 'b.png'), 'no picture');
	await opened.send(`What is this? ${path.join(opened.folder, 'b.png')}`);
	await vi.waitFor(() => expect(opened.screen()).toContain('expected a picture'));
	expect(opened.screen()).toMatch(/>>> What is this\? .*b\.png\n.*b\.png: expected a picture/);
	expect(opened.client.requests).toEqual([]);
});

test('three quotes hold a message open over several lines', async () => {
	const opened = await open();
	opened.type('"""one');
	opened.press('enter');
	opened.type('two');
	opened.press('enter');
	expect(opened.client.requests).toEqual([]);
	await opened.send('"""');
	expect(roles(opened)[0]).toBe('user: one\ntwo');
});

test('a pasted line break never sends', async () => {
	const opened = await open();
	opened.chat.input({type: 'paste', text: 'one\ntwo\n'});
	expect(opened.store.state().draft.text).toBe('one\ntwo\n');
	await opened.send('three');
	expect(roles(opened)[0]).toBe('user: one\ntwo\nthree');
});

test('Ctrl-C keeps what came and goes on talking', async () => {
	const opened = await open(message => (message === 'stuck' ? stuck : ['fine']));
	opened.type('stuck');
	opened.press('enter');
	await vi.waitFor(() => expect(opened.store.state().turn?.text).toBe('Half an answer'));
	opened.press('ctrl-c');
	await opened.settled();
	expect(opened.screen()).toContain('Half an answer\n(stopped here');
	await opened.send('next');
	expect(roles(opened)).toEqual(['user: stuck', 'assistant: Half an answer', 'user: next', 'assistant: fine']);
});

test('Ctrl-C before the first word takes the question back', async () => {
	const opened = await open(() => [60_000]);
	opened.type('never');
	opened.press('enter', 'ctrl-c');
	await opened.settled();
	expect(roles(opened)).toEqual([]);
	expect(opened.screen()).toContain('(stopped)');
});

test('what is sent ahead waits its turn; Ctrl-C brings it back into the line', async () => {
	const opened = await open(message => (message === 'stuck' ? stuck : [`re ${message}`]));
	opened.type('stuck');
	opened.press('enter');
	opened.type('ahead');
	opened.press('enter');
	opened.type('half');
	expect(opened.store.state().queue).toEqual(['ahead']);
	await vi.waitFor(() => expect(opened.store.state().turn?.text).toBe('Half an answer'));
	opened.press('ctrl-c');
	await opened.settled();
	expect(opened.store.state().draft.text).toBe('ahead\nhalf');
	expect(opened.client.requests).toHaveLength(1);
});

test('Ctrl-C drops a line, and on an empty one says how to leave', async () => {
	const {store, press, type} = await open();
	type('half a thought');
	press('ctrl-c');
	expect(store.state().draft.text).toBe('');
	press('ctrl-c');
	expect(store.state().candidates.join('')).toContain('/bye');
});

test.each(['ctrl-d', '/bye', '/exit'])('%s leaves, even while an answer is coming', async way => {
	const opened = await open(() => stuck);
	opened.type('stuck');
	opened.press('enter');
	if (way.startsWith('/')) {
		opened.type(way);
		opened.press('enter');
	} else opened.press(way);
	await opened.chat.ended;
	await opened.settled();
});

test('Ctrl-D deletes when there is something to delete', async () => {
	const {store, press, type} = await open();
	type('ab');
	press('ctrl-a', 'ctrl-d');
	expect(store.state().draft.text).toBe('b');
});

test('a failure is one clear line, and the chat goes on', async () => {
	const failure = new MofaError('runner-failed', {model: 'guide', reason: 'killed', detail: ''});
	const opened = await open(message =>
		message === 'fail' ? ['It was', failure] : message === 'silent' ? [failure] : ['fine'],
	);
	await opened.send('fail');
	expect(opened.screen()).toContain('the process was killed that ran guide');
	await opened.send('silent');
	await opened.send('next');
	expect(roles(opened)).toEqual(['user: fail', 'assistant: It was', 'user: next', 'assistant: fine']);
});

test('a load that fails is told once, and the chat goes on', async () => {
	const failure = new MofaError('load-failed', {model: 'guide', problem: 'no reason'});
	const opened = await open(undefined, {load: [0.1, failure]});
	expect(opened.screen()).toContain('guide could not be loaded: no reason');
	await opened.send('hello');
	expect(opened.screen()).toContain('You said: hello');
});

test('a warning is given once in a chat', async () => {
	const opened = await open(() => [{warning: 'top_z'}, 'text']);
	await opened.send('one');
	await opened.send('two');
	expect(opened.screen().match(/warning: top_z/g)).toHaveLength(1);
});

test('thinking is shown apart, kept with the answer, and hidden when asked', async () => {
	const opened = await open(() => [{thinking: 'Let me see.'}, '\n\nFour.']);
	await opened.send('2+2?');
	expect(opened.screen()).toContain('thinking\nLet me see.\n\nFour.');
	expect(opened.store.state().messages.at(-1)).toEqual({role: 'assistant', content: 'Four.', thinking: 'Let me see.'});
	await opened.send('/set hide-thinking');
	await opened.send('3+1?');
	expect(opened.screen().match(/Let me see/g)).toHaveLength(1);
	expect(opened.screen()).toContain('thought for');
});

test('settings reach the request', async () => {
	const opened = await open();
	for (const line of [
		'/set system Be brief.',
		'/set option temperature 0',
		'/set option num_predict 5',
		'/set think low',
		'/set format json',
		'/set option odd 3',
	])
		await opened.send(line);
	await opened.send('hello');
	expect(opened.client.requests[0]).toEqual({
		sampling: {temperature: 0, unknown: {odd: '3'}},
		maxTokens: 5,
		format: {type: 'json'},
		think: 'low',
		messages: [
			{role: 'system', content: 'Be brief.'},
			{role: 'user', content: 'hello'},
		],
	});
});

test('a schema file becomes the format; a file that is none is told', async () => {
	const opened = await open();
	const file = path.join(opened.folder, 'schema.json');
	writeFileSync(file, '{"type":"object"}');
	await opened.send(`/set format ${file}`);
	await vi.waitFor(() =>
		expect(opened.store.state().settings.format?.format).toEqual({type: 'json-schema', schema: {type: 'object'}}),
	);
	await opened.send('/set format /no/such/file');
	await vi.waitFor(() => expect(opened.screen()).toContain('/no/such/file: there is no such file'));
});

test('a conversation is saved and comes back with its settings', async () => {
	const opened = await open();
	await opened.send('/set system Be brief.');
	await opened.send('hello');
	await opened.send('/save talk');
	await vi.waitFor(() => expect(opened.screen()).toContain('saved to'));
	await opened.send('/clear');
	await opened.send('/set system');
	expect(roles(opened)).toEqual([]);
	await opened.send('/load talk');
	await vi.waitFor(() => expect(roles(opened)).toEqual(['user: hello', 'assistant: You said: hello']));
	expect(opened.store.state().settings.system).toBe('Be brief.');
	await opened.send('/load org/story');
	expect(opened.screen()).toContain('a name is up to 64 letters');
	await opened.send('/load nothing');
	await vi.waitFor(() => expect(opened.screen()).toContain('no saved conversation called nothing'));
});

test('another model is chosen by name or from the list', async () => {
	const opened = await open();
	await opened.send('/model org/story');
	await vi.waitFor(() => expect(opened.store.state()).toMatchObject({model: 'org/story', task: 'completion'}));
	await opened.settled();
	await opened.send('Once upon');
	expect(opened.client.requests.at(-1)).toEqual({prompt: 'Once upon'});
	opened.type('/model');
	opened.press('enter');
	await vi.waitFor(() => expect(opened.store.state().picker?.items).toEqual(['guide', 'org/story']));
	opened.press('up', 'enter');
	await vi.waitFor(() => expect(opened.store.state()).toMatchObject({model: 'guide', task: 'chat'}));
	await opened.send('/model nobody');
	await vi.waitFor(() => expect(opened.screen()).toContain('no model called "nobody"'));
	expect(opened.store.state().model).toBe('guide');
});

test('Tab fills in commands and model names', async () => {
	const {store, press, type} = await open();
	type('/mo');
	press('tab');
	expect(store.state().draft.text).toBe('/model ');
	press('tab');
	expect(store.state().candidates).toEqual(['guide', 'org/story']);
	type('or');
	press('tab');
	expect(store.state().draft.text).toBe('/model org/story ');
});

test('earlier messages come back with Up, and with a search', async () => {
	const opened = await open();
	await opened.send('the first one');
	await opened.send('"""a\nb"""');
	opened.type('unfinished');
	opened.press('up');
	expect(opened.store.state().draft.text).toBe('"""a\nb"""');
	opened.press('ctrl-p');
	expect(opened.store.state().draft.text).toBe('the first one');
	opened.press('ctrl-n', 'ctrl-n');
	expect(opened.store.state().draft.text).toBe('unfinished');
	opened.press('ctrl-r');
	opened.type('FIRST');
	opened.press('tab');
	expect(opened.store.state().draft.text).toBe('the first one');
	opened.chat.leave();
	await opened.chat.ended;
	expect(readFileSync(path.join(opened.folder, 'history.jsonl'), 'utf8')).toBe(
		'"the first one"\n"\\"\\"\\"a\\nb\\"\\"\\""\n',
	);
});

test('a history that cannot be written is told once, and the chat goes on', async () => {
	const opened = await open(undefined, {historyFile: '/dev/full'});
	await opened.send('one');
	await opened.send('two');
	await vi.waitFor(() => expect(opened.screen()).toContain('what you type is not being saved'));
	expect(opened.screen().match(/is not being saved/g)).toHaveLength(1);
	opened.press('up');
	expect(opened.store.state().draft.text).toBe('two');
});

test('nothing is remembered after /set nohistory', async () => {
	const opened = await open();
	await opened.send('/set nohistory');
	await opened.send('secret');
	opened.press('up');
	expect(opened.store.state().draft.text).toBe('/set nohistory');
	opened.chat.leave();
	await opened.chat.ended;
	expect(readFileSync(path.join(opened.folder, 'history.jsonl'), 'utf8')).not.toContain('secret');
});

test('the editor gives the line back', async () => {
	const {store, press, type} = await open();
	type('text');
	press('ctrl-g');
	await vi.waitFor(() => expect(store.state().draft.text).toBe('text edited'));
});

test('verbose ends each answer with its figures', async () => {
	const opened = await open();
	await opened.send('/set verbose');
	await opened.send('hello');
	expect(opened.screen()).toMatch(/10 tokens in \(4 cached\), 300\.0\/s · 1 out, 10\.0\/s · first token .* · total/);
});
