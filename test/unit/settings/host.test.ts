import {writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {hostMeaning, remoteDaemon} from '../../../src/settings/host.ts';
import {readSettings, writeSetting} from '../../../src/settings/settings.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

/** `desk`, at 192.168.1.5. */
const isOwn = (hostname: string): boolean => ['desk', '192.168.1.5', 'fd00::5'].includes(hostname);

test.each([
	'off',
	'OFF',
	'127.0.0.1:8420',
	'127.0.0.1:0',
	'127.9.9.9',
	'localhost',
	'localhost:9000/',
	'[::1]:8420',
	':9000',
	'0.0.0.0',
	'0.0.0.0:8420',
	'[::]:8420',
	'http://0.0.0.0:8420',
	'desk:8420',
	'DESK',
	'192.168.1.5:8420',
	'[fd00::5]:8420',
])('%s is where a daemon of this machine listens', text => {
	expect(hostMeaning(text, isOwn)).toEqual({type: 'listen'});
});

test.each([
	['box', 'http://box:8420'],
	['Box:9000', 'http://box:9000'],
	['box.lan:8420/', 'http://box.lan:8420'],
	['192.168.1.6', 'http://192.168.1.6:8420'],
	['[fd00::6]:8420', 'http://[fd00::6]:8420'],
	['http://box:8420', 'http://box:8420'],
	['HTTP://box:8420/', 'http://box:8420'],
	['http://box', 'http://box'],
	['https://box.example', 'https://box.example'],
	['https://example.org/models/mofa/', 'https://example.org/models/mofa'],
	['http://127.0.0.1:8420', 'http://127.0.0.1:8420'],
	['http://localhost:9000', 'http://localhost:9000'],
	['http://desk:8420', 'http://desk:8420'],
	['off.example', 'http://off.example:8420'],
])('%s is the daemon at %s', (text, url) => {
	expect(hostMeaning(text, isOwn)).toEqual({type: 'ask', url});
});

test.each([
	'8420',
	'a b',
	'box:99999',
	'ftp://box',
	'http//box',
	'box/mofa',
	'http://me:secret@box',
	'http://box?x=1',
	'::1',
])('%s is neither', text => {
	expect(hostMeaning(text, isOwn)).toBeUndefined();
});

describe('the daemon that commands ask', () => {
	const file = (settings: Record<string, string> | null): string => {
		const name = path.join(temporaryFolder(), 'settings.json');
		if (settings !== null) writeFileSync(name, JSON.stringify(settings));
		return name;
	};

	test('is one of this machine where nothing names another', () => {
		expect(remoteDaemon(file(null), {})).toBeNull();
		expect(remoteDaemon(file({keep_alive: '1h'}), {})).toBeNull();
		expect(remoteDaemon(file({host: 'http://box:8420'}), {MOFA_HOST: 'off'})).toBeNull();
		expect(remoteDaemon(file(null), {MOFA_HOST: `${os.hostname()}:8420`})).toBeNull();
	});

	test('is the one that the environment names, else the file', () => {
		const settings = file({host: 'http://box:8420'});
		expect(remoteDaemon(settings, {})).toEqual({url: 'http://box:8420', apiKey: null});
		expect(remoteDaemon(settings, {MOFA_HOST: ''})).toEqual({url: 'http://box:8420', apiKey: null});
		expect(remoteDaemon(settings, {MOFA_HOST: 'http://other'})).toEqual({url: 'http://other', apiKey: null});
	});

	test('gets a key from the file only where the file names it, too', () => {
		const settings = file({host: 'http://box:8420', api_key: 'sesame'});
		expect(remoteDaemon(settings, {})?.apiKey).toBe('sesame');
		expect(remoteDaemon(settings, {MOFA_HOST: 'http://other:8420'})?.apiKey).toBeNull();
		expect(remoteDaemon(settings, {MOFA_HOST: 'http://other:8420', MOFA_API_KEY: 'open'})?.apiKey).toBe('open');
		expect(remoteDaemon(settings, {MOFA_API_KEY: 'open'})?.apiKey).toBe('open');
	});

	test('is never this machine by mistake: a host or a file that cannot be read is an error', () => {
		expect(() => remoteDaemon(file(null), {MOFA_HOST: 'http//box'})).toThrow(/invalid-request.*http\/\/box/);
		const broken = path.join(temporaryFolder(), 'settings.json');
		writeFileSync(broken, '{"host": ');
		expect(() => remoteDaemon(broken, {})).toThrow(/file-error/);
		expect(remoteDaemon(broken, {MOFA_HOST: 'off'})).toBeNull();
	});

	test('can be kept as the setting host', async () => {
		const settings = file(null);
		await writeSetting(settings, 'host', 'https://example.org/mofa');
		expect(remoteDaemon(settings, {})).toEqual({url: 'https://example.org/mofa', apiKey: null});
		expect((await readSettings(settings, {})).host).toBe('https://example.org/mofa');
	});
});
