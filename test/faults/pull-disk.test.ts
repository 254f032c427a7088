import {execFile, spawnSync} from 'node:child_process';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {seeded, type HubRepository} from '../fixtures/hub/repository.ts';
import {startHub} from '../fixtures/hub/start-hub.ts';
import {tinyLlama, writeGguf} from '../helpers/gguf.ts';
import {binary, guidePresent, newUser, patience, type User} from '../helpers/user.ts';

const name = 'someone/Long-GGUF';
const content = Buffer.concat([writeGguf(tinyLlama), seeded(3, 20_000_000)]);
const repository: HubRepository = {name, files: {'Long-F32.gguf': content}, license: 'mit', tags: ['gguf']};

/** Blocks of 512 bytes: files end here for the shell and what it starts. */
const limited = 'ulimit -f 24000 2>/dev/null && exec "$@"';
const mayLimit = process.platform !== 'win32' && spawnSync('sh', ['-c', limited, 'sh', 'true']).status === 0;
if (!mayLimit) console.warn('SKIPPED: a file system with short files needs a shell with ulimit -f');

test.skipIf(!guidePresent || !mayLimit)(
	'where a file may not become so long, the reason is told and what came is kept',
	patience,
	async () => {
		const hub = await startHub({repositories: [repository], bytesPerSecond: 8_000_000});
		onTestFinished(() => hub.close());
		const user = newUser({HF_ENDPOINT: hub.endpoint, NO_PROXY: '127.0.0.1,localhost', no_proxy: '127.0.0.1,localhost'});
		user.env['HF_HOME'] = user.file('hf');
		const {code, err} = await pullLimited(user);
		expect(code).not.toBe(0);
		expect(err).toMatch(/^error: .*(EFBIG|too large)/m);
		expect(err).not.toMatch(/^\s+at /m);
		const before = hub.sentBytes();
		expect(before).toBeLessThan(content.length);
		expect(await user.run(['pull', name])).toMatchObject({code: 0});
		expect(hub.sentBytes() / content.length).toBeLessThanOrEqual(1.1);
		const blobs = path.join(user.env['HF_HUB_CACHE'] ?? '', `models--${name.replace('/', '--')}`, 'blobs');
		expect(readdirSync(blobs)).toHaveLength(1);
	},
);

function pullLimited({env, home}: User): Promise<{readonly code: unknown; readonly err: string}> {
	return new Promise(resolve => {
		const argv = ['-c', limited, 'sh', process.execPath, binary, 'pull', name];
		execFile('sh', argv, {env, cwd: home}, (error, _out, err) => resolve({code: error?.code ?? 0, err}));
	});
}
