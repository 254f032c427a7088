import {readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import {defaultSettings} from '../../../src/tui/chat-settings.ts';
import {appendHistory, historyLimit, readHistory} from '../../../src/tui/effects/history-file.ts';
import {
	isSessionName,
	listSessions,
	loadSession,
	saveSession,
	type Session,
} from '../../../src/tui/effects/session-file.ts';
import {editorCommand, editText} from '../../../src/tui/effects/text-editor.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const session: Session = {
	model: 'guide',
	task: 'chat',
	messages: [
		{role: 'user', content: 'hello'},
		{role: 'assistant', content: 'hi', thinking: 'so'},
	],
	settings: {
		...defaultSettings,
		system: 'Be brief.',
		sampling: {temperature: 0},
		format: {name: 'json', format: {type: 'json'}},
	},
};

test('history entries of several lines come back whole, for the owner only', async () => {
	const file = path.join(temporaryFolder(), 'deep', 'history.jsonl');
	expect(await readHistory(file)).toEqual([]);
	await appendHistory(file, 'one\ntwo');
	await appendHistory(file, '日本 "x"');
	expect(await readHistory(file)).toEqual(['one\ntwo', '日本 "x"']);
	if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('damaged history lines are passed over, and a file too long is cut back', async () => {
	const file = path.join(temporaryFolder(), 'history.jsonl');
	const lines = Array.from({length: 2 * historyLimit + 10}, (_, index) => JSON.stringify(`entry ${index}`));
	writeFileSync(file, [...lines, '{"no": "text"}', '"half', ''].join('\n'));
	const entries = await readHistory(file);
	expect(entries).toHaveLength(historyLimit);
	expect(entries.at(-1)).toBe(`entry ${2 * historyLimit + 9}`);
	expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(historyLimit);
});

test('a session comes back as it was saved', async () => {
	const folder = path.join(temporaryFolder(), 'sessions');
	expect(await listSessions(folder)).toEqual([]);
	await saveSession(folder, 'my-talk', session);
	await saveSession(folder, 'Gespräch.2', session);
	expect(await loadSession(folder, 'my-talk')).toEqual(session);
	expect(await listSessions(folder)).toEqual(['Gespräch.2', 'my-talk']);
	expect(await loadSession(folder, 'other')).toBeUndefined();
});

test.each(['../x', 'a/b', '.hidden', 'con', 'NUL.txt', 'x.', '', 'a'.repeat(65), 'a\u0000b', 'a b'])(
	'%j is no name for a session',
	name => {
		expect(isSessionName(name)).toBe(false);
	},
);

test.each([
	['not JSON', '{'],
	['another JSON', '[1]'],
	['damaged messages', JSON.stringify({schema: 1, model: 'x', task: 'chat', messages: [{role: 'tool'}]})],
	['no model', JSON.stringify({schema: 1, messages: []})],
])('a session file that is %s is refused', async (_name, content) => {
	const folder = temporaryFolder();
	writeFileSync(path.join(folder, 'bad.json'), content);
	await expect(loadSession(folder, 'bad')).rejects.toSatisfy(error => MofaError.is(error, 'file-error'));
});

test('a setting of the wrong type in a session falls back', async () => {
	const folder = temporaryFolder();
	const damaged = {
		...session,
		schema: 1,
		settings: {verbose: 'yes', system: 7, think: 'much', stop: 'x', wordWrap: false},
	};
	writeFileSync(path.join(folder, 'odd.json'), JSON.stringify(damaged));
	expect((await loadSession(folder, 'odd'))?.settings).toEqual({...defaultSettings, wordWrap: false});
});

test('the editor is the one of mofa, then the usual ones', async () => {
	expect(await editorCommand({MOFA_EDITOR: 'a', VISUAL: 'b', EDITOR: 'c'})).toBe('a');
	expect(await editorCommand({VISUAL: 'b', EDITOR: 'c'})).toBe('b');
	expect(await editorCommand({EDITOR: 'c'})).toBe('c');
	expect(await editorCommand({PATH: ''}, 'linux')).toBe('vi');
	expect(await editorCommand({}, 'win32')).toBe('notepad');
});

test.skipIf(process.platform === 'win32')(
	'an editor with arguments changes the text; one that fails does not',
	async () => {
		expect(await editText("a 'b' $HOME", 'sed -i -e s/a/x/')).toBe("x 'b' $HOME");
		await expect(editText('text', 'false')).rejects.toSatisfy(error => MofaError.is(error, 'file-error'));
		await expect(editText('text', '/no/such/editor')).rejects.toSatisfy(error => MofaError.is(error, 'file-error'));
	},
);
