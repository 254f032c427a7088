import {expect, test} from 'vitest';
import {defaultSettings} from '../../../src/tui/chat-settings.ts';
import {completeDraft} from '../../../src/tui/completion.ts';
import {draftOf, edits} from '../../../src/tui/input/line-editor.ts';
import {isOpen, messageText} from '../../../src/tui/input/multi-line.ts';
import {keyHelp, promptKeys} from '../../../src/tui/keys.ts';
import {changeOption, chatOptions, optionsInUse} from '../../../src/tui/model-options.ts';
import {isSlashCommand, runSlashCommand, slashCommands} from '../../../src/tui/slash-commands.ts';
import {initialState} from '../../../src/tui/state.ts';
import {plainText} from '../../../src/tui/styled-text.ts';

const state = initialState({model: 'guide', task: 'chat', settings: defaultSettings, size: {columns: 80, rows: 24}});
const said = (line: string): string =>
	runSlashCommand(line, state)
		.flatMap(step => (step.type === 'lines-printed' ? step.lines : []))
		.map(plainText)
		.join('\n');

test.each([
	['/help', true],
	['/?', true],
	['/set system x', true],
	[' /bye ', true],
	['/home/me/notes.txt what is this?', false],
	['1/2 is a half', false],
])('%j is a command: %s', (line, is) => {
	expect(isSlashCommand(line)).toBe(is);
});

test('a misspelt command is asked about', () => {
	expect(said('/halp')).toBe('there is no /halp; did you mean /help?');
	expect(said('/set verbos')).toBe('there is no /set verbos; did you mean /set verbose?');
	expect(said('/zzz')).toBe('there is no /zzz; /help shows what there is');
});

test('/help names every command, and has a topic for each', () => {
	for (const {name} of slashCommands) {
		expect(said('/help')).toContain(`/${name}`);
		expect(said(`/help ${name}`)).toContain(`/${name}`);
	}
	expect(said('/help set')).toContain('/set nothink');
	expect(said('/help keys')).toContain('Ctrl-G');
	expect(said('/help nonsense')).toContain('there is no /nonsense');
});

test('the help on keys names only keys that do something', () => {
	for (const {keys} of keyHelp) for (const key of keys) expect(Object.keys(promptKeys)).toContain(key);
});

test('every edit has a key', () => {
	const bound = new Set<string>(Object.values(promptKeys));
	expect(Object.keys(edits).filter(edit => !bound.has(edit))).toEqual([]);
});

test('an option may be set by its name alone', () => {
	expect(runSlashCommand('/set temperature 0', state)).toEqual(runSlashCommand('/set option temperature 0', state));
	expect(said('/set temperature hot')).toBe('temperature takes a number from 0 to 10, not "hot"');
	expect(said('/set num_ctx=4096')).toBe('num_ctx is 4096');
	expect(runSlashCommand('/show model', state)).toEqual(runSlashCommand('/show info', state));
});

test('a wrong value says what is right', () => {
	expect(said('/set option temperature hot')).toBe('temperature takes a number from 0 to 10, not "hot"');
	expect(said('/set parameter top_p 7')).toBe('top_p takes a number from 0 to 1, not "7"');
	expect(said('/set think much')).toContain('low, medium or high');
	expect(said('/set option tempratur 1')).toContain('did you mean temperature?');
	expect(said('/save ../../etc/passwd')).toContain('a name is up to 64 letters');
});

test('an option goes where it belongs, and back', () => {
	let settings = defaultSettings;
	const values: Readonly<Record<string, string>> = {stop: '"\\n"'};
	for (const name of Object.keys(chatOptions)) {
		const changed = changeOption(settings, name, values[name] ?? '1');
		expect(changed).toMatchObject({ok: true, known: true});
		if (changed.ok) settings = changed.settings;
	}
	expect(settings).toMatchObject({maxTokens: 1, load: {contextLength: 1}, sampling: {temperature: 1, seed: 1}});
	expect(optionsInUse(settings).map(([name]) => name)).toEqual(Object.keys(chatOptions));
	for (const name of Object.keys(chatOptions)) {
		const changed = changeOption(settings, name, null);
		if (changed.ok) settings = changed.settings;
	}
	expect(settings).toEqual(defaultSettings);
});

test('num_ctx loads the model anew', () => {
	expect(runSlashCommand('/set option num_ctx 4096', state).map(({type}) => type)).toContain('reload-model');
});

test.each([
	['"""', true],
	['"""one', true],
	['"""one"""', false],
	['"""one\ntwo"""\n', false],
	['/set system """You', true],
	['one """', false],
])('after %j Enter goes on to a new line: %s', (text, open) => {
	expect(isOpen(text)).toBe(open);
});

test('the quotes around a message are not part of it', () => {
	expect(messageText('"""\none\ntwo\n"""')).toBe('one\ntwo');
	expect(messageText('"quoted" words')).toBe('"quoted" words');
	expect(runSlashCommand('/set system """You are\nbrief."""', state)[0]).toMatchObject({
		settings: {system: 'You are\nbrief.'},
	});
});

test.each([
	['/s', '/s', ['/set', '/show', '/save']],
	['/set op', '/set option ', []],
	['/set option top', '/set option top_', ['top_p', 'top_k']],
	['/set think ', '/set think ', ['low', 'medium', 'high']],
	['/model gu', '/model guide ', []],
	['/load t', '/load talk', ['talk', 'talk2']],
	['/help ke', '/help keys ', []],
])('Tab makes %j into %j', (line, text, candidates) => {
	const sources = {models: ['guide', 'org/story'], sessions: ['talk', 'talk2']};
	expect(completeDraft(draftOf(line), sources)).toEqual({text, cursor: text.length, candidates});
});

test('Tab leaves what comes after the cursor', () => {
	expect(completeDraft({...draftOf('/mo x'), cursor: 3}, {models: [], sessions: []})?.text).toBe('/model  x');
	expect(completeDraft(draftOf('hello'), {models: [], sessions: []})).toBeUndefined();
});
