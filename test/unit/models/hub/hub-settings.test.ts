import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {readToken} from '../../../../src/models/hub/hub-access.ts';
import {hubSettings} from '../../../../src/models/hub/hub-settings.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';
import {open, signal, small} from './open-hub.ts';

const home = path.join(path.sep, 'home', 'ann');

describe('the settings of the Hub', () => {
	test('without variables are the Hub itself and the usual token file', () => {
		expect(hubSettings({}, home)).toMatchObject({
			endpoint: 'https://huggingface.co',
			token: null,
			tokenFile: path.join(home, '.cache', 'huggingface', 'token'),
			offline: null,
			certificateFiles: [],
			proxy: {http: '', https: '', except: ''},
		});
	});

	test.each([
		['https://hf-mirror.com/', 'https://hf-mirror.com'],
		['https://hf.co', 'https://huggingface.co'],
		['http://hub.local:8080/hf/', 'http://hub.local:8080/hf'],
	])('HF_ENDPOINT %s is taken without the slash at its end', (text, endpoint) => {
		expect(hubSettings({HF_ENDPOINT: text}, home).endpoint).toBe(endpoint);
	});

	test.each(['hub.local', 'ftp://hub', 'https://ann:pw@hub', 'https://hub/?x=1'])('HF_ENDPOINT %s is refused', text => {
		expect(() => hubSettings({HF_ENDPOINT: text}, home)).toThrow(
			expect.objectContaining({code: 'invalid-request', data: expect.objectContaining({path: 'HF_ENDPOINT'})}),
		);
	});

	test.each([
		[{HF_HUB_OFFLINE: '1'}, 'HF_HUB_OFFLINE'],
		[{HF_HUB_OFFLINE: 'yes'}, 'HF_HUB_OFFLINE'],
		[{TRANSFORMERS_OFFLINE: 'ON'}, 'TRANSFORMERS_OFFLINE'],
		[{HF_HUB_OFFLINE: '0'}, null],
	])('%j keeps off the network: %s', (env, offline) => {
		expect(hubSettings(env, home).offline).toBe(offline);
	});

	test('proxies are read as curl reads them', () => {
		expect(hubSettings({HTTPS_PROXY: 'a:1', https_proxy: 'b:2', ALL_PROXY: 'socks5h://c:3'}, home).proxy).toEqual({
			http: 'socks5://c:3',
			https: 'http://b:2',
			except: '',
		});
		expect(() => hubSettings({HTTPS_PROXY: 'file:///x'}, home)).toThrow(
			expect.objectContaining({code: 'invalid-request'}),
		);
	});

	test('times are seconds, and nonsense is left out', () => {
		expect(hubSettings({HF_HUB_DOWNLOAD_TIMEOUT: '5', HF_HUB_ETAG_TIMEOUT: 'soon'}, home).timeouts).toMatchObject({
			silence: 5000,
			answer: 30_000,
		});
	});
});

describe('the token', () => {
	test('of a variable comes before that of a file, and never holds a line end', () => {
		expect(hubSettings({HF_TOKEN: ' hf_a\r\nx: y '}, home).token).toBe('hf_ax: y');
		expect(hubSettings({HUGGING_FACE_HUB_TOKEN: 'hf_b'}, home).token).toBe('hf_b');
		expect(readToken(hubSettings({HF_TOKEN: 'hf_a', HF_TOKEN_PATH: '/nowhere'}, home))).toBe('hf_a');
	});

	test.each([
		['HF_TOKEN_PATH', (folder: string) => ({HF_TOKEN_PATH: path.join(folder, 'token')})],
		['HF_HOME', (folder: string) => ({HF_HOME: folder})],
		['XDG_CACHE_HOME', (folder: string) => ({XDG_CACHE_HOME: path.dirname(folder)})],
		['the folder of the user', () => ({})],
	])('is read from the file that %s leads to', (_what, env) => {
		const user = temporaryFolder();
		const folder = path.join(user, '.cache', 'huggingface');
		mkdirSync(folder, {recursive: true});
		writeFileSync(path.join(folder, 'token'), 'hf_file\n');
		expect(readToken(hubSettings(env(folder), user))).toBe('hf_file');
	});

	test('of a file is not used when the user says so', () => {
		const folder = temporaryFolder();
		writeFileSync(path.join(folder, 'token'), 'hf_file');
		expect(readToken(hubSettings({HF_HOME: folder, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1'}, home))).toBeNull();
		expect(readToken(hubSettings({HF_HOME: path.join(folder, 'none')}, home))).toBeNull();
	});

	test('goes to the Hub, from a file too', async () => {
		const folder = temporaryFolder();
		writeFileSync(path.join(folder, 'token'), 'hf_file\n');
		const {hub, server} = await open({}, {HF_HOME: folder});
		await hub.revision(small.name, null, signal);
		expect(server.requests[0]?.authorization).toBe('Bearer hf_file');
	});

	test('does not follow a redirect of the Hub to another port', async () => {
		const away: {to?: string} = {};
		const {hub, server} = await open(
			{
				fault: ({host}) =>
					host === 'hub' ? {do: 'status', status: 302, headers: {location: `${away.to}/x`}} : undefined,
			},
			{HF_TOKEN: 'hf_secret'},
		);
		away.to = server.cdn;
		await expect(hub.revision(small.name, null, signal)).rejects.toMatchObject({code: 'network'});
		expect(server.requests.filter(({host}) => host === 'cdn')).toEqual([]);
	});
});
