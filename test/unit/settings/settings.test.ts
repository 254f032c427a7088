import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {parseByteSize, formatByteSize} from '../../../src/lib/byte-size.ts';
import {parseDuration} from '../../../src/lib/duration.ts';
import {pathsFrom} from '../../../src/settings/paths.ts';
import {readSettings, settingValues, writeSetting} from '../../../src/settings/settings.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const settingsFile = (): string => path.join(temporaryFolder(), 'mofa', 'settings.json');

test('without a file every setting has its default', async () => {
	expect(await readSettings(settingsFile(), {})).toMatchObject({
		model: null,
		host: '127.0.0.1:8420',
		keep_alive: 300_000,
		max_queue: 512,
		history: true,
		image_urls: false,
	});
});

test('the environment wins over the file, and the file over the default', async () => {
	const file = settingsFile();
	await writeSetting(file, 'keep_alive', '1h');
	expect((await readSettings(file, {})).keep_alive).toBe(3_600_000);
	expect((await readSettings(file, {MOFA_KEEP_ALIVE: 'forever'})).keep_alive).toBe(Infinity);
	const origin = (await settingValues(file, {})).find(({description}) => description.key === 'keep_alive');
	expect(origin).toMatchObject({value: '1h', origin: 'file'});
});

test('a setting without a value goes back to its default', async () => {
	const file = settingsFile();
	await writeSetting(file, 'model', './a.gguf');
	await writeSetting(file, 'memory', '6GB');
	await writeSetting(file, 'model', null);
	expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({memory: '6GB'});
});

test.each([
	['keep_alive', 'soon'],
	['memory', 'lots'],
	['threads', '0'],
	['history', 'maybe'],
	['host', 'a b'],
	['nonsense', 'x'],
])('%s = %s is refused, naming the setting', async (key, value) => {
	await expect(writeSetting(settingsFile(), key, value)).rejects.toMatchObject({
		code: 'invalid-request',
		data: {path: key},
	});
});

test('a damaged settings file is named, and not overwritten', async () => {
	const file = path.join(temporaryFolder(), 'settings.json');
	writeFileSync(file, '{"model": ');
	await expect(readSettings(file, {})).rejects.toMatchObject({code: 'file-error', data: {path: file}});
	await expect(writeSetting(file, 'model', 'a')).rejects.toMatchObject({code: 'file-error'});
	expect(readFileSync(file, 'utf8')).toBe('{"model": ');
});

test('paths follow the platform', () => {
	const sources = {env: {}, home: '/home/me', temporary: '/tmp'};
	expect(pathsFrom({...sources, platform: 'linux'})).toMatchObject({
		settingsFile: '/home/me/.config/mofa/settings.json',
		hubCache: '/home/me/.cache/huggingface/hub',
		log: '/home/me/.local/state/mofa/daemon.log',
	});
	expect(pathsFrom({...sources, platform: 'darwin'}).packs).toBe('/home/me/Library/Application Support/mofa/backends');
	expect(pathsFrom({...sources, platform: 'win32', env: {LOCALAPPDATA: '/local'}}).socket).toMatch(
		/^\\\\\.\\pipe\\mofa-/,
	);
	expect(pathsFrom({...sources, platform: 'linux', env: {HF_HOME: '/hf', MOFA_HOME: '/m'}})).toMatchObject({
		hubCache: '/hf/hub',
		config: '/m',
		socket: '/m/state/daemon.sock',
	});
});

test('a state folder too deep for a socket gets one in the temporary folder', () => {
	const {socket} = pathsFrom({
		env: {MOFA_HOME: `/${'deep/'.repeat(30)}`},
		home: '/',
		temporary: '/tmp',
		platform: 'linux',
	});
	expect(socket).toMatch(/^\/tmp\/mofa-[0-9a-f]{16}\.sock$/);
});

test.each([
	['5m', 300_000],
	['1h30m', 5_400_000],
	['90', 90_000],
	['0', 0],
	['250ms', 250],
	['forever', Infinity],
	['-1', Infinity],
	['', undefined],
	['5 minutes', undefined],
])('the duration %j is %s ms', (text, ms) => {
	expect(parseDuration(text)).toBe(ms);
});

test('sizes are read with their unit and written in decimal', () => {
	expect([parseByteSize('6GB'), parseByteSize('1.5 GiB'), parseByteSize('100'), parseByteSize('6 bananas')]).toEqual([
		6e9,
		1_610_612_736,
		100,
		undefined,
	]);
	expect([0, 999, 1500, 4_661_211_424, 523_000_000].map(formatByteSize)).toEqual([
		'0 B',
		'999 B',
		'1.5 kB',
		'4.7 GB',
		'523 MB',
	]);
});
